/* What attention and the feed-forward, the two sublayers of a layer, do alike. */
#ifndef BERTLET_SUBLAYER_H
#define BERTLET_SUBLAYER_H

#include <string.h>

#include "state.h"

/* out = rows W + b, for at most block_rows rows. */
static inline void bl_project(const bl_encoder_state *state, const bl_workspace *work,
                              const bl_linear *linear, const float *rows, size_t stride,
                              uint32_t row_count, float *out, size_t out_stride) {
    bl_linear_apply(state->model, linear, 0, bl_count_panels(linear->weights.outputs), rows, stride,
                    row_count, out, out_stride, &work->linear);
}

/* x = norm(x + y), or with no y norm(x), for rows of any width. This is where the kind of norm is
 * chosen (bl_architecture.norm_kind). */
static inline void bl_normalize(const bl_encoder_state *state, const bl_norm *norm, float *x,
                                const float *y, size_t stride, uint32_t width, uint32_t row_count) {
    const bl_config *config = &state->model->config;
    const bl_kernels *kernels = state->model->kernels;
    const float *beta = norm->beta ? norm->beta : state->model->zeros;
    bl_layer_norm_kernel normalize =
        config->architecture.norm_kind == BL_NORM_RMS ? kernels->rms_norm : kernels->layer_norm;
    normalize(x, y, stride, row_count, width, norm->gamma, beta, config->layer_norm_epsilon);
}

/* The same for hidden states. */
static inline void bl_add_and_normalize(const bl_encoder_state *state, const bl_norm *norm,
                                        float *x, const float *y, uint32_t row_count) {
    bl_normalize(state, norm, x, y, state->run->hidden_stride, state->model->config.hidden_size,
                 row_count);
}

/* What a sublayer reads: x, or where the norm has its place before it norm(x), which is then in
 * work->projected. This is one of two places where bl_architecture.norm_place is looked at. */
static inline const float *bl_sublayer_input(const bl_encoder_state *state,
                                             const bl_workspace *work, const bl_norm *norm,
                                             const float *x, uint32_t row_count) {
    if (state->model->config.architecture.norm_place == BL_NORM_AFTER || !norm->gamma)
        return x;
    memcpy(work->projected, x, row_count * (size_t)state->run->hidden_stride * sizeof(float));
    bl_add_and_normalize(state, norm, work->projected, NULL, row_count);
    return work->projected;
}

/* What ends a sublayer: x = norm(x + y), or x = x + y. This is the other. */
static inline void bl_end_sublayer(const bl_encoder_state *state, const bl_norm *norm, float *x,
                                   const float *y, uint32_t row_count) {
    if (state->model->config.architecture.norm_place == BL_NORM_AFTER) {
        bl_add_and_normalize(state, norm, x, y, row_count);
        return;
    }
    uint32_t width = state->model->config.hidden_size;
    for (uint32_t m = 0; m < row_count;
         m++, x += state->run->hidden_stride, y += state->run->hidden_stride)
        for (uint32_t k = 0; k < width; k++)
            x[k] += y[k];
}

#endif
