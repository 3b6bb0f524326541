/* Tensor rows from a file into the layout of the kernels: conversion, quantisation
 * and packing happen here, row by row while the bytes arrive. */
#include <string.h>

#include "../kernels/pack_weights.h"
#include "weights.h"

/* Rows converted at a time: a few panels, so that scratch stays small. */
#define SLICE_ROWS 64

/* Where a tensor goes: an embedding table, outputs [first_output, ...) of a linear
 * layer, or floats in every dtype. Exactly one of the three is set. */
typedef struct destination {
    bl_table *table;
    bl_weights *linear;
    float *floats;
    uint32_t first_output;
} destination;

static destination floats_of(const float *floats) {
    return (destination){.floats = (float *)floats};
}

static destination linear_of(bl_weights *linear, uint32_t first_output) {
    return (destination){.linear = linear, .first_output = first_output};
}

static destination find_layer_destination(bl_layer *layer, uint32_t role, uint32_t hidden) {
    switch (role) {
    case BL_ROLE_QUERY_WEIGHT:
        return linear_of(&layer->qkv, 0);
    case BL_ROLE_KEY_WEIGHT:
        return linear_of(&layer->qkv, hidden);
    case BL_ROLE_VALUE_WEIGHT:
        return linear_of(&layer->qkv, 2 * hidden);
    case BL_ROLE_QUERY_BIAS:
        return floats_of(layer->qkv.bias);
    case BL_ROLE_KEY_BIAS:
        return floats_of(layer->qkv.bias + hidden);
    case BL_ROLE_VALUE_BIAS:
        return floats_of(layer->qkv.bias + 2 * (size_t)hidden);
    case BL_ROLE_ATTENTION_OUTPUT_WEIGHT:
        return linear_of(&layer->attention_output, 0);
    case BL_ROLE_ATTENTION_OUTPUT_BIAS:
        return floats_of(layer->attention_output.bias);
    case BL_ROLE_ATTENTION_NORM_WEIGHT:
        return floats_of(layer->attention_norm.gamma);
    case BL_ROLE_ATTENTION_NORM_BIAS:
        return floats_of(layer->attention_norm.beta);
    case BL_ROLE_INTERMEDIATE_WEIGHT:
        return linear_of(&layer->intermediate, 0);
    case BL_ROLE_INTERMEDIATE_BIAS:
        return floats_of(layer->intermediate.bias);
    case BL_ROLE_OUTPUT_WEIGHT:
        return linear_of(&layer->output, 0);
    case BL_ROLE_OUTPUT_BIAS:
        return floats_of(layer->output.bias);
    case BL_ROLE_OUTPUT_NORM_WEIGHT:
        return floats_of(layer->output_norm.gamma);
    default:
        return floats_of(layer->output_norm.beta);
    }
}

static destination find_destination(bl_model *model, uint32_t role, uint32_t layer) {
    switch (role) {
    case BL_ROLE_WORD_EMBEDDINGS:
        return (destination){.table = &model->word_embeddings};
    case BL_ROLE_POSITION_EMBEDDINGS:
        return (destination){.table = &model->position_embeddings};
    case BL_ROLE_TYPE_EMBEDDINGS:
        return (destination){.table = &model->type_embeddings};
    case BL_ROLE_EMBEDDINGS_NORM_WEIGHT:
        return floats_of(model->embeddings_norm.gamma);
    case BL_ROLE_EMBEDDINGS_NORM_BIAS:
        return floats_of(model->embeddings_norm.beta);
    case BL_ROLE_POOLER_WEIGHT:
        return linear_of(&model->pooler, 0);
    case BL_ROLE_POOLER_BIAS:
        return floats_of(model->pooler.bias);
    case BL_ROLE_TRANSFORM_WEIGHT:
        return linear_of(&model->transform, 0);
    case BL_ROLE_TRANSFORM_BIAS:
        return floats_of(model->transform.bias);
    case BL_ROLE_TRANSFORM_NORM_WEIGHT:
        return floats_of(model->transform_norm.gamma);
    case BL_ROLE_TRANSFORM_NORM_BIAS:
        return floats_of(model->transform_norm.beta);
    case BL_ROLE_DECODER_WEIGHT:
        return (destination){.table = &model->decoder};
    case BL_ROLE_DECODER_BIAS:
        return floats_of(model->decoder_bias);
    case BL_ROLE_NEXT_SENTENCE_WEIGHT:
        return floats_of(model->next_sentence.rows);
    case BL_ROLE_NEXT_SENTENCE_BIAS:
        return floats_of(model->next_sentence.bias);
    case BL_ROLE_CLASSIFIER_WEIGHT:
        return floats_of(model->classifier.rows);
    case BL_ROLE_CLASSIFIER_BIAS:
        return floats_of(model->classifier.bias);
    default:
        return find_layer_destination(&model->layers[layer], role, model->config.hidden_size);
    }
}

static float *scales_of(const destination *to) {
    return (float *)(to->table ? to->table->scales : to->linear->scales + to->first_output);
}

static bl_tensor_progress *progress_of(bl_model *model, uint32_t role, uint32_t layer) {
    uint32_t per_layer = BL_ROLE_COUNT - BL_FIRST_LAYER_ROLE;
    return &model->progress[role + (role < BL_FIRST_LAYER_ROLE ? 0 : layer * per_layer)];
}

static void store_floats(const destination *to, uint32_t row, uint32_t count, uint32_t columns,
                         const float *values) {
    if (to->linear)
        bl_pack_weights_f32(values, count, columns, to->first_output + row,
                            (float *)to->linear->panels);
    else
        memcpy((to->table ? (float *)to->table->rows : to->floats) + (size_t)row * columns, values,
               (size_t)count * columns * sizeof(float));
}

static void store_int8(const bl_model *model, const destination *to, uint32_t row, uint32_t count,
                       uint32_t columns, const int8_t *values) {
    if (to->linear)
        bl_pack_weights_i8(values, count, columns, to->first_output + row, model->kernels->group,
                           (int8_t *)to->linear->panels, (int32_t *)to->linear->sums);
    else
        memcpy((int8_t *)to->table->rows + (size_t)row * columns, values, (size_t)count * columns);
}

/* The exponent of an infinity or NaN is all ones. */
static int all_finite(const float *values, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !found;
}

/* Values as they stand in the file to floats. */
static void convert(uint32_t source_type, const void *bytes, size_t count, float *values) {
    if (source_type == BL_SOURCE_F16)
        bl_convert_f16(bytes, count, values);
    else if (source_type == BL_SOURCE_BF16)
        bl_convert_bf16(bytes, count, values);
    else
        for (size_t i = 0; i < count; i++)
            values[i] = ((const int8_t *)bytes)[i];
}

/* Scratch for one slice: its rows as float, and as int8. */
typedef struct slice {
    float *floats;
    int8_t *integers;
} slice;

static bl_status write_slice(bl_model *model, const destination *to, const slice *scratch,
                             uint32_t source_type, uint32_t row, uint32_t count, uint32_t columns,
                             const void *bytes) {
    int to_floats = to->floats || model->config.dtype == BL_DTYPE_FP32;
    size_t values = (size_t)count * columns;
    if (source_type == BL_SOURCE_I8 && !to_floats) {
        store_int8(model, to, row, count, columns, bytes);
        return BL_OK;
    }
    const float *floats = bytes;
    if (source_type != BL_SOURCE_F32) {
        convert(source_type, bytes, values, scratch->floats);
        floats = scratch->floats;
    }
    if (to_floats) {
        if (!all_finite(floats, values))
            return BL_BAD_MODEL;
        store_floats(to, row, count, columns, floats);
        return BL_OK;
    }
    if (bl_quantize_rows_i8(floats, count, columns, scratch->integers, scales_of(to) + row))
        return BL_BAD_MODEL;
    store_int8(model, to, row, count, columns, scratch->integers);
    return BL_OK;
}

static size_t bytes_of_source_type(uint32_t source_type) {
    static const uint8_t sizes[] = {4, 2, 2, 1};
    return sizes[source_type];
}

bl_status bl_model_write_rows(bl_model *model, bl_arena *scratch, uint32_t role, uint32_t layer,
                              uint32_t source_type, uint32_t row_begin, uint32_t row_count,
                              const void *bytes) {
    bl_tensor_shape shape;
    if (source_type > BL_SOURCE_I8 ||
        bl_model_tensor_shape(&model->config, role, layer, &shape) != BL_OK)
        return BL_BAD_ARGUMENT;
    bl_tensor_progress *progress = progress_of(model, role, layer);
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
    destination to = find_destination(model, role, layer);
    size_t row_bytes = shape.columns * bytes_of_source_type(source_type);
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
    bl_tensor_progress *progress = progress_of(model, role, layer);
    if (row_begin != progress->scales_written || row_count > shape.rows - row_begin)
        return BL_BAD_ARGUMENT;
    if (!all_finite(scales, row_count))
        return BL_BAD_MODEL;
    for (uint32_t i = 0; i < row_count; i++)
        if (scales[i] < 0)
            return BL_BAD_MODEL;
    destination to = find_destination(model, role, layer);
    memcpy(scales_of(&to) + row_begin, scales, row_count * sizeof(float));
    progress->scales_written += row_count;
    return BL_OK;
}

/* I8 rows of a model that computes in float were stored as whole numbers: multiply
 * by their scales now that both are here. */
static void apply_scales(const destination *to, const bl_tensor_shape *shape) {
    const float *scales = scales_of(to);
    for (uint32_t row = 0; row < shape->rows; row++) {
        if (to->table) {
            float *values = (float *)to->table->rows + (size_t)row * shape->columns;
            for (uint32_t k = 0; k < shape->columns; k++)
                values[k] *= scales[row];
        } else {
            uint32_t output = to->first_output + row;
            float *values = (float *)to->linear->panels +
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
        return BL_OK; /* of a part that this model does not have */
    const bl_tensor_progress *progress = progress_of(model, role, layer);
    if (progress->rows_written != shape.rows)
        return BL_BAD_MODEL;
    if (!progress->needs_scales)
        return BL_OK;
    if (progress->scales_written != shape.rows)
        return BL_BAD_MODEL;
    destination to = find_destination(model, role, layer);
    if (model->config.dtype == BL_DTYPE_FP32)
        apply_scales(&to, &shape);
    return BL_OK;
}

bl_status bl_model_finish(bl_model *model, uint32_t *missing_role, uint32_t *missing_layer) {
    for (uint32_t layer = 0; layer < model->config.layers; layer++) {
        for (uint32_t role = layer == 0 ? 0 : BL_FIRST_LAYER_ROLE; role < BL_ROLE_COUNT; role++) {
            if (finish_tensor(model, role, layer) != BL_OK) {
                *missing_role = role;
                *missing_layer = layer;
                return BL_BAD_MODEL;
            }
        }
    }
    return BL_OK;
}
