/* The weight views behind bl_model: for the stages that compute with a model. */
#ifndef BERTLET_WEIGHTS_H
#define BERTLET_WEIGHTS_H

#include "model.h"

/* An embedding table: float rows (fp32 models), or int8 rows with a scale each. */
typedef struct bl_table {
    const void *rows;    /* [rows][hidden_size] */
    const float *scales; /* [rows]; in a fp32 model only used while writing */
} bl_table;

typedef struct bl_norm {
    const float *gamma, *beta; /* [hidden_size] */
} bl_norm;

typedef struct bl_layer {
    bl_weights qkv; /* query, key and value as one matrix of 3 hidden_size outputs */
    bl_weights attention_output;
    bl_norm attention_norm;
    bl_weights intermediate;
    bl_weights output;
    bl_norm output_norm;
} bl_layer;

/* A small output layer, float in every dtype: [outputs][hidden_size] and [outputs]. */
typedef struct bl_output_layer {
    const float *rows;
    const float *bias;
    uint32_t outputs;
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
    bl_weights pooler;
    bl_weights transform;
    bl_norm transform_norm;
    bl_table decoder; /* [vocab_size], the word embeddings or its own */
    const float *decoder_bias;
    bl_output_layer next_sentence;
    bl_output_layer classifier;
    bl_layer *layers;
    bl_tensor_progress *progress; /* roles before the layers, then each layer's */
};

/* Rounds the width of a row up to the stride that kernels ask for. */
static inline size_t bl_row_stride(uint32_t width) {
    return ((size_t)width + 15) & ~(size_t)15;
}

#endif
