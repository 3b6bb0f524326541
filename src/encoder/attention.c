#include "attention.h"

#include "sublayer.h"

void bl_attention_project(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                          uint32_t row_count) {
    const bl_model *model = state->model;
    uint32_t hidden = model->config.hidden_size;
    size_t stride = state->run->hidden_stride, qkv_stride = bl_row_stride(3 * hidden);
    uint32_t begin = 0, end = bl_count_panels(3 * hidden), first_of_k = hidden / BL_PANEL;
    if (bl_has_separate_q(state)) {
        if (state->phase == BL_PHASE_PROJECT_Q)
            end = first_of_k;
        else
            begin = first_of_k;
    }
    bl_linear_apply(model, &bl_model_layer(model, state->layer)->qkv, begin, end,
                    state->run->hidden + row * stride, stride, row_count,
                    state->qkv + row * qkv_stride, qkv_stride, &work->linear);
}

/* Where the probabilities of a sequence's head are kept, NULL when nobody wants them. */
static float *find_probabilities(const bl_encoder_state *state, uint32_t sequence, uint32_t head) {
    const uint8_t *chosen = state->run->attention_layers;
    const uint32_t *starts = state->batch->starts;
    if (!chosen || !chosen[state->layer])
        return NULL;
    size_t floats = 0, tokens;
    for (uint32_t s = 0; s < sequence; s++) {
        tokens = starts[s + 1] - starts[s];
        floats += state->model->config.attention_heads * tokens * tokens;
    }
    tokens = starts[sequence + 1] - starts[sequence];
    return state->kept_attentions + floats + head * tokens * tokens;
}

void bl_attention_run_head(const bl_encoder_state *state, const bl_workspace *work,
                           uint32_t sequence, uint32_t head) {
    const bl_config *config = &state->model->config;
    uint32_t begin = state->batch->starts[sequence];
    uint32_t query = state->query_starts[sequence];
    uint32_t queries = state->query_starts[sequence + 1] - query;
    uint32_t head_size = config->hidden_size / config->attention_heads;
    size_t qkv_stride = bl_row_stride(3 * config->hidden_size);
    const float *k = state->qkv + begin * qkv_stride + config->hidden_size + head * head_size;
    bl_attention_args args = {
        .q = state->qkv + query * qkv_stride + head * head_size,
        .k = k,
        .v = k + config->hidden_size,
        .qkv_stride = qkv_stride,
        .context = state->context + query * state->run->hidden_stride + head * head_size,
        .context_stride = state->run->hidden_stride,
        .probabilities = find_probabilities(state, sequence, head),
        .scratch = work->attention_scratch,
        .tokens = state->batch->starts[sequence + 1] - begin,
        .queries = queries,
        .head_size = head_size,
        .scale = 1.0f / __builtin_sqrtf((float)head_size),
    };
    if (queries > 0)
        state->model->kernels->attention(&args);
}

void bl_attention_finish(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                         uint32_t row_count) {
    const bl_layer *layer = bl_model_layer(state->model, state->layer);
    size_t stride = state->run->hidden_stride;
    bl_project(state, work, &layer->attention_output, state->context + row * stride, stride,
               row_count, work->projected, stride);
    bl_add_and_normalize(state, &layer->attention_norm, state->run->hidden + row * stride,
                         work->projected, row_count);
}
