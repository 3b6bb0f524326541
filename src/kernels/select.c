/* The one place that chooses a kernel set. */
#include "kernel_sets.h"

const bl_kernels *bl_kernels_select(bl_dtype dtype) {
#define RETURN_IF_USED(set, set_dtype, reference, used)                                            \
    if (dtype == set_dtype && (used))                                                              \
        return &set;
    BL_KERNEL_SETS(RETURN_IF_USED)
#undef RETURN_IF_USED
    return NULL;
}

void bl_pack_rows_int16(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                        int16_t *tiles, float *scales) {
    bl_simd128_pack_rows_i8(rows, stride, row_count, inputs, tiles, scales, NULL);
}

const bl_kernels *bl_kernels_unfused(void) {
    return &bl_simd128_f32;
}
