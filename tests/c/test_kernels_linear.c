/* Packing rows and linear layers: every set against the scalar reference, and that
 * against plain sums in double precision and 64-bit integers. */
#include "kernel_case.h"

/* The relaxed sets a second time, where a dot product is one instruction: natively the
 * other way is taken, and in WebAssembly one of the two. */
#define BL_NATIVE_SINGLE_DOT
#define bl_relaxed_f32        single_dot_f32
#define bl_relaxed_i8_fast    single_dot_i8_fast
#define bl_relaxed_i8         single_dot_i8
#define bl_relaxed_i8_is_fast single_dot_i8_is_fast
#include "../../src/kernels/relaxed.c"
#include "../../src/kernels/relaxed_i8.c"

static const uint32_t shapes[][3] = {
    /* rows, inputs, outputs */
    {1, 1, 1},    {2, 1, 8},     {3, 5, 7},     {4, 40, 40},   {5, 40, 8},    {6, 7, 17},
    {7, 384, 24}, {8, 384, 40},  {9, 5, 40},    {33, 40, 7},   {9, 1536, 16}, {33, 384, 33},
    {24, 6, 16},  {25, 41, 15},  {27, 42, 9},   {26, 43, 16},  {130, 40, 12}, {1, 384, 40},
    {2, 384, 40}, {3, 1536, 40}, {70, 1536, 9}, {67, 9000, 8}, {4, 3, 24},    {5, 2, 23},
    {16, 4, 16},  {64, 384, 48}, {79, 44, 40},  {160, 36, 64}, {23, 8, 24},
};

/* x of row m as the packed rows stand for it. */
static double unpacked(const bl_kernels *kernels, const packed_case *p, uint32_t m, uint32_t k,
                       uint32_t inputs) {
    size_t at = packed_index(kernels, p, m, k, inputs);
    bl_row_terms terms = p->terms[m];
    if (has_digits(kernels)) {
        const uint8_t *digits = (const uint8_t *)p->tiles + at;
        return (digits[0] * 128 + digits[4] - 4096) * (double)p->scales[m];
    }
    switch (kernels->group) {
    case 1:
        return ((const float *)p->tiles)[at];
    case 2:
        return (double)((const int16_t *)p->tiles)[at] * p->scales[m];
    default:
        return (double)(((const uint8_t *)p->tiles)[at] - terms.zero_point +
                        (k == terms.outlier ? terms.excess : 0)) *
               p->scales[m];
    }
}

static void check_packed_rows(const kernel_pair *pair, const linear_case *c) {
    packed_case a = packed_case_new(pair->reference, c->x, c->in_stride, c->rows, c->inputs);
    packed_case b = packed_case_new(pair->tested, c->x, c->in_stride, c->rows, c->inputs);
    CHECK(memcmp(a.tiles, b.tiles, bl_packed_rows_bytes(pair->tested, c->rows, c->inputs)) == 0);
    CHECK(memcmp(a.scales, b.scales, c->rows * sizeof(float)) == 0);
    CHECK(memcmp(a.terms, b.terms, c->rows * sizeof(bl_row_terms)) == 0);
    double worst = 0;
    for (uint32_t m = 0; m < c->rows; m++) {
        for (uint32_t k = 0; k < c->inputs; k++) {
            double x = c->x[m * c->in_stride + k];
            double error = fabs(unpacked(pair->tested, &b, m, k, c->inputs) - x);
            worst = fmax(worst, pair->tested->group == 1 ? error : error / b.scales[m]);
        }
    }
    /* Half a step; where the zero point is rounded as well, the ends lose up to another
     * half to the clamp. */
    CHECK(worst <= (pair->dtype == BL_DTYPE_FP32   ? 0.0
                    : pair->dtype == BL_DTYPE_INT8 ? 0.501
                                                   : 1.001));
    packed_case_free(&a);
    packed_case_free(&b);
}

/* Against the definition, computed from what the packed numbers stand for. */
static void check_against_double(const kernel_pair *pair, const linear_case *c, const float *out) {
    packed_case p = packed_case_new(pair->tested, c->x, c->in_stride, c->rows, c->inputs);
    double worst = 0;
    for (uint32_t m = 0; m < c->rows; m++) {
        for (uint32_t n = 0; n < c->outputs; n++) {
            double sum = 0, size = 0;
            for (uint32_t k = 0; k < c->inputs; k++) {
                size_t at = (size_t)n * c->inputs + k;
                double w = c->w_i8 ? (double)c->w_i8[at] * c->scales[n] : c->w[at];
                double product = unpacked(pair->tested, &p, m, k, c->inputs) * w;
                sum += product;
                size += fabs(product);
            }
            double error = fabs(out[m * c->out_stride + n] - (sum + c->bias[n]));
            worst = fmax(worst, error / (size + fabs(c->bias[n])));
        }
    }
    /* A float sum in order: half an ulp a step at most, and its errors do not all point
     * one way. Integers: only the last operations round. */
    double steps = pair->tested->group == 1 ? 2.0 + sqrt((double)c->inputs) : 4.0;
    CHECK(worst <= steps * 0x1p-24);
    packed_case_free(&p);
}

static void check_rows_alone(const bl_kernels *kernels, const linear_case *c, const float *out) {
    uint32_t rows = c->rows < 40 ? c->rows : 40;
    for (uint32_t m = 0; m < rows; m++) {
        float *alone = run_linear(kernels, c, m, 1);
        CHECK_EQUAL(different_bits(alone, out + m * c->out_stride, c->out_stride, 1, c->outputs),
                    0);
        free(alone);
    }
    uint32_t first = random_below(c->rows), count = 1 + random_below(c->rows - first);
    float *some = run_linear(kernels, c, first, count);
    CHECK_EQUAL(different_bits(some, out + first * c->out_stride, c->out_stride, count, c->outputs),
                0);
    free(some);
}

/* Panels computed in two calls; columns of the others stay as they were. */
static void check_panel_ranges(const bl_kernels *kernels, const linear_case *c, const float *out) {
    uint32_t panels = panels_of(c->outputs), cut = random_below(panels + 1);
    size_t count = c->rows * c->out_stride;
    float *parts = exact_alloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++) {
        parts[i] = 12345.0f;
    }
    packed_case p = packed_case_new(kernels, c->x, c->in_stride, c->rows, c->inputs);
    kernels->linear(&p.rows, &c->weights, cut, panels, parts, c->out_stride, c->scratch);
    for (uint32_t m = 0; m < c->rows; m++) {
        for (uint32_t n = 0; n < cut * BL_PANEL; n++) {
            CHECK_EQUAL(parts[m * c->out_stride + n], 12345.0f);
        }
    }
    kernels->linear(&p.rows, &c->weights, 0, cut, parts, c->out_stride, c->scratch);
    CHECK_EQUAL(different_bits(parts, out, c->out_stride, c->rows, panels * BL_PANEL), 0);
    for (uint32_t m = 0; m < c->rows; m++) {
        for (uint32_t n = panels * BL_PANEL; n < c->out_stride; n++) {
            CHECK_EQUAL(parts[m * c->out_stride + n], 12345.0f);
        }
    }
    packed_case_free(&p);
    free(parts);
}

static void check_shapes(const kernel_pair *pair) {
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        linear_case c = linear_case_new(pair->tested, shapes[s][0], shapes[s][1], shapes[s][2]);
        CHECK_CASE("%u rows, %u inputs, %u outputs", c.rows, c.inputs, c.outputs);
        check_packed_rows(pair, &c);
        float *out = run_linear(pair->tested, &c, 0, c.rows);
        float *expected = run_linear(pair->reference, &c, 0, c.rows);
        check_against_double(pair, &c, expected);
        check_against_double(pair, &c, out);
        if (same_bits_promised(pair) || pair->dtype != BL_DTYPE_FP32) {
            CHECK_EQUAL(different_bits(out, expected, c.out_stride, c.rows,
                                       panels_of(c.outputs) * BL_PANEL),
                        0);
        }
        check_rows_alone(pair->tested, &c, out);
        check_panel_ranges(pair->tested, &c, out);
        free(out);
        free(expected);
        linear_case_free(&c);
    }
}

/* The largest sums that the formats allow: weights at an end of int8, activations at an
 * end of their range. Exact, so no saturation and no overflow. */
static void check_extremes(const kernel_pair *pair, uint32_t inputs, int weight, float activation) {
    uint32_t outputs = 9, rows = inputs > 10000 ? 3 : 26;
    linear_case c = linear_case_new(pair->tested, rows, inputs, outputs);
    CHECK_CASE("%u rows, %u inputs, %u outputs", c.rows, c.inputs, c.outputs);
    for (size_t i = 0; i < rows * c.in_stride; i++) {
        c.x[i] = activation;
    }
    for (size_t i = 0; i < (size_t)outputs * inputs; i++) {
        c.w_i8[i] = (int8_t)(i % 2 && weight == 127 ? -127 : weight); /* per output or mixed */
    }
    for (uint32_t n = 0; n < outputs; n++) {
        c.scales[n] = 1.0f;
        c.bias[n] = 0.0f;
    }
    memset(c.w_i8, weight, inputs); /* output 0: all of one sign */
    free(c.panels);
    pack_case_weights(&c, pair->tested);
    c.weights.panels = c.panels;
    packed_case p = packed_case_new(pair->tested, c.x, c.in_stride, rows, inputs);
    float *out = run_linear(pair->tested, &c, 0, rows);
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t n = 0; n < outputs; n++) {
            int64_t sum = 0;
            for (uint32_t k = 0; k < inputs; k++) {
                double x = unpacked(pair->tested, &p, m, k, inputs) / p.scales[m];
                sum += (int64_t)lround(x) * c.w_i8[(size_t)n * inputs + k];
            }
            CHECK(sum <= INT32_MAX && sum >= INT32_MIN);
            CHECK_EQUAL(out[m * c.out_stride + n], (float)sum * p.scales[m]);
        }
    }
    packed_case_free(&p);
    free(out);
    linear_case_free(&c);
}

static void check_integer_extremes(const kernel_pair *pair) {
    static const uint32_t inputs[] = {4, 1536, 3072, 4096, 4097, 5001, BL_MAX_INPUTS};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        check_extremes(pair, inputs[i], 127, 3.5f);
        check_extremes(pair, inputs[i], 127, -3.5f);
        check_extremes(pair, inputs[i], -128, 3.5f);
        check_extremes(pair, inputs[i], -128, -3.5f);
    }
}

/* Zeros, values too small to count, huge ones, and ones that are not finite: each row
 * by itself, beside whichever it stands. */
static void check_odd_rows(const kernel_pair *pair, uint32_t rows) {
    const float odd[] = {0.0f, -0.0f, 1e-45f, 1e-33f, 1e36f, INFINITY, -INFINITY, NAN};
    enum { FINITE = 5, ODD = 8 }; /* the first of `odd`, all of it; beyond: usual rows */
    uint32_t inputs = 43, outputs = 13;
    linear_case c = linear_case_new(pair->tested, rows, inputs, outputs);
    CHECK_CASE("%u rows, %u inputs, %u outputs", c.rows, c.inputs, c.outputs);
    for (uint32_t m = 0; m < rows; m++) {
        uint32_t kind = m * 5 % 12, place = kind * 5 % 22;
        if (kind >= ODD) {
            continue;
        }
        for (uint32_t k = 0; k < inputs && kind < FINITE; k++) {
            c.x[m * c.in_stride + k] = odd[kind];
        }
        c.x[m * c.in_stride + place] = c.x[m * c.in_stride + place + 22] = odd[kind];
    }
    float *out = run_linear(pair->tested, &c, 0, rows);
    float *expected = run_linear(pair->reference, &c, 0, rows);
    for (uint32_t m = 0; m < rows; m++) {
        uint32_t kind = m * 5 % 12;
        int finite = kind < FINITE || kind >= ODD;
        for (uint32_t n = 0; n < outputs; n++) {
            float value = out[m * c.out_stride + n];
            if (finite) {
                CHECK(isfinite(value));
                CHECK(kind > 2 || value == c.bias[n]);
                CHECK(kind >= ODD ||
                      fabsf(value - expected[m * c.out_stride + n]) <= fabsf(value) * 1e-5f);
            } else {
                CHECK(pair->tested->group == 1 ? !isfinite(value) : isnan(value));
            }
        }
        float *alone = run_linear(pair->tested, &c, m, 1);
        if (finite)
            CHECK_EQUAL(different_bits(alone, out + m * c.out_stride, c.out_stride, 1, outputs), 0);
        free(alone);
    }
    free(out);
    free(expected);
    linear_case_free(&c);
}

static void check_pair(const kernel_pair *pair) {
    check_shapes(pair);
    check_odd_rows(pair, 8);
    check_odd_rows(pair, 40);
    if (pair->tested->group > 1) {
        check_integer_extremes(pair);
    }
}

/* The library takes the first set of the list that it may use. */
static void check_choice(void) {
    CHECK(bl_kernels_select(BL_DTYPE_FP32) == &bl_simd128_f32);
    CHECK(bl_kernels_select(BL_DTYPE_INT8) == &bl_simd128_i8);
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        const bl_kernels *chosen = bl_kernels_select((bl_dtype)dtype);
        uint32_t found = 0;
        for (size_t i = 0; i < KERNEL_PAIRS; i++)
            found += kernel_pairs[i].dtype == dtype && kernel_pairs[i].tested == chosen;
        CHECK(chosen ? found == 1 : found == 0);
    }
    CHECK(!bl_kernels_select((bl_dtype)77));
}

int main(void) {
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        check_pair(&kernel_pairs[i]);
    }
#ifdef BL_HAS_RELAXED
    const kernel_pair single[] = {{BL_DTYPE_INT8, &bl_scalar_digits, &single_dot_i8},
                                  {BL_DTYPE_INT8_FAST, &bl_scalar_i8_fast, &single_dot_i8_fast}};
    check_pair(&single[0]);
    check_pair(&single[1]);
#endif
    check_choice();
    return check_result();
}
