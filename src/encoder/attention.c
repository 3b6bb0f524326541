#include "attention.h"

#include "sublayer.h"

/* Turns the queries (and keys) that a block of rows has just got. */
static void rotate(const bl_encoder_state *state, uint32_t row, uint32_t row_count) {
    const bl_config *config = &state->model->config;
    const uint32_t *starts = state->batch->starts;
    uint32_t size = bl_head_size(config), first = 0, heads = config->attention_heads;
    uint32_t sequence = 0;
    if (!bl_has_separate_q(state)) {
        heads += bl_key_width(config) / size;
    } else if (state->phase == BL_PHASE_PROJECT) {
        first = config->hidden_size;
        heads = bl_key_width(config) / size;
    }
    int is_local = bl_layer_is_local(&config->architecture, state->layer);
    const float *table = is_local ? state->angles.local : state->angles.global;
    for (uint32_t m = row; m < row + row_count; m++) {
        uint32_t token = state->phase == BL_PHASE_PROJECT_Q ? state->run->wanted[m] : m;
        while (token >= starts[sequence + 1])
            sequence++;
        const float *cosines = table + (size_t)(token - starts[sequence]) * size;
        state->model->kernels->rotate(state->qkv + m * bl_row_stride(bl_qkv_width(config)) + first,
                                      heads, size, cosines, cosines + size / 2);
    }
}

void bl_attention_project(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                          uint32_t row_count) {
    const bl_model *model = state->model;
    const bl_layer *layer = bl_model_layer(model, state->layer);
    uint32_t hidden = model->config.hidden_size, width = bl_qkv_width(&model->config);
    size_t stride = state->run->hidden_stride, qkv_stride = bl_row_stride(width);
    uint32_t begin = 0, end = bl_count_panels(width), first_of_k = hidden / BL_PANEL;
    if (bl_has_separate_q(state)) {
        if (state->phase == BL_PHASE_PROJECT_Q)
            end = first_of_k;
        else
            begin = first_of_k;
    }
    const float *in = bl_sublayer_input(state, work, &layer->attention_norm,
                                        state->run->hidden + row * stride, row_count);
    bl_linear_apply(model, &layer->qkv, begin, end, in, stride, row_count,
                    state->qkv + row * qkv_stride, qkv_stride, &work->linear);
    if (model->config.architecture.positions == BL_POSITIONS_ROTARY)
        rotate(state, row, row_count);
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
    uint32_t head_size = bl_head_size(config), key_width = bl_key_width(config);
    size_t qkv_stride = bl_row_stride(bl_qkv_width(config));
    /* Heads of queries may share one of keys and values, neighbours the same. */
    uint32_t key_head = head / (config->hidden_size / key_width);
    const float *k = state->qkv + begin * qkv_stride + config->hidden_size + key_head * head_size;
    int is_local = bl_layer_is_local(&config->architecture, state->layer);
    bl_attention_args args = {
        .q = state->qkv + query * qkv_stride + head * head_size,
        .k = k,
        .v = k + key_width,
        .qkv_stride = qkv_stride,
        .context = state->context + query * state->run->hidden_stride + head * head_size,
        .context_stride = state->run->hidden_stride,
        .probabilities = find_probabilities(state, sequence, head),
        .scratch = work->attention_scratch,
        .tokens = state->batch->starts[sequence + 1] - begin,
        .queries = queries,
        .head_size = head_size,
        .scale = 1.0f / __builtin_sqrtf((float)head_size),
        .window = is_local ? config->architecture.window : 0,
        .bias = bl_distances_of(&state->distances, head),
        .first_place = begin,
    };
    if (queries > 0 && (args.window || args.bias) && bl_is_partial(state))
        args.places = state->run->wanted + query;
    if (queries > 0)
        state->model->kernels->attention(&args);
}

void bl_attention_finish(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                         uint32_t row_count) {
    const bl_layer *layer = bl_model_layer(state->model, state->layer);
    size_t stride = state->run->hidden_stride;
    bl_project(state, work, &layer->attention_output, state->context + row * stride, stride,
               row_count, work->projected, stride);
    bl_end_sublayer(state, &layer->attention_norm, state->run->hidden + row * stride,
                    work->projected, row_count);
}
