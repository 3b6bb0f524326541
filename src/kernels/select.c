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
#if defined(__wasm_relaxed_simd__)
        return bl_relaxed_i8_is_fast() ? &bl_relaxed_i8 : &bl_simd128_i8;
#else
        return &bl_simd128_i8;
#endif
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

void bl_pack_rows_int16(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                        int16_t *tiles, float *scales) {
    bl_simd128_pack_rows_i8(rows, stride, row_count, inputs, tiles, scales, NULL);
}

const bl_kernels *bl_kernels_unfused(void) {
    return &bl_simd128_f32;
}
