/* exp, erf, tanh without libm, one value at a time: see math_tables.h. */
#ifndef BERTLET_SCALAR_MATH_H
#define BERTLET_SCALAR_MATH_H

#include <stdint.h>
#include <string.h>

#include "math_tables.h"

static inline float bl_exp(float x) {
    const float *c = bl_exp_table;
    x = x < c[BL_EXP_LOW] ? c[BL_EXP_LOW] : x;
    float shifted = x * c[BL_EXP_LOG2E] + c[BL_EXP_MAGIC];
    float n = shifted - c[BL_EXP_MAGIC];
    float r = x - n * c[BL_EXP_LN2_HIGH];
    r = r - n * c[BL_EXP_LN2_LOW];
    float p = c[BL_EXP_C6];
    for (int i = BL_EXP_C5; i <= BL_EXP_C2; i++) {
        p = p * r + c[i];
    }
    p = p * r + c[BL_EXP_ONE];
    p = p * r + c[BL_EXP_ONE];
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline float bl_clamp(float x, float limit) {
    x = x < -limit ? -limit : x;
    return limit < x ? limit : x;
}

/* erf(x / sqrt 2) */
static inline float bl_erf_half(float x) {
    const float *c = bl_erf_table;
    x = bl_clamp(x, c[BL_ERF_LIMIT]);
    float t = x * x, p = c[BL_ERF_P4], q = c[BL_ERF_Q5];
    for (int i = BL_ERF_P3; i <= BL_ERF_P0; i++) {
        p = p * t + c[i];
    }
    for (int i = BL_ERF_Q4; i <= BL_ERF_ONE; i++) {
        q = q * t + c[i];
    }
    return x * p / q;
}

static inline float bl_tanh(float x) {
    const float *c = bl_tanh_table;
    x = bl_clamp(x, c[BL_TANH_LIMIT]);
    float t = x * x, p = c[BL_TANH_P4], q = c[BL_TANH_Q4];
    for (int i = BL_TANH_P3; i <= BL_TANH_P0; i++) {
        p = p * t + c[i];
    }
    for (int i = BL_TANH_Q3; i <= BL_TANH_ONE; i++) {
        q = q * t + c[i];
    }
    return x * p / q;
}

static inline float bl_gelu(float x) {
    float half = x * 0.5f;
    return half + half * bl_erf_half(x);
}

static inline float bl_gelu_new(float x) {
    float half = x * 0.5f;
    float inner = (x + BL_GELU_NEW_CUBIC * (x * x * x)) * BL_GELU_NEW_SCALE;
    return half + half * bl_tanh(inner);
}

static inline float bl_silu(float x) {
    float negative = -x;
    negative = bl_exp_table[BL_EXP_HIGH] < negative ? bl_exp_table[BL_EXP_HIGH] : negative;
    return x / (bl_exp(negative) + 1.0f);
}

#endif
