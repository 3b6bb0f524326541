/* The forward pass: embeddings, then for each layer
 *
 *   qkv = x Wqkv + b                     all rows
 *   context = attention(q, k, v)         each sequence, each head
 *   x = norm(x + context Wo + b)         all rows, a block at a time:
 *   x = norm(x + act(x Wi + b) Wd + b)   the block's intermediate stays in cache
 */
#include "encoder.h"

#include <string.h>

#include "../model/linear.h"
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
    bl_linear_work linear;
    void *attention_scratch;
} workspace;

typedef struct encoder_state {
    const bl_model *model;
    const bl_batch *batch;
    bl_encoder_run *run;
    bl_crew *crew;
    uint32_t layer;         /* the one under way */
    uint32_t rows;          /* of `hidden` and `context`: the tokens, at last those wanted */
    float *qkv;             /* [tokens][qkv_stride] */
    float *context;         /* [tokens][hidden_stride] */
    uint32_t *query_starts; /* [sequences + 1]: where a sequence's rows begin in `hidden` */
    float *kept_hidden_state, *kept_attentions; /* where the next ones go */
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

static bl_status check_wanted(const bl_batch *batch, const bl_encoder_run *run) {
    if (!run->wanted)
        return BL_OK;
    if (run->hidden_layers || run->attention_layers || run->wanted_count == 0)
        return BL_BAD_ARGUMENT;
    for (uint32_t i = 0; i < run->wanted_count; i++)
        if (run->wanted[i] >= batch->token_count || (i > 0 && run->wanted[i] <= run->wanted[i - 1]))
            return BL_BAD_ARGUMENT;
    return BL_OK;
}

static uint32_t count_chosen(const uint8_t *chosen, uint32_t count) {
    uint32_t total = 0;
    for (uint32_t i = 0; chosen && i < count; i++)
        total += chosen[i] != 0;
    return total;
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
    return (workspace){
        .projected = bl_arena_alloc_array(arena, BLOCK_ROWS, bl_row_stride(hidden) * sizeof(float)),
        .intermediate =
            bl_arena_alloc_array(arena, BLOCK_ROWS, bl_row_stride(intermediate) * sizeof(float)),
        .linear = bl_linear_work_create(arena, model, BLOCK_ROWS),
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
    uint32_t kept_states = count_chosen(run->hidden_layers, config->layers + 1);
    uint32_t kept_attentions = count_chosen(run->attention_layers, config->layers);
    run->hidden_states = NULL;
    run->attentions = NULL;
    if (kept_states)
        run->hidden_states =
            bl_arena_alloc_array(arena, kept_states * tokens, config->hidden_size * sizeof(float));
    if (kept_attentions)
        run->attentions =
            bl_arena_alloc_array(arena, run->attention_floats, kept_attentions * sizeof(float));
    *state = (encoder_state){
        .model = model,
        .batch = batch,
        .run = run,
        .crew = tokens < LEAST_SHARED_TOKENS ? NULL : run->crew,
        .qkv = bl_arena_alloc_array(arena, tokens,
                                    bl_row_stride(3 * config->hidden_size) * sizeof(float)),
        .context = bl_arena_alloc_array(arena, tokens, hidden * sizeof(float)),
        .query_starts =
            bl_arena_alloc_array(arena, (size_t)batch->sequence_count + 1, sizeof(uint32_t)),
        .rows = batch->token_count,
        .kept_hidden_state = run->hidden_states,
        .kept_attentions = run->attentions,
    };
    for (uint32_t part = 0; part < bl_crew_size(state->crew); part++)
        state->workspaces[part] = layout_workspace(arena, model, longest_sequence(batch));
    return place;
}

bl_status bl_encoder_begin(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                           bl_encoder_run *run) {
    bl_status status = check_batch(&model->config, batch, run);
    if (status == BL_OK)
        status = check_wanted(batch, run);
    if (status != BL_OK)
        return status;
    run->attention_floats = count_attention_floats(&model->config, batch);
    if (run->attention_layers && run->attention_floats == 0)
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
    memcpy(state.query_starts, batch->starts,
           ((size_t)batch->sequence_count + 1) * sizeof(uint32_t));
    *place = state;
    run->state = place;
    run->step_count = model->config.layers + 1;
    run->steps_done = 0;
    run->hidden_stride = (uint32_t)bl_row_stride(model->config.hidden_size);
    return BL_OK;
}

/* out = rows W + b, for at most BLOCK_ROWS rows. */
static void linear(const bl_model *model, const workspace *work, const bl_linear *layer,
                   const float *rows, size_t stride, uint32_t row_count, float *out,
                   size_t out_stride) {
    bl_linear_apply(model, layer, 0, bl_count_panels(layer->weights.outputs), rows, stride,
                    row_count, out, out_stride, &work->linear);
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

/* Panels of q, k, v for the rows of `hidden`. */
static void project(const encoder_state *state, uint32_t panel_begin, uint32_t panel_end,
                    uint32_t part, uint32_t part_count) {
    const bl_model *model = state->model;
    size_t stride = state->run->hidden_stride;
    size_t qkv_stride = bl_row_stride(3 * model->config.hidden_size);
    uint32_t end = first_row(state->rows, part + 1, part_count);
    for (uint32_t row = first_row(state->rows, part, part_count); row < end; row += BLOCK_ROWS)
        bl_linear_apply(model, &model->layers[state->layer].qkv, panel_begin, panel_end,
                        state->run->hidden + row * stride, stride, smaller(end - row, BLOCK_ROWS),
                        state->qkv + row * qkv_stride, qkv_stride, &state->workspaces[part].linear);
}

static void project_qkv(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    project(state, 0, bl_count_panels(3 * state->model->config.hidden_size), part, part_count);
}

static void project_q(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    project(state, 0, bl_count_panels(state->model->config.hidden_size), part, part_count);
}

static void project_kv(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    uint32_t hidden = state->model->config.hidden_size;
    project(state, hidden / BL_PANEL, bl_count_panels(3 * hidden), part, part_count);
}

static void attend_head(const encoder_state *state, const workspace *work, uint32_t begin,
                        uint32_t tokens, uint32_t query, uint32_t queries, uint32_t head,
                        float *probabilities) {
    const bl_config *config = &state->model->config;
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
        .probabilities = probabilities,
        .scratch = work->attention_scratch,
        .tokens = tokens,
        .queries = queries,
        .head_size = head_size,
        .scale = 1.0f / __builtin_sqrtf((float)head_size),
    };
    state->model->kernels->attention(&args);
}

/* Heads are dealt out in turn: those of a long sequence go to every part. */
static void attend(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    const bl_batch *batch = state->batch;
    const uint8_t *chosen = state->run->attention_layers;
    float *probabilities = chosen && chosen[state->layer] ? state->kept_attentions : NULL;
    uint32_t turn = 0;
    for (uint32_t s = 0; s < batch->sequence_count; s++) {
        uint32_t begin = batch->starts[s], tokens = batch->starts[s + 1] - begin;
        uint32_t query = state->query_starts[s], queries = state->query_starts[s + 1] - query;
        for (uint32_t head = 0; head < state->model->config.heads; head++) {
            if (queries > 0 && turn++ % part_count == part)
                attend_head(state, &state->workspaces[part], begin, tokens, query, queries, head,
                            probabilities);
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

static void finish_rows(void *context, uint32_t part, uint32_t part_count) {
    const encoder_state *state = context;
    uint32_t end = first_row(state->rows, part + 1, part_count);
    for (uint32_t row = first_row(state->rows, part, part_count); row < end; row += BLOCK_ROWS)
        finish_block(state, &state->workspaces[part], row, smaller(end - row, BLOCK_ROWS));
}

/* From here on `hidden` has only the rows that are wanted. */
static void drop_unwanted_rows(encoder_state *state) {
    const bl_encoder_run *run = state->run;
    uint32_t sequence = 0;
    for (uint32_t i = 0; i < run->wanted_count; i++) {
        while (run->wanted[i] >= state->batch->starts[sequence])
            state->query_starts[sequence++] = i;
        memmove(run->hidden + i * (size_t)run->hidden_stride,
                run->hidden + run->wanted[i] * (size_t)run->hidden_stride,
                run->hidden_stride * sizeof(float));
    }
    while (sequence <= state->batch->sequence_count)
        state->query_starts[sequence++] = run->wanted_count;
    state->rows = run->wanted_count;
}

/* q, k, v of the last layer: rows that nobody reads are keys and values only. Where q ends
 * within a panel, k's panels write into columns of q, and q's into those of k: then all of
 * q is computed. */
static void project_wanted(encoder_state *state) {
    uint32_t hidden = state->model->config.hidden_size;
    size_t qkv_stride = bl_row_stride(3 * hidden);
    const bl_encoder_run *run = state->run;
    if (hidden % BL_PANEL == 0) {
        bl_crew_run(state->crew, project_kv, state);
        drop_unwanted_rows(state);
        bl_crew_run(state->crew, project_q, state);
        return;
    }
    bl_crew_run(state->crew, project_qkv, state);
    drop_unwanted_rows(state);
    for (uint32_t i = 0; i < run->wanted_count; i++)
        memmove(state->qkv + i * qkv_stride, state->qkv + run->wanted[i] * qkv_stride,
                hidden * sizeof(float));
}

/* Appends the current hidden state to the ones that are kept. */
static void keep_hidden_state(encoder_state *state) {
    const bl_encoder_run *run = state->run;
    size_t width = state->model->config.hidden_size;
    for (size_t t = 0; t < state->batch->token_count; t++, state->kept_hidden_state += width)
        memcpy(state->kept_hidden_state, run->hidden + t * run->hidden_stride,
               width * sizeof(float));
}

static void run_layer(encoder_state *state) {
    const bl_encoder_run *run = state->run;
    if (run->wanted && state->layer + 1 == state->model->config.layers)
        project_wanted(state);
    else
        bl_crew_run(state->crew, project_qkv, state);
    bl_crew_run(state->crew, attend, state);
    if (run->attention_layers && run->attention_layers[state->layer])
        state->kept_attentions += run->attention_floats;
    bl_crew_run(state->crew, finish_rows, state);
}

void bl_encoder_step(bl_encoder_run *run) {
    encoder_state *state = run->state;
    if (run->steps_done == 0) {
        bl_embed_tokens(state->model, state->batch, run->hidden, run->hidden_stride);
        normalize(state, &state->model->embeddings_norm, run->hidden, NULL,
                  state->batch->token_count);
    } else {
        state->layer = run->steps_done - 1;
        run_layer(state);
    }
    if (run->hidden_layers && run->hidden_layers[run->steps_done])
        keep_hidden_state(state);
    run->steps_done++;
}
