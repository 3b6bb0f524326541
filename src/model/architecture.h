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

typedef enum bl_norm_kind {
    BL_NORM_LAYER = 0, /* (x - mean) / deviation */
    BL_NORM_RMS = 1    /* x / root of the mean square */
} bl_norm_kind;

/* Norms that a family may do without; bits. */
typedef enum bl_norms {
    BL_NORMS_ALL = 0,
    BL_NO_EMBEDDINGS_NORM = 1,
    BL_NO_FIRST_ATTENTION_NORM = 2 /* the first layer's attention reads x as it is */
} bl_norms;

typedef enum bl_positions {
    BL_POSITIONS_ABSOLUTE = 0, /* a row of a table, added to the token's embedding */
    BL_POSITIONS_ROTARY = 1,   /* queries and keys are turned */
    BL_POSITIONS_RELATIVE = 2, /* scores are changed by the distance of query and key */
    BL_POSITIONS_NONE = 3
} bl_positions;

/* Which row of the table of positions is a token's. */
typedef enum bl_position_rows {
    BL_POSITION_ROWS_PLAIN = 0, /* its place in the text */
    /* counted from the row behind bl_config.padding_id; a padding token has that very row, and
     * does not count */
    BL_POSITION_ROWS_AFTER_PADDING = 1
} bl_position_rows;

/* A linear layer from embedding_size to hidden_size, behind the embeddings' norm. */
typedef enum bl_projection {
    BL_PROJECTION_OF_WIDTH = 0, /* where the two sizes differ */
    BL_PROJECTION_ALWAYS = 1
} bl_projection;

/* What activates the masked LM's transform. */
typedef enum bl_transform {
    BL_TRANSFORM_AS_LAYERS = 0, /* bl_config.activation */
    BL_TRANSFORM_GELU = 1
} bl_transform;

typedef enum bl_feed_forward_kind {
    BL_FEED_FORWARD_PLAIN = 0, /* act(x Wi) Wd */
    BL_FEED_FORWARD_GATED = 1  /* (act(x Wi) * (x Wg)) Wd */
} bl_feed_forward_kind;

/* Biases that a family may do without; bits. */
typedef enum bl_biases {
    BL_BIASES_ALL = 0, /* linear layers and norms have one */
    BL_NO_ATTENTION_BIAS = 1,
    BL_NO_INTERMEDIATE_BIAS = 2, /* of Wi and Wg */
    BL_NO_OUTPUT_BIAS = 4,       /* of Wd */
    BL_NO_NORM_BIAS = 8,
    BL_BIASES_NONE = 15
} bl_biases;

typedef struct bl_architecture {
    uint32_t norm_place;      /* bl_norm_place */
    uint32_t norm_kind;       /* bl_norm_kind */
    uint32_t norms;           /* bl_norms */
    uint32_t positions;       /* bl_positions */
    uint32_t feed_forward;    /* bl_feed_forward_kind */
    uint32_t biases;          /* bl_biases */
    uint32_t window;          /* tokens on either side that a token sees; 0: all that there are */
    uint32_t window_period;   /* with a window: layer 0 and every so many after it have none */
    uint32_t key_value_heads; /* that heads share, in groups; 0: each head has its own */
    uint32_t shared_sets;     /* sets of weights that layers share; 0: each layer has its own */
    uint32_t position_rows;   /* bl_position_rows */
    uint32_t projection;      /* bl_projection */
    uint32_t transform;       /* bl_transform */
    /* Of rotary positions. The angle of the pair i of d / 2 grows by theta^(-2 i / d) / stretch
     * from one token to the next. */
    float rotary_theta;
    float rotary_local_theta; /* of layers with a window; 0: the same */
    float rotary_stretch;     /* 0: 1 */
} bl_architecture;

/* Whether a layer's tokens see only those within the window. */
static inline int bl_layer_is_local(const bl_architecture *architecture, uint32_t layer) {
    return architecture->window != 0 && layer % architecture->window_period != 0;
}

/* BL_UNSUPPORTED: a value that no stage computes (yet). */
bl_status bl_architecture_check(const bl_architecture *architecture);

#endif
