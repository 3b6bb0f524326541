/* Weight packing, quantisation, conversion of half floats, sizes. */
#include "kernel_case.h"

/* Where weight k of output n belongs, as kernels.h says. */
static size_t panel_index(uint32_t n, uint32_t k, uint32_t inputs, uint32_t group) {
    uint32_t steps = (inputs + group - 1) / group;
    return (((size_t)(n / 8) * steps + k / group) * 8 + n % 8) * group + k % group;
}

/* Rows [first, first + count) of a matrix with N outputs; all else stays cleared. */
static void check_panels(uint32_t inputs, uint32_t outputs, uint32_t first, uint32_t count,
                         uint32_t group) {
    size_t weights = (size_t)count * inputs;
    size_t size = (size_t)((outputs + 7) & ~7u) * ((inputs + group - 1) / group * group);
    float *rows = random_floats(weights), *panels = exact_alloc(size * sizeof(float));
    int8_t *bytes = exact_alloc(weights), *byte_panels = exact_alloc(size);
    int32_t *sums = exact_alloc(outputs * sizeof(int32_t));
    memset(panels, 0, size * sizeof(float));
    memset(byte_panels, 0, size);
    memset(sums, 0x55, outputs * sizeof(int32_t));
    for (size_t i = 0; i < weights; i++) {
        rows[i] = rows[i] == 0.0f ? 1.0f : rows[i];
        bytes[i] = (int8_t)(random_below(2) ? 1 + random_below(127) : -1 - (int)random_below(128));
    }
    if (group == 1) {
        bl_pack_weights_f32(rows, count, inputs, first, panels);
    } else {
        bl_pack_weights_i8(bytes, count, inputs, first, group, byte_panels, sums);
    }
    size_t written = 0, wrong = 0;
    for (size_t i = 0; i < size; i++) {
        written += group == 1 ? panels[i] != 0.0f : byte_panels[i] != 0;
    }
    for (uint32_t r = 0; r < count; r++) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < inputs; k++) {
            size_t from = (size_t)r * inputs + k, to = panel_index(first + r, k, inputs, group);
            wrong += group == 1 ? panels[to] != rows[from] : byte_panels[to] != bytes[from];
            sum += bytes[from];
        }
        CHECK(group == 1 || sums[first + r] == sum);
    }
    for (uint32_t n = 0; n < outputs; n++) {
        CHECK((n >= first && n < first + count && group > 1) || sums[n] == 0x55555555);
    }
    CHECK_EQUAL(wrong, 0);
    CHECK_EQUAL(written, weights);
    free(rows), free(panels), free(bytes), free(byte_panels), free(sums);
}

static void check_packing(void) {
    static const uint32_t inputs[] = {1, 2, 3, 4, 5, 16, 17, 31, 40, 64, 99, 384};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        for (uint32_t group = 1; group <= 4; group *= 2) {
            check_panels(inputs[i], 8, 0, 8, group);
            check_panels(inputs[i], 24, 8, 16, group);
            check_panels(inputs[i], 27, 0, 27, group);
            check_panels(inputs[i], 30, 5, 19, group);
            check_panels(inputs[i], 3, 1, 1, group);
            check_panels(inputs[i], 120, 40, 40, group);
        }
    }
    /* Without sums. */
    int8_t rows[2] = {3, 4}, panels[16] = {0};
    bl_pack_weights_i8(rows, 1, 2, 7, 2, panels, NULL);
    CHECK(panels[14] == 3 && panels[15] == 4);
}

static void check_quantized_row(const float *row, uint32_t inputs) {
    int8_t *q = exact_alloc(inputs);
    float scale;
    CHECK_EQUAL(bl_quantize_rows_i8(row, 1, inputs, q, &scale), 0);
    float largest = 0;
    for (uint32_t k = 0; k < inputs; k++) {
        largest = fmaxf(largest, fabsf(row[k]));
    }
    CHECK_EQUAL(scale, largest / 127.0f);
    for (uint32_t k = 0; k < inputs; k++) {
        /* nearbyint rounds half to even. */
        float expected = scale > 0 ? nearbyintf(row[k] / scale) : 0.0f;
        CHECK_EQUAL((float)q[k], fmaxf(-127.0f, fminf(127.0f, expected)));
    }
    free(q);
}

static void check_quantizing(void) {
    for (uint32_t inputs = 1; inputs < 70; inputs += inputs < 20 ? 1 : 7) {
        float *row = random_floats(inputs);
        check_quantized_row(row, inputs);
        memset(row, 0, inputs * sizeof(float));
        check_quantized_row(row, inputs);
        for (uint32_t k = 0; k < inputs; k++) {
            row[k] = (float)((int)(k * 37 % 255) - 127) + (k % 3 == 0 ? 0.5f : 0.0f);
        }
        row[inputs - 1] = -127.0f; /* scale about 1: ties */
        check_quantized_row(row, inputs);
        for (uint32_t k = 0; k < inputs; k++) {
            row[k] = (float)(k + 1) * 1e-45f; /* subnormal */
        }
        check_quantized_row(row, inputs);
        row[random_below(inputs)] = 3.4e38f;
        check_quantized_row(row, inputs);
        const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
        for (uint32_t i = 0; i < 4; i++) {
            int8_t out[80];
            float scale, before = row[inputs / 2];
            row[inputs / 2] = bad[i];
            CHECK(bl_quantize_rows_i8(row, 1, inputs, out, &scale) != 0);
            row[inputs / 2] = before;
        }
        free(row);
    }
}

static void check_several_rows(void) {
    enum { rows = 7, inputs = 13 };
    float *values = random_floats(rows * inputs), scales[rows], scale;
    int8_t all[rows * inputs], one[inputs];
    CHECK_EQUAL(bl_quantize_rows_i8(values, rows, inputs, all, scales), 0);
    for (int r = 0; r < rows; r++) {
        CHECK_EQUAL(bl_quantize_rows_i8(values + r * inputs, 1, inputs, one, &scale), 0);
        CHECK(memcmp(all + r * inputs, one, inputs) == 0 && scales[r] == scale);
    }
    free(values);
}

/* All 65536 of each, in runs of an odd length so that the end of a run is met too. */
static void check_conversion(void) {
    uint16_t *values = exact_alloc(65536 * sizeof(uint16_t));
    float *half = exact_alloc(65536 * sizeof(float)), *brain = exact_alloc(65536 * sizeof(float));
    for (uint32_t i = 0; i < 65536; i++) {
        values[i] = (uint16_t)i;
    }
    for (size_t i = 0; i < 65536; i += 1021) {
        size_t count = 65536 - i < 1021 ? 65536 - i : 1021;
        bl_convert_f16(values + i, count, half + i);
        bl_convert_bf16(values + i, count, brain + i);
    }
    for (uint32_t i = 0; i < 65536; i++) {
        int exponent = (int)(i >> 10 & 31), mantissa = (int)(i & 1023);
        float expected;
        if (exponent == 31) {
            expected = mantissa ? NAN : INFINITY;
        } else if (exponent == 0) {
            expected = (float)ldexp(mantissa, -24);
        } else {
            expected = (float)ldexp(1024 + mantissa, exponent - 25);
        }
        expected = i & 0x8000 ? -expected : expected;
        CHECK(isnan(expected) ? isnan(half[i]) : bits_of(half[i]) == bits_of(expected));
        CHECK_EQUAL(bits_of(brain[i]), i << 16);
    }
    free(values), free(half), free(brain);
}

static void check_sizes(void) {
    CHECK_EQUAL(bl_packed_weights_bytes(&bl_scalar_f32, 5, 9), 16 * 5 * 4);
    CHECK_EQUAL(bl_packed_weights_bytes(&bl_scalar_i8, 5, 9), 16 * 6);
    CHECK_EQUAL(bl_packed_weights_bytes(&bl_scalar_i8_fast, 5, 8), 8 * 8);
    CHECK_EQUAL(bl_packed_rows_bytes(&bl_scalar_f32, 3, 5), 3 * 5 * 4);
    CHECK_EQUAL(bl_packed_rows_bytes(&bl_scalar_i8, 3, 5), 3 * 6 * 2);
    CHECK_EQUAL(bl_packed_rows_bytes(&bl_scalar_i8_fast, 3, 5), 3 * 8);
    CHECK_EQUAL(bl_packed_weights_bytes(&bl_scalar_f32, UINT32_MAX, UINT32_MAX), SIZE_MAX);
    CHECK_EQUAL(bl_packed_rows_bytes(&bl_scalar_f32, UINT32_MAX, UINT32_MAX), SIZE_MAX);
}

int main(void) {
    check_packing();
    check_quantizing();
    check_several_rows();
    check_conversion();
    check_sizes();
    return check_result();
}
