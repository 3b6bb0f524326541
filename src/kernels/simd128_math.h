/* exp, erf, tanh without libm, 8 values (two vectors) at a time: see math_tables.h.
 * Constants are loaded from their table where they are used, once for 8 values. */
#ifndef BERTLET_SIMD128_MATH_H
#define BERTLET_SIMD128_MATH_H

#include "math_tables.h"
#include "wasm_simd.h"

/* Two vectors through one operation. */
#define BL_EACH(statement)                                                                         \
    do {                                                                                           \
        BL_UNROLLED for (int i = 0; i < 2; i++) {                                                  \
            statement;                                                                             \
        }                                                                                          \
    } while (0)

/* out = out * x + table[index] */
BL_INLINE void bl_horner(v128_t out[2], const v128_t x[2], const float *table, int index) {
    v128_t c = wasm_v128_load32_splat(table + index);
    BL_EACH(out[i] = wasm_f32x4_add(wasm_f32x4_mul(out[i], x[i]), c));
}

/* `table`: bl_hidden(bl_exp_table), taken outside the loop; likewise below. */
BL_INLINE void bl_exp8(const float *table, v128_t x[2]) {
    v128_t c = wasm_v128_load32_splat(table + BL_EXP_LOW);
    BL_EACH(x[i] = wasm_f32x4_pmax(x[i], c));
    v128_t shifted[2], n[2], r[2], p[2];
    c = wasm_v128_load32_splat(table + BL_EXP_LOG2E);
    BL_EACH(shifted[i] = wasm_f32x4_mul(x[i], c));
    c = wasm_v128_load32_splat(table + BL_EXP_MAGIC);
    BL_EACH(shifted[i] = wasm_f32x4_add(shifted[i], c));
    BL_EACH(n[i] = wasm_f32x4_sub(shifted[i], c));
    c = wasm_v128_load32_splat(table + BL_EXP_LN2_HIGH);
    BL_EACH(r[i] = wasm_f32x4_sub(x[i], wasm_f32x4_mul(n[i], c)));
    c = wasm_v128_load32_splat(table + BL_EXP_LN2_LOW);
    BL_EACH(r[i] = wasm_f32x4_sub(r[i], wasm_f32x4_mul(n[i], c)));
    p[0] = p[1] = wasm_v128_load32_splat(table + BL_EXP_C6);
    BL_UNROLLED for (int k = BL_EXP_C5; k <= BL_EXP_C2; k++) {
        bl_horner(p, r, table, k);
    }
    bl_horner(p, r, table, BL_EXP_ONE);
    bl_horner(p, r, table, BL_EXP_ONE);
    BL_EACH(x[i] = wasm_f32x4_mul(p[i], wasm_i32x4_shl(shifted[i], 23)));
}

BL_INLINE void bl_clamp8(v128_t x[2], const float *limit) {
    v128_t high = wasm_v128_load32_splat(limit), low = wasm_f32x4_neg(high);
    BL_EACH(x[i] = wasm_f32x4_pmin(wasm_f32x4_pmax(x[i], low), high));
}

/* erf(x / sqrt 2) */
BL_INLINE void bl_erf_half8(const float *table, v128_t x[2]) {
    bl_clamp8(x, table + BL_ERF_LIMIT);
    v128_t t[2], p[2], q[2];
    BL_EACH(t[i] = wasm_f32x4_mul(x[i], x[i]));
    p[0] = p[1] = wasm_v128_load32_splat(table + BL_ERF_P4);
    q[0] = q[1] = wasm_v128_load32_splat(table + BL_ERF_Q5);
    BL_UNROLLED for (int k = BL_ERF_P3; k <= BL_ERF_P0; k++) {
        bl_horner(p, t, table, k);
    }
    BL_UNROLLED for (int k = BL_ERF_Q4; k <= BL_ERF_ONE; k++) {
        bl_horner(q, t, table, k);
    }
    BL_EACH(x[i] = wasm_f32x4_div(wasm_f32x4_mul(x[i], p[i]), q[i]));
}

BL_INLINE void bl_tanh8(const float *table, v128_t x[2]) {
    bl_clamp8(x, table + BL_TANH_LIMIT);
    v128_t t[2], p[2], q[2];
    BL_EACH(t[i] = wasm_f32x4_mul(x[i], x[i]));
    p[0] = p[1] = wasm_v128_load32_splat(table + BL_TANH_P4);
    q[0] = q[1] = wasm_v128_load32_splat(table + BL_TANH_Q4);
    BL_UNROLLED for (int k = BL_TANH_P3; k <= BL_TANH_P0; k++) {
        bl_horner(p, t, table, k);
    }
    BL_UNROLLED for (int k = BL_TANH_Q3; k <= BL_TANH_ONE; k++) {
        bl_horner(q, t, table, k);
    }
    BL_EACH(x[i] = wasm_f32x4_div(wasm_f32x4_mul(x[i], p[i]), q[i]));
}

#endif
