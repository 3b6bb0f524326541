/* The float products, for simd128.c and relaxed.c, which differ in two things:
 * BL_MADD(a, b, c), a * b + c rounded twice or (perhaps) once, and BL_TALL_TILES_F32,
 * whether there are tall tiles. */
#ifndef BERTLET_LINEAR_F32_H
#define BERTLET_LINEAR_F32_H

#include "tiles.h"

#if !defined(BL_MADD) || !defined(BL_TALL_TILES_F32)
#error "BL_MADD and BL_TALL_TILES_F32 must be defined"
#endif

/* sum[r][p][0..8) = sum over k < count of x[k * x_step + r] * w[p][k][0..8), in the
 * order of k; count >= 1. x2 stands for x in the last two rows of a tall tile. Panels are
 * w_step floats apart. */
BL_INLINE void sum_tile_f32(uint32_t rows, uint32_t panels, const float *x, const float *x2,
                            size_t x_step, const float *w, size_t w_step, uint32_t count,
                            v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    const float *end = w + (size_t)count * BL_PANEL;
    BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
        sum[i] = wasm_f32x4_splat(0.0f);
    }
    BL_ROLLED do {
        v128_t column[4];
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            column[c] = wasm_v128_load(w + c / 2 * w_step + c % 2 * 4);
        }
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t row = wasm_v128_load32_splat(r < BL_TILE ? x + r : x2 + (r - BL_TILE));
            BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
                sum[r * width + c] = BL_MADD(row, column[c], sum[r * width + c]);
            }
        }
        x += x_step;
        x2 += rows > BL_TILE ? x_step : 0;
        w += BL_PANEL;
    }
    while (w != end)
        ;
}

BL_INLINE void linear_tile_f32(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                               uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    size_t step = rows >= BL_TILE ? BL_TILE : bl_packed_row_step(job, row) / sizeof(float);
    sum_tile_f32(rows, panels, (const float *)bl_packed_row(job, row),
                 (const float *)bl_packed_row(job, pair), step, w, job->panel_bytes / sizeof(float),
                 job->groups, sum);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    float *out = job->out + (size_t)panel * BL_PANEL;
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            wasm_v128_store(out + bl_tile_row(r, row, pair) * job->stride + c * 4,
                            wasm_f32x4_add(sum[r * panels * 2 + c], b));
        }
    }
}

static void linear_f32(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                       uint32_t panel_end, float *out, size_t stride, void *scratch) {
    bl_linear_job job = {.rows = rows,
                         .weights = weights,
                         .out = out,
                         .stride = stride,
                         .row_bytes = weights->inputs * sizeof(float),
                         .panel_bytes = weights->inputs * sizeof(float) * BL_PANEL,
                         .groups = weights->inputs,
                         .scratch = scratch};
    bl_run_tiles(linear_tile_f32, BL_TALL_TILES_F32 ? linear_tile_f32 : NULL, bl_panel_weights,
                 linear_tile_f32, &job, panel_begin, panel_end);
}

#endif
