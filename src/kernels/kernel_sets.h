/* The list of kernel sets: the library chooses from it (select.c), the tests compare all of it
 * with the readable reference (tests/c/kernel_case.h). A new set is one more line here. */
#ifndef BERTLET_KERNEL_SETS_H
#define BERTLET_KERNEL_SETS_H

#include "kernels.h"

/* Builds that have the relaxed instructions: modules made for them, and native builds, where
 * they are written out for the tests (wasm_simd.h). */
#if !defined(__wasm__) || defined(__wasm_relaxed_simd__)
#define BL_HAS_RELAXED 1
#endif

/* Only there a relaxed multiply-add is one instruction, and worth a set of its own. */
#if defined(__wasm_relaxed_simd__)
#define BL_HAS_FUSED 1
#else
#define BL_HAS_FUSED 0
#endif

/* Whether this machine is one that bl_relaxed_i8 is for. */
int bl_relaxed_i8_is_fast(void);

/* For each dtype the fastest set first. "Used": whether the library takes it, asked when a
 * model is made. Sets of one reference read the same packed weights and rows.
 *      set, dtype, reference, used */
// clang-format off
#define BL_KERNEL_SETS(SET) \
    BL_RELAXED_KERNEL_SETS(SET) \
    SET(bl_simd128_f32,     BL_DTYPE_FP32,      bl_scalar_f32,     1) \
    SET(bl_simd128_i8,      BL_DTYPE_INT8,      bl_scalar_i8,      1)

#ifdef BL_HAS_RELAXED
#define BL_RELAXED_KERNEL_SETS(SET) \
    SET(bl_relaxed_f32,     BL_DTYPE_FP32,      bl_scalar_f32,     BL_HAS_FUSED) \
    SET(bl_relaxed_i8,      BL_DTYPE_INT8,      bl_scalar_digits,  bl_relaxed_i8_is_fast()) \
    SET(bl_relaxed_i8_fast, BL_DTYPE_INT8_FAST, bl_scalar_i8_fast, 1)
#else
#define BL_RELAXED_KERNEL_SETS(SET)
#endif
// clang-format on

#define BL_DECLARE_SET(set, dtype, reference, used) extern const bl_kernels set;
BL_KERNEL_SETS(BL_DECLARE_SET)
#undef BL_DECLARE_SET

/* The readable reference: bit for bit what the simd128 sets give, and for int8-fast
 * what the integer products of the relaxed one give. */
extern const bl_kernels bl_scalar_f32, bl_scalar_i8, bl_scalar_digits, bl_scalar_i8_fast;

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
void bl_simd128_gate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                     bl_activation activation);
void bl_simd128_rotate(float *row, uint32_t heads, uint32_t head_size, const float *cosines,
                       const float *sines);
void bl_simd128_rms_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                         uint32_t width, const float *gamma, const float *beta, float epsilon);
void bl_simd128_layer_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                           uint32_t width, const float *gamma, const float *beta, float epsilon);

#endif
