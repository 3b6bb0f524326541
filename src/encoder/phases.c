#include "phases.h"

#include <string.h>

#include "attention.h"
#include "embeddings.h"
#include "feed_forward.h"

void bl_phase_open(bl_encoder_state *state, bl_phase phase) {
    uint32_t members = bl_crew_size(state->crew);
    uint32_t blocks = (state->rows + state->block_rows - 1) / state->block_rows;
    state->phase = phase;
    state->begin = state->end = 0;
    state->units = phase == BL_PHASE_ATTEND
                       ? state->batch->sequence_count * state->model->config.attention_heads
                       : (blocks + members - 1) / members * members; /* as many for each */
}

/* From here on `hidden` has only the rows that are wanted. */
static void drop_unwanted_rows(bl_encoder_state *state) {
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

/* The queries of the rows that are wanted, where they were computed with all others. */
static void drop_unwanted_queries(bl_encoder_state *state) {
    const bl_encoder_run *run = state->run;
    size_t qkv_stride = bl_row_stride(bl_qkv_width(&state->model->config));
    for (uint32_t i = 0; i < run->wanted_count; i++)
        memmove(state->qkv + i * qkv_stride, state->qkv + run->wanted[i] * qkv_stride,
                state->model->config.hidden_size * sizeof(float));
}

/* Appends the current hidden state to the ones that are kept. */
static void keep_hidden_state(bl_encoder_state *state) {
    const bl_encoder_run *run = state->run;
    size_t width = state->model->config.hidden_size;
    for (size_t t = 0; t < state->batch->token_count; t++, state->kept_hidden_state += width)
        memcpy(state->kept_hidden_state, run->hidden + t * run->hidden_stride,
               width * sizeof(float));
}

void bl_phase_close(bl_encoder_state *state) {
    bl_encoder_run *run = state->run;
    switch (state->phase) {
    case BL_PHASE_PROJECT:
        if (bl_is_partial(state))
            drop_unwanted_rows(state);
        if (bl_has_separate_q(state)) {
            bl_phase_open(state, BL_PHASE_PROJECT_Q);
            return;
        }
        if (bl_is_partial(state))
            drop_unwanted_queries(state);
        bl_phase_open(state, BL_PHASE_ATTEND);
        return;
    case BL_PHASE_PROJECT_Q:
        bl_phase_open(state, BL_PHASE_ATTEND);
        return;
    case BL_PHASE_ATTEND:
        if (run->attention_layers && run->attention_layers[state->layer])
            state->kept_attentions += run->attention_floats;
        bl_phase_open(state, BL_PHASE_FINISH);
        return;
    case BL_PHASE_EMBED:
    case BL_PHASE_FINISH:
        if (run->hidden_layers && run->hidden_layers[run->states_done])
            keep_hidden_state(state);
        state->layer = run->states_done++;
        bl_phase_open(state, BL_PHASE_PROJECT);
    }
}

/* Where a block of rows begins: blocks are whole pairs of tiles, so that only one has a
 * tail. */
static uint32_t first_row(const bl_encoder_state *state, uint32_t block) {
    uint64_t pairs = ((uint64_t)state->rows + 2 * BL_TILE - 1) / (2 * BL_TILE);
    uint64_t row = pairs * block / state->units * (2 * BL_TILE);
    return row < state->rows ? (uint32_t)row : state->rows;
}

void bl_phase_run_unit(const bl_encoder_state *state, const bl_workspace *work, uint32_t unit) {
    if (state->phase == BL_PHASE_ATTEND) {
        uint32_t heads = state->model->config.attention_heads;
        bl_attention_run_head(state, work, unit / heads, unit % heads);
        return;
    }
    uint32_t row = first_row(state, unit), row_count = first_row(state, unit + 1) - row;
    if (row_count == 0) /* fewer tiles than blocks */
        return;
    if (state->phase == BL_PHASE_EMBED) {
        bl_embed(state, work, row, row_count);
    } else if (state->phase == BL_PHASE_FINISH) {
        bl_attention_finish(state, work, row, row_count);
        bl_feed_forward(state, work, row, row_count);
    } else {
        bl_attention_project(state, work, row, row_count);
    }
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t bl_phase_measure_unit(const bl_encoder_state *state, uint32_t unit) {
    const bl_config *config = &state->model->config;
    uint64_t hidden = config->hidden_size, outputs = 0; /* that a row is multiplied to */
    switch (state->phase) {
    case BL_PHASE_ATTEND: {
        uint32_t sequence = unit / config->attention_heads;
        uint64_t tokens = state->batch->starts[sequence + 1] - state->batch->starts[sequence];
        uint64_t queries = state->query_starts[sequence + 1] - state->query_starts[sequence];
        if (bl_layer_is_local(&config->architecture, state->layer))
            tokens = smaller(tokens, 2 * (uint64_t)config->architecture.window + 2 * BL_PANEL);
        return tokens * queries * (2 * hidden / config->attention_heads + 64); /* 64: the softmax */
    }
    case BL_PHASE_EMBED:
        outputs = 32; /* a guess: nothing is multiplied */
        break;
    case BL_PHASE_FINISH:
        outputs = hidden + config->intermediate_size + bl_intermediate_width(config);
        break;
    case BL_PHASE_PROJECT:
    case BL_PHASE_PROJECT_Q:
        outputs = bl_qkv_width(config);
        break;
    }
    return outputs * hidden * (first_row(state, unit + 1) - first_row(state, unit));
}
