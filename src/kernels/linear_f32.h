/* The float products, for simd128.c and relaxed.c, which differ in one thing only:
 * BL_MADD(a, b, c), a * b + c rounded twice or (perhaps) once. */
#ifndef BERTLET_LINEAR_F32_H
#define BERTLET_LINEAR_F32_H

#include "tiles.h"

#ifndef BL_MADD
#error "BL_MADD must be defined"
#endif

/* sum[r][p][0..8) = sum over k < count of x[k * x_step + r] * w[p][k][0..8), in the
 * order of k; count >= 1. Panels are w_step floats apart. */
BL_INLINE void sum_tile_f32(uint32_t rows, uint32_t panels, const float *x, size_t x_step,
                            const float *w, size_t w_step, uint32_t count,
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
            v128_t row = wasm_v128_load32_splat(x + r);
            BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
                sum[r * width + c] = BL_MADD(row, column[c], sum[r * width + c]);
            }
        }
        x += x_step;
        w += BL_PANEL;
    }
    while (w != end)
        ;
}

BL_INLINE void linear_tile_f32(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                               uint32_t row, uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_f32(rows, panels, bl_tile_rows(job, row), rows, w, job->panel_bytes / sizeof(float),
                 job->groups, sum);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    float *out = bl_tile_out(job, row, panel);
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            wasm_v128_store(out + r * job->stride + c * 4,
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
    bl_run_tiles(linear_tile_f32, bl_panel_weights, linear_tile_f32, &job, panel_begin, panel_end);
}

#endif
