/* The linear kernel for int8 by i32x4.dot_i16x8. */
#ifndef BERTLET_LINEAR_I8_H
#define BERTLET_LINEAR_I8_H

#include "strassen_i8.h"

/* From so many rows on Strassen's algorithm is the faster one. */
#define LEAST_STRASSEN_ROWS 16

/* Sums of a tile over `groups` pairs along K; integers, so no rounding and no order. */
BL_INLINE void sum_tile_i8(uint32_t rows, uint32_t panels, const int16_t *x, const int8_t *w,
                           size_t w_step, uint32_t groups, v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    const int8_t *end = w + (size_t)groups * 2 * BL_PANEL;
    BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
        sum[i] = wasm_i32x4_splat(0);
    }
    BL_ROLLED do {
        v128_t column[4];
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            column[c] = wasm_i16x8_load8x8(w + c / 2 * w_step + c % 2 * 8);
        }
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t row = wasm_v128_load32_splat(x + r * 2);
            BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
                v128_t *s = &sum[r * width + c];
                *s = wasm_i32x4_add(*s, wasm_i32x4_dot_i16x8(row, column[c]));
            }
        }
        x += rows * 2;
        w += 2 * BL_PANEL;
    }
    while (w != end)
        ;
}

BL_INLINE void linear_tile_i8(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                              uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_i8(rows, panels, (const int16_t *)bl_packed_row(job, row), w, job->panel_bytes,
                job->groups, sum);
    bl_store_tile_i32(rows, panels, job, row, pair, panel, sum);
}

static __attribute__((noinline)) void linear_tiles_i8(const bl_linear_job *job, uint32_t row_begin,
                                                      uint32_t panel_begin, uint32_t panel_end) {
    bl_run_tiles(linear_tile_i8, NULL, linear_tile_i8, job, row_begin, panel_begin, panel_end);
}

static void linear_i8(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                      uint32_t panel_end, float *out, size_t stride, void *scratch) {
    uint32_t pairs = (panel_end - panel_begin) / 2, done = 0;
    bl_linear_job job = bl_linear_job_for(rows, weights, out, stride, 2, BL_UNIT, 1);
    job.scratch = scratch;
    bl_copy_last_scales(&job);
    if (rows->rows >= LEAST_STRASSEN_ROWS && job.groups % 2 == 0) {
        done = rows->rows / (2 * BL_TILE) * (2 * BL_TILE);
        strassen_run(&job, done, panel_begin, pairs);
        linear_tiles_i8(&job, 0, panel_begin + 2 * pairs, panel_end);
        panel_end = panel_begin + 2 * pairs;
    }
    linear_tiles_i8(&job, done, panel_begin, panel_end);
}

#endif
