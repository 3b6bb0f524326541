/* x = norm(x + act(x Wi + b) Wd + b): the second sublayer of a layer. */
#ifndef BERTLET_FEED_FORWARD_H
#define BERTLET_FEED_FORWARD_H

#include "state.h"

/* The plain one (bl_architecture.feed_forward) for a block of rows, whose intermediate activations
 * stay in a second-level cache. */
void bl_feed_forward(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                     uint32_t row_count);

#endif
