/* A forward pass from its beginning to its end: what is asked for is checked, all memory is laid
 * out, then steps compute. A step takes as many units of a phase (phases.h) as make some
 * milliseconds of work, each of the crew whatever it is free for: results depend on neither. */
#include "encoder.h"

#include <string.h>

#include "phases.h"

/* Fewer tokens than this are not worth sharing out. */
#define LEAST_SHARED_TOKENS 32

/* Rows of a block, which goes through the feed-forward together, at most and (of enough) at
 * least. The more, the less often weights are read and prepared; but the intermediate
 * activations, so many bytes of them, are to stay in a second-level cache. */
#define MOST_BLOCK_ROWS  128
#define LEAST_BLOCK_ROWS 64
#define BLOCK_BYTES      (768u * 1024u)

/* Multiply-adds of one step, for each of the crew: 3 to 6 ms of a fast core. */
#define STEP_WORK (UINT64_C(1) << 28)

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
        if (config->architecture.positions == BL_POSITIONS_ABSOLUTE &&
            batch->starts[s + 1] - batch->starts[s] > bl_count_positions(config))
            return BL_TOO_LONG;
    }
    /* Without segments nobody looks at them. */
    uint32_t types = config->type_vocab_size ? config->type_vocab_size : UINT32_MAX;
    for (uint32_t t = 0; t < batch->token_count; t++) {
        if ((uint32_t)batch->ids[t] >= config->vocab_size ||
            (uint32_t)batch->type_ids[t] >= types) {
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
        floats += length * length * config->attention_heads;
    }
    return floats <= SIZE_MAX / sizeof(float) ? (size_t)floats : 0;
}

static uint32_t count_block_rows(const bl_config *config, uint32_t tokens) {
    size_t rows = BLOCK_BYTES / (bl_row_stride(bl_intermediate_width(config)) * sizeof(float));
    rows = rows < LEAST_BLOCK_ROWS ? LEAST_BLOCK_ROWS : rows / (2 * BL_TILE) * (2 * BL_TILE);
    rows = rows > MOST_BLOCK_ROWS ? MOST_BLOCK_ROWS : rows;
    return rows < tokens ? (uint32_t)rows : tokens;
}

static bl_workspace layout_workspace(bl_arena *arena, const bl_model *model, uint32_t rows,
                                     uint32_t longest) {
    const bl_config *config = &model->config;
    uint32_t intermediate = bl_intermediate_width(config);
    return (bl_workspace){
        .projected =
            bl_arena_alloc_array(arena, rows, bl_row_stride(bl_widest_row(config)) * sizeof(float)),
        .intermediate =
            bl_arena_alloc_array(arena, rows, bl_row_stride(intermediate) * sizeof(float)),
        .linear = bl_linear_work_create(arena, model, rows),
        .attention_scratch =
            bl_arena_alloc(arena, bl_attention_scratch_bytes(longest, bl_head_size(config))),
    };
}

/* One function for measuring and for real, so that the two cannot differ. */
static bl_encoder_state *layout_run(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                                    bl_encoder_run *run, bl_encoder_state *state) {
    const bl_config *config = &model->config;
    size_t tokens = batch->token_count, hidden = bl_row_stride(config->hidden_size);

    bl_encoder_state *place = bl_arena_alloc(arena, sizeof(bl_encoder_state));
    run->hidden = bl_arena_alloc_array(arena, tokens, hidden * sizeof(float));
    uint32_t kept_states = count_chosen(run->hidden_layers, config->layers + 1);
    uint32_t kept_attentions = count_chosen(run->attention_layers, config->layers);
    run->hidden_states = NULL;
    run->attentions = NULL;
    if (kept_states)
        run->hidden_states =
            bl_arena_alloc_array(arena, tokens, kept_states * config->hidden_size * sizeof(float));
    if (kept_attentions)
        run->attentions =
            bl_arena_alloc_array(arena, run->attention_floats, kept_attentions * sizeof(float));
    *state = (bl_encoder_state){
        .model = model,
        .batch = batch,
        .run = run,
        .crew = tokens < LEAST_SHARED_TOKENS ? NULL : run->crew,
        .qkv = bl_arena_alloc_array(arena, tokens,
                                    bl_row_stride(bl_qkv_width(config)) * sizeof(float)),
        .context = bl_arena_alloc_array(arena, tokens, hidden * sizeof(float)),
        .query_starts =
            bl_arena_alloc_array(arena, (size_t)batch->sequence_count + 1, sizeof(uint32_t)),
        .block_rows = count_block_rows(config, batch->token_count),
        .rows = batch->token_count,
        .kept_hidden_state = run->hidden_states,
        .kept_attentions = run->attentions,
    };
    state->angles = bl_angles_layout(arena, config, longest_sequence(batch));
    state->distances = bl_distances_layout(arena, config, longest_sequence(batch));
    for (uint32_t member = 0; member < bl_crew_size(state->crew); member++)
        state->workspaces[member] =
            layout_workspace(arena, model, state->block_rows, longest_sequence(batch));
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

    bl_encoder_state state;
    bl_arena measure = bl_arena_measure();
    layout_run(&measure, model, batch, run, &state);
    status = bl_arena_status(&measure);
    if (status == BL_OK)
        status = bl_arena_reserve(arena, measure.top);
    if (status != BL_OK)
        return status;

    bl_encoder_state *place = layout_run(arena, model, batch, run, &state);
    status = bl_arena_status(arena);
    if (status != BL_OK)
        return status;
    memcpy(state.query_starts, batch->starts,
           ((size_t)batch->sequence_count + 1) * sizeof(uint32_t));
    bl_angles_fill(&state.angles, &model->config);
    bl_distances_fill(&state.distances, model);
    *place = state;
    bl_phase_open(place, BL_PHASE_EMBED);
    run->state = place;
    run->state_count = model->config.layers + 1;
    run->states_done = 0;
    run->hidden_stride = (uint32_t)bl_row_stride(model->config.hidden_size);
    return BL_OK;
}

/* Units are dealt out in turn: the heads of a long sequence go to every share. */
static void run_share(void *context, uint32_t share, uint32_t member) {
    const bl_encoder_state *state = context;
    for (uint32_t unit = state->begin + share; unit < state->end; unit += state->share_count)
        bl_phase_run_unit(state, &state->workspaces[member], unit);
}

/* The next job: units of at least `least` multiply-adds, if the phase has as many, and as
 * many for each of the crew. */
static uint64_t take_units(bl_encoder_state *state, uint64_t least) {
    uint32_t members = bl_crew_size(state->crew);
    uint64_t work = 0;
    state->begin = state->end;
    while (state->end < state->units &&
           (work < least || (state->end - state->begin) % members != 0))
        work += bl_phase_measure_unit(state, state->end++);
    uint32_t count = state->end - state->begin, most = BL_CREW_SHARES / BL_CREW_LIMIT * members;
    state->share_count = !state->crew ? 1 : count < most ? count : most;
    return work;
}

bl_encoder_progress bl_encoder_step(bl_encoder_run *run) {
    bl_encoder_state *state = run->state;
    uint64_t limit = STEP_WORK * bl_crew_size(state->crew), work = 0;
    while (run->states_done < run->state_count) {
        if (state->end == state->units) {
            bl_phase_close(state);
            continue;
        }
        if (work >= limit)
            return BL_ENCODER_MORE;
        work += take_units(state, limit - work);
        if (!bl_crew_run(state->crew, run_share, state, state->share_count))
            return BL_ENCODER_LATE;
    }
    return BL_ENCODER_DONE;
}
