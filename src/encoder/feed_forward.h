/* The second sublayer of a layer: x = norm(x + act(x Wi + b) Wd + b), or as
 * bl_architecture.feed_forward and norm_place say; in the last layer the final norm after it. */
#ifndef BERTLET_FEED_FORWARD_H
#define BERTLET_FEED_FORWARD_H

#include "state.h"

/* For a block of rows, whose intermediate activations stay in a second-level cache. */
void bl_feed_forward(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                     uint32_t row_count);

#endif
