#include <stddef.h>

#include "dot_rows.h"

static void dot_f32(const float *x, const float *rows, uint32_t row_count, uint32_t width,
                    float *out) {
    for (uint32_t row = 0; row < row_count; row++, rows += width) {
        float lane[8] = {0};
        for (uint32_t k = 0; k < width; k++)
            lane[k % 8] += x[k] * rows[k];
        out[row] = ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
                   ((lane[2] + lane[6]) + (lane[3] + lane[7]));
    }
}

static void dot_i8(const int16_t *x, const int8_t *rows, uint32_t row_count, uint32_t width,
                   int32_t *out) {
    for (uint32_t row = 0; row < row_count; row++, rows += width) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < width; k++)
            sum += x[k] * rows[k];
        out[row] = sum;
    }
}

static void dot_bits(const uint8_t *x, const uint8_t *rows, uint32_t row_count, uint32_t width,
                     int32_t *out) {
    for (uint32_t row = 0; row < row_count; row++, rows += width) {
        int32_t count = 0;
        for (uint32_t k = 0; k < width; k++)
            count += __builtin_popcount(x[k] ^ rows[k]);
        out[row] = count;
    }
}

const bl_dot_rows bl_scalar_dot_rows = {dot_f32, dot_i8, dot_bits};
