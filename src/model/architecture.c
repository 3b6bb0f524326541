#include "architecture.h"

static int is_positive(float value) {
    return value > 0 && value < __builtin_inff();
}

/* Angles of rotary positions are made in encoder/rotary.c. */
static int has_rotation(const bl_architecture *architecture) {
    return is_positive(architecture->rotary_theta) &&
           (architecture->rotary_local_theta == 0 ||
            is_positive(architecture->rotary_local_theta)) &&
           (architecture->rotary_stretch == 0 || is_positive(architecture->rotary_stretch));
}

/* Whoever adds a way to compute adds its value here, and chooses it in the place named. */
bl_status bl_architecture_check(const bl_architecture *architecture) {
    uint32_t positions = architecture->positions;
    int computed =
        architecture->norm_place <= BL_NORM_BEFORE && /* encoder/sublayer.h */
        architecture->norm_kind <= BL_NORM_RMS &&     /* encoder/sublayer.h */
        architecture->norms <= (BL_NO_EMBEDDINGS_NORM | BL_NO_FIRST_ATTENTION_NORM) &&
        (positions == BL_POSITIONS_ABSOLUTE || /* encoder/embeddings.c, attention.c */
         (positions == BL_POSITIONS_ROTARY && has_rotation(architecture))) &&
        architecture->feed_forward <= BL_FEED_FORWARD_GATED && /* encoder/feed_forward.c */
        architecture->biases <= BL_BIASES_NONE &&              /* model/tensors.c */
        (architecture->window == 0 || architecture->window_period != 0) &&
        architecture->position_rows <= BL_POSITION_ROWS_AFTER_PADDING && /* encoder/embeddings.c */
        architecture->projection <= BL_PROJECTION_ALWAYS &&              /* model/tensors.c */
        architecture->transform <= BL_TRANSFORM_GELU;                    /* heads/heads.c */
    return computed ? BL_OK : BL_UNSUPPORTED;
}
