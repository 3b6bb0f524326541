/* The constants of exp, erf and tanh, and how each is computed, for scalar_math.h and
 * simd128_math.h: both do the same operations in the same order and give the same
 * bits. The coefficients are least-maximum fits made for this project, rounded to
 * float; the errors stated are those of the float evaluation against double precision,
 * as the kernel tests measure them. */
#ifndef BERTLET_MATH_TABLES_H
#define BERTLET_MATH_TABLES_H

/* exp(x), x <= 88.37: n = round(x / ln 2), r = x - n ln 2 in two steps (n times the
 * high part is exact), a polynomial of degree 6 in r, times 2^n. Adding MAGIC =
 * 1.5 * 2^23 + 127 rounds to an integer and leaves n + 127, the exponent of 2^n, in the
 * low bits. x is raised to LOW, where n = -127 and so the factor and the result are 0.
 * Relative error 1e-7 from -87.3 on, below that absolute 1e-38. */
enum {
    BL_EXP_LOW,
    BL_EXP_LOG2E,
    BL_EXP_MAGIC,
    BL_EXP_LN2_HIGH,
    BL_EXP_LN2_LOW,
    BL_EXP_C6, /* C1 = C0 = 1 */
    BL_EXP_C5,
    BL_EXP_C4,
    BL_EXP_C3,
    BL_EXP_C2,
    BL_EXP_ONE,
    BL_EXP_HIGH, /* for those whose x may be larger: the result stays there */
    BL_EXP_COUNT
};

static const float bl_exp_table[BL_EXP_COUNT] = {
    -88.0f,          1.44269504f,   12583039.0f,    0.693359375f,
    -2.12194440e-4f, 0.0013816189f, 0.00836888235f, 0.0416683629f,
    0.166665196f,    0.49999994f,   1.0f,           88.37f,
};

/* An odd function that ends at 1: x is kept within LIMIT, where the quotient is 1
 * exactly, and f(x) = x P(x^2) / Q(x^2) with Q's constant term 1. */
enum {
    BL_ERF_LIMIT,
    BL_ERF_P4,
    BL_ERF_P3,
    BL_ERF_P2,
    BL_ERF_P1,
    BL_ERF_P0,
    BL_ERF_Q5,
    BL_ERF_Q4,
    BL_ERF_Q3,
    BL_ERF_Q2,
    BL_ERF_Q1,
    BL_ERF_ONE,
    BL_ERF_HALF,
    BL_ERF_COUNT
};

/* erf(x / sqrt 2), absolute error 5.4e-7. */
static const float bl_erf_table[BL_ERF_COUNT] = {
    5.196802f,      1.16768015e-05f, 0.000628278067f, 0.0110359481f,
    0.0991655067f,  0.797883809f,    5.01734121e-07f, 0.000112693509f,
    0.00270305737f, 0.0373334326f,   0.290946305f,    1.0f,
    0.5f,
};

enum {
    BL_TANH_LIMIT,
    BL_TANH_P4,
    BL_TANH_P3,
    BL_TANH_P2,
    BL_TANH_P1,
    BL_TANH_P0,
    BL_TANH_Q4,
    BL_TANH_Q3,
    BL_TANH_Q2,
    BL_TANH_Q1,
    BL_TANH_ONE,
    BL_TANH_COUNT
};

/* tanh(x), absolute error 4.0e-7. */
static const float bl_tanh_table[BL_TANH_COUNT] = {
    8.49998f,        7.74070053e-09f, 1.64968878e-05f, 0.00324231782f, 0.131664544f, 0.999999523f,
    5.46239221e-07f, 0.000287394068f, 0.0249094721f,   0.464996248f,   1.0f,
};

/* gelu_new's inner argument: SCALE * (x + CUBIC * x^3). */
#define BL_GELU_NEW_SCALE 0.797884561f /* sqrt(2 / pi) */
#define BL_GELU_NEW_CUBIC 0.044715f

#endif
