/* Four rows at a time, so that each piece of x is loaded once for all of them and their
 * sums hide each other's latency. */
#include <stddef.h>

#include "dot_rows.h"
#include "wasm_simd.h"

#define ROWS 4

/* Rows that are left over at the end are read again as if they were four. */
typedef struct row_set {
    const uint8_t *row[ROWS];
} row_set;

BL_INLINE row_set take_rows(const void *rows, size_t row_bytes, uint32_t first, uint32_t count) {
    row_set set;
    BL_UNROLLED for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t index = first + r < count ? first + r : count - 1;
        set.row[r] = (const uint8_t *)rows + index * row_bytes;
    }
    return set;
}

static float add_lanes_f32(v128_t low, v128_t high) {
    v128_t sum = wasm_f32x4_add(low, high);
    return (wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 1)) +
           (wasm_f32x4_extract_lane(sum, 2) + wasm_f32x4_extract_lane(sum, 3));
}

static int32_t add_lanes_i32(v128_t sum) {
    return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
           wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
}

static void dot_f32(const float *x, const float *rows, uint32_t row_count, uint32_t width,
                    float *out) {
    for (uint32_t first = 0; first < row_count; first += ROWS) {
        row_set set = take_rows(rows, width * sizeof(float), first, row_count);
        v128_t low[ROWS], high[ROWS];
        BL_UNROLLED for (uint32_t r = 0; r < ROWS; r++) low[r] = high[r] = wasm_f32x4_splat(0);
        uint32_t k = 0;
        BL_ROLLED for (; k + 8 <= width; k += 8) {
            v128_t x0 = wasm_v128_load(x + k), x1 = wasm_v128_load(x + k + 4);
            BL_UNROLLED for (uint32_t r = 0; r < ROWS; r++) {
                const float *row = (const float *)set.row[r] + k;
                low[r] = wasm_f32x4_add(low[r], wasm_f32x4_mul(x0, wasm_v128_load(row)));
                high[r] = wasm_f32x4_add(high[r], wasm_f32x4_mul(x1, wasm_v128_load(row + 4)));
            }
        }
        for (uint32_t r = 0; r < ROWS && first + r < row_count; r++) {
            float lane[8];
            wasm_v128_store(lane, low[r]);
            wasm_v128_store(lane + 4, high[r]);
            for (uint32_t rest = k; rest < width; rest++)
                lane[rest % 8] += x[rest] * ((const float *)set.row[r])[rest];
            out[first + r] = add_lanes_f32(wasm_v128_load(lane), wasm_v128_load(lane + 4));
        }
    }
}

static void dot_i8(const int16_t *x, const int8_t *rows, uint32_t row_count, uint32_t width,
                   int32_t *out) {
    for (uint32_t first = 0; first < row_count; first += ROWS) {
        row_set set = take_rows(rows, width, first, row_count);
        v128_t sums[ROWS];
        BL_UNROLLED for (uint32_t r = 0; r < ROWS; r++) sums[r] = wasm_i32x4_splat(0);
        uint32_t k = 0;
        BL_ROLLED for (; k + 8 <= width; k += 8) {
            v128_t part = wasm_v128_load(x + k);
            BL_UNROLLED for (uint32_t r = 0; r < ROWS; r++) sums[r] = wasm_i32x4_add(
                sums[r], wasm_i32x4_dot_i16x8(part, wasm_i16x8_load8x8(set.row[r] + k)));
        }
        for (uint32_t r = 0; r < ROWS && first + r < row_count; r++) {
            int32_t sum = add_lanes_i32(sums[r]);
            for (uint32_t rest = k; rest < width; rest++)
                sum += x[rest] * (int8_t)set.row[r][rest];
            out[first + r] = sum;
        }
    }
}

static void dot_bits(const uint8_t *x, const uint8_t *rows, uint32_t row_count, uint32_t width,
                     int32_t *out) {
    for (uint32_t row = 0; row < row_count; row++, rows += width) {
        v128_t sum = wasm_i32x4_splat(0);
        uint32_t k = 0;
        for (; k + 16 <= width; k += 16) {
            v128_t differing = wasm_v128_xor(wasm_v128_load(x + k), wasm_v128_load(rows + k));
            v128_t pairs = wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_popcnt(differing));
            sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(pairs));
        }
        int32_t count = add_lanes_i32(sum);
        for (; k < width; k++)
            count += __builtin_popcount(x[k] ^ rows[k]);
        out[row] = count;
    }
}

const bl_dot_rows bl_simd128_dot_rows = {dot_f32, dot_i8, dot_bits};
