/* The sets for relaxed SIMD: fp32 with fused multiply-add where the machine has it,
 * int8-fast by relaxed dot products. Empty in a build without it.
 *
 * int8-fast is exact all the same: the specification leaves a relaxed dot product open
 * only for operands b outside 0..127, and b is the activations, 0..127. Of the one input
 * in a row that may be larger, what is above goes in by a multiplication in int32. */
#include "wasm_simd.h"

#ifdef BL_HAS_RELAXED

#define BL_MADD(a, b, c) wasm_f32x4_relaxed_madd((a), (b), (c))
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

BL_INLINE void sum_tile_i8_fast(uint32_t rows, uint32_t panels, int single, const uint8_t *x,
                                const int8_t *w, size_t w_step, uint32_t groups,
                                v128_t sum[BL_TILE_SUMS]) {
    static const int16_t one[2] = {1, 1};
    v128_t ones = wasm_v128_load32_splat(bl_hidden(one));
    const uint32_t width = panels * 2;
    const int8_t *end = w + (size_t)groups * 4 * BL_PANEL;
    BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
        sum[i] = wasm_i32x4_splat(0);
    }
    BL_ROLLED do {
        v128_t column[4];
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            column[c] = wasm_v128_load(w + c / 2 * w_step + c % 2 * 16);
        }
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t row = wasm_v128_load32_splat(x + r * 4);
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
        x += rows * 4;
        w += 4 * BL_PANEL;
    }
    while (w != end)
        ;
}

/* sum[r] += excess of row r x its outlier's weights; `w` as above. */
BL_INLINE void add_outliers(uint32_t rows, uint32_t panels, const bl_row_terms *terms,
                            const int8_t *w, size_t w_step, v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
        uint32_t byte = terms[r].outlier % 4;
        const int8_t *group = w + (size_t)(terms[r].outlier - byte) * BL_PANEL;
        v128_t excess = wasm_v128_load32_splat(&terms[r].excess);
        BL_UNROLLED for (uint32_t c = 0; c < width; c++) {
            v128_t four = wasm_v128_load(group + c / 2 * w_step + c % 2 * 16);
            v128_t weight = wasm_i32x4_shr(wasm_i32x4_shl(four, (3 - byte) * 8), 24);
            v128_t *s = &sum[r * width + c];
            *s = wasm_i32x4_add(*s, wasm_i32x4_mul(weight, excess));
        }
    }
}

BL_INLINE void linear_tile_i8_fast(uint32_t rows, uint32_t panels, int single,
                                   const bl_linear_job *job, uint32_t row, uint32_t panel,
                                   const void *w) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_i8_fast(rows, panels, single, bl_tile_rows(job, row), w, job->panel_bytes, job->groups,
                     sum);
    const bl_row_terms *terms = job->rows->terms + row;
    add_outliers(rows, panels, terms, w, job->panel_bytes, sum);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    const float *row_scales = job->rows->scales + row;
    float *out = bl_tile_out(job, row, panel);
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t weight_scale = wasm_v128_load(bl_panel_scales(job, panel + c / 2) + c % 2 * 4);
        v128_t weight_sum = wasm_v128_load(bl_panel_sums(job, panel + c / 2) + c % 2 * 4);
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t scale = wasm_f32x4_mul(wasm_v128_load32_splat(row_scales + r), weight_scale);
            v128_t zero = wasm_i32x4_mul(wasm_v128_load32_splat(&terms[r].zero_point), weight_sum);
            v128_t x = wasm_f32x4_convert_i32x4(wasm_i32x4_sub(sum[r * panels * 2 + c], zero));
            wasm_v128_store(out + r * job->stride + c * 4,
                            wasm_f32x4_add(wasm_f32x4_mul(x, scale), b));
        }
    }
}

BL_INLINE void linear_tile_single(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                  uint32_t row, uint32_t panel, const void *w) {
    linear_tile_i8_fast(rows, panels, 1, job, row, panel, w);
}

BL_INLINE void linear_tile_pairs(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                 uint32_t row, uint32_t panel, const void *w) {
    linear_tile_i8_fast(rows, panels, 0, job, row, panel, w);
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
        bl_run_tiles(linear_tile_single, bl_panel_weights, linear_tile_single, &job, panel_begin,
                     panel_end);
    } else {
        bl_run_tiles(linear_tile_pairs, bl_panel_weights, linear_tile_pairs, &job, panel_begin,
                     panel_end);
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
