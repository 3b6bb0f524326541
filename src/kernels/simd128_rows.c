/* Kernels along a row: activation functions, norms. */
#include "kernel_sets.h"
#include "simd128_activations.h"

BL_INLINE void apply(function8 function, const float *table, float *rows, size_t stride,
                     uint32_t row_count, uint32_t width) {
    table = bl_hidden(table);
    for (uint32_t row = 0; row < row_count; row++, rows += stride) {
        v128_t x[2];
        uint32_t k = 0;
        BL_ROLLED for (; k + 8 <= width; k += 8) {
            BL_EACH(x[i] = wasm_v128_load(rows + k + 4 * i));
            function(table, x);
            BL_EACH(wasm_v128_store(rows + k + 4 * i, x[i]));
        }
        if (k < width) {
            bl_load_part8(rows + k, width - k, x);
            function(table, x);
            BL_EACH(wasm_v128_store(rows + k + 4 * i, x[i]));
        }
    }
}

void bl_simd128_activate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                         bl_activation activation) {
#define CASE(activation, function, table)                                                          \
    case activation:                                                                               \
        apply(function, table, rows, stride, row_count, width);                                    \
        break;
    switch (activation) { BL_ACTIVATION_CASES(CASE) }
#undef CASE
}

/* Lane i of the two vectors holds the sum of the columns k with k % 8 = i. */
BL_INLINE float sum_lanes(const v128_t sum[2]) {
    v128_t s = wasm_f32x4_add(sum[0], sum[1]);
    return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
           (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3));
}

/* Column 8 n is where a tail of `tail` columns begins; 0 there if there is none. */
static const int32_t tail_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

static void layer_norm_row(float *row, const float *residual, uint32_t width, const float *gamma,
                           const float *beta, float epsilon) {
    uint32_t whole = width & ~7u, tail = width & 7u;
    v128_t sum[2], x[2], y[2];
    sum[0] = sum[1] = wasm_f32x4_splat(0.0f);
    if (residual) {
        BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
            BL_EACH(x[i] = wasm_f32x4_add(wasm_v128_load(row + k + 4 * i),
                                          wasm_v128_load(residual + k + 4 * i)));
            BL_EACH(wasm_v128_store(row + k + 4 * i, x[i]));
            BL_EACH(sum[i] = wasm_f32x4_add(sum[i], x[i]));
        }
        if (tail) {
            bl_load_part8(row + whole, tail, x);
            bl_load_part8(residual + whole, tail, y);
            BL_EACH(x[i] = wasm_f32x4_add(x[i], y[i]));
            BL_EACH(wasm_v128_store(row + whole + 4 * i, x[i]));
            BL_EACH(sum[i] = wasm_f32x4_add(sum[i], x[i]));
        }
    } else {
        BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
            BL_EACH(sum[i] = wasm_f32x4_add(sum[i], wasm_v128_load(row + k + 4 * i)));
        }
        bl_load_part8(row + whole, tail, x);
        BL_EACH(sum[i] = wasm_f32x4_add(sum[i], x[i]));
    }
    float count = (float)width;
    v128_t mean = wasm_f32x4_splat(sum_lanes(sum) / count);

    sum[0] = sum[1] = wasm_f32x4_splat(0.0f);
    BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
        BL_EACH(x[i] = wasm_f32x4_sub(wasm_v128_load(row + k + 4 * i), mean));
        BL_EACH(sum[i] = wasm_f32x4_add(sum[i], wasm_f32x4_mul(x[i], x[i])));
    }
    bl_load_part8(row + whole, tail, x);
    BL_EACH(x[i] = wasm_v128_and(wasm_f32x4_sub(x[i], mean),
                                 wasm_v128_load(tail_mask + 8 - tail + 4 * i)));
    BL_EACH(sum[i] = wasm_f32x4_add(sum[i], wasm_f32x4_mul(x[i], x[i])));
    v128_t deviation = wasm_f32x4_sqrt(wasm_f32x4_splat(sum_lanes(sum) / count + epsilon));
    v128_t inverse = wasm_f32x4_div(wasm_f32x4_splat(1.0f), deviation);

    BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
        BL_EACH(x[i] = wasm_f32x4_sub(wasm_v128_load(row + k + 4 * i), mean));
        BL_EACH(x[i] = wasm_f32x4_mul(wasm_f32x4_mul(x[i], inverse),
                                      wasm_v128_load(gamma + k + 4 * i)));
        BL_EACH(x[i] = wasm_f32x4_add(x[i], wasm_v128_load(beta + k + 4 * i)));
        BL_EACH(wasm_v128_store(row + k + 4 * i, x[i]));
    }
    if (tail) {
        v128_t g[2], b[2];
        bl_load_part8(row + whole, tail, x);
        bl_load_part8(gamma + whole, tail, g);
        bl_load_part8(beta + whole, tail, b);
        BL_EACH(x[i] = wasm_f32x4_mul(wasm_f32x4_sub(x[i], mean), inverse));
        BL_EACH(x[i] = wasm_f32x4_add(wasm_f32x4_mul(x[i], g[i]), b[i]));
        BL_EACH(wasm_v128_store(row + whole + 4 * i, x[i]));
    }
}

void bl_simd128_layer_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                           uint32_t width, const float *gamma, const float *beta, float epsilon) {
    for (uint32_t row = 0; row < row_count; row++) {
        layer_norm_row(rows + row * stride, residual ? residual + row * stride : NULL, width, gamma,
                       beta, epsilon);
    }
}

static void rms_norm_row(float *row, const float *residual, uint32_t width, const float *gamma,
                         float epsilon) {
    uint32_t whole = width & ~7u, tail = width & 7u;
    v128_t sum[2], x[2], y[2];
    sum[0] = sum[1] = wasm_f32x4_splat(0.0f);
    BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
        BL_EACH(x[i] = wasm_v128_load(row + k + 4 * i));
        if (residual) {
            BL_EACH(x[i] = wasm_f32x4_add(x[i], wasm_v128_load(residual + k + 4 * i)));
            BL_EACH(wasm_v128_store(row + k + 4 * i, x[i]));
        }
        BL_EACH(sum[i] = wasm_f32x4_add(sum[i], wasm_f32x4_mul(x[i], x[i])));
    }
    if (tail) {
        bl_load_part8(row + whole, tail, x);
        if (residual) {
            bl_load_part8(residual + whole, tail, y);
            BL_EACH(x[i] = wasm_f32x4_add(x[i], y[i]));
            BL_EACH(wasm_v128_store(row + whole + 4 * i, x[i]));
        }
        BL_EACH(sum[i] = wasm_f32x4_add(sum[i], wasm_f32x4_mul(x[i], x[i])));
    }
    float square = sum_lanes(sum) / (float)width + epsilon;
    v128_t inverse =
        wasm_f32x4_div(wasm_f32x4_splat(1.0f), wasm_f32x4_sqrt(wasm_f32x4_splat(square)));
    BL_ROLLED for (uint32_t k = 0; k < whole; k += 8) {
        BL_EACH(x[i] = wasm_f32x4_mul(wasm_v128_load(row + k + 4 * i), inverse));
        BL_EACH(x[i] = wasm_f32x4_mul(x[i], wasm_v128_load(gamma + k + 4 * i)));
        BL_EACH(wasm_v128_store(row + k + 4 * i, x[i]));
    }
    if (tail) {
        bl_load_part8(row + whole, tail, x);
        bl_load_part8(gamma + whole, tail, y);
        BL_EACH(x[i] = wasm_f32x4_mul(wasm_f32x4_mul(x[i], inverse), y[i]));
        BL_EACH(wasm_v128_store(row + whole + 4 * i, x[i]));
    }
}

void bl_simd128_rms_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                         uint32_t width, const float *gamma, const float *beta, float epsilon) {
    (void)beta;
    for (uint32_t row = 0; row < row_count; row++) {
        rms_norm_row(rows + row * stride, residual ? residual + row * stride : NULL, width, gamma,
                     epsilon);
    }
}
