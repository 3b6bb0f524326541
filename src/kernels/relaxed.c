/* The sets for relaxed SIMD: fp32 with fused multiply-add where the machine has it,
 * int8-fast by relaxed dot products. Empty in a build without it.
 *
 * int8-fast is exact all the same: the specification leaves a relaxed dot product open
 * only for operands b outside 0..127, and b is the activations, 0..127. Of the one input
 * in a row that may be larger, what is above goes in by a multiplication in int32. */
#include "wasm_simd.h"

#ifdef BL_HAS_RELAXED

#define BL_MADD(a, b, c)  wasm_f32x4_relaxed_madd((a), (b), (c))
#define BL_TALL_TILES_F32 1
#include "attention_f32.h"
#include "kernel_sets.h"

/* There are two ways to sum four products into each int32 lane, equal in result:
 * - The one relaxed instruction. Where it is one of the processor too (ARM; x64 with
 *   AVX-VNNI, in engines that know), it does 225 G operations a second where the other
 *   way does 120; elsewhere the engine makes it up, and 80 G are left.
 * - To pairs in int16, then to int32 with a vector of ones kept in a register.
 * Which is better shows in what an operand outside the specified range gives: x64 without
 * AVX-VNNI saturates pairs, the single instructions of x64 and ARM give 4 * 127 * 255 and
 * 4 * 127 * -1. Whatever else comes, or a wrong sum within the range, takes the second
 * way: V8 11's baseline compiler loses the addend. Asked in each call, in the function
 * that does the products, so that it was compiled with them. */
BL_INLINE int has_single_dot(void) {
    static const volatile int32_t probe[4] = {0x7f7f7f7f, -1, 0x01020304, 0x05060708};
    v128_t a = wasm_i32x4_make(probe[0], probe[2], 0, 0);
    v128_t b = wasm_i32x4_make(probe[1], probe[3], 0, 0);
    v128_t dot = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, wasm_i32x4_splat(1000));
    int32_t outside = wasm_i32x4_extract_lane(dot, 0) - 1000;
    int32_t inside = wasm_i32x4_extract_lane(dot, 1) - 1000;
    return (outside == 4 * 127 * 255 || outside == -4 * 127) &&
           inside == 1 * 5 + 2 * 6 + 3 * 7 + 4 * 8;
}

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

/* sum[r][p] += the products of whole groups. x2 stands for x in the last two rows of a tall
 * tile; groups of a row are x_step bytes apart, panels w_step. */
BL_INLINE void sum_tile_i8_fast(uint32_t rows, uint32_t panels, int single, const uint8_t *x,
                                const uint8_t *x2, size_t x_step, const int8_t *w, size_t w_step,
                                uint32_t groups, v128_t sum[BL_TILE_SUMS]) {
    static const int16_t one[2] = {1, 1};
    v128_t ones = wasm_v128_load32_splat(bl_hidden(one));
    const uint32_t width = panels * 2;
    const int8_t *end = w + (size_t)groups * 4 * BL_PANEL;
    BL_ROLLED do {
        v128_t column[4];
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            column[c] = wasm_v128_load(w + c / 2 * w_step + c % 2 * 16);
        }
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t row = wasm_v128_load32_splat(r < BL_TILE ? x + r * 4 : x2 + (r - BL_TILE) * 4);
            BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
                v128_t *s = &sum[r * width + c];
                if (single) {
                    *s = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(column[c], row, *s);
                } else {
                    v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(column[c], row);
                    *s = wasm_i32x4_add(*s, wasm_i32x4_dot_i16x8(pairs, ones));
                }
            }
        }
        x += x_step;
        x2 += rows > BL_TILE ? x_step : 0;
        w += 4 * BL_PANEL;
    }
    while (w != end)
        ;
}

BL_INLINE void linear_tile_i8_fast(uint32_t rows, uint32_t panels, int single,
                                   const bl_linear_job *job, uint32_t row, uint32_t pair,
                                   uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    size_t step = rows >= BL_TILE ? BL_TILE * BL_UNIT : bl_packed_row_step(job, row);
    begin_sums(rows, panels, job, row, pair, panel, w, sum);
    sum_tile_i8_fast(rows, panels, single, bl_packed_row(job, row), bl_packed_row(job, pair), step,
                     w, job->panel_bytes, job->groups, sum);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    float *out = job->out + (size_t)panel * BL_PANEL;
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t weight_scale = wasm_v128_load(bl_panel_scales(job, panel + c / 2) + c % 2 * 4);
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            uint32_t m = bl_tile_row(r, row, pair);
            v128_t scale =
                wasm_f32x4_mul(wasm_v128_load32_splat(job->rows->scales + m), weight_scale);
            v128_t x = wasm_f32x4_convert_i32x4(sum[r * panels * 2 + c]);
            wasm_v128_store(out + m * job->stride + c * 4,
                            wasm_f32x4_add(wasm_f32x4_mul(x, scale), b));
        }
    }
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
    uint32_t groups = weights->inputs / 4 + (weights->inputs % 4 != 0);
    bl_linear_job job = {.rows = rows,
                         .weights = weights,
                         .out = out,
                         .stride = stride,
                         .row_bytes = groups * 4,
                         .panel_bytes = groups * 4 * BL_PANEL,
                         .groups = groups,
                         .scratch = scratch};
    bl_copy_last_scales(&job);
    if (has_single_dot()) {
        bl_run_tiles(linear_tile_single, linear_tile_single, bl_panel_weights, linear_tile_single,
                     &job, panel_begin, panel_end);
    } else {
        bl_run_tiles(linear_tile_pairs, NULL, bl_panel_weights, linear_tile_pairs, &job,
                     panel_begin, panel_end);
    }
}

const bl_kernels bl_relaxed_f32 = {
    .name = "relaxed",
    .pack_rows = bl_simd128_pack_rows_f32,
    .linear = linear_f32,
    .attention = attention_f32,
    .activate = bl_simd128_activate,
    .layer_norm = bl_simd128_layer_norm,
    .group = 1,
    .packed_row_element = 4,
    .packed_weight_element = 4,
};

const bl_kernels bl_relaxed_i8_fast = {
    .name = "relaxed",
    .pack_rows = bl_simd128_pack_rows_i8_fast,
    .linear = linear_i8_fast,
    .attention = attention_f32,
    .activate = bl_simd128_activate,
    .layer_norm = bl_simd128_layer_norm,
    .group = 4,
    .packed_row_element = 1,
    .packed_weight_element = 1,
};

#endif
