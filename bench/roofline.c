/* The most that WebAssembly's vector units do on this machine: loops that touch
 * nothing but registers. Every accumulator feeds its own next product, so that no
 * compiler can hoist or merge one. How many accumulators are best (enough to hide the
 * latency, few enough to stay in registers) differs between engines: there are loops
 * of 8, 10 and 12, and the fastest counts. */
#include <stdint.h>
#include <wasm_simd128.h>

#define REPEAT_8(x)  x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7)
#define REPEAT_10(x) REPEAT_8(x) x(8) x(9)
#define REPEAT_12(x) REPEAT_10(x) x(10) x(11)

#define BEGIN_INT(i)   v128_t a##i = wasm_i32x4_make(i + 1, i + 2, i + 3, i + 4);
#define BEGIN_FLOAT(i) v128_t a##i = wasm_f32x4_make(i + 1, i + 2, i + 3, i + 4);
#define COLLECT(i)     sum = wasm_v128_xor(sum, a##i);

/* bench_peak_NAME_COUNT(iterations, b, c): an iteration makes COUNT steps; what comes
 * back depends on each of them. `b` and `c` are no constants, so that no engine loads
 * them anew in each step. */
#define LOOP(name, count, type, splat, begin, step)                                                \
    __attribute__((export_name("bench_peak_" #name "_" #count))) uint32_t                          \
        bench_peak_##name##_##count(uint32_t iterations, type first, type second) {                \
        REPEAT_##count(begin) v128_t b = splat(first), c = splat(second);                          \
        v128_t sum = wasm_v128_and(b, c);                                                          \
        for (uint32_t n = 0; n < iterations; n++) {                                                \
            REPEAT_##count(step)                                                                   \
        }                                                                                          \
        REPEAT_##count(COLLECT) return wasm_i32x4_extract_lane(sum, 0);                            \
    }
#define LOOPS(name, type, splat, begin, step)                                                      \
    LOOP(name, 8, type, splat, begin, step)                                                        \
    LOOP(name, 10, type, splat, begin, step)                                                       \
    LOOP(name, 12, type, splat, begin, step)

#define MUL_ADD(i) a##i = wasm_f32x4_add(a##i, wasm_f32x4_mul(a##i, b));
LOOPS(mul_add, float, wasm_f32x4_splat, BEGIN_FLOAT, MUL_ADD)

#define DOT_I16(i) a##i = wasm_i32x4_add(a##i, wasm_i32x4_dot_i16x8(a##i, b));
LOOPS(dot_i16, int32_t, wasm_i16x8_splat, BEGIN_INT, DOT_I16)

#ifdef __wasm_relaxed_simd__

#define MADD(i) a##i = wasm_f32x4_relaxed_madd(b, c, a##i);
LOOPS(madd, float, wasm_f32x4_splat, BEGIN_FLOAT, MADD)

/* Pairs summed to 16 bits, then to 32 by a dot product with ones (here: with c). */
#define RELAXED_DOT(i)                                                                             \
    a##i = wasm_i32x4_add(a##i,                                                                    \
                          wasm_i32x4_dot_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(a##i, b), c));
LOOPS(relaxed_dot, int32_t, wasm_i16x8_splat, BEGIN_INT, RELAXED_DOT)

#define RELAXED_DOT_ADD(i) a##i = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(b, c, a##i);
LOOPS(relaxed_dot_add, int32_t, wasm_i8x16_splat, BEGIN_INT, RELAXED_DOT_ADD)

#endif
