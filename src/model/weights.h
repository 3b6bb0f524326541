/* The weight views behind bl_model: for the stages that compute with a model. */
#ifndef BERTLET_WEIGHTS_H
#define BERTLET_WEIGHTS_H

#include "model.h"

/* An embedding table: float rows (fp32 models), or int8 rows with a scale each. */
typedef struct bl_table {
    const void *rows;          /* [rows][hidden_size] */
    const float *scales;       /* [rows]; in a fp32 model only used while writing */
    struct bl_low_rank *paths; /* of a decoder */
} bl_table;

typedef struct bl_norm {
    const float *gamma, *beta; /* [hidden_size] */
} bl_norm;

/* A low-rank side path beside a weight matrix, as an adapter adds it (adapter.h):
 * out[first_output + n] += up (down x). Float in every dtype. */
typedef struct bl_low_rank {
    struct bl_low_rank *next; /* another one beside the same matrix */
    uint32_t role, layer;     /* of the matrix */
    uint32_t rank, inputs, outputs, first_output;
    float scale; /* multiplied into `up` when it is written */
    /* beside a linear layer: packed for the kernels */
    bl_weights down, up;
    /* beside a table or an output layer: rows, [rank][inputs] and [outputs][rank] */
    const float *down_rows, *up_rows;
    uint32_t down_written, up_written; /* rows */
} bl_low_rank;

/* A linear layer: packed weights, and what adapters add. */
typedef struct bl_linear {
    bl_weights weights;
    bl_low_rank *paths;
} bl_linear;

typedef struct bl_layer {
    bl_linear qkv; /* query, key and value as one matrix of 3 hidden_size outputs */
    bl_linear attention_output;
    bl_norm attention_norm;
    bl_linear intermediate;
    bl_linear output;
    bl_norm output_norm;
} bl_layer;

/* A small output layer, float in every dtype: [outputs][hidden_size] and [outputs]. */
typedef struct bl_output_layer {
    const float *rows;
    const float *bias;
    uint32_t outputs;
    bl_low_rank *paths;
} bl_output_layer;

/* How far the writing of one tensor has come. */
typedef struct bl_tensor_progress {
    uint32_t rows_written;
    uint32_t scales_written;
    uint32_t needs_scales; /* rows came as I8 */
} bl_tensor_progress;

struct bl_model {
    bl_config config;
    const bl_kernels *kernels;
    bl_table word_embeddings, position_embeddings, type_embeddings;
    bl_norm embeddings_norm;
    /* by config.parts; views of what is not there are zeros */
    bl_linear pooler;
    bl_linear transform;
    bl_norm transform_norm;
    bl_table decoder; /* [vocab_size], the word embeddings or its own */
    const float *decoder_bias;
    bl_output_layer next_sentence;
    bl_output_layer classifier;
    bl_layer *layers;
    bl_tensor_progress *progress; /* by the numbers of tensors (bl_tensor_at) */
    uint32_t largest_rank;        /* of all side paths; 0: there are none */
};

/* Which tensor of a model. */
typedef struct bl_tensor_id {
    uint32_t role, layer; /* layer 0 for roles that are of none */
} bl_tensor_id;

/* Tensors are numbered: those of the model first, then layer by layer. Those that a model lacks
 * have a number, too. */
static inline uint32_t bl_count_tensors(const bl_config *config) {
    return BL_FIRST_LAYER_ROLE + config->layers * BL_LAYER_ROLES;
}

static inline bl_tensor_id bl_tensor_at(uint32_t number) {
    if (number < BL_FIRST_LAYER_ROLE)
        return (bl_tensor_id){number, 0};
    uint32_t behind = number - BL_FIRST_LAYER_ROLE;
    return (bl_tensor_id){BL_FIRST_LAYER_ROLE + behind % BL_LAYER_ROLES, behind / BL_LAYER_ROLES};
}

static inline bl_tensor_progress *bl_model_progress(bl_model *model, uint32_t role,
                                                    uint32_t layer) {
    return &model->progress[role + layer * BL_LAYER_ROLES];
}

/* The weights that a layer computes with: its own. Layers that share them would find them here. */
static inline const bl_layer *bl_model_layer(const bl_model *model, uint32_t layer) {
    return &model->layers[layer];
}

/* Where a tensor's values are: in a table, a linear layer, or as floats. Exactly one of the
 * three is set. */
typedef struct bl_place {
    bl_table *table;
    bl_linear *linear;
    const float **floats;
    bl_output_layer *output; /* whose rows the floats are */
    bl_low_rank **paths;     /* the side paths beside it; NULL: there can be none */
    uint32_t outputs;        /* of the linear layer whose weight or bias it is */
    uint32_t first_output;   /* there */
} bl_place;

/* `role` and `layer` as bl_model_tensor_shape takes them. */
bl_place bl_model_find_place(bl_model *model, uint32_t role, uint32_t layer);

/* The same; `owner`: the bl_model, or for the roles of a layer the bl_layer. */
bl_place bl_find_place(const bl_config *config, uint32_t role, void *owner);

/* BL_BAD_MODEL or BL_UNSUPPORTED: sizes or parts that no model has. */
bl_status bl_model_check_config(const bl_config *config);

/* Memory for tensors, in models and in adapters: it is zeroed. */
void *bl_alloc_zeroed(bl_arena *arena, uint64_t count, size_t size);
bl_weights bl_layout_weights(bl_arena *arena, const bl_kernels *kernels, uint32_t inputs,
                             uint32_t outputs);
bl_table bl_layout_table(bl_arena *arena, const bl_config *config, uint32_t rows);

/* Without a decoder of its own the masked LM decodes by the word embeddings. */
void bl_model_tie_decoder(bl_model *model);

/* Values as they stand in a file (bl_source_type) to floats. BL_BAD_MODEL: one is not finite. */
bl_status bl_read_floats(uint32_t source_type, const void *bytes, size_t count, float *values);
size_t bl_source_type_bytes(uint32_t source_type);
int bl_all_finite(const float *values, size_t count);

/* Rounds the width of a row up to the stride that kernels ask for. */
static inline size_t bl_row_stride(uint32_t width) {
    return ((size_t)width + 15) & ~(size_t)15;
}

#endif
