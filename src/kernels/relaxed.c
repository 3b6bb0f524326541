/* The sets for relaxed SIMD: fp32 with fused multiply-add where the machine has it,
 * int8-fast by relaxed dot products. Empty in a build without it.
 *
 * Of the one input in a row of int8-fast that may be larger than the others, what is above
 * goes in by a multiplication in int32. */
#include "kernel_sets.h"
#include "wasm_simd.h"

#ifdef BL_HAS_RELAXED

#define BL_MADD(a, b, c)  wasm_f32x4_relaxed_madd((a), (b), (c))
#define BL_TALL_TILES_F32 1
#include "attention_window_f32.h"
#include "dot_tile.h"

/* What the bytes of a row leave out, in its sums: the excess of its outlier x the outlier's
 * weights - its zero point x the sums of all weights. `w` as below. */
BL_INLINE void begin_sums(uint32_t rows, uint32_t panels, const bl_linear_job *job, uint32_t row,
                          uint32_t pair, uint32_t panel, const int8_t *w,
                          v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    v128_t weight_sum[4];
    BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
        weight_sum[c] = wasm_v128_load(bl_panel_sums(job, panel + c / 2) + c % 2 * 4);
    }
    BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
        const bl_row_terms *terms = job->rows->terms + bl_tile_row(r, row, pair);
        uint32_t byte = terms->outlier % 4;
        const int8_t *group = w + (size_t)(terms->outlier - byte) * BL_PANEL;
        v128_t excess = wasm_v128_load32_splat(&terms->excess);
        v128_t zero_point = wasm_v128_load32_splat(&terms->zero_point);
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            v128_t four = wasm_v128_load(group + c / 2 * job->panel_bytes + c % 2 * 16);
            v128_t weight = wasm_i32x4_shr(wasm_i32x4_shl(four, (3 - byte) * 8), 24);
            sum[r * width + c] = wasm_i32x4_sub(wasm_i32x4_mul(weight, excess),
                                                wasm_i32x4_mul(zero_point, weight_sum[c]));
        }
    }
}

BL_INLINE void linear_tile_i8_fast(uint32_t rows, uint32_t panels, int single,
                                   const bl_linear_job *job, uint32_t row, uint32_t pair,
                                   uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    size_t step = rows >= BL_TILE ? BL_TILE * BL_UNIT : bl_packed_row_step(job, row);
    begin_sums(rows, panels, job, row, pair, panel, w, sum);
    bl_sum_dot_tile(rows, panels, single, bl_packed_row(job, row), bl_packed_row(job, pair),
                    BL_UNIT, step, w, job->panel_bytes, job->groups, sum);
    bl_store_tile_i32(rows, panels, job, row, pair, panel, sum);
}

BL_INLINE void linear_tile_single(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                  uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    linear_tile_i8_fast(rows, panels, 1, job, row, pair, panel, w);
}

BL_INLINE void linear_tile_pairs(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                 uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    linear_tile_i8_fast(rows, panels, 0, job, row, pair, panel, w);
}

static void linear_i8_fast(const bl_packed_rows *rows, const bl_weights *weights,
                           uint32_t panel_begin, uint32_t panel_end, float *out, size_t stride,
                           void *scratch) {
    (void)scratch;
    bl_linear_job job = bl_linear_job_for(rows, weights, out, stride, 4, BL_UNIT, 1);
    job.panel_end = panel_end;
    bl_copy_last_scales(&job);
    if (bl_has_single_dot()) {
        bl_run_tiles(linear_tile_single, linear_tile_single, linear_tile_single, &job, 0,
                     panel_begin, panel_end);
    } else {
        bl_run_tiles(linear_tile_pairs, NULL, linear_tile_pairs, &job, 0, panel_begin, panel_end);
    }
}

const bl_kernels bl_relaxed_f32 = {
    .name = "relaxed",
    .pack_rows = bl_simd128_pack_rows_f32,
    .linear = linear_f32,
    .attention = attention,
    .activate = bl_simd128_activate,
    .gate = bl_simd128_gate,
    .rotate = bl_simd128_rotate,
    .layer_norm = bl_simd128_layer_norm,
    .rms_norm = bl_simd128_rms_norm,
    .group = 1,
    .packed_row_element = 4,
    .packed_weight_element = 4,
};

const bl_kernels bl_relaxed_i8_fast = {
    .name = "relaxed",
    .pack_rows = bl_simd128_pack_rows_i8_fast,
    .linear = linear_i8_fast,
    .attention = attention,
    .activate = bl_simd128_activate,
    .gate = bl_simd128_gate,
    .rotate = bl_simd128_rotate,
    .layer_norm = bl_simd128_layer_norm,
    .rms_norm = bl_simd128_rms_norm,
    .group = 4,
    .packed_row_element = 1,
    .packed_weight_element = 1,
};

#endif
