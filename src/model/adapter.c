#include "adapter.h"

#include <string.h>

#include "../kernels/pack_weights.h"
#include "linear.h"

/* Rows converted at a time. */
#define SLICE_ROWS 64

/* The shape of what a change is about. A side path may be beside a decoder that is the
 * table of word embeddings. */
static bl_status shape_of(const bl_config *config, const bl_adapter_change *change,
                          bl_tensor_shape *shape) {
    bl_config any = *config;
    if (change->rank && (any.parts & BL_PART_MASKED_LM))
        any.parts |= BL_PART_DECODER;
    bl_status status = bl_model_tensor_shape(&any, change->role, change->layer, shape);
    if (status == BL_OK && change->rank && !bl_role_takes_paths(change->role))
        return BL_BAD_ARGUMENT;
    return status;
}

static bl_status check_changes(const bl_model *base, const bl_config *config,
                               const bl_adapter_change *changes, uint32_t count) {
    bl_config same = *config;
    same.parts = base->config.parts;
    same.labels = base->config.labels;
    same.head_activation = base->config.head_activation;
    if (memcmp(&same, &base->config, sizeof same) != 0)
        return BL_BAD_ARGUMENT;
    bl_status checked = bl_model_check_config(config);
    if (checked != BL_OK)
        return checked;
    for (uint32_t i = 0; i < count; i++) {
        bl_tensor_shape shape;
        bl_status status = shape_of(config, &changes[i], &shape);
        if (status != BL_OK)
            return status;
        if (changes[i].rank > BL_MAX_INPUTS || !bl_all_finite(&changes[i].scale, 1))
            return BL_BAD_ARGUMENT;
        for (uint32_t k = 0; k < i; k++)
            if (changes[k].role == changes[i].role && changes[k].layer == changes[i].layer)
                return BL_BAD_ARGUMENT;
    }
    return BL_OK;
}

static void *copy_of(bl_arena *arena, const void *from, size_t bytes) {
    void *to = bl_arena_alloc(arena, bytes);
    if (to)
        memcpy(to, from, bytes);
    return to;
}

/* Weights of one's own: as the base's, whose other outputs may stay as they are. */
static void own_weights(bl_arena *arena, const bl_kernels *kernels, const bl_place *place,
                        uint32_t inputs) {
    bl_weights *weights = &place->linear->weights;
    if (!weights->panels) {
        const float *bias = weights->bias;
        *weights = bl_layout_weights(arena, kernels, inputs, place->outputs);
        weights->bias = bias ? bias : weights->bias;
        return;
    }
    size_t outputs = (size_t)bl_count_panels(weights->outputs) * BL_PANEL;
    size_t panels = bl_packed_weights_bytes(kernels, weights->inputs, weights->outputs);
    weights->panels = copy_of(arena, weights->panels, panels);
    weights->scales = copy_of(arena, weights->scales, outputs * sizeof(float));
    weights->sums = copy_of(arena, weights->sums, outputs * sizeof(int32_t));
}

/* Floats of one's own. A bias fills panels, of which the adapter may change but a part: that of
 * q, k and v is one. */
static const float *own_floats(bl_arena *arena, const bl_place *place, const bl_tensor_shape *shape,
                               const float *from) {
    size_t bias = (size_t)bl_count_panels(place->outputs) * BL_PANEL;
    if (bias && from)
        return copy_of(arena, from, bias * sizeof(float));
    return bl_alloc_zeroed(arena, bias ? bias : (uint64_t)shape->rows * shape->columns,
                           sizeof(float));
}

/* Memory for a tensor that the adapter brings, where it is still the base's, or nowhere. */
static void own_tensor(bl_arena *arena, const bl_model *base, bl_model *model, uint32_t role,
                       uint32_t layer, const bl_tensor_shape *shape) {
    bl_place to = bl_model_find_place(model, role, layer);
    bl_place from = bl_model_find_place((bl_model *)base, role, layer);
    if (to.linear) {
        if (to.linear->weights.panels == from.linear->weights.panels)
            own_weights(arena, model->kernels, &to, shape->columns);
    } else if (to.table) {
        *to.table = bl_layout_table(arena, &model->config, shape);
    } else if (*to.floats == *from.floats) {
        *to.floats = own_floats(arena, &to, shape, *from.floats);
    }
    if (to.output)
        to.output->outputs = shape->rows;
}

static void add_path(bl_arena *arena, bl_model *model, const bl_adapter_change *change,
                     const bl_tensor_shape *shape) {
    bl_low_rank *path = bl_alloc_zeroed(arena, 1, sizeof(bl_low_rank));
    bl_low_rank made = {
        .role = change->role,
        .layer = change->layer,
        .rank = change->rank,
        .inputs = shape->columns,
        .outputs = shape->rows,
        .scale = change->scale,
    };
    bl_place place = bl_model_find_place(model, change->role, change->layer);
    if (place.linear) {
        const bl_kernels *kernels = bl_kernels_unfused();
        made.first_output = place.first_output;
        made.down = bl_layout_weights(arena, kernels, made.inputs, made.rank);
        made.up = bl_layout_weights(arena, kernels, made.rank, made.outputs);
    } else {
        made.down_rows = bl_alloc_zeroed(arena, (uint64_t)made.rank * made.inputs, sizeof(float));
        made.up_rows = bl_alloc_zeroed(arena, (uint64_t)made.outputs * made.rank, sizeof(float));
    }
    if (!path)
        return;
    made.next = *place.paths;
    *path = made;
    *place.paths = path;
    if (change->rank > model->largest_rank)
        model->largest_rank = change->rank;
}

/* What stays the base's counts as written. */
static void keep_base(const bl_model *base, bl_model *model) {
    for (uint32_t i = 0; i < bl_count_tensors(&model->config); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        bl_tensor_shape now, before;
        if (bl_model_tensor_shape(&model->config, tensor.role, tensor.layer, &now) == BL_OK &&
            bl_model_tensor_shape(&base->config, tensor.role, tensor.layer, &before) == BL_OK &&
            now.rows == before.rows && now.columns == before.columns)
            model->progress[i] =
                (bl_tensor_progress){.rows_written = now.rows, .scales_written = now.rows};
    }
    if (model->config.parts & ~base->config.parts & BL_PART_DECODER) {
        model->decoder = base->word_embeddings;
        uint32_t rows = model->config.vocab_size;
        *bl_model_progress(model, BL_ROLE_DECODER_WEIGHT, 0) =
            (bl_tensor_progress){.rows_written = rows, .scales_written = rows};
    }
}

static bl_status layout_changes(bl_arena *arena, const bl_model *base, bl_model *model,
                                const bl_adapter_change *changes, uint32_t count) {
    const bl_config *config = &model->config;
    model->layers = copy_of(arena, base->layers, bl_count_layer_sets(config) * sizeof(bl_layer));
    model->progress = bl_alloc_zeroed(arena, bl_count_tensors(config), sizeof(bl_tensor_progress));
    if (bl_arena_status(arena) != BL_OK)
        return BL_OUT_OF_MEMORY;
    keep_base(base, model);
    for (uint32_t i = 0; i < count; i++) {
        bl_tensor_shape shape;
        if (changes[i].rank)
            continue;
        bl_model_tensor_shape(config, changes[i].role, changes[i].layer, &shape);
        own_tensor(arena, base, model, changes[i].role, changes[i].layer, &shape);
        *bl_model_progress(model, changes[i].role, changes[i].layer) = (bl_tensor_progress){0};
    }
    bl_model_tie_decoder(model);
    for (uint32_t i = 0; i < count; i++) {
        bl_tensor_shape shape;
        if (changes[i].rank && shape_of(config, &changes[i], &shape) == BL_OK)
            add_path(arena, model, &changes[i], &shape);
    }
    return bl_arena_status(arena);
}

bl_status bl_adapter_create(bl_arena *arena, const bl_model *base, const bl_config *config,
                            const bl_adapter_change *changes, uint32_t count, bl_model **model) {
    bl_status status = check_changes(base, config, changes, count);
    if (status != BL_OK)
        return status;
    size_t mark = bl_arena_mark(arena);
    bl_model *made = copy_of(arena, base, sizeof *base);
    status = bl_arena_status(arena);
    if (status == BL_OK) {
        made->config = *config;
        status = layout_changes(arena, base, made, changes, count);
    }
    if (status != BL_OK)
        bl_arena_reset(arena, mark);
    *model = made;
    return status;
}

static bl_low_rank *find_path(bl_model *model, uint32_t role, uint32_t layer) {
    bl_tensor_shape shape;
    bl_adapter_change change = {.role = role, .layer = layer, .rank = 1};
    if (shape_of(&model->config, &change, &shape) != BL_OK)
        return NULL;
    bl_low_rank *path = *bl_model_find_place(model, role, layer).paths;
    while (path && (path->role != role || path->layer != layer))
        path = path->next;
    return path;
}

static void store_rows(bl_low_rank *path, uint32_t half, uint32_t row, uint32_t count,
                       const float *values) {
    uint32_t columns = half == BL_LOW_RANK_DOWN ? path->inputs : path->rank;
    const bl_weights *weights = half == BL_LOW_RANK_DOWN ? &path->down : &path->up;
    const float *rows = half == BL_LOW_RANK_DOWN ? path->down_rows : path->up_rows;
    if (rows)
        memcpy((float *)rows + (size_t)row * columns, values,
               (size_t)count * columns * sizeof(float));
    else
        bl_pack_weights_f32(values, count, columns, row, (float *)weights->panels);
}

bl_status bl_adapter_write_rows(bl_model *model, bl_arena *scratch, uint32_t role, uint32_t layer,
                                uint32_t half, uint32_t source_type, uint32_t row_begin,
                                uint32_t row_count, const void *bytes) {
    bl_low_rank *path = find_path(model, role, layer);
    if (!path || half > BL_LOW_RANK_UP || source_type > BL_SOURCE_BF16)
        return BL_BAD_ARGUMENT;
    uint32_t rows = half == BL_LOW_RANK_DOWN ? path->rank : path->outputs;
    uint32_t columns = half == BL_LOW_RANK_DOWN ? path->inputs : path->rank;
    uint32_t *written = half == BL_LOW_RANK_DOWN ? &path->down_written : &path->up_written;
    if (row_begin != *written || row_count > rows - row_begin)
        return BL_BAD_ARGUMENT;

    size_t mark = bl_arena_mark(scratch);
    uint32_t step = row_count < SLICE_ROWS ? row_count : SLICE_ROWS;
    float *values = bl_arena_alloc_array(scratch, (size_t)step * columns, sizeof(float));
    bl_status status = bl_arena_status(scratch);
    size_t row_bytes = columns * bl_source_type_bytes(source_type);
    for (uint32_t done = 0; status == BL_OK && done < row_count; done += step) {
        uint32_t count = row_count - done < step ? row_count - done : step;
        status = bl_read_floats(source_type, (const uint8_t *)bytes + done * row_bytes,
                                (size_t)count * columns, values);
        for (size_t i = 0; half == BL_LOW_RANK_UP && i < (size_t)count * columns; i++)
            values[i] *= path->scale;
        if (status == BL_OK && !bl_all_finite(values, (size_t)count * columns))
            status = BL_BAD_MODEL;
        if (status == BL_OK)
            store_rows(path, half, row_begin + done, count, values);
    }
    bl_arena_reset(scratch, mark);
    if (status == BL_OK)
        *written += row_count;
    return status;
}

static int is_complete(const bl_low_rank *paths) {
    for (; paths; paths = paths->next)
        if (paths->down_written != paths->rank || paths->up_written != paths->outputs)
            return 0;
    return 1;
}

bl_status bl_adapter_finish(bl_model *model, uint32_t *missing_role, uint32_t *missing_layer) {
    for (uint32_t i = 0; i < bl_count_tensors(&model->config); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        bl_adapter_change change = {.role = tensor.role, .layer = tensor.layer, .rank = 1};
        bl_tensor_shape shape;
        if (shape_of(&model->config, &change, &shape) != BL_OK)
            continue;
        if (!is_complete(*bl_model_find_place(model, tensor.role, tensor.layer).paths)) {
            *missing_role = tensor.role;
            *missing_layer = tensor.layer;
            return BL_BAD_MODEL;
        }
    }
    return bl_model_finish(model, missing_role, missing_layer);
}
