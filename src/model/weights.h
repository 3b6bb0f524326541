/* The weight views behind bl_model: for the stages that compute with a model. */
#ifndef BERTLET_WEIGHTS_H
#define BERTLET_WEIGHTS_H

#include "model.h"

/* An embedding table: float rows (fp32 models), or int8 rows with a scale each. */
typedef struct bl_table {
    const void *rows;          /* [rows][columns] */
    const float *scales;       /* [rows]; in a fp32 model only used while writing */
    struct bl_low_rank *paths; /* of a decoder */
} bl_table;

typedef struct bl_norm {
    const float *gamma, *beta; /* [hidden_size]; NULL: a norm, or a bias, that there is not */
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
    bl_linear qkv; /* query, key and value as one matrix of bl_qkv_width outputs */
    bl_linear attention_output;
    bl_norm attention_norm;
    bl_linear intermediate; /* and the gates below it, where there are some */
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
    bl_norm embeddings_norm, final_norm;
    bl_linear projection;
    const float *relative_bias; /* [relative_buckets][attention_heads] */
    const float *zeros;         /* the bias of norms that have none */
    /* by config.parts; views of what is not there are zeros */
    bl_linear pooler;
    bl_linear transform;
    bl_norm transform_norm;
    bl_table decoder; /* [vocab_size], the word embeddings or its own */
    const float *decoder_bias;
    bl_output_layer next_sentence;
    bl_linear head_dense;
    bl_output_layer classifier;
    bl_layer *layers;
    bl_tensor_progress *progress; /* by the numbers of tensors (bl_tensor_at) */
    uint32_t largest_rank;        /* of all side paths; 0: there are none */
};

static inline uint32_t bl_head_size(const bl_config *config) {
    return config->hidden_size / config->attention_heads;
}

/* Columns of the keys of all heads, and of the values. */
static inline uint32_t bl_key_width(const bl_config *config) {
    uint32_t heads = config->architecture.key_value_heads;
    return heads ? heads * bl_head_size(config) : config->hidden_size;
}

/* Columns of queries, keys and values side by side. */
static inline uint32_t bl_qkv_width(const bl_config *config) {
    return config->hidden_size + 2 * bl_key_width(config);
}

/* Columns that the first half of the feed-forward makes. */
static inline uint32_t bl_intermediate_width(const bl_config *config) {
    int is_gated = config->architecture.feed_forward == BL_FEED_FORWARD_GATED;
    return config->intermediate_size * (is_gated ? 2 : 1);
}

/* Which tensor of a model. */
typedef struct bl_tensor_id {
    uint32_t role, layer; /* layer 0 for roles that are of none */
} bl_tensor_id;

static inline uint32_t bl_embedding_size(const bl_config *config) {
    return config->embedding_size ? config->embedding_size : config->hidden_size;
}

/* Of embeddings and hidden states the wider. */
static inline uint32_t bl_widest_row(const bl_config *config) {
    uint32_t embedding = bl_embedding_size(config);
    return embedding > config->hidden_size ? embedding : config->hidden_size;
}

/* How many tokens a text may have. */
static inline uint32_t bl_count_positions(const bl_config *config) {
    if (config->architecture.position_rows == BL_POSITION_ROWS_PLAIN)
        return config->max_positions;
    uint64_t left_out = (uint64_t)config->padding_id + 1;
    return left_out < config->max_positions ? config->max_positions - (uint32_t)left_out : 0;
}

/* How many layers have weights of their own. */
static inline uint32_t bl_count_layer_sets(const bl_config *config) {
    uint32_t shared = config->architecture.shared_sets;
    return shared ? shared : config->layers;
}

/* Tensors are numbered: those of the model first, then layer by layer. Those that a model lacks
 * have a number, too. */
static inline uint32_t bl_count_tensors(const bl_config *config) {
    return BL_FIRST_LAYER_ROLE + bl_count_layer_sets(config) * BL_LAYER_ROLES;
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

/* The weights that a layer computes with: its own, or the set that it shares with its
 * neighbours. */
static inline const bl_layer *bl_model_layer(const bl_model *model, uint32_t layer) {
    uint32_t shared = model->config.architecture.shared_sets;
    if (shared)
        layer = (uint32_t)((uint64_t)layer * shared / model->config.layers);
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
bl_table bl_layout_table(bl_arena *arena, const bl_config *config, const bl_tensor_shape *shape);

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
