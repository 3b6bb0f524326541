#include "linear.h"

#include "../kernels/dot_rows.h"
#include "../kernels/pack_weights.h"

/* Outputs of a side path at a time. */
#define OUTPUTS 64

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static size_t larger_size(size_t a, size_t b) {
    return a > b ? a : b;
}

bl_linear_work bl_linear_work_create(bl_arena *arena, const bl_model *model, uint32_t rows) {
    const bl_config *config = &model->config;
    uint32_t inputs =
        larger(larger(config->hidden_size, config->intermediate_size), bl_embedding_size(config));
    uint32_t rank = model->largest_rank;
    size_t packed = bl_packed_rows_bytes(model->kernels, rows, inputs);
    bl_linear_work work = {
        .row_scales = bl_arena_alloc_array(arena, rows, sizeof(float)),
        .row_terms = bl_arena_alloc_array(arena, rows, sizeof(bl_row_terms)),
        .scratch = bl_arena_alloc(
            arena, bl_linear_scratch_bytes(model->kernels, rows, larger(inputs, rank))),
    };
    if (rank) {
        packed = larger_size(
            packed, bl_packed_rows_bytes(bl_kernels_unfused(), rows, larger(inputs, rank)));
        work.narrow = bl_arena_alloc_array(arena, rows, bl_row_stride(rank) * sizeof(float));
        work.side = bl_arena_alloc_array(arena, rows, bl_row_stride(inputs) * sizeof(float));
    }
    work.packed = bl_arena_alloc(arena, packed);
    return work;
}

static void apply_weights(const bl_kernels *kernels, const bl_weights *weights,
                          uint32_t panel_begin, uint32_t panel_end, const float *rows,
                          size_t stride, uint32_t row_count, float *out, size_t out_stride,
                          const bl_linear_work *work) {
    bl_packed_rows packed = {work->packed, work->row_scales, work->row_terms, row_count};
    kernels->pack_rows(rows, stride, row_count, weights->inputs, work->packed, work->row_scales,
                       work->row_terms);
    kernels->linear(&packed, weights, panel_begin, panel_end, out, out_stride, work->scratch);
}

static void add_path(const bl_low_rank *path, const float *rows, size_t stride, uint32_t row_count,
                     float *out, size_t out_stride, const bl_linear_work *work) {
    const bl_kernels *kernels = bl_kernels_unfused();
    size_t narrow = bl_row_stride(path->rank), wide = bl_row_stride(path->outputs);
    apply_weights(kernels, &path->down, 0, bl_count_panels(path->rank), rows, stride, row_count,
                  work->narrow, narrow, work);
    apply_weights(kernels, &path->up, 0, bl_count_panels(path->outputs), work->narrow, narrow,
                  row_count, work->side, wide, work);
    for (uint32_t m = 0; m < row_count; m++)
        for (uint32_t n = 0; n < path->outputs; n++)
            out[m * out_stride + path->first_output + n] += work->side[m * wide + n];
}

void bl_linear_apply(const bl_model *model, const bl_linear *linear, uint32_t panel_begin,
                     uint32_t panel_end, const float *rows, size_t stride, uint32_t row_count,
                     float *out, size_t out_stride, const bl_linear_work *work) {
    apply_weights(model->kernels, &linear->weights, panel_begin, panel_end, rows, stride, row_count,
                  out, out_stride, work);
    for (const bl_low_rank *path = linear->paths; path; path = path->next) {
        uint32_t panel = path->first_output / BL_PANEL;
        if (panel >= panel_begin && panel < panel_end)
            add_path(path, rows, stride, row_count, out, out_stride, work);
    }
}

void bl_low_rank_add_rows(const bl_low_rank *paths, const float *x, float *out, float *narrow) {
    for (const bl_low_rank *path = paths; path; path = path->next) {
        bl_simd128_dot_rows.f32(x, path->down_rows, path->rank, path->inputs, narrow);
        for (uint32_t n = 0; n < path->outputs; n += OUTPUTS) {
            float sums[OUTPUTS];
            uint32_t count = path->outputs - n < OUTPUTS ? path->outputs - n : OUTPUTS;
            bl_simd128_dot_rows.f32(narrow, path->up_rows + (size_t)n * path->rank, count,
                                    path->rank, sums);
            for (uint32_t i = 0; i < count; i++)
                out[n + i] += sums[i];
        }
    }
}
