#include "embeddings.h"

#include "sublayer.h"

/* The rows that make a token's embedding. */
typedef struct token_rows {
    uint32_t id, type, position;
} token_rows;

/* BERT's way. The order of the sum is that of transformers' BertEmbeddings: (word + type) +
 * position. */
static void embed_float(const bl_model *model, token_rows rows, float *restrict out) {
    size_t width = bl_embedding_size(&model->config);
    const float *word = (const float *)model->word_embeddings.rows + rows.id * width;
    const float *kind = (const float *)model->type_embeddings.rows + rows.type * width;
    const float *place = (const float *)model->position_embeddings.rows + rows.position * width;
    for (size_t i = 0; i < width; i++)
        out[i] = (word[i] + kind[i]) + place[i];
}

static void embed_int8(const bl_model *model, token_rows rows, float *restrict out) {
    size_t width = bl_embedding_size(&model->config);
    const int8_t *word = (const int8_t *)model->word_embeddings.rows + rows.id * width;
    const int8_t *kind = (const int8_t *)model->type_embeddings.rows + rows.type * width;
    const int8_t *place = (const int8_t *)model->position_embeddings.rows + rows.position * width;
    float word_scale = model->word_embeddings.scales[rows.id];
    float kind_scale = model->type_embeddings.scales[rows.type];
    float place_scale = model->position_embeddings.scales[rows.position];
    for (size_t i = 0; i < width; i++)
        out[i] = ((float)word[i] * word_scale + (float)kind[i] * kind_scale) +
                 (float)place[i] * place_scale;
}

/* out = or += a row of a table. */
static void add_row(const bl_model *model, const bl_table *table, uint32_t row, int is_first,
                    float *restrict out) {
    size_t width = bl_embedding_size(&model->config);
    int is_float = model->config.dtype == BL_DTYPE_FP32;
    const float *floats = (const float *)table->rows + row * width;
    const int8_t *integers = (const int8_t *)table->rows + row * width;
    for (size_t i = 0; i < width; i++) {
        float value = is_float ? floats[i] : (float)integers[i] * table->scales[row];
        out[i] = is_first ? value : out[i] + value;
    }
}

/* Where positions are no rows (bl_architecture.positions), or there are no segments. */
static void embed_parts(const bl_model *model, token_rows rows, float *out) {
    add_row(model, &model->word_embeddings, rows.id, 1, out);
    if (model->type_embeddings.rows)
        add_row(model, &model->type_embeddings, rows.type, 0, out);
    if (model->position_embeddings.rows)
        add_row(model, &model->position_embeddings, rows.position, 0, out);
}

/* Counts tokens from the beginning of each text, but not those of padding. */
typedef struct counter {
    uint32_t sequence, next, counted;
} counter;

/* The row of positions of the token `t`; those before it are counted on the way
 * (bl_architecture.position_rows). */
static uint32_t find_position(const bl_encoder_state *state, counter *counter, uint32_t t) {
    const bl_config *config = &state->model->config;
    const bl_batch *batch = state->batch;
    while (t >= batch->starts[counter->sequence + 1]) {
        counter->next = batch->starts[++counter->sequence];
        counter->counted = 0;
    }
    if (config->architecture.position_rows == BL_POSITION_ROWS_PLAIN)
        return t - batch->starts[counter->sequence];
    for (; counter->next <= t; counter->next++)
        counter->counted += (uint32_t)batch->ids[counter->next] != config->padding_id;
    return config->padding_id +
           ((uint32_t)batch->ids[t] != config->padding_id ? counter->counted : 0);
}

static void gather(const bl_encoder_state *state, uint32_t token, uint32_t token_count, float *out,
                   size_t stride) {
    const bl_model *model = state->model;
    const bl_batch *batch = state->batch;
    int is_float = model->config.dtype == BL_DTYPE_FP32;
    int is_whole = model->type_embeddings.rows && model->position_embeddings.rows;
    counter counter = {0};
    for (uint32_t t = token; t < token + token_count; t++, out += stride) {
        token_rows rows = {(uint32_t)batch->ids[t], (uint32_t)batch->type_ids[t],
                           find_position(state, &counter, t)};
        if (!is_whole)
            embed_parts(model, rows, out);
        else if (is_float)
            embed_float(model, rows, out);
        else
            embed_int8(model, rows, out);
    }
}

void bl_embed(const bl_encoder_state *state, const bl_workspace *work, uint32_t token,
              uint32_t token_count) {
    const bl_model *model = state->model;
    uint32_t width = bl_embedding_size(&model->config);
    size_t hidden_stride = state->run->hidden_stride;
    float *hidden = state->run->hidden + token * hidden_stride;
    int is_projected = model->projection.weights.panels != NULL;
    float *rows = is_projected ? work->projected : hidden;
    size_t stride = is_projected ? bl_row_stride(width) : hidden_stride;
    gather(state, token, token_count, rows, stride);
    if (model->embeddings_norm.gamma)
        bl_normalize(state, &model->embeddings_norm, rows, NULL, stride, width, token_count);
    if (is_projected)
        bl_project(state, work, &model->projection, rows, stride, token_count, hidden,
                   hidden_stride);
}
