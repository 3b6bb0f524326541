#include "feed_forward.h"

#include "sublayer.h"

void bl_feed_forward(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                     uint32_t row_count) {
    const bl_model *model = state->model;
    const bl_layer *layer = bl_model_layer(model, state->layer);
    uint32_t width = model->config.intermediate_size;
    bl_activation activation = (bl_activation)model->config.activation;
    size_t stride = state->run->hidden_stride;
    size_t wide_stride = bl_row_stride(bl_intermediate_width(&model->config));
    float *x = state->run->hidden + row * stride;

    const float *in = bl_sublayer_input(state, work, &layer->output_norm, x, row_count);
    bl_project(state, work, &layer->intermediate, in, stride, row_count, work->intermediate,
               wide_stride);
    if (model->config.architecture.feed_forward == BL_FEED_FORWARD_GATED)
        model->kernels->gate(work->intermediate, wide_stride, row_count, width, activation);
    else
        model->kernels->activate(work->intermediate, wide_stride, row_count, width, activation);
    bl_project(state, work, &layer->output, work->intermediate, wide_stride, row_count,
               work->projected, stride);
    bl_end_sublayer(state, &layer->output_norm, x, work->projected, row_count);
    if (model->final_norm.gamma && state->layer + 1 == model->config.layers)
        bl_add_and_normalize(state, &model->final_norm, x, NULL, row_count);
}
