/* Token ids to hidden states, over a batch of sequences laid end to end: no padding
 * is ever computed. A forward pass is run in short steps, so that the caller may stop
 * between them. */
#ifndef BERTLET_ENCODER_H
#define BERTLET_ENCODER_H

#include "../base/arena.h"
#include "../base/crew.h"
#include "../model/model.h"

/* Sequence s is the tokens [starts[s], starts[s + 1]). */
typedef struct bl_batch {
    uint32_t sequence_count;
    uint32_t token_count;
    uint32_t sequence_capacity;
    uint32_t token_capacity;
    uint32_t *starts; /* sequence_capacity + 1 */
    int32_t *ids;     /* token_capacity */
    int32_t *type_ids;
} bl_batch;

/* An empty batch with room for so many sequences and tokens. */
bl_status bl_batch_create(bl_arena *arena, uint32_t sequences, uint32_t tokens, bl_batch *batch);

/* Copies one sequence to the end. BL_BAD_ARGUMENT: there is no room for it. */
bl_status bl_batch_append(bl_batch *batch, const int32_t *ids, const int32_t *type_ids,
                          uint32_t count);

typedef struct bl_encoder_run {
    const uint8_t *hidden_layers;    /* in: [layers + 1] whose output is kept, the embeddings'
                                        first; NULL: none */
    const uint8_t *attention_layers; /* in: [layers] whose attention probabilities are kept */
    const uint32_t *wanted;          /* in: the rows (tokens) of the last layer that are read
                                        later, ascending; NULL: all. Not with the two above. */
    uint32_t wanted_count;           /* in */
    bl_crew *crew;                   /* in: who shares the work; NULL: nobody */
    uint32_t state_count;            /* out: layers + 1 */
    uint32_t states_done;            /* out: the embeddings' output, then each layer's */
    uint32_t hidden_stride;          /* out: floats between rows of `hidden` */
    float *hidden;           /* out: the last hidden state, [token_count][hidden_stride], or with
                                `wanted` [wanted_count][hidden_stride] */
    uint32_t bad_token;      /* out, on BL_BAD_MODEL: index of the token that has no row */
    float *hidden_states;    /* out: for each layer asked for [token_count][hidden_size], or NULL */
    float *attentions;       /* out: for each layer asked for, for each sequence of t tokens,
                                [heads][t][t], end to end; or NULL */
    size_t attention_floats; /* out: length of `attentions` for one layer */
    void *state;             /* private */
} bl_encoder_run;

/* Checks the batch and takes all the memory that the steps need from `arena`
 * (reserving it first, so that memory grows at most once).
 * BL_TOO_LONG: a sequence has more tokens than the model has positions.
 * BL_BAD_MODEL: an id or type id outside its table (tokenizer and model differ).
 * BL_BAD_ARGUMENT: no sequence, a sequence without tokens, or rows wanted that are not
 * there or not in order. */
bl_status bl_encoder_begin(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                           bl_encoder_run *run);

typedef enum bl_encoder_progress {
    BL_ENCODER_DONE, /* every state is computed */
    BL_ENCODER_MORE, /* another step is needed */
    BL_ENCODER_LATE, /* so it is, but the crew has not finished with this one yet */
} bl_encoder_progress;

/* One more step: some milliseconds of work, of the embeddings or of layers. */
bl_encoder_progress bl_encoder_step(bl_encoder_run *run);

#endif
