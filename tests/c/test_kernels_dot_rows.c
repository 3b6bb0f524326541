/* Dot products with the rows of a table: the scalar kernels against plain sums, the vector
 * ones against the scalar ones, bit for bit, with every width and remainder. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kernels/dot_rows.h"
#include "check.h"

#define MOST_ROWS  9
#define MOST_WIDTH 401

static uint32_t state = 20261122;

static uint32_t random_bits(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static float random_float(void) {
    return (float)(int32_t)(random_bits() & 0xffff) / 32768.0f - 1.0f;
}

static void check_f32(bl_dot_rows_f32_kernel tested, uint32_t rows, uint32_t width) {
    CHECK_CASE("%u rows of %u", rows, width);
    float *x = malloc(width * sizeof(float)), *table = malloc(rows * width * sizeof(float));
    float expected[MOST_ROWS], out[MOST_ROWS];
    for (uint32_t i = 0; i < width; i++)
        x[i] = random_float();
    for (uint32_t i = 0; i < rows * width; i++)
        table[i] = random_float();
    bl_scalar_dot_rows.f32(x, table, rows, width, expected);
    tested(x, table, rows, width, out);
    CHECK(memcmp(out, expected, rows * sizeof(float)) == 0);
    for (uint32_t row = 0; row < rows; row++) {
        double sum = 0, size = 0;
        for (uint32_t k = 0; k < width; k++) {
            sum += (double)x[k] * (double)table[row * width + k];
            size += fabs((double)x[k] * (double)table[row * width + k]);
        }
        CHECK_NEAR((double)out[row], sum, size * 4e-6);
    }
    free(x);
    free(table);
}

static void check_i8(bl_dot_rows_i8_kernel tested, uint32_t rows, uint32_t width, int extreme) {
    int16_t *x = malloc(width * sizeof(int16_t));
    int8_t *table = malloc(rows * width);
    int32_t out[MOST_ROWS];
    for (uint32_t i = 0; i < width; i++)
        x[i] = extreme ? -4095 : (int16_t)((int32_t)(random_bits() % 8191) - 4095);
    for (uint32_t i = 0; i < rows * width; i++)
        table[i] = extreme ? -128 : (int8_t)(int32_t)(random_bits() % 256);
    tested(x, table, rows, width, out);
    for (uint32_t row = 0; row < rows; row++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < width; k++)
            sum += (int64_t)x[k] * table[row * width + k];
        CHECK_EQUAL(out[row], sum);
    }
    free(x);
    free(table);
}

static void check_bits(bl_dot_rows_bits_kernel tested, uint32_t rows, uint32_t width) {
    uint8_t *x = malloc(width), *table = malloc(rows * width);
    int32_t out[MOST_ROWS];
    for (uint32_t i = 0; i < width; i++)
        x[i] = (uint8_t)random_bits();
    for (uint32_t i = 0; i < rows * width; i++)
        table[i] = (uint8_t)random_bits();
    tested(x, table, rows, width, out);
    for (uint32_t row = 0; row < rows; row++) {
        int32_t count = 0;
        for (uint32_t bit = 0; bit < width * 8; bit++)
            count += ((x[bit / 8] ^ table[row * width + bit / 8]) >> (bit % 8)) & 1;
        CHECK_EQUAL(out[row], count);
    }
    free(x);
    free(table);
}

static void check_set(const bl_dot_rows *tested) {
    static const uint32_t widths[] = {1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 48, 100, 384, 401};
    for (uint32_t rows = 1; rows <= MOST_ROWS; rows++) {
        for (uint32_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            check_f32(tested->f32, rows, widths[i]);
            check_i8(tested->i8, rows, widths[i], 0);
            check_i8(tested->i8, rows, widths[i], 1);
            check_bits(tested->bits, rows, widths[i]);
        }
    }
}

int main(void) {
    check_set(&bl_scalar_dot_rows);
    check_set(&bl_simd128_dot_rows);
    return check_result();
}
