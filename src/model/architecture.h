/* How an encoder is built, where families of models differ. A stage that can do more than one
 * of them asks these values, each in one place, never for a family by its name. 0 is BERT's
 * way, so that a description of zeros is a BERT. */
#ifndef BERTLET_ARCHITECTURE_H
#define BERTLET_ARCHITECTURE_H

#include <stdint.h>

#include "../base/status.h"

typedef enum bl_norm_place {
    BL_NORM_AFTER = 0, /* x = norm(x + sublayer(x)) */
    BL_NORM_BEFORE = 1 /* x = x + sublayer(norm(x)), and a norm after the last layer */
} bl_norm_place;

typedef enum bl_positions {
    BL_POSITIONS_ABSOLUTE = 0, /* a row of a table, added to the token's embedding */
    BL_POSITIONS_ROTARY = 1,   /* queries and keys are turned */
    BL_POSITIONS_RELATIVE = 2, /* scores are changed by the distance of query and key */
    BL_POSITIONS_NONE = 3
} bl_positions;

typedef enum bl_feed_forward_kind {
    BL_FEED_FORWARD_PLAIN = 0, /* act(x Wi) Wd */
    BL_FEED_FORWARD_GATED = 1  /* (act(x Wi) * (x Wg)) Wd */
} bl_feed_forward_kind;

typedef enum bl_biases {
    BL_BIASES_ALL = 0, /* linear layers and norms have one */
    BL_BIASES_NONE = 1
} bl_biases;

typedef struct bl_architecture {
    uint32_t norm_place;   /* bl_norm_place */
    uint32_t positions;    /* bl_positions */
    uint32_t feed_forward; /* bl_feed_forward_kind */
    uint32_t biases;       /* bl_biases */
    uint32_t window;       /* tokens on either side that a token sees; 0: all that there are */
    uint32_t shared_sets;  /* sets of weights that layers share; 0: each layer has its own */
} bl_architecture;

/* BL_UNSUPPORTED: a value that no stage computes (yet). */
bl_status bl_architecture_check(const bl_architecture *architecture);

#endif
