#include "heads.h"

#include <string.h>

#include "../kernels/dot_rows.h"
#include "../model/linear.h"

/* Rows that go through a head together: a stretch of the decoder's table is read once for
 * all of them. */
#define BLOCK_ROWS 16

/* Rows of the decoder's table at a time, so that they stay in the first-level cache. */
#define TABLE_ROWS 64

/* One block of rows and what computing with them takes. */
typedef struct block {
    float *rows;      /* [BLOCK_ROWS][stride]: hidden states, and what becomes of them */
    float *projected; /* [BLOCK_ROWS][stride] */
    bl_linear_work linear;
    float *narrow;         /* [largest rank] */
    int16_t *integers;     /* [BLOCK_ROWS][width to a multiple of 2] */
    float *integer_scales; /* [BLOCK_ROWS] */
    size_t stride;
} block;

static size_t integer_stride(const bl_model *model) {
    return ((size_t)bl_embedding_size(&model->config) + 1) & ~(size_t)1;
}

static block create_block(bl_arena *arena, const bl_model *model) {
    size_t stride = bl_row_stride(bl_widest_row(&model->config));
    return (block){
        .rows = bl_arena_alloc_array(arena, BLOCK_ROWS, stride * sizeof(float)),
        .projected = bl_arena_alloc_array(arena, BLOCK_ROWS, stride * sizeof(float)),
        .linear = bl_linear_work_create(arena, model, BLOCK_ROWS),
        .narrow = bl_arena_alloc_array(arena, model->largest_rank, sizeof(float)),
        .integers =
            bl_arena_alloc_array(arena, BLOCK_ROWS * integer_stride(model), sizeof(int16_t)),
        .integer_scales = bl_arena_alloc_array(arena, BLOCK_ROWS, sizeof(float)),
        .stride = stride,
    };
}

/* rows = activation(rows W + b) */
static void apply_dense(const bl_model *model, block *block, const bl_linear *linear,
                        uint32_t count, bl_activation activation) {
    uint32_t outputs = linear->weights.outputs;
    bl_linear_apply(model, linear, 0, bl_count_panels(outputs), block->rows, block->stride, count,
                    block->projected, block->stride, &block->linear);
    model->kernels->activate(block->projected, block->stride, count, outputs, activation);
    float *rows = block->rows;
    block->rows = block->projected;
    block->projected = rows;
}

static void apply_output_layer(const bl_model *model, const block *block,
                               const bl_output_layer *layer, uint32_t count, float *out) {
    for (uint32_t m = 0; m < count; m++, out += layer->outputs) {
        bl_simd128_dot_rows.f32(block->rows + m * block->stride, layer->rows, layer->outputs,
                                model->config.hidden_size, out);
        for (uint32_t n = 0; n < layer->outputs; n++)
            out[n] += layer->bias[n];
        bl_low_rank_add_rows(layer->paths, block->rows + m * block->stride, out, block->narrow);
    }
}

static void decode_float(const bl_model *model, const block *block, uint32_t count, uint32_t first,
                         uint32_t tokens, float *out) {
    size_t width = bl_embedding_size(&model->config);
    for (uint32_t m = 0; m < count; m++, out += model->config.vocab_size)
        bl_simd128_dot_rows.f32(block->rows + m * block->stride,
                                (const float *)model->decoder.rows + first * width, tokens,
                                (uint32_t)width, out + first);
}

static void decode_int8(const bl_model *model, const block *block, uint32_t count, uint32_t first,
                        uint32_t tokens, float *out) {
    size_t width = bl_embedding_size(&model->config);
    for (uint32_t m = 0; m < count; m++, out += model->config.vocab_size) {
        int32_t sums[TABLE_ROWS];
        bl_simd128_dot_rows.i8(block->integers + m * integer_stride(model),
                               (const int8_t *)model->decoder.rows + first * width, tokens,
                               (uint32_t)width, sums);
        for (uint32_t n = 0; n < tokens; n++)
            out[first + n] =
                (float)sums[n] * (block->integer_scales[m] * model->decoder.scales[first + n]);
    }
}

/* The rows as the decoder's integers: packed one by one, a row stands in order of k. */
static void quantize_rows(const bl_model *model, const block *block, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        bl_pack_rows_int16(block->rows + m * block->stride, block->stride, 1,
                           bl_embedding_size(&model->config),
                           block->integers + m * integer_stride(model), &block->integer_scales[m]);
}

static void predict_tokens(const bl_model *model, block *block, uint32_t count, float *out) {
    const bl_config *config = &model->config;
    int is_float = config->dtype == BL_DTYPE_FP32;
    apply_dense(model, block, &model->transform, count,
                config->architecture.transform == BL_TRANSFORM_GELU
                    ? BL_ACTIVATION_GELU
                    : (bl_activation)config->activation);
    model->kernels->layer_norm(block->rows, NULL, block->stride, count, bl_embedding_size(config),
                               model->transform_norm.gamma, model->transform_norm.beta,
                               config->layer_norm_epsilon);
    if (!is_float)
        quantize_rows(model, block, count);
    for (uint32_t first = 0; first < config->vocab_size; first += TABLE_ROWS) {
        uint32_t rest = config->vocab_size - first, tokens = rest < TABLE_ROWS ? rest : TABLE_ROWS;
        if (is_float)
            decode_float(model, block, count, first, tokens, out);
        else
            decode_int8(model, block, count, first, tokens, out);
    }
    for (uint32_t m = 0; m < count; m++, out += config->vocab_size) {
        for (uint32_t n = 0; n < config->vocab_size; n++)
            out[n] += model->decoder_bias[n];
        bl_low_rank_add_rows(model->decoder.paths, block->rows + m * block->stride, out,
                             block->narrow);
    }
}

static void run_block(const bl_model *model, uint32_t head, block *block, uint32_t count,
                      float *out) {
    if (head == BL_HEAD_MASKED_LM) {
        predict_tokens(model, block, count, out);
        return;
    }
    if (head == BL_HEAD_DENSE_CLASSIFIER)
        apply_dense(model, block, &model->head_dense, count,
                    (bl_activation)model->config.head_activation);
    else if (head != BL_HEAD_ROW_CLASSIFIER)
        apply_dense(model, block, &model->pooler, count, BL_ACTIVATION_TANH);
    if (head == BL_HEAD_POOLER) {
        size_t width = model->config.hidden_size;
        for (uint32_t m = 0; m < count; m++)
            memcpy(out + m * width, block->rows + m * block->stride, width * sizeof(float));
    } else if (head == BL_HEAD_NEXT_SENTENCE) {
        apply_output_layer(model, block, &model->next_sentence, count, out);
    } else {
        apply_output_layer(model, block, &model->classifier, count, out);
    }
}

/* The parts that a head needs, and how wide its output is. */
static uint32_t parts_of(const bl_config *config, uint32_t head, uint32_t *width) {
    switch (head) {
    case BL_HEAD_POOLER:
        *width = config->hidden_size;
        return BL_PART_POOLER;
    case BL_HEAD_POOLED_CLASSIFIER:
        *width = config->labels;
        return BL_PART_POOLER | BL_PART_CLASSIFIER;
    case BL_HEAD_ROW_CLASSIFIER:
        *width = config->labels;
        return BL_PART_CLASSIFIER;
    case BL_HEAD_DENSE_CLASSIFIER:
        *width = config->labels;
        return BL_PART_HEAD_DENSE | BL_PART_CLASSIFIER;
    case BL_HEAD_NEXT_SENTENCE:
        *width = 2;
        return BL_PART_POOLER | BL_PART_NEXT_SENTENCE;
    default:
        *width = config->vocab_size;
        return BL_PART_MASKED_LM;
    }
}

uint32_t bl_head_width(const bl_model *model, uint32_t head) {
    uint32_t width;
    parts_of(&model->config, head, &width);
    return width;
}

bl_status bl_head_run(bl_arena *arena, const bl_model *model, uint32_t head, const float *hidden,
                      const uint32_t *indices, uint32_t row_count, bl_head_output *output) {
    if (head > BL_HEAD_DENSE_CLASSIFIER)
        return BL_BAD_ARGUMENT;
    uint32_t parts = parts_of(&model->config, head, &output->width);
    if ((model->config.parts & parts) != parts)
        return BL_UNSUPPORTED;
    output->rows = row_count;
    output->values = bl_arena_alloc_array(arena, row_count, output->width * sizeof(float));
    size_t hidden_stride = bl_row_stride(model->config.hidden_size);
    size_t mark = bl_arena_mark(arena);
    block block = create_block(arena, model);
    bl_status status = bl_arena_status(arena);
    for (uint32_t done = 0; status == BL_OK && done < row_count; done += BLOCK_ROWS) {
        uint32_t count = row_count - done < BLOCK_ROWS ? row_count - done : BLOCK_ROWS;
        for (uint32_t m = 0; m < count; m++)
            memcpy(block.rows + m * block.stride,
                   hidden + (indices ? indices[done + m] : done + m) * hidden_stride,
                   hidden_stride * sizeof(float));
        run_block(model, head, &block, count, output->values + (size_t)done * output->width);
    }
    bl_arena_reset(arena, mark);
    return status;
}
