/* What stands on top of the encoder: hidden states to logits. */
#ifndef BERTLET_HEADS_H
#define BERTLET_HEADS_H

#include "../base/arena.h"
#include "../model/model.h"

/* Formulas as in transformers. x: a row of the last hidden state; pooled(x) = tanh(Wp x + bp);
 * act: bl_config.activation, or the other that .architecture.transform names. */
typedef enum bl_head {
    BL_HEAD_POOLER = 0,            /* pooled(x): hidden_size values */
    BL_HEAD_POOLED_CLASSIFIER = 1, /* Wc pooled(x) + bc: labels */
    BL_HEAD_ROW_CLASSIFIER = 2,    /* Wc x + bc: labels */
    BL_HEAD_NEXT_SENTENCE = 3,     /* Wn pooled(x) + bn: 2, "is next" first */
    BL_HEAD_MASKED_LM = 4,         /* E norm(act(Wt x + bt)) + bd: vocab_size */
    BL_HEAD_DENSE_CLASSIFIER = 5   /* Wc head_activation(Wh x + bh) + bc: labels */
} bl_head;

typedef struct bl_head_output {
    uint32_t rows;
    uint32_t width;
    float *values; /* [rows][width], in the arena */
} bl_head_output;

/* How many values a head gives for a row. */
uint32_t bl_head_width(const bl_model *model, uint32_t head);

/* Computes a head for rows of hidden states: `hidden` as the encoder leaves it (row stride
 * bl_row_stride(hidden_size)), `indices` the rows that are wanted, or NULL for the first
 * `row_count`. A row's result depends on that row alone, and in an int8 model it has the
 * same bits in every build.
 * BL_UNSUPPORTED: the model lacks a part that the head needs. */
bl_status bl_head_run(bl_arena *arena, const bl_model *model, uint32_t head, const float *hidden,
                      const uint32_t *indices, uint32_t row_count, bl_head_output *output);

#endif
