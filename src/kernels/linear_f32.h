/* The float products, for simd128.c and relaxed.c, which differ in two things:
 * BL_MADD(a, b, c), a * b + c rounded twice or (perhaps) once, and BL_TALL_TILES_F32,
 * whether there are tall tiles. */
#ifndef BERTLET_LINEAR_F32_H
#define BERTLET_LINEAR_F32_H

#include "tiles.h"

#if !defined(BL_MADD) || !defined(BL_TALL_TILES_F32)
#error "BL_MADD and BL_TALL_TILES_F32 must be defined"
#endif

/* sum[r][p][0..8) += x[k * x_step + r] * w[p][k][0..8) for k < count, in the order of k;
 * count >= 1. x2 stands for x in the last two rows of a tall tile. Panels are w_step floats
 * apart. */
BL_INLINE void add_products_f32(uint32_t rows, uint32_t panels, const float *x, const float *x2,
                                size_t x_step, const float *w, size_t w_step, uint32_t count,
                                v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    const float *end = w + (size_t)count * BL_PANEL;
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

/* The same, with sums that begin at 0. */
BL_INLINE void sum_tile_f32(uint32_t rows, uint32_t panels, const float *x, const float *x2,
                            size_t x_step, const float *w, size_t w_step, uint32_t count,
                            v128_t sum[BL_TILE_SUMS]) {
    BL_UNROLLED for (uint32_t i = 0; i < rows * panels * 2; i++) {
        sum[i] = wasm_f32x4_splat(0.0f);
    }
    add_products_f32(rows, panels, x, x2, x_step, w, w_step, count, sum);
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

/* ---- 5 to 8 rows: a short query ----
 *
 * The weights of most models come from memory. The first tile that reads a panel waits for
 * it, the second finds it in the cache, while memory rests. So the two take turns, a few
 * steps of K each: a quarter less time (K = 384, 8 rows); 3 % more where all weights are in
 * the cache. It loses where the packed rows do not leave room in the first-level cache, and
 * so do tall tiles for few rows: what they leave over reads each panel a second time. */
#define SHORT_ROWS  (2 * BL_TILE)
#define SHORT_STEPS 32
#define SHORT_BYTES 16384

BL_INLINE void add_turn_f32(uint32_t rows, const float *x, const float *w, uint32_t count,
                            v128_t kept[BL_TILE * 2]) {
    v128_t sum[BL_TILE_SUMS];
    BL_UNROLLED for (uint32_t i = 0; i < rows * 2; i++) {
        sum[i] = kept[i];
    }
    add_products_f32(rows, 1, x, x, rows, w, 0, count, sum);
    BL_UNROLLED for (uint32_t i = 0; i < rows * 2; i++) {
        kept[i] = sum[i];
    }
}

static void linear_short_f32(const bl_linear_job *job, uint32_t panel_begin, uint32_t panel_end) {
    uint32_t rows = job->rows->rows, second = rows - BL_TILE; /* rows of the second tile */
    for (uint32_t panel = panel_begin; panel < panel_end; panel++) {
        v128_t kept[SHORT_ROWS * 2];
        const float *x = (const float *)bl_packed_row(job, 0), *w = bl_panel_weights(job, panel);
        const float *x2 = (const float *)bl_packed_row(job, BL_TILE);
        BL_ROLLED for (uint32_t i = 0; i < rows * 2; i++) {
            kept[i] = wasm_f32x4_splat(0.0f);
        }
        for (uint32_t left = job->groups; left > 0;) {
            uint32_t count = left < SHORT_STEPS ? left : SHORT_STEPS;
            add_turn_f32(BL_TILE, x, w, count, kept);
            switch (second) {
            case 1:
                add_turn_f32(1, x2, w, count, kept + BL_TILE * 2);
                break;
            case 2:
                add_turn_f32(2, x2, w, count, kept + BL_TILE * 2);
                break;
            case 3:
                add_turn_f32(3, x2, w, count, kept + BL_TILE * 2);
                break;
            case 4:
                add_turn_f32(4, x2, w, count, kept + BL_TILE * 2);
                break;
            }
            x += count * BL_TILE;
            x2 += count * second;
            w += count * BL_PANEL;
            left -= count;
        }
        const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
        float *out = job->out + (size_t)panel * BL_PANEL;
        BL_ROLLED for (uint32_t i = 0; i < rows * 2; i++) {
            wasm_v128_store(out + i / 2 * job->stride + i % 2 * 4,
                            wasm_f32x4_add(kept[i], wasm_v128_load(bias + i % 2 * 4)));
        }
    }
}

static void linear_f32(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                       uint32_t panel_end, float *out, size_t stride, void *scratch) {
    (void)scratch;
    bl_linear_job job = bl_linear_job_for(rows, weights, out, stride, 1, BL_UNIT, sizeof(float));
    job.least_tall_rows = 2 * BL_TALL;
    uint32_t count = rows->rows;
    if (count > BL_TILE && count <= SHORT_ROWS && count * job.row_bytes <= SHORT_BYTES) {
        linear_short_f32(&job, panel_begin, panel_end);
        return;
    }
    bl_run_tiles(linear_tile_f32, BL_TALL_TILES_F32 ? linear_tile_f32 : NULL, linear_tile_f32, &job,
                 0, panel_begin, panel_end);
}

#endif
