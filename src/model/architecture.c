#include "architecture.h"

/* Whoever adds a way to compute adds its value here, and chooses it in the place named. */
bl_status bl_architecture_check(const bl_architecture *architecture) {
    int computed =
        architecture->norm_place == BL_NORM_AFTER &&        /* encoder/sublayer.h */
        architecture->positions == BL_POSITIONS_ABSOLUTE && /* encoder/embeddings.c, attention.c */
        architecture->feed_forward == BL_FEED_FORWARD_PLAIN && /* encoder/feed_forward.c */
        architecture->biases == BL_BIASES_ALL &&               /* model/tensors.c */
        architecture->window == 0 &&                           /* encoder/attention.c */
        architecture->shared_sets == 0; /* bl_model_layer in model/weights.h */
    return computed ? BL_OK : BL_UNSUPPORTED;
}
