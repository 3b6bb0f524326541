/* The kernel sets that there are; select.c chooses among them. All sets of one format
 * read the same packed weights and rows. */
#ifndef BERTLET_KERNEL_SETS_H
#define BERTLET_KERNEL_SETS_H

#include "kernels.h"

/* The readable reference: bit for bit what the simd128 sets give, and for int8-fast
 * what the integer products of the relaxed one give. */
extern const bl_kernels bl_scalar_f32, bl_scalar_i8, bl_scalar_digits, bl_scalar_i8_fast;

extern const bl_kernels bl_simd128_f32, bl_simd128_i8;

/* Only where the build has relaxed SIMD (and in native builds). */
extern const bl_kernels bl_relaxed_f32, bl_relaxed_i8, bl_relaxed_i8_fast;

/* Whether this machine is one that bl_relaxed_i8 is for. */
int bl_relaxed_i8_is_fast(void);

/* The pieces that the relaxed sets take over from simd128: no sum over K in them. */
void bl_simd128_pack_rows_f32(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                              void *tiles, float *scales, bl_row_terms *terms);
void bl_simd128_pack_rows_i8(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                             void *tiles, float *scales, bl_row_terms *terms);
void bl_simd128_pack_rows_digits(const float *rows, size_t stride, uint32_t row_count,
                                 uint32_t inputs, void *tiles, float *scales, bl_row_terms *terms);
void bl_simd128_pack_rows_i8_fast(const float *rows, size_t stride, uint32_t row_count,
                                  uint32_t inputs, void *tiles, float *scales, bl_row_terms *terms);
void bl_simd128_attention(const bl_attention_args *args);
void bl_simd128_activate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                         bl_activation activation);
void bl_simd128_layer_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                           uint32_t width, const float *gamma, const float *beta, float epsilon);

#endif
