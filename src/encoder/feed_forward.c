#include "feed_forward.h"

#include "sublayer.h"

void bl_feed_forward(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                     uint32_t row_count) {
    const bl_model *model = state->model;
    const bl_layer *layer = bl_model_layer(model, state->layer);
    uint32_t width = model->config.intermediate_size;
    size_t stride = state->run->hidden_stride, wide_stride = bl_row_stride(width);
    float *x = state->run->hidden + row * stride;

    bl_project(state, work, &layer->intermediate, x, stride, row_count, work->intermediate,
               wide_stride);
    model->kernels->activate(work->intermediate, wide_stride, row_count, width,
                             (bl_activation)model->config.activation);
    bl_project(state, work, &layer->output, work->intermediate, wide_stride, row_count,
               work->projected, stride);
    bl_add_and_normalize(state, &layer->output_norm, x, work->projected, row_count);
}
