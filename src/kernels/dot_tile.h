/* Tiles by relaxed dot products: of what both int8 formats of the relaxed sets are made.
 *
 * Exact all the same: the specification leaves a relaxed dot product open only for operands
 * b outside 0..127, and b is the activations, 0..127. */
#ifndef BERTLET_DOT_TILE_H
#define BERTLET_DOT_TILE_H

#include "tiles.h"

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
BL_INLINE int bl_has_single_dot(void) {
    static const volatile int32_t probe[4] = {0x7f7f7f7f, -1, 0x01020304, 0x05060708};
    v128_t a = wasm_i32x4_make(probe[0], probe[2], 0, 0);
    v128_t b = wasm_i32x4_make(probe[1], probe[3], 0, 0);
    v128_t dot = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, wasm_i32x4_splat(1000));
    int32_t outside = wasm_i32x4_extract_lane(dot, 0) - 1000;
    int32_t inside = wasm_i32x4_extract_lane(dot, 1) - 1000;
    return (outside == 4 * 127 * 255 || outside == -4 * 127) &&
           inside == 1 * 5 + 2 * 6 + 3 * 7 + 4 * 8;
}

/* sum[r][p] += the products of whole groups, activations 0..127. Rows are `unit` bytes apart;
 * x2 stands for x in the last two rows of a tall tile. Groups of a row are x_step bytes
 * apart, panels w_step. */
BL_INLINE void bl_sum_dot_tile(uint32_t rows, uint32_t panels, int single, const uint8_t *x,
                               const uint8_t *x2, size_t unit, size_t x_step, const int8_t *w,
                               size_t w_step, uint32_t groups, v128_t sum[BL_TILE_SUMS]) {
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
            v128_t row =
                wasm_v128_load32_splat(r < BL_TILE ? x + r * unit : x2 + (r - BL_TILE) * unit);
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

#endif
