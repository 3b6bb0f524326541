/* Tensor rows from a file into the layout of the kernels: conversion, quantisation
 * and packing happen here, row by row while the bytes arrive. */
#include <string.h>

#include "../kernels/pack_weights.h"
#include "weights.h"

/* Rows converted at a time: a few panels, so that scratch stays small. */
#define SLICE_ROWS 64

/* Row `row` of a tensor that is a table of floats, or a vector. */
static float *float_row(const bl_place *to, size_t row, uint32_t columns) {
    float *first = (float *)(to->table ? to->table->rows : *to->floats + to->first_output);
    return first + row * columns;
}

static float *scales_of(const bl_place *to) {
    return (float *)(to->table ? to->table->scales : to->linear->weights.scales + to->first_output);
}

static void store_floats(const bl_place *to, uint32_t row, uint32_t count, uint32_t columns,
                         const float *values) {
    if (to->linear)
        bl_pack_weights_f32(values, count, columns, to->first_output + row,
                            (float *)to->linear->weights.panels);
    else
        memcpy(float_row(to, row, columns), values, (size_t)count * columns * sizeof(float));
}

static void store_int8(const bl_model *model, const bl_place *to, uint32_t row, uint32_t count,
                       uint32_t columns, const int8_t *values) {
    if (to->linear)
        bl_pack_weights_i8(values, count, columns, to->first_output + row, model->kernels->group,
                           (int8_t *)to->linear->weights.panels,
                           (int32_t *)to->linear->weights.sums);
    else
        memcpy((int8_t *)to->table->rows + (size_t)row * columns, values, (size_t)count * columns);
}

/* Scratch for one slice: its rows as float, and as int8. */
typedef struct slice {
    float *floats;
    int8_t *integers;
} slice;

static bl_status write_slice(bl_model *model, const bl_place *to, const slice *scratch,
                             uint32_t source_type, uint32_t row, uint32_t count, uint32_t columns,
                             const void *bytes) {
    int to_floats = to->floats || model->config.dtype == BL_DTYPE_FP32;
    size_t values = (size_t)count * columns;
    if (source_type == BL_SOURCE_I8 && !to_floats) {
        store_int8(model, to, row, count, columns, bytes);
        return BL_OK;
    }
    if (bl_read_floats(source_type, bytes, values, scratch->floats) != BL_OK)
        return BL_BAD_MODEL;
    if (to_floats) {
        store_floats(to, row, count, columns, scratch->floats);
        return BL_OK;
    }
    if (bl_quantize_rows_i8(scratch->floats, count, columns, scratch->integers,
                            scales_of(to) + row))
        return BL_BAD_MODEL;
    store_int8(model, to, row, count, columns, scratch->integers);
    return BL_OK;
}

bl_status bl_model_write_rows(bl_model *model, bl_arena *scratch, uint32_t role, uint32_t layer,
                              uint32_t source_type, uint32_t row_begin, uint32_t row_count,
                              const void *bytes) {
    bl_tensor_shape shape;
    if (source_type > BL_SOURCE_I8 ||
        bl_model_tensor_shape(&model->config, role, layer, &shape) != BL_OK)
        return BL_BAD_ARGUMENT;
    bl_tensor_progress *progress = bl_model_progress(model, role, layer);
    if (row_begin != progress->rows_written || row_count > shape.rows - row_begin ||
        (source_type == BL_SOURCE_I8 && !shape.quantizable))
        return BL_BAD_ARGUMENT;

    size_t mark = bl_arena_mark(scratch);
    uint32_t rows = row_count < SLICE_ROWS ? row_count : SLICE_ROWS;
    slice memory = {
        .floats = bl_arena_alloc_array(scratch, (size_t)rows * shape.columns, sizeof(float)),
        .integers = bl_arena_alloc_array(scratch, (size_t)rows * shape.columns, 1),
    };
    bl_status status = bl_arena_status(scratch);
    bl_place to = bl_model_find_place(model, role, layer);
    size_t row_bytes = shape.columns * bl_source_type_bytes(source_type);
    for (uint32_t done = 0; status == BL_OK && done < row_count; done += rows) {
        uint32_t count = row_count - done < rows ? row_count - done : rows;
        status = write_slice(model, &to, &memory, source_type, row_begin + done, count,
                             shape.columns, (const uint8_t *)bytes + done * row_bytes);
    }
    bl_arena_reset(scratch, mark);
    if (status == BL_OK) {
        progress->rows_written += row_count;
        progress->needs_scales = source_type == BL_SOURCE_I8;
    }
    return status;
}

bl_status bl_model_write_scales(bl_model *model, uint32_t role, uint32_t layer, uint32_t row_begin,
                                uint32_t row_count, const float *scales) {
    bl_tensor_shape shape;
    if (bl_model_tensor_shape(&model->config, role, layer, &shape) != BL_OK || !shape.quantizable)
        return BL_BAD_ARGUMENT;
    bl_tensor_progress *progress = bl_model_progress(model, role, layer);
    if (row_begin != progress->scales_written || row_count > shape.rows - row_begin)
        return BL_BAD_ARGUMENT;
    if (!bl_all_finite(scales, row_count))
        return BL_BAD_MODEL;
    for (uint32_t i = 0; i < row_count; i++)
        if (scales[i] < 0)
            return BL_BAD_MODEL;
    bl_place to = bl_model_find_place(model, role, layer);
    memcpy(scales_of(&to) + row_begin, scales, row_count * sizeof(float));
    progress->scales_written += row_count;
    return BL_OK;
}

/* I8 rows of a model that computes in float were stored as whole numbers: multiply
 * by their scales now that both are here. */
static void apply_scales(const bl_place *to, const bl_tensor_shape *shape) {
    const float *scales = scales_of(to);
    for (uint32_t row = 0; row < shape->rows; row++) {
        if (to->table) {
            float *values = (float *)to->table->rows + (size_t)row * shape->columns;
            for (uint32_t k = 0; k < shape->columns; k++)
                values[k] *= scales[row];
        } else {
            uint32_t output = to->first_output + row;
            float *values = (float *)to->linear->weights.panels +
                            (size_t)(output / BL_PANEL) * BL_PANEL * shape->columns +
                            output % BL_PANEL;
            for (uint32_t k = 0; k < shape->columns; k++)
                values[(size_t)k * BL_PANEL] *= scales[row];
        }
    }
}

static bl_status finish_tensor(bl_model *model, uint32_t role, uint32_t layer) {
    bl_tensor_shape shape;
    if (bl_model_tensor_shape(&model->config, role, layer, &shape) != BL_OK)
        return BL_OK; /* this model has none */
    const bl_tensor_progress *progress = bl_model_progress(model, role, layer);
    if (progress->rows_written != shape.rows)
        return BL_BAD_MODEL;
    if (!progress->needs_scales)
        return BL_OK;
    if (progress->scales_written != shape.rows)
        return BL_BAD_MODEL;
    bl_place to = bl_model_find_place(model, role, layer);
    if (model->config.dtype == BL_DTYPE_FP32)
        apply_scales(&to, &shape);
    return BL_OK;
}

bl_status bl_model_finish(bl_model *model, uint32_t *missing_role, uint32_t *missing_layer) {
    for (uint32_t i = 0; i < bl_count_tensors(&model->config); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        if (finish_tensor(model, tensor.role, tensor.layer) != BL_OK) {
            *missing_role = tensor.role;
            *missing_layer = tensor.layer;
            return BL_BAD_MODEL;
        }
    }
    return BL_OK;
}
