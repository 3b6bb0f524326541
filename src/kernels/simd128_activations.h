/* Activation functions, 8 values (two vectors) at a time. `table`: of the mathematical function
 * beneath (simd128_math.h). */
#ifndef BERTLET_SIMD128_ACTIVATIONS_H
#define BERTLET_SIMD128_ACTIVATIONS_H

#include "kernels.h"
#include "simd128_math.h"

typedef void (*function8)(const float *table, v128_t x[2]);

BL_INLINE void gelu8(const float *table, v128_t x[2]) {
    v128_t half[2], c = wasm_v128_load32_splat(table + BL_ERF_HALF);
    BL_EACH(half[i] = wasm_f32x4_mul(x[i], c));
    bl_erf_half8(table, x);
    BL_EACH(x[i] = wasm_f32x4_add(half[i], wasm_f32x4_mul(half[i], x[i])));
}

BL_INLINE void gelu_new8(const float *table, v128_t x[2]) {
    v128_t half[2];
    BL_EACH(half[i] = wasm_f32x4_mul(x[i], wasm_f32x4_splat(0.5f)));
    BL_EACH(x[i] = wasm_f32x4_add(
                x[i], wasm_f32x4_mul(wasm_f32x4_splat(BL_GELU_NEW_CUBIC),
                                     wasm_f32x4_mul(wasm_f32x4_mul(x[i], x[i]), x[i]))));
    BL_EACH(x[i] = wasm_f32x4_mul(x[i], wasm_f32x4_splat(BL_GELU_NEW_SCALE)));
    bl_tanh8(table, x);
    BL_EACH(x[i] = wasm_f32x4_add(half[i], wasm_f32x4_mul(half[i], x[i])));
}

BL_INLINE void relu8(const float *table, v128_t x[2]) {
    (void)table;
    BL_EACH(x[i] = wasm_f32x4_pmax(x[i], wasm_f32x4_splat(0.0f)));
}

BL_INLINE void silu8(const float *table, v128_t x[2]) {
    v128_t e[2], c = wasm_v128_load32_splat(table + BL_EXP_HIGH);
    BL_EACH(e[i] = wasm_f32x4_pmin(wasm_f32x4_neg(x[i]), c));
    bl_exp8(table, e);
    c = wasm_v128_load32_splat(table + BL_EXP_ONE);
    BL_EACH(x[i] = wasm_f32x4_div(x[i], wasm_f32x4_add(e[i], c)));
}

/* The cases of a switch over bl_activation: CASE(activation, function8, its table). */
#define BL_ACTIVATION_CASES(CASE)                                                                  \
    CASE(BL_ACTIVATION_GELU, gelu8, bl_erf_table)                                                  \
    CASE(BL_ACTIVATION_GELU_NEW, gelu_new8, bl_tanh_table)                                         \
    CASE(BL_ACTIVATION_RELU, relu8, bl_exp_table)                                                  \
    CASE(BL_ACTIVATION_SILU, silu8, bl_exp_table)                                                  \
    CASE(BL_ACTIVATION_TANH, bl_tanh8, bl_tanh_table)

#endif
