/* The sets for WebAssembly SIMD without relaxed instructions: fp32, and int8 by
 * i32x4.dot_i16x8. Their bits are those of scalar.c, on every machine. */
#define BL_MADD(a, b, c)  wasm_f32x4_add((c), wasm_f32x4_mul((a), (b)))
#define BL_TALL_TILES_F32 0
#include "attention_window_f32.h"
#include "kernel_sets.h"
#include "linear_i8.h"

void bl_simd128_attention(const bl_attention_args *args) {
    attention(args);
}

const bl_kernels bl_simd128_f32 = {
    .name = "simd128",
    .pack_rows = bl_simd128_pack_rows_f32,
    .linear = linear_f32,
    .attention = bl_simd128_attention,
    .activate = bl_simd128_activate,
    .gate = bl_simd128_gate,
    .rotate = bl_simd128_rotate,
    .layer_norm = bl_simd128_layer_norm,
    .rms_norm = bl_simd128_rms_norm,
    .group = 1,
    .packed_row_element = 4,
    .packed_weight_element = 4,
};

const bl_kernels bl_simd128_i8 = {
    .name = "simd128",
    .pack_rows = bl_simd128_pack_rows_i8,
    .linear = linear_i8,
    .attention = bl_simd128_attention,
    .activate = bl_simd128_activate,
    .gate = bl_simd128_gate,
    .rotate = bl_simd128_rotate,
    .layer_norm = bl_simd128_layer_norm,
    .rms_norm = bl_simd128_rms_norm,
    .group = 2,
    .packed_row_element = 2,
    .packed_weight_element = 1,
    .strassen_rows = STRASSEN_ROWS,
};
