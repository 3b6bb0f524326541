/* The hidden states that a pass begins with. */
#ifndef BERTLET_EMBEDDINGS_H
#define BERTLET_EMBEDDINGS_H

#include "state.h"

/* x = norm(word + type + position embedding) for a block of tokens. */
void bl_embed(const bl_encoder_state *state, uint32_t token, uint32_t token_count);

#endif
