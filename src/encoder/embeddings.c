#include "embeddings.h"

#include "../model/weights.h"

/* The order of the sum is that of transformers' BertEmbeddings: (word + type) + position. */
static void embed_float(const bl_model *model, uint32_t id, uint32_t type, uint32_t position,
                        float *restrict out) {
    size_t width = model->config.hidden_size;
    const float *word = (const float *)model->word_embeddings.rows + id * width;
    const float *kind = (const float *)model->type_embeddings.rows + type * width;
    const float *place = (const float *)model->position_embeddings.rows + position * width;
    for (size_t i = 0; i < width; i++)
        out[i] = (word[i] + kind[i]) + place[i];
}

static void embed_int8(const bl_model *model, uint32_t id, uint32_t type, uint32_t position,
                       float *restrict out) {
    size_t width = model->config.hidden_size;
    const int8_t *word = (const int8_t *)model->word_embeddings.rows + id * width;
    const int8_t *kind = (const int8_t *)model->type_embeddings.rows + type * width;
    const int8_t *place = (const int8_t *)model->position_embeddings.rows + position * width;
    float word_scale = model->word_embeddings.scales[id];
    float kind_scale = model->type_embeddings.scales[type];
    float place_scale = model->position_embeddings.scales[position];
    for (size_t i = 0; i < width; i++)
        out[i] = ((float)word[i] * word_scale + (float)kind[i] * kind_scale) +
                 (float)place[i] * place_scale;
}

void bl_embed_tokens(const bl_model *model, const bl_batch *batch, uint32_t begin, uint32_t count,
                     float *hidden, size_t stride) {
    int is_float = model->config.dtype == BL_DTYPE_FP32;
    uint32_t s = 0;
    for (uint32_t t = begin; t < begin + count; t++) {
        while (t >= batch->starts[s + 1])
            s++;
        (is_float ? embed_float : embed_int8)(model, (uint32_t)batch->ids[t],
                                              (uint32_t)batch->type_ids[t], t - batch->starts[s],
                                              hidden + t * stride);
    }
}
