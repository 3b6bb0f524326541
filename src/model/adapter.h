/* Adapters: a model that shares the base's memory but for what an adapter changes. A change
 * replaces a tensor, adds one of a part that the base lacks, or puts a low-rank side path
 * beside a weight matrix (LoRA: W x + scale * B (A x), Hu et al. 2021). */
#ifndef BERTLET_ADAPTER_H
#define BERTLET_ADAPTER_H

#include "model.h"

typedef struct bl_adapter_change {
    uint32_t role; /* bl_role; of a side path the weight's */
    uint32_t layer;
    uint32_t rank; /* of a side path; 0: the tensor is given whole */
    float scale;   /* of a side path: what B is multiplied with */
} bl_adapter_change;

/* Which matrix of a side path. */
typedef enum bl_low_rank_half {
    BL_LOW_RANK_DOWN = 0, /* A: [rank][inputs] */
    BL_LOW_RANK_UP = 1    /* B: [outputs][rank] */
} bl_low_rank_half;

/* Lays out the changed model in `arena`; `base` must outlive it. `config`: the base's, with the
 * parts and labels of the result. The changed tensors are then written, and the model finished,
 * as a base is (model.h): all else counts as written. A decoder that neither the base nor a
 * change has is the base's table of word embeddings, even where a change replaces that table.
 * BL_BAD_ARGUMENT: sizes that differ from the base's, a change that is no tensor of `config`,
 * a change given twice, a side path beside a vector or an embedding table, a scale that is not
 * finite. BL_BAD_MODEL: parts or labels that no model has. */
bl_status bl_adapter_create(bl_arena *arena, const bl_model *base, const bl_config *config,
                            const bl_adapter_change *changes, uint32_t count, bl_model **model);

/* Writes rows of one half of a side path, in order. `bytes`: whole rows, float, half or bfloat16.
 * BL_BAD_MODEL: a value that is not finite, of B also once it is multiplied by the scale. */
bl_status bl_adapter_write_rows(bl_model *model, bl_arena *scratch, uint32_t role, uint32_t layer,
                                uint32_t half, uint32_t source_type, uint32_t row_begin,
                                uint32_t row_count, const void *bytes);

/* BL_BAD_MODEL: rows of a side path are missing. Then as bl_model_finish. */
bl_status bl_adapter_finish(bl_model *model, uint32_t *missing_role, uint32_t *missing_layer);

#endif
