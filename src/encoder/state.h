/* A forward pass under way: what its phases share. */
#ifndef BERTLET_ENCODER_STATE_H
#define BERTLET_ENCODER_STATE_H

#include "../model/linear.h"
#include "encoder.h"
#include "relative.h"
#include "rotary.h"

/* What a pass goes through (phases.h): the first once, the others in every layer. */
typedef enum bl_phase {
    BL_PHASE_EMBED,
    BL_PHASE_PROJECT, /* q, k, v; k and v alone where not all of q is wanted */
    BL_PHASE_PROJECT_Q,
    BL_PHASE_ATTEND,
    BL_PHASE_FINISH /* everything after attention */
} bl_phase;

/* What one of the crew needs for itself. */
typedef struct bl_workspace {
    float *projected;    /* [block_rows][hidden_stride, or the embeddings' stride] */
    float *intermediate; /* [block_rows][intermediate_stride] */
    bl_linear_work linear;
    void *attention_scratch;
} bl_workspace;

typedef struct bl_encoder_state {
    const bl_model *model;
    const bl_batch *batch;
    bl_encoder_run *run;
    bl_crew *crew;
    bl_phase phase;
    uint32_t units;         /* of the phase */
    uint32_t begin, end;    /* units of the job under way: those before are done */
    uint32_t share_count;   /* of the job */
    uint32_t layer;         /* the one under way */
    uint32_t block_rows;    /* most rows of a block */
    uint32_t rows;          /* of `hidden` and `context`: the tokens, at last those wanted */
    float *qkv;             /* [tokens][qkv_stride] */
    float *context;         /* [tokens][hidden_stride] */
    bl_angles angles;       /* of rotary positions */
    bl_distances distances; /* by which scores are changed */
    uint32_t *query_starts; /* [sequences + 1]: where a sequence's rows begin in `hidden` */
    float *kept_hidden_state, *kept_attentions; /* where the next ones go */
    bl_workspace workspaces[BL_CREW_LIMIT];
} bl_encoder_state;

/* Whether only some rows of the layer are read later. */
static inline int bl_is_partial(const bl_encoder_state *state) {
    return state->run->wanted && state->layer + 1 == state->model->config.layers;
}

/* Whether q can be computed by itself, for the rows wanted alone. Not where q ends within a panel
 * of weights: that one gives columns of q and of k, and writes both. */
static inline int bl_has_separate_q(const bl_encoder_state *state) {
    return bl_is_partial(state) && state->model->config.hidden_size % BL_PANEL == 0;
}

#endif
