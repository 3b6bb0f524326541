/* The kernels of gated feed-forwards, turned heads and RMS norms against the scalar ones, bit for
 * bit, and against double precision. */
#include "kernel_case.h"

static void check_gate(const kernel_pair *pair, bl_activation activation, uint32_t rows,
                       uint32_t width) {
    size_t stride = stride_for(2 * width), bytes = rows * stride * sizeof(float);
    float *in = random_floats(rows * stride);
    float *out = exact_alloc(bytes), *expected = exact_alloc(bytes), *plain = exact_alloc(bytes);
    memcpy(out, in, bytes), memcpy(expected, in, bytes), memcpy(plain, in, bytes);
    pair->tested->gate(out, stride, rows, width, activation);
    pair->reference->gate(expected, stride, rows, width, activation);
    CHECK_EQUAL(different_bits(out, expected, stride, rows, width), 0);
    pair->reference->activate(plain, stride, rows, width, activation);
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t k = 0; k < width; k++) {
            size_t at = m * stride + k;
            CHECK_EQUAL(out[at], plain[at] * in[at + width]);
        }
    }
    free(in), free(out), free(expected), free(plain);
}

static void check_rotate(const kernel_pair *pair, uint32_t heads, uint32_t half) {
    uint32_t width = heads * 2 * half;
    float *row = random_floats(width), *out = exact_alloc(width * sizeof(float));
    float *expected = exact_alloc(width * sizeof(float));
    float *cosines = exact_alloc(half * sizeof(float)), *sines = exact_alloc(half * sizeof(float));
    for (uint32_t i = 0; i < half; i++) {
        cosines[i] = cosf((float)i), sines[i] = sinf((float)i);
    }
    memcpy(out, row, width * sizeof(float)), memcpy(expected, row, width * sizeof(float));
    pair->tested->rotate(out, heads, 2 * half, cosines, sines);
    pair->reference->rotate(expected, heads, 2 * half, cosines, sines);
    CHECK_EQUAL(different_bits(out, expected, width, 1, width), 0);
    for (uint32_t k = 0; k < width; k++) {
        uint32_t i = k % (2 * half), is_low = i < half;
        uint32_t other = is_low ? k + half : k - half;
        double angle = i % half, sign = is_low ? -1 : 1;
        double exact = row[k] * cos(angle) + sign * row[other] * sin(angle);
        CHECK_NEAR(out[k], exact, 3e-7 * (fabs(row[k]) + fabs(row[other])));
    }
    free(row), free(out), free(expected), free(cosines), free(sines);
}

static void check_rms_norm(const kernel_pair *pair, uint32_t rows, uint32_t width,
                           int with_residual) {
    size_t stride = stride_for(width), bytes = rows * stride * sizeof(float);
    float *in = random_floats(rows * stride), *gamma = random_floats(width);
    float *residual = with_residual ? random_floats(rows * stride) : NULL;
    float *out = exact_alloc(bytes), *expected = exact_alloc(bytes);
    memcpy(out, in, bytes), memcpy(expected, in, bytes);
    pair->tested->rms_norm(out, residual, stride, rows, width, gamma, NULL, 1e-5f);
    pair->reference->rms_norm(expected, residual, stride, rows, width, gamma, NULL, 1e-5f);
    CHECK_EQUAL(different_bits(out, expected, stride, rows, width), 0);
    for (uint32_t m = 0; m < rows; m++) {
        double square = 0;
        for (uint32_t k = 0; k < width; k++) {
            double x = in[m * stride + k] + (residual ? (double)residual[m * stride + k] : 0);
            square += x * x / width;
        }
        for (uint32_t k = 0; k < width; k++) {
            double x = in[m * stride + k] + (residual ? (double)residual[m * stride + k] : 0);
            double exact = x / sqrt(square + 1e-5) * gamma[k];
            CHECK_NEAR(out[m * stride + k], exact, 1e-6 * (1e-3 + fabs(exact)) + 2e-6);
        }
    }
    free(in), free(gamma), free(residual), free(out), free(expected);
}

int main(void) {
    static const uint32_t widths[] = {1, 2, 5, 7, 8, 9, 16, 23, 40, 64, 83};
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            for (uint32_t a = 0; a < BL_ACTIVATION_COUNT; a++) {
                check_gate(&kernel_pairs[i], (bl_activation)a, 3, widths[w]);
            }
            check_rotate(&kernel_pairs[i], 3, widths[w]);
            check_rms_norm(&kernel_pairs[i], 3, widths[w], 0);
            check_rms_norm(&kernel_pairs[i], 3, widths[w], 1);
        }
    }
    return check_result();
}
