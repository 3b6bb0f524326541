#include "embeddings.h"

#include "sublayer.h"

/* BERT's way. The order of the sum is that of transformers' BertEmbeddings: (word + type) +
 * position. */
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

/* out = or += a row of a table. */
static void add_row(const bl_model *model, const bl_table *table, uint32_t row, int is_first,
                    float *restrict out) {
    size_t width = model->config.hidden_size;
    int is_float = model->config.dtype == BL_DTYPE_FP32;
    const float *floats = (const float *)table->rows + row * width;
    const int8_t *integers = (const int8_t *)table->rows + row * width;
    for (size_t i = 0; i < width; i++) {
        float value = is_float ? floats[i] : (float)integers[i] * table->scales[row];
        out[i] = is_first ? value : out[i] + value;
    }
}

/* Where positions are no rows (bl_architecture.positions), or there are no segments. */
static void embed_parts(const bl_model *model, uint32_t id, uint32_t type, uint32_t position,
                        float *out) {
    add_row(model, &model->word_embeddings, id, 1, out);
    if (model->type_embeddings.rows)
        add_row(model, &model->type_embeddings, type, 0, out);
    if (model->position_embeddings.rows)
        add_row(model, &model->position_embeddings, position, 0, out);
}

void bl_embed(const bl_encoder_state *state, uint32_t token, uint32_t token_count) {
    const bl_model *model = state->model;
    const bl_batch *batch = state->batch;
    int is_float = model->config.dtype == BL_DTYPE_FP32;
    int is_whole = model->type_embeddings.rows && model->position_embeddings.rows;
    size_t stride = state->run->hidden_stride;
    float *hidden = state->run->hidden;
    uint32_t s = 0;
    for (uint32_t t = token; t < token + token_count; t++) {
        while (t >= batch->starts[s + 1])
            s++;
        uint32_t id = (uint32_t)batch->ids[t], type = (uint32_t)batch->type_ids[t];
        uint32_t position = t - batch->starts[s];
        if (!is_whole)
            embed_parts(model, id, type, position, hidden + t * stride);
        else if (is_float)
            embed_float(model, id, type, position, hidden + t * stride);
        else
            embed_int8(model, id, type, position, hidden + t * stride);
    }
    if (model->embeddings_norm.gamma)
        bl_add_and_normalize(state, &model->embeddings_norm, hidden + token * stride, NULL,
                             token_count);
}
