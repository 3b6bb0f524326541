/* The one place that chooses a kernel set. */
#include "kernel_sets.h"

const bl_kernels *bl_kernels_select(bl_dtype dtype) {
    switch (dtype) {
    case BL_DTYPE_FP32:
#if defined(__wasm_relaxed_simd__)
        return &bl_relaxed_f32;
#else
        return &bl_simd128_f32;
#endif
    case BL_DTYPE_INT8:
        return &bl_simd128_i8;
    case BL_DTYPE_INT8_FAST:
        /* A native build has it too, by its exact definition, for the tests. */
#if defined(__wasm_relaxed_simd__) || !defined(__wasm__)
        return &bl_relaxed_i8_fast;
#else
        return NULL;
#endif
    }
    return NULL;
}

const bl_kernels *bl_kernels_unfused(void) {
    return &bl_simd128_f32;
}
