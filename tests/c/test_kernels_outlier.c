/* The outlier of an int8-fast row: packing and products against the definition, in 64-bit
 * integers. Everything is exact, so everything must be equal. */
#include "kernel_case.h"

/* Both ways of the relaxed set, as in test_kernels_linear.c. */
#define BL_NATIVE_SINGLE_DOT
#define bl_relaxed_f32     single_dot_f32
#define bl_relaxed_i8_fast single_dot_i8_fast
#include "../../src/kernels/relaxed.c"

/* A row as kernels.h defines it. `integers`: q[k] - zero, the outlier's unclamped. */
typedef struct expected_row {
    float scale;
    bl_row_terms terms;
    int64_t *bytes, *integers;
} expected_row;

static int64_t clamp_byte(int64_t q) {
    return q < 0 ? 0 : q > 127 ? 127 : q;
}

static void expect_row(const float *x, uint32_t inputs, expected_row *row) {
    uint32_t outlier = 0;
    float low = 0, high = 0;
    for (uint32_t k = 0; k < inputs; k++) {
        outlier = fabsf(x[k]) > fabsf(x[outlier]) ? k : outlier;
    }
    for (uint32_t k = 0; k < inputs; k++) {
        low = k == outlier ? low : fminf(low, x[k]);
        high = k == outlier ? high : fmaxf(high, x[k]);
    }
    float range = fmaxf(high - low, fabsf(x[outlier]) / 256);
    int counts = range >= 0x1p-100f;
    float inverse = counts ? 127 / range : 0;
    int64_t zero = (int64_t)nearbyintf(-low * inverse);
    row->scale = counts ? range / 127 : 0;
    row->terms = (bl_row_terms){(int32_t)zero, counts ? outlier : 0, 0};
    for (uint32_t k = 0; k < inputs; k++) {
        int64_t whole = (int64_t)nearbyintf(x[k] * inverse) + zero;
        row->bytes[k] = clamp_byte(whole);
        if (k == outlier) {
            row->terms.excess = (int32_t)(whole - clamp_byte(whole));
        }
        row->integers[k] = (k == outlier ? whole : clamp_byte(whole)) - zero;
    }
}

static void check_row(const packed_case *p, const linear_case *c, uint32_t m,
                      const expected_row *expected, const float *out) {
    const bl_row_terms *terms = &p->terms[m];
    CHECK_EQUAL(bits_of(p->scales[m]), bits_of(expected->scale));
    CHECK_EQUAL(terms->zero_point, expected->terms.zero_point);
    CHECK_EQUAL(terms->outlier, expected->terms.outlier);
    CHECK_EQUAL(terms->excess, expected->terms.excess);
    CHECK(terms->excess > -32768 && terms->excess < 32768);
    uint32_t padded = (c->inputs + 3) / 4 * 4;
    for (uint32_t k = 0; k < padded; k++) {
        int64_t byte = k < c->inputs ? expected->bytes[k] : terms->zero_point;
        size_t at = packed_index(&bl_scalar_i8_fast, p, m, k, c->inputs);
        CHECK_EQUAL(((const uint8_t *)p->tiles)[at], byte);
    }
    for (uint32_t n = 0; n < c->outputs; n++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < c->inputs; k++) {
            sum += expected->integers[k] * c->w_i8[(size_t)n * c->inputs + k];
        }
        CHECK(sum <= INT32_MAX && sum >= INT32_MIN);
        float product = (float)sum * (expected->scale * c->scales[n]);
        CHECK_EQUAL(bits_of(out[m * c->out_stride + n]), bits_of(product + c->bias[n]));
    }
}

/* The rows of c.x, together and each alone. */
static void check_case(const bl_kernels *kernels, const linear_case *c) {
    CHECK_CASE("%u rows, %u inputs, %u outputs", c->rows, c->inputs, c->outputs);
    expected_row expected = {.bytes = exact_alloc(c->inputs * sizeof(int64_t)),
                             .integers = exact_alloc(c->inputs * sizeof(int64_t))};
    packed_case p = packed_case_new(kernels, c->x, c->in_stride, c->rows, c->inputs);
    float *out = run_linear(kernels, c, 0, c->rows);
    for (uint32_t m = 0; m < c->rows; m++) {
        expect_row(c->x + m * c->in_stride, c->inputs, &expected);
        check_row(&p, c, m, &expected, out);
        float *alone = run_linear(kernels, c, m, 1);
        CHECK_EQUAL(different_bits(alone, out + m * c->out_stride, c->out_stride, 1, c->outputs),
                    0);
        free(alone);
    }
    packed_case_free(&p);
    free(expected.bytes), free(expected.integers), free(out);
}

/* Beyond what random_float gives; the last are so large that they set the step. */
static const float sizes[] = {16.5f, -17, 100, -500, 2000, -4063, 4064, -5e3f, 1e6f, -1e30f};

/* Each position in turn is the outlier's. */
static void check_positions(const bl_kernels *kernels, uint32_t rows, uint32_t inputs) {
    linear_case c = linear_case_new(kernels, rows, inputs, 21);
    for (uint32_t first = 0; first < inputs; first += rows) {
        for (uint32_t m = 0; m < rows; m++) {
            float *x = c.x + m * c.in_stride + (first + m) % inputs, before = *x;
            *x = sizes[random_below(sizeof sizes / sizeof sizes[0])];
            packed_case p = packed_case_new(kernels, c.x, c.in_stride, rows, inputs);
            CHECK_EQUAL(p.terms[m].outlier, (first + m) % inputs);
            CHECK(p.terms[m].excess != 0);
            packed_case_free(&p);
            if (m % 2) {
                *x = before; /* half the rows as they were */
            }
        }
        check_case(kernels, &c);
        for (uint32_t i = 0; i < rows * c.in_stride; i++) {
            c.x[i] = random_float();
        }
    }
    linear_case_free(&c);
}

/* The largest |x| more than once: the first one counts, whatever the signs. */
static void check_ties(const bl_kernels *kernels, uint32_t inputs) {
    linear_case c = linear_case_new(kernels, 7, inputs, 9);
    for (uint32_t round = 0; round < 40; round++) {
        uint32_t first[7];
        for (uint32_t m = 0; m < 7; m++) {
            float *row = c.x + m * c.in_stride;
            first[m] = inputs;
            for (uint32_t k = 0; k < inputs; k++) {
                row[k] = random_float();
            }
            for (uint32_t tie = 0; tie < 2 + m % 2; tie++) {
                uint32_t k = random_below(inputs);
                row[k] = random_below(2) ? 20.0f : -20.0f;
                first[m] = k < first[m] ? k : first[m];
            }
        }
        packed_case p = packed_case_new(kernels, c.x, c.in_stride, 7, inputs);
        for (uint32_t m = 0; m < 7; m++) {
            CHECK_EQUAL(p.terms[m].outlier, first[m]);
        }
        packed_case_free(&p);
        check_case(kernels, &c);
    }
    linear_case_free(&c);
}

/* Rows of one value; of zeros of both signs; of nothing but an outlier; of an outlier
 * among values too small to count. */
static void check_plain_rows(const bl_kernels *kernels, uint32_t inputs) {
    const float values[] = {0.0f, -0.0f, 3.25f, -3.25f, 1e-30f, -1e-30f, 1e-31f, 1e-45f, 3e38f};
    uint32_t count = sizeof values / sizeof values[0];
    linear_case c = linear_case_new(kernels, count, inputs, 17);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t m = 0; m < count; m++) {
            for (uint32_t k = 0; k < inputs; k++) {
                c.x[m * c.in_stride + k] = round == 0   ? values[m]
                                           : round == 1 ? (k * 7 % 3 ? 0.0f : -0.0f)
                                                        : (k % 2 ? 1e-40f : -1e-40f);
            }
            c.x[m * c.in_stride + random_below(inputs)] = values[m];
        }
        check_case(kernels, &c);
    }
    linear_case_free(&c);
}

/* A row that is not finite has a scale that is not a number, and no terms. */
static void check_not_finite(const bl_kernels *kernels, uint32_t inputs) {
    const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
    linear_case c = linear_case_new(kernels, 4, inputs, 9);
    for (uint32_t k = 0; k < inputs; k++) {
        for (uint32_t m = 0; m < 4; m++) {
            memcpy(c.x + m * c.in_stride, c.x, inputs * sizeof(float));
            c.x[m * c.in_stride + k] = bad[m];
        }
        packed_case p = packed_case_new(kernels, c.x, c.in_stride, 4, inputs);
        float *out = run_linear(kernels, &c, 0, 4);
        for (uint32_t m = 0; m < 4; m++) {
            CHECK(isnan(p.scales[m]));
            CHECK(p.terms[m].zero_point == 0 && p.terms[m].outlier == 0 && p.terms[m].excess == 0);
            for (uint32_t n = 0; n < c.outputs; n++) {
                CHECK(isnan(out[m * c.out_stride + n]));
            }
        }
        packed_case_free(&p);
        free(out);
        c.x[k] = random_float();
    }
    linear_case_free(&c);
}

/* The largest sums there are: all inputs at an end of the range, the outlier 256 ranges
 * away, all weights of one sign. */
static void check_extremes(const bl_kernels *kernels, uint32_t inputs, float x, float outlier) {
    linear_case c = linear_case_new(kernels, inputs > 10000 ? 5 : 27, inputs, 11);
    memset(c.w_i8, -128, (size_t)inputs * 4);
    memset(c.w_i8 + (size_t)inputs * 4, 127, (size_t)inputs * 7);
    free(c.panels);
    pack_case_weights(&c, kernels);
    c.weights.panels = c.panels;
    for (uint32_t m = 0; m < c.rows; m++) {
        for (uint32_t k = 0; k < inputs; k++) {
            c.x[m * c.in_stride + k] = x;
        }
        c.x[m * c.in_stride + random_below(inputs)] = outlier;
    }
    packed_case p = packed_case_new(kernels, c.x, c.in_stride, c.rows, inputs);
    CHECK(p.terms[0].excess > 32000 || p.terms[0].excess < -32000);
    packed_case_free(&p);
    check_case(kernels, &c);
    linear_case_free(&c);
}

static void check_set(const bl_kernels *kernels) {
    static const uint32_t inputs[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 43, 64, 131};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        for (uint32_t rows = 1; rows <= 11; rows += rows < 5 ? 1 : 3) {
            check_positions(kernels, rows, inputs[i]);
        }
        check_ties(kernels, inputs[i]);
        check_plain_rows(kernels, inputs[i]);
        check_not_finite(kernels, inputs[i]);
    }
    check_positions(kernels, 26, 384);
    static const uint32_t extremes[] = {2, 7, 384, 1536, 4097, BL_MAX_INPUTS};
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        for (int signs = 0; signs < 4; signs++) {
            check_extremes(kernels, extremes[i], signs & 1 ? 1.0f : -1.0f,
                           signs & 2 ? 256.0f : -256.0f);
        }
    }
}

int main(void) {
    check_set(&bl_scalar_i8_fast);
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        if (kernel_pairs[i].dtype == BL_DTYPE_INT8_FAST) {
            check_set(kernel_pairs[i].tested);
        }
    }
#ifdef BL_HAS_RELAXED
    check_set(&single_dot_i8_fast);
#endif
    return check_result();
}
