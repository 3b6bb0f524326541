/* From the rows of a weight file to what the kernels read: conversion to float,
 * quantisation, packing into panels. One implementation for all builds: what a
 * model holds after loading never depends on the SIMD level. */
#ifndef BERTLET_PACK_WEIGHTS_H
#define BERTLET_PACK_WEIGHTS_H

#include "kernels.h"

/* Bytes of a packed [outputs][inputs] matrix, a multiple of 32. SIZE_MAX where the
 * address space cannot hold it. */
size_t bl_packed_weights_bytes(const bl_kernels *kernels, uint32_t inputs, uint32_t outputs);

/* Bytes of bl_packed_rows.tiles for `rows` rows of `inputs` floats. SIZE_MAX likewise. */
size_t bl_packed_rows_bytes(const bl_kernels *kernels, uint32_t rows, uint32_t inputs);

/* Write `row_count` rows, [row_count][inputs] end to end, into `panels` as the outputs
 * [first_output, first_output + row_count): any first output, so that several matrices
 * may share one set of panels. The caller has cleared the panels: what stands for no
 * output, or fills K up, is never written. Fastest with 8 rows at a multiple of 8. */
void bl_pack_weights_f32(const float *rows, uint32_t row_count, uint32_t inputs,
                         uint32_t first_output, float *panels);

/* The same for int8, in groups of 2 (int8) or 4 (int8-fast) along K. `sums`, NULL or
 * [N], receives each output's sum over k at its own index. */
void bl_pack_weights_i8(const int8_t *rows, uint32_t row_count, uint32_t inputs,
                        uint32_t first_output, uint32_t group, int8_t *panels, int32_t *sums);

/* Quantise `row_count` rows of `inputs` floats, each by itself: scale = max|w| / 127,
 * q = round-half-even(w / scale), within -127..127. A row of zeros (or so small that
 * its scale is 0) gives scale 0 and zeros.
 * Returns 0, or 1 when a value is not finite: then the output is undefined. */
int bl_quantize_rows_i8(const float *rows, uint32_t row_count, uint32_t inputs, int8_t *out,
                        float *scales);

/* IEEE 754 binary16, and bfloat16 (the upper half of a float), to float: exact for
 * every input; a NaN stays a NaN, an infinity an infinity. */
void bl_convert_f16(const uint16_t *values, size_t count, float *out);
void bl_convert_bf16(const uint16_t *values, size_t count, float *out);

#endif
