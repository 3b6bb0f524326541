/* How a row of activations becomes integers: the numbers, shared by the scalar and the
 * vector kernels. The rows of int8 use the steps -qmax..qmax of `largest / qmax`, those
 * of int8-fast the steps 0..127 of `range / 127`. */
#ifndef BERTLET_QUANTIZE_H
#define BERTLET_QUANTIZE_H

#include <float.h>
#include <stdint.h>

/* Adding this to |x| < 2^22 rounds to an integer, ties to even, and leaves it in the
 * low bits: bits(x + ROUND) - bits(ROUND). */
#define BL_ROUND      12582912.0f /* 1.5 * 2^23 */
#define BL_ROUND_BITS 0x4B400000

#define BL_FAST_STEPS 127

/* int8, where an activation goes in as two digits: x + ZERO = 2^BITS high + low. */
#define BL_DIGIT_BITS       7
#define BL_DIGITS_ZERO_BITS 12
#define BL_DIGITS_ZERO      (1 << BL_DIGITS_ZERO_BITS)

/* int8-fast: the outlier is at most this many ranges from 0 (127 * 256 steps). */
#define BL_OUTLIER_RANGES 256

/* int8: most steps on either side of 0. */
#define BL_MOST_ROW_STEPS 4095

/* int8: a sum of K products with |w| <= 128 stays within int32. */
static inline uint32_t bl_row_steps(uint32_t inputs) {
    uint32_t bound = (uint32_t)INT32_MAX / 128 / inputs;
    return bound < BL_MOST_ROW_STEPS ? bound : BL_MOST_ROW_STEPS;
}

/* int8-fast: what the steps cover, given the largest |x| of a row and the ends of all the
 * other inputs. Not finite where `largest` is not. */
static inline float bl_fast_range(float low, float high, float largest) {
    float range = high - low, least = largest / BL_OUTLIER_RANGES;
    return least > range || !(largest <= FLT_MAX) ? least : range;
}

/* What one step is worth when `steps` steps cover `range` >= 0, and `*inverse`, what x
 * is multiplied with. A range of nothing (below 2^-100: its inverse must stay finite)
 * gives 0 and 0. A range that is not finite gives NaN, and so the row's results. */
static inline float bl_row_step(float range, uint32_t steps, float *inverse) {
    *inverse = 0.0f;
    if (!(range <= FLT_MAX)) {
        return __builtin_nanf("");
    }
    if (range < 0x1p-100f) {
        return 0.0f;
    }
    *inverse = (float)steps / range;
    return range / (float)steps;
}

#endif
