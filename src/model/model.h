/* A model: a validated configuration and constant views of its weights, which
 * stand in the layout that the kernels read. */
#ifndef BERTLET_MODEL_H
#define BERTLET_MODEL_H

#include "../base/arena.h"
#include "../kernels/kernels.h"
#include "architecture.h"
#include "tensors.h"

typedef struct bl_config {
    uint32_t dtype; /* bl_dtype */
    uint32_t layers;
    uint32_t attention_heads;
    uint32_t hidden_size;
    uint32_t intermediate_size;
    uint32_t vocab_size;
    uint32_t max_positions;
    uint32_t type_vocab_size;
    uint32_t activation; /* bl_activation */
    uint32_t parts;      /* bl_part: what there is beside embeddings and layers */
    uint32_t labels;     /* outputs of the classifier, where there is one */
    float layer_norm_epsilon;
    uint32_t embedding_size;   /* 0: hidden_size */
    uint32_t padding_id;       /* of the token, for BL_POSITION_ROWS_AFTER_PADDING */
    uint32_t relative_buckets; /* of distances, by which scores are changed; 0: they are not */
    uint32_t head_activation;  /* bl_activation of the dense layer before a classifier */
    bl_architecture architecture;
} bl_config;

/* The most that a configuration may give: no BERT comes near, and products stay within 64 bits. */
#define BL_MAX_LAYERS 1024u
#define BL_MAX_WIDTH  65536u     /* hidden_size, intermediate_size */
#define BL_MAX_ROWS   (1u << 28) /* of a table, and labels */

/* What a model may have after its layers. */
typedef enum bl_part {
    BL_PART_POOLER = 1,
    BL_PART_MASKED_LM = 2,     /* transform and bias; the decoder is the word embeddings */
    BL_PART_DECODER = 4,       /* of the masked LM: a decoder of its own */
    BL_PART_NEXT_SENTENCE = 8, /* two outputs, from the pooled row */
    BL_PART_CLASSIFIER = 16,   /* `labels` outputs, from the pooled row or from each */
    BL_PART_HEAD_DENSE = 32    /* of the classifier: a dense layer of its own before it */
} bl_part;

/* Element type of tensor bytes as they stand in a file, little-endian. */
typedef enum bl_source_type {
    BL_SOURCE_F32 = 0,
    BL_SOURCE_F16 = 1,
    BL_SOURCE_BF16 = 2,
    BL_SOURCE_I8 = 3 /* rows whose scales come by bl_model_write_scales */
} bl_source_type;

typedef struct bl_tensor_shape {
    uint32_t rows;
    uint32_t columns;
    uint32_t is_matrix;
    uint32_t quantizable; /* may come as I8 with row scales, and is stored so in int8 models */
} bl_tensor_shape;

typedef struct bl_model bl_model;

/* Checks the configuration and says how many bytes the model takes in an arena.
 * BL_BAD_MODEL: sizes that no model has. BL_UNSUPPORTED: a dtype or an architecture that this
 * build does not compute. */
bl_status bl_model_measure(const bl_config *config, size_t *bytes);

/* Lays the model out in `arena`; its weights are then written tensor by tensor, in
 * any order, and finished. `config` is copied. */
bl_status bl_model_create(bl_arena *arena, const bl_config *config, bl_model **model);

/* Whether tensors of a role are quantised: the matrices, but for the few rows of an output
 * layer that decides among labels. */
uint32_t bl_role_is_quantizable(uint32_t role);

/* The part (bl_part) that a role's tensors belong to; 0: every model has them, or such that are
 * built so. */
uint32_t bl_role_part(uint32_t role);

/* Whether an adapter's side paths may stand beside tensors of a role (adapter.h). */
uint32_t bl_role_takes_paths(uint32_t role);

/* The shape that the configuration gives a tensor: weights are [rows][columns] as in a file,
 * vectors are one row. `layer`: 0 for roles that are of none. BL_BAD_ARGUMENT: no such tensor. */
bl_status bl_model_tensor_shape(const bl_config *config, uint32_t role, uint32_t layer,
                                bl_tensor_shape *shape);

/* Converts (quantises, packs) the rows [row_begin, row_begin + row_count) of a tensor
 * into place. `bytes` holds whole rows, 4-byte aligned. `scratch` is left as it was.
 * BL_BAD_MODEL: a value that is not finite. */
bl_status bl_model_write_rows(bl_model *model, bl_arena *scratch, uint32_t role, uint32_t layer,
                              uint32_t source_type, uint32_t row_begin, uint32_t row_count,
                              const void *bytes);

/* The row scales of a tensor written as I8 (float, finite, not negative): either
 * order of the two calls is right. */
bl_status bl_model_write_scales(bl_model *model, uint32_t role, uint32_t layer, uint32_t row_begin,
                                uint32_t row_count, const float *scales);

/* Ends writing: BL_BAD_MODEL when rows or scales are missing. `missing_role` and
 * `missing_layer` then say which. */
bl_status bl_model_finish(bl_model *model, uint32_t *missing_role, uint32_t *missing_layer);

#endif
