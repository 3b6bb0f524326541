/* The dot product of one vector with each row of a table that stands row by row: what an
 * embedding table used as an output layer, a small output layer and a search need.
 *
 * `rows`: [row_count][width] end to end, any alignment; x: [width]; out: [row_count].
 * Nothing aliases, nothing fails. Every result depends on x and its own row alone. */
#ifndef BERTLET_DOT_ROWS_H
#define BERTLET_DOT_ROWS_H

#include <stdint.h>

/* Sums in eight lanes, k in lane k mod 8, put together as scalar.c's row_sum does; no fused
 * multiply-add in any build: the same bits everywhere. */
typedef void (*bl_dot_rows_f32_kernel)(const float *x, const float *rows, uint32_t row_count,
                                       uint32_t width, float *out);

/* Exact; the caller sees to it that sum |x| * 128 fits int32. */
typedef void (*bl_dot_rows_i8_kernel)(const int16_t *x, const int8_t *rows, uint32_t row_count,
                                      uint32_t width, int32_t *out);

/* Bits in which x and the row differ; `width` in bytes. */
typedef void (*bl_dot_rows_bits_kernel)(const uint8_t *x, const uint8_t *rows, uint32_t row_count,
                                        uint32_t width, int32_t *out);

typedef struct bl_dot_rows {
    bl_dot_rows_f32_kernel f32;
    bl_dot_rows_i8_kernel i8;
    bl_dot_rows_bits_kernel bits;
} bl_dot_rows;

extern const bl_dot_rows bl_scalar_dot_rows;  /* the readable reference */
extern const bl_dot_rows bl_simd128_dot_rows; /* what the core uses */

#endif
