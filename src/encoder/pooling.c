#include "pooling.h"

#include <string.h>

#include "../model/weights.h"

static void pool_mean(const float *rows, size_t stride, uint32_t count, uint32_t width,
                      float *restrict out) {
    memset(out, 0, width * sizeof(float));
    for (uint32_t t = 0; t < count; t++)
        for (uint32_t i = 0; i < width; i++)
            out[i] += rows[t * stride + i];
    for (uint32_t i = 0; i < width; i++)
        out[i] /= (float)count;
}

static void pool_max(const float *rows, size_t stride, uint32_t count, uint32_t width,
                     float *restrict out) {
    memcpy(out, rows, width * sizeof(float));
    for (uint32_t t = 1; t < count; t++)
        for (uint32_t i = 0; i < width; i++)
            out[i] = rows[t * stride + i] > out[i] ? rows[t * stride + i] : out[i];
}

/* Divides by the Euclidean norm, at least 1e-12 (torch.nn.functional.normalize). */
static void normalize(float *vector, uint32_t width) {
    double sum = 0;
    for (uint32_t i = 0; i < width; i++)
        sum += (double)vector[i] * (double)vector[i];
    float norm = (float)__builtin_sqrt(sum);
    if (norm < 1e-12f)
        norm = 1e-12f;
    for (uint32_t i = 0; i < width; i++)
        vector[i] /= norm;
}

bl_status bl_pool(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                  const float *hidden, uint32_t pooling, uint32_t left_out, uint32_t normalized,
                  float **vectors) {
    uint32_t width = model->config.hidden_size;
    size_t stride = bl_row_stride(width);
    if (pooling > BL_POOLING_MAX)
        return BL_BAD_ARGUMENT;
    float *out = bl_arena_alloc_array(arena, batch->sequence_count, width * sizeof(float));
    if (bl_arena_status(arena) != BL_OK)
        return BL_OUT_OF_MEMORY;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        uint32_t count = batch->starts[s + 1] - batch->starts[s];
        if (count <= left_out)
            return BL_BAD_ARGUMENT;
        const float *rows = hidden + (batch->starts[s] + left_out) * stride;
        count -= left_out;
        float *vector = out + (size_t)s * width;
        if (pooling == BL_POOLING_MEAN)
            pool_mean(rows, stride, count, width, vector);
        else if (pooling == BL_POOLING_MAX)
            pool_max(rows, stride, count, width, vector);
        else
            memcpy(vector, rows, width * sizeof(float));
        if (normalized)
            normalize(vector, width);
    }
    *vectors = out;
    return BL_OK;
}
