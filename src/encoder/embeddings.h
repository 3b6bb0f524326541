/* The hidden states that a pass begins with. */
#ifndef BERTLET_EMBEDDINGS_H
#define BERTLET_EMBEDDINGS_H

#include "state.h"

/* x = norm(word + type + position embedding) for a block of tokens; where embeddings have another
 * width than hidden states, what a linear layer makes of that. */
void bl_embed(const bl_encoder_state *state, const bl_workspace *work, uint32_t token,
              uint32_t token_count);

#endif
