/* The sets for WebAssembly SIMD without relaxed instructions: fp32, and int8 by
 * i32x4.dot_i16x8. Their bits are those of scalar.c, on every machine. */
#define BL_MADD(a, b, c)  wasm_f32x4_add((c), wasm_f32x4_mul((a), (b)))
#define BL_TALL_TILES_F32 0
#include "attention_f32.h"
#include "kernel_sets.h"

/* From this many rows on, a panel is widened to int16 once and read by all of them;
 * below, each tile widens it on the way. */
#define WIDEN_ROWS 24

/* Sums of a tile over `groups` pairs along K; integers, so no rounding and no order.
 * `widened`: w is int16 (one panel then), else int8. */
BL_INLINE void sum_tile_i8(uint32_t rows, uint32_t panels, int widened, const int16_t *x,
                           const int8_t *w, size_t w_step, uint32_t groups,
                           v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2, half = widened ? 16 : 8;
    const int8_t *end = w + (size_t)groups * half * 2;
    BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
        sum[i] = wasm_i32x4_splat(0);
    }
    BL_ROLLED do {
        v128_t column[4];
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            const int8_t *from = w + c / 2 * w_step + c % 2 * half;
            column[c] = widened ? wasm_v128_load(from) : wasm_i16x8_load8x8(from);
        }
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t row = wasm_v128_load32_splat(x + r * 2);
            BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
                v128_t *s = &sum[r * width + c];
                *s = wasm_i32x4_add(*s, wasm_i32x4_dot_i16x8(row, column[c]));
            }
        }
        x += rows * 2;
        w += half * 2;
    }
    while (w != end)
        ;
}

BL_INLINE void linear_tile_i8_any(uint32_t rows, uint32_t panels, int widened,
                                  const bl_linear_job *job, uint32_t row, uint32_t panel,
                                  const void *w) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_i8(rows, panels, widened, (const int16_t *)bl_packed_row(job, row), w,
                job->panel_bytes, job->groups, sum);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    const float *row_scales = job->rows->scales + row;
    float *out = job->out + row * job->stride + (size_t)panel * BL_PANEL;
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t weight_scale = wasm_v128_load(bl_panel_scales(job, panel + c / 2) + c % 2 * 4);
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t scale = wasm_f32x4_mul(wasm_v128_load32_splat(row_scales + r), weight_scale);
            v128_t x = wasm_f32x4_convert_i32x4(sum[r * panels * 2 + c]);
            wasm_v128_store(out + r * job->stride + c * 4,
                            wasm_f32x4_add(wasm_f32x4_mul(x, scale), b));
        }
    }
}

BL_INLINE void linear_tile_i8(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                              uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    (void)pair;
    linear_tile_i8_any(rows, panels, 0, job, row, panel, w);
}

BL_INLINE void linear_tile_i8_widened(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                      uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    (void)pair;
    linear_tile_i8_any(rows, panels, 1, job, row, panel, w);
}

BL_INLINE const void *widened_panel(const bl_linear_job *job, uint32_t panel) {
    const int8_t *from = bl_panel_weights(job, panel), *end = from + job->panel_bytes;
    int16_t *to = job->scratch;
    BL_ROLLED do {
        wasm_v128_store(to, wasm_i16x8_load8x8(from));
        wasm_v128_store(to + 8, wasm_i16x8_load8x8(from + 8));
        from += 16;
        to += 16;
    }
    while (from != end)
        ;
    return job->scratch;
}

static void linear_i8(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                      uint32_t panel_end, float *out, size_t stride, void *scratch) {
    uint32_t groups = weights->inputs / 2 + weights->inputs % 2;
    bl_linear_job job = {.rows = rows,
                         .weights = weights,
                         .out = out,
                         .stride = stride,
                         .row_bytes = groups * 2 * sizeof(int16_t),
                         .panel_bytes = groups * 2 * BL_PANEL,
                         .groups = groups,
                         .scratch = scratch};
    bl_copy_last_scales(&job);
    if (rows->rows < WIDEN_ROWS) {
        bl_run_tiles(linear_tile_i8, NULL, bl_panel_weights, linear_tile_i8, &job, panel_begin,
                     panel_end);
    } else {
        bl_run_tiles(linear_tile_i8_widened, NULL, widened_panel, linear_tile_i8, &job, panel_begin,
                     panel_end);
    }
}

const bl_kernels bl_simd128_f32 = {
    .name = "simd128",
    .pack_rows = bl_simd128_pack_rows_f32,
    .linear = linear_f32,
    .attention = attention_f32,
    .activate = bl_simd128_activate,
    .layer_norm = bl_simd128_layer_norm,
    .group = 1,
    .packed_row_element = 4,
    .packed_weight_element = 4,
};

const bl_kernels bl_simd128_i8 = {
    .name = "simd128",
    .pack_rows = bl_simd128_pack_rows_i8,
    .linear = linear_i8,
    .attention = attention_f32,
    .activate = bl_simd128_activate,
    .layer_norm = bl_simd128_layer_norm,
    .group = 2,
    .packed_row_element = 2,
    .packed_weight_element = 1,
};
