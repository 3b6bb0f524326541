/* What the units of a forward pass compute. */
#include "units.h"

#include "embeddings.h"

/* out = rows W + b, for at most block_rows rows. */
static void linear(const bl_model *model, const bl_workspace *work, const bl_linear *layer,
                   const float *rows, size_t stride, uint32_t row_count, float *out,
                   size_t out_stride) {
    bl_linear_apply(model, layer, 0, bl_count_panels(layer->weights.outputs), rows, stride,
                    row_count, out, out_stride, &work->linear);
}

/* Where a block of rows begins: blocks are whole pairs of tiles, so that only one has a
 * tail. */
static uint32_t first_row(const bl_encoder_state *state, uint32_t block) {
    uint64_t pairs = ((uint64_t)state->rows + 2 * BL_TILE - 1) / (2 * BL_TILE);
    uint64_t row = pairs * block / state->units * (2 * BL_TILE);
    return row < state->rows ? (uint32_t)row : state->rows;
}

static void normalize(const bl_encoder_state *state, const bl_norm *norm, float *rows,
                      const float *residual, uint32_t row_count) {
    const bl_config *config = &state->model->config;
    state->model->kernels->layer_norm(rows, residual, state->run->hidden_stride, row_count,
                                      config->hidden_size, norm->gamma, norm->beta,
                                      config->layer_norm_epsilon);
}

static void embed_block(const bl_encoder_state *state, uint32_t row, uint32_t row_count) {
    size_t stride = state->run->hidden_stride;
    bl_embed_tokens(state->model, state->batch, row, row_count, state->run->hidden, stride);
    normalize(state, &state->model->embeddings_norm, state->run->hidden + row * stride, NULL,
              row_count);
}

static void project_block(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                          uint32_t row_count) {
    const bl_model *model = state->model;
    uint32_t hidden = model->config.hidden_size;
    size_t stride = state->run->hidden_stride, qkv_stride = bl_row_stride(3 * hidden);
    uint32_t begin = 0, end = bl_count_panels(3 * hidden);
    if (bl_has_separate_q(state))
        *(state->phase == BL_PHASE_PROJECT ? &begin : &end) = hidden / BL_PANEL;
    bl_linear_apply(model, &model->layers[state->layer].qkv, begin, end,
                    state->run->hidden + row * stride, stride, row_count,
                    state->qkv + row * qkv_stride, qkv_stride, &work->linear);
}

/* Everything after attention, for one block of rows. */
static void finish_block(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                         uint32_t row_count) {
    const bl_model *model = state->model;
    const bl_kernels *kernels = model->kernels;
    const bl_layer *layer = &model->layers[state->layer];
    size_t stride = state->run->hidden_stride;
    size_t intermediate_stride = bl_row_stride(model->config.intermediate_size);
    float *x = state->run->hidden + row * stride;

    linear(model, work, &layer->attention_output, state->context + row * stride, stride, row_count,
           work->projected, stride);
    normalize(state, &layer->attention_norm, x, work->projected, row_count);

    linear(model, work, &layer->intermediate, x, stride, row_count, work->intermediate,
           intermediate_stride);
    kernels->activate(work->intermediate, intermediate_stride, row_count,
                      model->config.intermediate_size, (bl_activation)model->config.activation);
    linear(model, work, &layer->output, work->intermediate, intermediate_stride, row_count,
           work->projected, stride);
    normalize(state, &layer->output_norm, x, work->projected, row_count);
}

/* Where the probabilities of a sequence's head are kept, NULL when nobody wants them. */
static float *place_probabilities(const bl_encoder_state *state, uint32_t sequence, uint32_t head) {
    const uint8_t *chosen = state->run->attention_layers;
    const uint32_t *starts = state->batch->starts;
    if (!chosen || !chosen[state->layer])
        return NULL;
    float *place = state->kept_attentions;
    for (uint32_t s = 0; s <= sequence; s++) {
        size_t tokens = starts[s + 1] - starts[s];
        place += (s < sequence ? state->model->config.heads : head) * tokens * tokens;
    }
    return place;
}

static void attend_head(const bl_encoder_state *state, const bl_workspace *work, uint32_t sequence,
                        uint32_t head) {
    const bl_config *config = &state->model->config;
    uint32_t begin = state->batch->starts[sequence];
    uint32_t query = state->query_starts[sequence];
    uint32_t queries = state->query_starts[sequence + 1] - query;
    uint32_t head_size = config->hidden_size / config->heads;
    size_t qkv_stride = bl_row_stride(3 * config->hidden_size);
    const float *k = state->qkv + begin * qkv_stride + config->hidden_size + head * head_size;
    bl_attention_args args = {
        .q = state->qkv + query * qkv_stride + head * head_size,
        .k = k,
        .v = k + config->hidden_size,
        .qkv_stride = qkv_stride,
        .context = state->context + query * state->run->hidden_stride + head * head_size,
        .context_stride = state->run->hidden_stride,
        .probabilities = place_probabilities(state, sequence, head),
        .scratch = work->attention_scratch,
        .tokens = state->batch->starts[sequence + 1] - begin,
        .queries = queries,
        .head_size = head_size,
        .scale = 1.0f / __builtin_sqrtf((float)head_size),
    };
    if (queries > 0)
        state->model->kernels->attention(&args);
}

void bl_encoder_run_unit(const bl_encoder_state *state, const bl_workspace *work, uint32_t unit) {
    if (state->phase == BL_PHASE_ATTEND) {
        uint32_t heads = state->model->config.heads;
        attend_head(state, work, unit / heads, unit % heads);
        return;
    }
    uint32_t row = first_row(state, unit), row_count = first_row(state, unit + 1) - row;
    if (row_count == 0) /* fewer tiles than blocks */
        return;
    if (state->phase == BL_PHASE_EMBED)
        embed_block(state, row, row_count);
    else if (state->phase == BL_PHASE_FINISH)
        finish_block(state, work, row, row_count);
    else
        project_block(state, work, row, row_count);
}

uint64_t bl_encoder_measure_unit(const bl_encoder_state *state, uint32_t unit) {
    const bl_config *config = &state->model->config;
    uint64_t hidden = config->hidden_size, row;
    switch (state->phase) {
    case BL_PHASE_ATTEND: {
        uint32_t sequence = unit / config->heads;
        uint64_t tokens = state->batch->starts[sequence + 1] - state->batch->starts[sequence];
        uint64_t queries = state->query_starts[sequence + 1] - state->query_starts[sequence];
        return tokens * queries * (2 * hidden / config->heads + 64); /* 64: the softmax */
    }
    case BL_PHASE_EMBED:
        row = 32;
        break;
    case BL_PHASE_FINISH:
        row = hidden + 2 * config->intermediate_size;
        break;
    default:
        row = 3 * hidden;
    }
    return row * hidden * (first_row(state, unit + 1) - first_row(state, unit));
}
