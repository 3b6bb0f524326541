/* What attention and the feed-forward, the two sublayers of a layer, do alike. */
#ifndef BERTLET_SUBLAYER_H
#define BERTLET_SUBLAYER_H

#include "state.h"

/* out = rows W + b, for at most block_rows rows. */
static inline void bl_project(const bl_encoder_state *state, const bl_workspace *work,
                              const bl_linear *linear, const float *rows, size_t stride,
                              uint32_t row_count, float *out, size_t out_stride) {
    bl_linear_apply(state->model, linear, 0, bl_count_panels(linear->weights.outputs), rows, stride,
                    row_count, out, out_stride, &work->linear);
}

/* x = norm(x + y): what ends a sublayer, and with no y the embeddings. This is where the norm has
 * its place (bl_architecture.norm_place). */
static inline void bl_add_and_normalize(const bl_encoder_state *state, const bl_norm *norm,
                                        float *x, const float *y, uint32_t row_count) {
    const bl_config *config = &state->model->config;
    state->model->kernels->layer_norm(x, y, state->run->hidden_stride, row_count,
                                      config->hidden_size, norm->gamma, norm->beta,
                                      config->layer_norm_epsilon);
}

#endif
