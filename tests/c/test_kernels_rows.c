/* exp, erf and tanh against double precision on dense grids; activation functions and
 * layer norm of every set against that and, bit for bit, against the scalar ones. */
#include "../../src/kernels/scalar_math.h"
#include "kernel_case.h"

typedef float (*float_function)(float);
typedef double (*double_function)(double);

static double erf_half_exact(double x) {
    return erf(x / sqrt(2.0));
}

static double gelu_exact(double x) {
    return x / 2 * (1 + erf(x / sqrt(2.0)));
}

static double gelu_new_exact(double x) {
    return x / 2 * (1 + tanh(sqrt(2 / acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

static double relu_exact(double x) {
    return x < 0 ? 0 : x;
}

static double silu_exact(double x) {
    return x / (1 + exp(-x));
}

static const double_function exact_activations[BL_ACTIVATION_COUNT] = {
    [BL_ACTIVATION_GELU] = gelu_exact, [BL_ACTIVATION_GELU_NEW] = gelu_new_exact,
    [BL_ACTIVATION_RELU] = relu_exact, [BL_ACTIVATION_SILU] = silu_exact,
    [BL_ACTIVATION_TANH] = tanh,
};

/* The largest error on a grid of 1.2 million points from -limit to limit, divided by
 * max(1, |x|) where `growing`. */
static double grid_error(float_function tested, double_function exact, double limit, int growing) {
    double worst = 0;
    for (int i = -600000; i <= 600000; i++) {
        float x = (float)(limit * i / 600000);
        double error = fabs((double)tested(x) - exact(x));
        worst = fmax(worst, growing ? error / fmax(1.0, fabs(x)) : error);
    }
    return worst;
}

static void check_exp(void) {
    double worst = 0;
    for (int i = -873000; i <= 883000; i++) {
        float x = (float)(i / 10000.0);
        worst = fmax(worst, fabs((double)bl_exp(x) / exp(x) - 1));
    }
    CHECK(worst <= 1.2e-7);
    for (float x = -87.3f; x > -120.0f; x -= 0.001f) {
        CHECK_NEAR((double)bl_exp(x), exp(x), 1e-38);
    }
    CHECK_EQUAL(bl_exp(0.0f), 1.0f);
    CHECK_EQUAL(bl_exp(-0.0f), 1.0f);
    CHECK_EQUAL(bits_of(bl_exp(-88.0f)), 0);
    CHECK_EQUAL(bits_of(bl_exp(-1e30f)), 0);
    CHECK_EQUAL(bits_of(bl_exp(-INFINITY)), 0);
    CHECK(isnan(bl_exp(NAN)));
}

static void check_odd_functions(void) {
    CHECK(grid_error(bl_erf_half, erf_half_exact, 8.0, 0) <= 6e-7);
    CHECK(grid_error(bl_erf_half, erf_half_exact, 0.01, 0) <= 6e-7);
    CHECK(grid_error(bl_tanh, tanh, 12.0, 0) <= 5e-7);
    CHECK(grid_error(bl_tanh, tanh, 0.01, 0) <= 5e-7);
    const float far[] = {5.3f, 9.0f, 100.0f, 1e19f, 3e38f, INFINITY};
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        CHECK(bl_erf_half(far[i]) == 1.0f && bl_erf_half(-far[i]) == -1.0f);
        CHECK(i < 1 || (bl_tanh(far[i]) == 1.0f && bl_tanh(-far[i]) == -1.0f));
    }
    CHECK(bl_erf_half(0.0f) == 0.0f && bl_tanh(0.0f) == 0.0f);
    CHECK(isnan(bl_erf_half(NAN)) && isnan(bl_tanh(NAN)));
}

static void check_activation_errors(void) {
    CHECK(grid_error(bl_gelu, gelu_exact, 12.0, 1) <= 1e-6);
    CHECK(grid_error(bl_gelu, gelu_exact, 1000.0, 1) <= 1e-6);
    CHECK(grid_error(bl_gelu_new, gelu_new_exact, 12.0, 1) <= 1e-6);
    CHECK(grid_error(bl_gelu_new, gelu_new_exact, 1000.0, 1) <= 1e-6);
    CHECK(grid_error(bl_silu, silu_exact, 100.0, 1) <= 3e-7);
    CHECK(grid_error(bl_silu, silu_exact, 10.0, 1) <= 3e-7);
    /* Far on the negative side there is nothing left, and no noise either. */
    CHECK(bl_gelu(-6.0f) == 0.0f && bl_gelu(-1e6f) == 0.0f && bl_gelu_new(-1e6f) == 0.0f);
    CHECK(bl_gelu(1e6f) == 1e6f && bl_gelu_new(1e6f) == 1e6f);
}

/* Every kernel set computes what the scalar functions do: the grid goes through it in
 * rows of an odd width. */
static void check_activate(const kernel_pair *pair, bl_activation activation,
                           double_function exact) {
    enum { rows = 50, width = 2003 };
    size_t stride = stride_for(width);
    float *x = exact_alloc(rows * stride * sizeof(float));
    float *expected = exact_alloc(rows * stride * sizeof(float));
    const float special[] = {0.0f, -0.0f, INFINITY, -88.5f, 88.5f, 1e-40f, -1e30f, 1e30f};
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t k = 0; k < stride; k++) {
            float step = (float)(m * width + k) / (float)(rows * width);
            x[m * stride + k] = k < width ? (step - 0.5f) * 24.0f : NAN;
        }
        memcpy(x + m * stride + random_below(width - 8), special, sizeof special);
    }
    memcpy(expected, x, rows * stride * sizeof(float));
    pair->tested->activate(x, stride, rows, width, activation);
    double worst = 0;
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t k = 0; k < width; k++) {
            double in = expected[m * stride + k];
            double error = fabs(x[m * stride + k] - exact(in)) / fmax(1.0, fabs(in));
            worst = isfinite(in) ? fmax(worst, error) : worst;
        }
    }
    CHECK(worst <= 1e-6);
    pair->reference->activate(expected, stride, rows, width, activation);
    CHECK_EQUAL(different_bits(x, expected, stride, rows, width), 0);

    for (uint32_t short_width = 1; short_width <= 17; short_width++) {
        size_t short_stride = stride_for(short_width);
        float *a = random_floats(3 * short_stride), *b = exact_alloc(3 * short_stride * 4);
        memcpy(b, a, 3 * short_stride * sizeof(float));
        pair->tested->activate(a, short_stride, 3, short_width, activation);
        pair->reference->activate(b, short_stride, 3, short_width, activation);
        CHECK_EQUAL(different_bits(a, b, short_stride, 3, short_width), 0);
        free(a);
        free(b);
    }
    free(x);
    free(expected);
}

static void check_layer_norm(const kernel_pair *pair, uint32_t rows, uint32_t width,
                             int with_residual, float epsilon) {
    size_t stride = stride_for(width), bytes = rows * stride * sizeof(float);
    float *in = random_floats(rows * stride), *residual = random_floats(rows * stride);
    float *gamma = random_floats(width), *beta = random_floats(width);
    float *out = exact_alloc(bytes), *expected = exact_alloc(bytes), *alone = exact_alloc(bytes);
    memcpy(out, in, bytes);
    memcpy(expected, in, bytes);
    memcpy(alone, in, bytes);
    pair->tested->layer_norm(out, with_residual ? residual : NULL, stride, rows, width, gamma, beta,
                             epsilon);
    pair->reference->layer_norm(expected, with_residual ? residual : NULL, stride, rows, width,
                                gamma, beta, epsilon);
    CHECK_EQUAL(different_bits(out, expected, stride, rows, width), 0);
    uint32_t row = random_below(rows);
    pair->tested->layer_norm(alone + row * stride, with_residual ? residual + row * stride : NULL,
                             stride, 1, width, gamma, beta, epsilon);
    CHECK_EQUAL(different_bits(alone + row * stride, out + row * stride, stride, 1, width), 0);
    double worst = 0;
    for (uint32_t m = 0; m < rows; m++) {
        double mean = 0, variance = 0;
        for (uint32_t pass = 0; pass < 3; pass++) {
            for (uint32_t k = 0; k < width; k++) {
                size_t at = m * stride + k;
                double x = in[at] + (with_residual ? (double)residual[at] : 0.0);
                if (pass == 0) {
                    mean += x / width;
                } else if (pass == 1) {
                    variance += (x - mean) * (x - mean) / width;
                } else {
                    double y = (x - mean) / sqrt(variance + epsilon);
                    double size = fabs(y * gamma[k]) + fabs(beta[k]) + fabs(gamma[k]) +
                                  fabs(gamma[k] * mean / sqrt(variance + epsilon));
                    worst = fmax(worst, fabs(out[at] - (y * gamma[k] + beta[k])) / size);
                }
            }
        }
    }
    CHECK(worst <= 1e-6);
    free(in), free(residual), free(gamma), free(beta), free(out), free(expected), free(alone);
}

int main(void) {
    check_exp();
    check_odd_functions();
    check_activation_errors();
    static const uint32_t widths[] = {1, 2, 5, 7, 8, 9, 40, 43, 384, 1536};
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        const kernel_pair *pair = &kernel_pairs[i];
        for (uint32_t a = 0; a < BL_ACTIVATION_COUNT; a++) {
            check_activate(pair, (bl_activation)a, exact_activations[a]);
        }
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            check_layer_norm(pair, 5, widths[w], 1, 1e-12f);
            check_layer_norm(pair, 2, widths[w], 0, 1e-5f);
        }
    }
    return check_result();
}
