/* Kernels of encoders whose feed-forward is gated, and whose queries and keys are turned. */
#include "kernel_sets.h"
#include "simd128_activations.h"

BL_INLINE void gate(function8 function, const float *table, float *rows, size_t stride,
                    uint32_t row_count, uint32_t width) {
    table = bl_hidden(table);
    for (uint32_t row = 0; row < row_count; row++, rows += stride) {
        const float *gates = rows + width;
        v128_t x[2], y[2];
        uint32_t k = 0;
        BL_ROLLED for (; k + 8 <= width; k += 8) {
            BL_EACH(x[i] = wasm_v128_load(rows + k + 4 * i));
            BL_EACH(y[i] = wasm_v128_load(gates + k + 4 * i));
            function(table, x);
            BL_EACH(wasm_v128_store(rows + k + 4 * i, wasm_f32x4_mul(x[i], y[i])));
        }
        if (k < width) { /* what is written behind the width are gates that were read before */
            bl_load_part8(rows + k, width - k, x);
            bl_load_part8(gates + k, width - k, y);
            function(table, x);
            BL_EACH(wasm_v128_store(rows + k + 4 * i, wasm_f32x4_mul(x[i], y[i])));
        }
    }
}

void bl_simd128_gate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                     bl_activation activation) {
#define CASE(activation, function, table)                                                          \
    case activation:                                                                               \
        gate(function, table, rows, stride, row_count, width);                                     \
        break;
    switch (activation) { BL_ACTIVATION_CASES(CASE) }
#undef CASE
}

void bl_simd128_rotate(float *row, uint32_t heads, uint32_t head_size, const float *cosines,
                       const float *sines) {
    uint32_t half = head_size / 2, whole = half & ~3u;
    for (uint32_t head = 0; head < heads; head++, row += head_size) {
        float *other = row + half;
        BL_ROLLED for (uint32_t i = 0; i < whole; i += 4) {
            v128_t x = wasm_v128_load(row + i), y = wasm_v128_load(other + i);
            v128_t c = wasm_v128_load(cosines + i), s = wasm_v128_load(sines + i);
            wasm_v128_store(row + i, wasm_f32x4_sub(wasm_f32x4_mul(x, c), wasm_f32x4_mul(y, s)));
            wasm_v128_store(other + i, wasm_f32x4_add(wasm_f32x4_mul(y, c), wasm_f32x4_mul(x, s)));
        }
        for (uint32_t i = whole; i < half; i++) {
            float x = row[i], y = other[i];
            row[i] = x * cosines[i] - y * sines[i];
            other[i] = y * cosines[i] + x * sines[i];
        }
    }
}
