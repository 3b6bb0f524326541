/* A model: a validated configuration and constant views of its weights, which
 * stand in the layout that the kernels read. */
#ifndef BERTLET_MODEL_H
#define BERTLET_MODEL_H

#include "../base/arena.h"
#include "../kernels/kernels.h"

typedef struct bl_config {
    uint32_t dtype; /* bl_dtype */
    uint32_t layers;
    uint32_t heads;
    uint32_t hidden_size;
    uint32_t intermediate_size;
    uint32_t vocab_size;
    uint32_t max_positions;
    uint32_t type_vocab_size;
    uint32_t activation; /* bl_activation */
    uint32_t has_pooler;
    float layer_norm_epsilon;
} bl_config;

/* Which tensor: a role and, for the roles of a layer, the layer's number.
 * Weights are [rows][columns] as in the file; vectors are one row. */
typedef enum bl_role {
    BL_ROLE_WORD_EMBEDDINGS = 0,     /* [vocab_size][hidden] */
    BL_ROLE_POSITION_EMBEDDINGS = 1, /* [max_positions][hidden] */
    BL_ROLE_TYPE_EMBEDDINGS = 2,     /* [type_vocab_size][hidden] */
    BL_ROLE_EMBEDDINGS_NORM_WEIGHT = 3,
    BL_ROLE_EMBEDDINGS_NORM_BIAS = 4,
    BL_ROLE_POOLER_WEIGHT = 5, /* [hidden][hidden] */
    BL_ROLE_POOLER_BIAS = 6,
    /* of each layer */
    BL_ROLE_QUERY_WEIGHT = 7, /* [hidden][hidden] */
    BL_ROLE_QUERY_BIAS = 8,
    BL_ROLE_KEY_WEIGHT = 9,
    BL_ROLE_KEY_BIAS = 10,
    BL_ROLE_VALUE_WEIGHT = 11,
    BL_ROLE_VALUE_BIAS = 12,
    BL_ROLE_ATTENTION_OUTPUT_WEIGHT = 13, /* [hidden][hidden] */
    BL_ROLE_ATTENTION_OUTPUT_BIAS = 14,
    BL_ROLE_ATTENTION_NORM_WEIGHT = 15,
    BL_ROLE_ATTENTION_NORM_BIAS = 16,
    BL_ROLE_INTERMEDIATE_WEIGHT = 17, /* [intermediate][hidden] */
    BL_ROLE_INTERMEDIATE_BIAS = 18,
    BL_ROLE_OUTPUT_WEIGHT = 19, /* [hidden][intermediate] */
    BL_ROLE_OUTPUT_BIAS = 20,
    BL_ROLE_OUTPUT_NORM_WEIGHT = 21,
    BL_ROLE_OUTPUT_NORM_BIAS = 22,
    BL_ROLE_COUNT = 23
} bl_role;

#define BL_FIRST_LAYER_ROLE BL_ROLE_QUERY_WEIGHT

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
    uint32_t quantizable; /* may come as I8 with row scales */
} bl_tensor_shape;

typedef struct bl_model bl_model;

/* Checks the configuration and says how many bytes the model takes in an arena. */
bl_status bl_model_measure(const bl_config *config, size_t *bytes);

/* Lays the model out in `arena`; its weights are then written tensor by tensor, in
 * any order, and finished. `config` is copied. */
bl_status bl_model_create(bl_arena *arena, const bl_config *config, bl_model **model);

/* The shape that the configuration gives a tensor. BL_BAD_ARGUMENT: no such tensor. */
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
