/* The forward pass: embeddings, then for each layer
 *
 *   qkv = x Wqkv + b                     all rows
 *   context = attention(q, k, v)         each sequence, each head
 *   x = norm(x + context Wo + b)         all rows, a block at a time:
 *   x = norm(x + act(x Wi + b) Wd + b)   the block's intermediate stays in cache
 */
#include "encoder.h"

#include <string.h>

#include "../kernels/pack_weights.h"
#include "../model/weights.h"
#include "embeddings.h"

/* Rows that go through the feed-forward together: their intermediate activations
 * and packed forms fit a second-level cache. Results do not depend on it. */
#define BLOCK_ROWS 64

/* Fewer tokens than this are not worth sharing out. */
#define LEAST_SHARED_TOKENS 32

/* What one part of a task needs for itself. */
typedef struct workspace {
    float *projected;    /* [BLOCK_ROWS][hidden_stride] */
    float *intermediate; /* [BLOCK_ROWS][intermediate_stride] */
    void *packed;        /* one block of packed rows */
    float *row_scales;   /* [BLOCK_ROWS] */
    bl_row_terms *row_terms;
    void *linear_scratch;
    void *attention_scratch;
} workspace;

typedef struct encoder_state {
    const bl_model *model;
    const bl_batch *batch;
    bl_encoder_run *run;
    bl_crew *crew;
    uint32_t layer; /* the one under way */
    float *qkv;     /* [tokens][qkv_stride] */
    float *context; /* [tokens][hidden_stride] */
    workspace workspaces[BL_CREW_LIMIT];
} encoder_state;

static uint32_t longest_sequence(const bl_batch *batch) {
    uint32_t longest = 0;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        uint32_t length = batch->starts[s + 1] - batch->starts[s];
        longest = length > longest ? length : longest;
    }
    return longest;
}

static bl_status check_batch(const bl_config *config, const bl_batch *batch, bl_encoder_run *run) {
    if (batch->sequence_count == 0)
        return BL_BAD_ARGUMENT;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        if (batch->starts[s + 1] <= batch->starts[s])
            return BL_BAD_ARGUMENT;
        if (batch->starts[s + 1] - batch->starts[s] > config->max_positions)
            return BL_TOO_LONG;
    }
    for (uint32_t t = 0; t < batch->token_count; t++) {
        if ((uint32_t)batch->ids[t] >= config->vocab_size ||
            (uint32_t)batch->type_ids[t] >= config->type_vocab_size) {
            run->bad_token = t;
            return BL_BAD_MODEL;
        }
    }
    return BL_OK;
}

/* Floats of one layer's attention probabilities; 0 when that overflows. */
static size_t count_attention_floats(const bl_config *config, const bl_batch *batch) {
    uint64_t floats = 0;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        uint64_t length = batch->starts[s + 1] - batch->starts[s];
        floats += length * length * config->heads;
    }
    return floats <= SIZE_MAX / sizeof(float) ? (size_t)floats : 0;
}

static workspace layout_workspace(bl_arena *arena, const bl_model *model, uint32_t longest) {
    const bl_config *config = &model->config;
    uint32_t hidden = config->hidden_size, intermediate = config->intermediate_size;
    uint32_t widest = hidden > intermediate ? hidden : intermediate;
    return (workspace){
        .projected = bl_arena_alloc_array(arena, BLOCK_ROWS, bl_row_stride(hidden) * sizeof(float)),
        .intermediate =
            bl_arena_alloc_array(arena, BLOCK_ROWS, bl_row_stride(intermediate) * sizeof(float)),
        .packed = bl_arena_alloc(arena, bl_packed_rows_bytes(model->kernels, BLOCK_ROWS, widest)),
        .row_scales = bl_arena_alloc_array(arena, BLOCK_ROWS, sizeof(float)),
        .row_terms = bl_arena_alloc_array(arena, BLOCK_ROWS, sizeof(bl_row_terms)),
        .linear_scratch = bl_arena_alloc(arena, bl_linear_scratch_bytes(widest)),
        .attention_scratch =
            bl_arena_alloc(arena, bl_attention_scratch_bytes(longest, hidden / config->heads)),
    };
}

/* One function for measuring and for real, so that the two cannot differ. */
static encoder_state *layout_run(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                                 bl_encoder_run *run, encoder_state *state) {
    const bl_config *config = &model->config;
    size_t tokens = batch->token_count, hidden = bl_row_stride(config->hidden_size);

    encoder_state *place = bl_arena_alloc(arena, sizeof(encoder_state));
    run->hidden = bl_arena_alloc_array(arena, tokens, hidden * sizeof(float));
    run->hidden_states = NULL;
    run->attentions = NULL;
    if (run->want_hidden_states)
        run->hidden_states = bl_arena_alloc_array(arena, ((size_t)config->layers + 1) * tokens,
                                                  config->hidden_size * sizeof(float));
    if (run->want_attentions)
        run->attentions =
            bl_arena_alloc_array(arena, run->attention_floats, config->layers * sizeof(float));
    *state = (encoder_state){
        .model = model,
        .batch = batch,
        .run = run,
        .crew = tokens < LEAST_SHARED_TOKENS ? NULL : run->crew,
        .qkv = bl_arena_alloc_array(arena, tokens,
                                    bl_row_stride(3 * config->hidden_size) * sizeof(float)),
        .context = bl_arena_alloc_array(arena, tokens, hidden * sizeof(float)),
    };
    for (uint32_t part = 0; part < bl_crew_size(state->crew); part++)
        state->workspaces[part] = layout_workspace(arena, model, longest_sequence(batch));
    return place;
}

bl_status bl_encoder_begin(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                           bl_encoder_run *run) {
    bl_status status = check_batch(&model->config, batch, run);
    if (status != BL_OK)
        return status;
    run->attention_floats = count_attention_floats(&model->config, batch);
    if (run->want_attentions && run->attention_floats == 0)
        return BL_OUT_OF_MEMORY;

    encoder_state state;
    bl_arena measure = bl_arena_measure();
    layout_run(&measure, model, batch, run, &state);
    status = bl_arena_status(&measure);
    if (status == BL_OK)
        status = bl_arena_reserve(arena, measure.top);
    if (status != BL_OK)
        return status;

    encoder_state *place = layout_run(arena, model, batch, run, &state);
    status = bl_arena_status(arena);
    if (status != BL_OK)
        return status;
    *place = state;
    run->state = place;
    run->step_count = model->config.layers + 1;
    run->steps_done = 0;
    run->hidden_stride = (uint32_t)bl_row_stride(model->config.hidden_size);
    return BL_OK;
}

/* out = rows W + b, for at most BLOCK_ROWS rows. */
static void linear(const bl_kernels *kernels, const workspace *work, const bl_weights *weights,
                   const float *rows, size_t stride, uint32_t row_count, float *out,
                   size_t out_stride) {
    bl_packed_rows packed = {work->packed, work->row_scales, work->row_terms, row_count};
    kernels->pack_rows(rows, stride, row_count, weights->inputs, work->packed, work->row_scales,
                       work->row_terms);
    uint32_t panels = (weights->outputs + BL_PANEL - 1) / BL_PANEL;
    kernels->linear(&packed, weights, 0, panels, out, out_stride, work->linear_scratch);
}

/* The rows that a part works on: whole tiles, so that no part has more than one tail. */
static uint32_t first_row(uint32_t rows, uint32_t part, uint32_t part_count) {
    uint64_t tiles = ((uint64_t)rows + BL_TILE - 1) / BL_TILE;
    uint64_t row = tiles * part / part_count * BL_TILE;
    return row < rows ? (uint32_t)row : rows;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void project_qkv(void *context, uint32_t part, uint32_t part_count) {
    encoder_state *state = context;
    const bl_model *model = state->model;
    size_t stride = state->run->hidden_stride;
    size_t qkv_stride = bl_row_stride(3 * model->config.hidden_size);
    uint32_t end = first_row(state->batch->token_count, part + 1, part_count);
    for (uint32_t row = first_row(state->batch->token_count, part, part_count); row < end;
         row += BLOCK_ROWS)
        linear(model->kernels, &state->workspaces[part], &model->layers[state->layer].qkv,
               state->run->hidden + row * stride, stride, smaller(end - row, BLOCK_ROWS),
               state->qkv + row * qkv_stride, qkv_stride);
}

static void attend_head(const encoder_state *state, const workspace *work, uint32_t begin,
                        uint32_t tokens, uint32_t head, float *probabilities) {
    const bl_config *config = &state->model->config;
    uint32_t head_size = config->hidden_size / config->heads;
    size_t qkv_stride = bl_row_stride(3 * config->hidden_size);
    const float *q = state->qkv + begin * qkv_stride + head * head_size;
    bl_attention_args args = {
        .q = q,
        .k = q + config->hidden_size,
        .v = q + 2 * (size_t)config->hidden_size,
        .qkv_stride = qkv_stride,
        .context = state->context + begin * state->run->hidden_stride + head * head_size,
        .context_stride = state->run->hidden_stride,
        .probabilities = probabilities,
        .scratch = work->attention_scratch,
        .tokens = tokens,
        .head_size = head_size,
        .scale = 1.0f / __builtin_sqrtf((float)head_size),
    };
    state->model->kernels->attention(&args);
}

/* Heads are dealt out in turn: those of a long sequence go to every part. */
static void attend(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    const bl_batch *batch = state->batch;
    float *probabilities = state->run->attentions;
    if (probabilities)
        probabilities += state->layer * state->run->attention_floats;
    uint32_t turn = 0;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        uint32_t begin = batch->starts[s], tokens = batch->starts[s + 1] - begin;
        for (uint32_t head = 0; head < state->model->config.heads; head++) {
            if (turn++ % part_count == part)
                attend_head(state, &state->workspaces[part], begin, tokens, head, probabilities);
            if (probabilities)
                probabilities += (size_t)tokens * tokens;
        }
    }
}

static void normalize(const encoder_state *state, const bl_norm *norm, float *rows,
                      const float *residual, uint32_t row_count) {
    const bl_config *config = &state->model->config;
    state->model->kernels->layer_norm(rows, residual, state->run->hidden_stride, row_count,
                                      config->hidden_size, norm->gamma, norm->beta,
                                      config->layer_norm_epsilon);
}

/* Everything after attention, for one block of rows. */
static void finish_block(const encoder_state *state, const workspace *work, uint32_t row,
                         uint32_t row_count) {
    const bl_model *model = state->model;
    const bl_kernels *kernels = model->kernels;
    const bl_layer *layer = &model->layers[state->layer];
    size_t stride = state->run->hidden_stride;
    size_t intermediate_stride = bl_row_stride(model->config.intermediate_size);
    float *x = state->run->hidden + row * stride;

    linear(kernels, work, &layer->attention_output, state->context + row * stride, stride,
           row_count, work->projected, stride);
    normalize(state, &layer->attention_norm, x, work->projected, row_count);

    linear(kernels, work, &layer->intermediate, x, stride, row_count, work->intermediate,
           intermediate_stride);
    kernels->activate(work->intermediate, intermediate_stride, row_count,
                      model->config.intermediate_size, (bl_activation)model->config.activation);
    linear(kernels, work, &layer->output, work->intermediate, intermediate_stride, row_count,
           work->projected, stride);
    normalize(state, &layer->output_norm, x, work->projected, row_count);
}

static void finish_rows(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    uint32_t tokens = state->batch->token_count, end = first_row(tokens, part + 1, part_count);
    for (uint32_t row = first_row(tokens, part, part_count); row < end; row += BLOCK_ROWS)
        finish_block(state, &state->workspaces[part], row, smaller(end - row, BLOCK_ROWS));
}

/* Appends the current hidden state to the ones that are kept. */
static void keep_hidden_state(const encoder_state *state) {
    const bl_encoder_run *run = state->run;
    size_t width = state->model->config.hidden_size, tokens = state->batch->token_count;
    float *out = run->hidden_states + run->steps_done * tokens * width;
    for (size_t t = 0; t < tokens; t++)
        memcpy(out + t * width, run->hidden + t * run->hidden_stride, width * sizeof(float));
}

void bl_encoder_step(bl_encoder_run *run) {
    encoder_state *state = run->state;
    if (run->steps_done == 0) {
        bl_embed_tokens(state->model, state->batch, run->hidden, run->hidden_stride);
        normalize(state, &state->model->embeddings_norm, run->hidden, NULL,
                  state->batch->token_count);
    } else {
        state->layer = run->steps_done - 1;
        bl_crew_run(state->crew, project_qkv, state);
        bl_crew_run(state->crew, attend, state);
        bl_crew_run(state->crew, finish_rows, state);
    }
    if (run->hidden_states)
        keep_hidden_state(state);
    run->steps_done++;
}
