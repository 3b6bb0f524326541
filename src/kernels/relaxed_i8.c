/* The set for int8 where a relaxed dot product is one instruction: four products in the
 * place of two of i32x4.dot_i16x8, but of activations in 0..127. So an activation, 13 bits,
 * goes in as two digits to the base 128, and two dot products do what otherwise takes two
 * and two additions. Their bits are those of scalar.c, on every machine. */
#include "kernel_sets.h"
#include "wasm_simd.h"

#ifdef BL_HAS_RELAXED

#include "dot_tile.h"
#include "quantize.h"

#define ROW_UNIT (2 * BL_UNIT) /* both digits of a group */

/* The sums of activations + BL_DIGITS_ZERO. Where there are registers enough, both digits go
 * at the same time, as if they were rows; else the upper ones first. */
BL_INLINE void sum_digits(uint32_t rows, uint32_t panels, const bl_linear_job *job, uint32_t row,
                          uint32_t pair, const int8_t *w, v128_t sum[BL_TILE_SUMS]) {
    const uint32_t width = panels * 2;
    size_t step = rows >= BL_TILE ? BL_TILE * ROW_UNIT : bl_packed_row_step(job, row);
    const uint8_t *x = bl_packed_row(job, row), *x2 = bl_packed_row(job, pair);
    v128_t digits[BL_TILE_SUMS];
    BL_UNROLLED for (uint32_t i = 0; i < BL_TILE_SUMS; i++) {
        sum[i] = digits[i] = wasm_i32x4_splat(0);
    }
    if (rows * 2 * width <= BL_TILE_SUMS) {
        bl_sum_dot_tile(rows * 2, panels, 1, x, x + BL_TILE * BL_UNIT, BL_UNIT, step, w,
                        job->panel_bytes, job->groups, digits);
        BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
            uint32_t high = i / width * width * 2 + i % width;
            sum[i] =
                wasm_i32x4_add(wasm_i32x4_shl(digits[high], BL_DIGIT_BITS), digits[high + width]);
        }
        return;
    }
    BL_UNROLLED for (uint32_t digit = 0; digit < 2; digit++) {
        BL_UNROLLED for (uint32_t i = 0; i < rows * width; i++) {
            sum[i] = wasm_i32x4_shl(sum[i], BL_DIGIT_BITS);
        }
        bl_sum_dot_tile(rows, panels, 1, x + digit * BL_UNIT, x2 + digit * BL_UNIT, ROW_UNIT, step,
                        w, job->panel_bytes, job->groups, sum);
    }
}

BL_INLINE void linear_tile_digits(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                  uint32_t row, uint32_t pair, uint32_t panel, const void *w) {
    v128_t sum[BL_TILE_SUMS];
    sum_digits(rows, panels, job, row, pair, w, sum);
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t zero = wasm_v128_load(bl_panel_sums(job, panel + c / 2) + c % 2 * 4);
        zero = wasm_i32x4_shl(zero, BL_DIGITS_ZERO_BITS);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            v128_t *s = &sum[r * panels * 2 + c];
            *s = wasm_i32x4_sub(*s, zero);
        }
    }
    bl_store_tile_i32(rows, panels, job, row, pair, panel, sum);
}

/* Slow, and only there to be right: where the instruction turns out another than when the
 * set was chosen. */
static void linear_digits_slowly(const bl_linear_job *job, uint32_t panel_begin,
                                 uint32_t panel_end) {
    for (uint32_t m = 0; m < job->rows->rows; m++) {
        const uint8_t *x = bl_packed_row(job, m);
        size_t step = bl_packed_row_step(job, m);
        for (uint32_t n = panel_begin * BL_PANEL; n < panel_end * BL_PANEL; n++) {
            uint32_t panel = n / BL_PANEL, column = n % BL_PANEL;
            const int8_t *w = (const int8_t *)bl_panel_weights(job, panel) + column * 4;
            int32_t sum = 0;
            BL_ROLLED for (uint32_t k = 0; k < job->groups * 4; k++) {
                const uint8_t *digits = x + k / 4 * step + k % 4;
                int32_t value = (digits[0] << BL_DIGIT_BITS) + digits[4] - BL_DIGITS_ZERO;
                sum += value * w[(size_t)(k / 4) * 4 * BL_PANEL + k % 4];
            }
            job->out[m * job->stride + n] =
                (float)sum * (job->rows->scales[m] * bl_panel_scales(job, panel)[column]) +
                job->weights->bias[n];
        }
    }
}

static void linear_digits(const bl_packed_rows *rows, const bl_weights *weights,
                          uint32_t panel_begin, uint32_t panel_end, float *out, size_t stride,
                          void *scratch) {
    (void)scratch;
    bl_linear_job job = bl_linear_job_for(rows, weights, out, stride, 4, ROW_UNIT, 1);
    bl_copy_last_scales(&job);
    if (bl_has_single_dot()) {
        bl_run_tiles(linear_tile_digits, linear_tile_digits, linear_tile_digits, &job, 0,
                     panel_begin, panel_end);
    } else {
        linear_digits_slowly(&job, panel_begin, panel_end);
    }
}

const bl_kernels bl_relaxed_i8 = {
    .name = "relaxed",
    .pack_rows = bl_simd128_pack_rows_digits,
    .linear = linear_digits,
    .attention = bl_simd128_attention,
    .activate = bl_simd128_activate,
    .gate = bl_simd128_gate,
    .rotate = bl_simd128_rotate,
    .layer_norm = bl_simd128_layer_norm,
    .rms_norm = bl_simd128_rms_norm,
    .group = 4,
    .packed_row_element = 2,
    .packed_weight_element = 1,
};

int bl_relaxed_i8_is_fast(void) {
    return bl_has_single_dot();
}

#endif
