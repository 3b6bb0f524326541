/* WebAssembly's SIMD intrinsics, in a WebAssembly build and, through SIMDe, in a
 * native one; there the relaxed instructions are written out. */
#ifndef BERTLET_WASM_SIMD_H
#define BERTLET_WASM_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__wasm__)
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
#endif

/* Tiles are written as loops over arrays that must end up in registers: the small
 * loops unrolled and inlined, the loop over K left alone (unrolling it spills). */
#define BL_INLINE static inline __attribute__((always_inline))
#if defined(__wasm__)
#define BL_UNROLLED _Pragma("clang loop unroll(full)")
#define BL_ROLLED   _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define BL_UNROLLED
#define BL_ROLLED
#endif

/* A table of constants, hidden from the optimiser, which would make v128.const of what is
 * loaded from it; engines build such a constant anew at each use, which takes longer. */
BL_INLINE const void *bl_hidden(const void *table) {
    __asm__("" : "+r"(table));
    return table;
}

#if !defined(__wasm__)

/* Of the two results allowed, rounded twice or once, the one of plain SIMD. */
static inline v128_t wasm_f32x4_relaxed_madd(v128_t a, v128_t b, v128_t c) {
    return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
}

/* The least that the specification promises, which is what x64 gives: b unsigned, sums
 * of pairs saturated. */
static inline v128_t wasm_i16x8_relaxed_dot_i8x16_i7x16(v128_t a, v128_t b) {
    v128_t even = wasm_i16x8_mul(wasm_i16x8_shr(wasm_i16x8_shl(a, 8), 8),
                                 wasm_v128_and(b, wasm_i16x8_splat(0xff)));
    v128_t odd = wasm_i16x8_mul(wasm_i16x8_shr(a, 8), wasm_u16x8_shr(b, 8));
    return wasm_i16x8_add_sat(even, odd);
}

static inline v128_t wasm_i32x4_relaxed_dot_i8x16_i7x16_add(v128_t a, v128_t b, v128_t c) {
#if defined(BL_NATIVE_SINGLE_DOT) /* as x64 with AVX-VNNI: b unsigned, nothing saturated */
    v128_t low = wasm_i16x8_mul(wasm_i16x8_extend_low_i8x16(a), wasm_u16x8_extend_low_u8x16(b));
    v128_t high = wasm_i16x8_mul(wasm_i16x8_extend_high_i8x16(a), wasm_u16x8_extend_high_u8x16(b));
    low = wasm_i32x4_extadd_pairwise_i16x8(low);
    high = wasm_i32x4_extadd_pairwise_i16x8(high);
    v128_t sums = wasm_i32x4_add(wasm_i32x4_shuffle(low, high, 0, 2, 4, 6),
                                 wasm_i32x4_shuffle(low, high, 1, 3, 5, 7));
    return wasm_i32x4_add(c, sums);
#else
    v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b);
    return wasm_i32x4_add(c, wasm_i32x4_extadd_pairwise_i16x8(pairs));
#endif
}

#endif

/* The first `count` floats (4 where count > 4) at `from`, the other lanes 0; reads no
 * further. */
static inline v128_t bl_load_part(const float *from, uint32_t count) {
    switch (count) {
    case 0:
        return wasm_f32x4_splat(0.0f);
    case 1:
        return wasm_v128_load32_zero(from);
    case 2:
        return wasm_v128_load64_zero(from);
    case 3:
        return wasm_v128_load32_lane(from + 2, wasm_v128_load64_zero(from), 2);
    default:
        return wasm_v128_load(from);
    }
}

/* The same for 8 floats, `count` 0..8. */
BL_INLINE void bl_load_part8(const float *from, uint32_t count, v128_t out[2]) {
    out[0] = bl_load_part(from, count < 4 ? count : 4);
    out[1] = bl_load_part(count < 4 ? from : from + 4, count < 4 ? 0 : count - 4);
}

/* Stores the first `count` (0..4) lanes. */
static inline void bl_store_part(float *to, v128_t value, uint32_t count) {
    switch (count) {
    case 0:
        break;
    case 1:
        wasm_v128_store32_lane(to, value, 0);
        break;
    case 2:
        wasm_v128_store64_lane(to, value, 0);
        break;
    case 3:
        wasm_v128_store64_lane(to, value, 0);
        wasm_v128_store32_lane(to + 2, value, 2);
        break;
    default:
        wasm_v128_store(to, value);
    }
}

/* Rows to columns: a 4 x 4 block, in place. */
BL_INLINE void bl_transpose4(v128_t m[4]) {
    v128_t a = wasm_i32x4_shuffle(m[0], m[1], 0, 4, 1, 5);
    v128_t b = wasm_i32x4_shuffle(m[0], m[1], 2, 6, 3, 7);
    v128_t c = wasm_i32x4_shuffle(m[2], m[3], 0, 4, 1, 5);
    v128_t d = wasm_i32x4_shuffle(m[2], m[3], 2, 6, 3, 7);
    m[0] = wasm_i32x4_shuffle(a, c, 0, 1, 4, 5);
    m[1] = wasm_i32x4_shuffle(a, c, 2, 3, 6, 7);
    m[2] = wasm_i32x4_shuffle(b, d, 0, 1, 4, 5);
    m[3] = wasm_i32x4_shuffle(b, d, 2, 3, 6, 7);
}

#endif
