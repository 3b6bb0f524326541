#include "pack_weights.h"

#include <string.h>

#include "wasm_simd.h"

/* ---- sizes ---- */

static size_t clamped(uint64_t rows, uint64_t inputs, uint64_t group, uint64_t element) {
    uint64_t row = (inputs + group - 1) / group * group * element;
    if (row != 0 && rows > SIZE_MAX / row) {
        return SIZE_MAX;
    }
    return (size_t)(rows * row);
}

size_t bl_packed_weights_bytes(const bl_kernels *kernels, uint32_t inputs, uint32_t outputs) {
    uint64_t rows = ((uint64_t)outputs + BL_PANEL - 1) / BL_PANEL * BL_PANEL;
    return clamped(rows, inputs, kernels->group, kernels->packed_weight_element);
}

size_t bl_packed_rows_bytes(const bl_kernels *kernels, uint32_t rows, uint32_t inputs) {
    return clamped(rows, inputs, kernels->group, kernels->packed_row_element);
}

/* ---- panels ---- */

/* 8 rows to a whole panel. */
static void pack_panel_f32(const float *rows, uint32_t inputs, float *panel) {
    uint32_t k = 0;
    for (; k + 4 <= inputs; k += 4, panel += 4 * BL_PANEL) {
        for (uint32_t half = 0; half < BL_PANEL; half += 4) {
            v128_t m[4];
            BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
                m[r] = wasm_v128_load(rows + (size_t)(half + r) * inputs + k);
            }
            bl_transpose4(m);
            BL_UNROLLED for (uint32_t j = 0; j < 4; j++) {
                wasm_v128_store(panel + j * BL_PANEL + half, m[j]);
            }
        }
    }
    for (; k < inputs; k++, panel += BL_PANEL) {
        for (uint32_t r = 0; r < BL_PANEL; r++) {
            panel[r] = rows[(size_t)r * inputs + k];
        }
    }
}

void bl_pack_weights_f32(const float *rows, uint32_t row_count, uint32_t inputs,
                         uint32_t first_output, float *panels) {
    while (row_count > 0) {
        uint32_t column = first_output % BL_PANEL, count = BL_PANEL - column;
        count = row_count < count ? row_count : count;
        float *panel = panels + (size_t)(first_output - column) * inputs;
        if (count == BL_PANEL) {
            pack_panel_f32(rows, inputs, panel);
        } else {
            for (uint32_t r = 0; r < count; r++) {
                for (uint32_t k = 0; k < inputs; k++) {
                    panel[(size_t)k * BL_PANEL + column + r] = rows[(size_t)r * inputs + k];
                }
            }
        }
        rows += (size_t)count * inputs;
        row_count -= count;
        first_output += count;
    }
}

/* 8 rows to the whole groups of a panel, 16 inputs at a time; returns how many inputs
 * are done. A row's 16 bytes are 8 (or 4) groups: transposing units of 2 (4) bytes. */
static uint32_t pack_panel_i8(const int8_t *rows, uint32_t inputs, uint32_t group, int8_t *panel) {
    uint32_t k = 0;
    for (; k + 16 <= inputs; k += 16, panel += 16 * BL_PANEL) {
        v128_t m[8], low[4], high[4];
        BL_UNROLLED for (uint32_t r = 0; r < 8; r++) {
            m[r] = wasm_v128_load(rows + (size_t)r * inputs + k);
        }
        if (group == 4) {
            memcpy(low, m, sizeof low);
            memcpy(high, m + 4, sizeof high);
            bl_transpose4(low);
            bl_transpose4(high);
            BL_UNROLLED for (uint32_t j = 0; j < 4; j++) {
                wasm_v128_store(panel + j * 32, low[j]);
                wasm_v128_store(panel + j * 32 + 16, high[j]);
            }
        } else {
            /* Two rows to 4-byte units, a group of each; then as above. */
            BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
                low[r] = wasm_i16x8_shuffle(m[2 * r], m[2 * r + 1], 0, 8, 1, 9, 2, 10, 3, 11);
                high[r] = wasm_i16x8_shuffle(m[2 * r], m[2 * r + 1], 4, 12, 5, 13, 6, 14, 7, 15);
            }
            bl_transpose4(low);
            bl_transpose4(high);
            BL_UNROLLED for (uint32_t j = 0; j < 4; j++) {
                wasm_v128_store(panel + j * 16, low[j]);
                wasm_v128_store(panel + 64 + j * 16, high[j]);
            }
        }
    }
    return k;
}

void bl_pack_weights_i8(const int8_t *rows, uint32_t row_count, uint32_t inputs,
                        uint32_t first_output, uint32_t group, int8_t *panels, int32_t *sums) {
    size_t panel_bytes = (size_t)((inputs + group - 1) / group) * group * BL_PANEL;
    if (sums) {
        for (uint32_t r = 0; r < row_count; r++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < inputs; k++) {
                sum += rows[(size_t)r * inputs + k];
            }
            sums[first_output + r] = sum;
        }
    }
    while (row_count > 0) {
        uint32_t column = first_output % BL_PANEL, count = BL_PANEL - column;
        count = row_count < count ? row_count : count;
        int8_t *panel = panels + first_output / BL_PANEL * panel_bytes;
        uint32_t done = count == BL_PANEL ? pack_panel_i8(rows, inputs, group, panel) : 0;
        for (uint32_t r = 0; r < count; r++) {
            for (uint32_t k = done; k < inputs; k++) {
                size_t step = (size_t)(k / group) * BL_PANEL + column + r;
                panel[step * group + k % group] = rows[(size_t)r * inputs + k];
            }
        }
        rows += (size_t)count * inputs;
        row_count -= count;
        first_output += count;
    }
}

/* ---- quantising ---- */

/* Bits compare like numbers, and what is not finite is above all. */
static int largest_magnitude(const float *row, uint32_t inputs, float *largest) {
    v128_t max = wasm_i32x4_splat(0);
    for (uint32_t k = 0; k < inputs; k += 4) {
        max = wasm_i32x4_max(max, wasm_f32x4_abs(bl_load_part(row + k, inputs - k)));
    }
    max = wasm_i32x4_max(max, wasm_i32x4_shuffle(max, max, 2, 3, 0, 1));
    max = wasm_i32x4_max(max, wasm_i32x4_shuffle(max, max, 1, 0, 3, 2));
    *largest = wasm_f32x4_extract_lane(max, 0);
    return wasm_i32x4_extract_lane(max, 0) < 0x7f800000;
}

static void quantize_row(const float *row, uint32_t inputs, float scale, int8_t *out) {
    v128_t divisor = wasm_f32x4_splat(scale), limit = wasm_i8x16_splat(127);
    for (uint32_t k = 0; k < inputs; k += 4) {
        v128_t q = wasm_f32x4_nearest(wasm_f32x4_div(bl_load_part(row + k, inputs - k), divisor));
        q = wasm_i32x4_trunc_sat_f32x4(q);
        q = wasm_i16x8_narrow_i32x4(q, q);
        q = wasm_i8x16_narrow_i16x8(q, q);
        q = wasm_i8x16_max(wasm_i8x16_min(q, limit), wasm_i8x16_neg(limit));
        if (inputs - k >= 4) {
            wasm_v128_store32_lane(out + k, q, 0);
        } else {
            int8_t bytes[16];
            wasm_v128_store(bytes, q);
            memcpy(out + k, bytes, inputs - k);
        }
    }
}

int bl_quantize_rows_i8(const float *rows, uint32_t row_count, uint32_t inputs, int8_t *out,
                        float *scales) {
    for (uint32_t r = 0; r < row_count; r++) {
        float largest;
        if (!largest_magnitude(rows, inputs, &largest)) {
            return 1;
        }
        scales[r] = largest / 127.0f;
        if (scales[r] > 0.0f) {
            quantize_row(rows, inputs, scales[r], out);
        } else {
            memset(out, 0, inputs);
        }
        rows += inputs;
        out += inputs;
    }
    return 0;
}

/* ---- conversion ---- */

/* Half to float: shifted into a float's place, the exponent is too small by 112, which a
 * multiplication repairs, for subnormal values too; infinity and NaN come out as 65536
 * and more, and get the exponent that they must have. */
static v128_t half_to_float(v128_t half) {
    v128_t sign = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x8000)), 16);
    v128_t magnitude = wasm_i32x4_shl(wasm_v128_and(half, wasm_i32x4_splat(0x7fff)), 13);
    v128_t x = wasm_f32x4_mul(magnitude, wasm_f32x4_splat(0x1p112f));
    v128_t special = wasm_f32x4_ge(x, wasm_f32x4_splat(65536.0f));
    x = wasm_v128_or(x, wasm_v128_and(special, wasm_i32x4_splat(0x7f800000)));
    return wasm_v128_or(x, sign);
}

void bl_convert_f16(const uint16_t *values, size_t count, float *out) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        wasm_v128_store(out + i, half_to_float(wasm_u32x4_load16x4(values + i)));
    }
    for (; i < count; i++) {
        wasm_v128_store32_lane(out + i, half_to_float(wasm_i32x4_splat(values[i])), 0);
    }
}

void bl_convert_bf16(const uint16_t *values, size_t count, float *out) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        wasm_v128_store(out + i, wasm_i32x4_shl(wasm_u32x4_load16x4(values + i), 16));
    }
    for (; i < count; i++) {
        wasm_v128_store32_lane(out + i, wasm_i32x4_splat((int32_t)((uint32_t)values[i] << 16)), 0);
    }
}
