/* The contract of the numeric kernels. scalar.c is the readable reference;
 * simd128.c and relaxed.c do the same with vectors; select.c chooses. pack_weights.h
 * makes packed weights and says how large packed things are.
 *
 * Shapes. T, M: rows (tokens). K: inputs. N: outputs. Activations are row-major
 * float with a row stride in floats that is a multiple of 16, 64-byte aligned;
 * a stride covers the width rounded up to 8, and kernels may write (not read)
 * those padding columns. Pointers never alias unless a comment says so. Kernels
 * do not fail: whoever calls has checked shapes and memory.
 *
 * Packed weights. N is cut into panels of BL_PANEL = 8 outputs, the last one
 * filled with zeros, K is filled with zeros to the format's group:
 *   fp32       [panel][k][8]          float
 *   int8       [panel][k / 2][8][2]   int8, K to a multiple of 2
 *   int8-fast, int8 in digits
 *              [panel][k / 4][8][4]   int8, K to a multiple of 4
 * Packed activations. M is cut into tiles of BL_TILE = 4 rows; the last tile of
 * r rows is stored with r rows only:
 *   fp32       [tile][k][r]           float
 *   int8       [tile][k / 2][r][2]    int16
 *   int8 in digits
 *              [tile][k / 4][r][2][4] uint8 in 0..127, the digits of x + 2^12 to the base 2^7
 *   int8-fast  [tile][k / 4][r][4]    uint8 in 0..127
 * so tile t begins at t * 4 * (K filled up) elements. int8 in digits has the bits of int8; it
 * is another way to the same sums.
 *
 * Every result depends only on its own row, column and K: never on M, N, on the
 * tile the row falls in, or on how panels are shared out between threads. Sums
 * over K run in the order of k; sums along a row use the four-lane order that
 * scalar.c spells out. */
#ifndef BERTLET_KERNELS_H
#define BERTLET_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define BL_PANEL 8
#define BL_TILE  4

/* The largest K: int8-fast's 127 * 128 * K + 128 * 2^15 fits int32. */
#define BL_MAX_INPUTS 131072

typedef enum bl_activation {
    BL_ACTIVATION_GELU = 0,     /* x/2 (1 + erf(x/sqrt 2)) */
    BL_ACTIVATION_GELU_NEW = 1, /* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
    BL_ACTIVATION_RELU = 2,
    BL_ACTIVATION_SILU = 3, /* x / (1 + exp(-x)) */
    BL_ACTIVATION_TANH = 4
} bl_activation;

#define BL_ACTIVATION_COUNT 5

/* One linear layer's packed weights; which format, the kernel set knows. */
typedef struct bl_weights {
    const void *panels;
    const float *scales; /* [N] per output row, NULL for fp32 */
    const float *bias;   /* [N to a multiple of 8], zeros where there is none */
    const int32_t *sums; /* [N] sum over k of the int8 weights: formats in groups of 4 */
    uint32_t inputs;     /* K */
    uint32_t outputs;    /* N */
} bl_weights;

/* What an int8-fast row has beside its bytes. One input is so much larger than the rest
 * in many rows that steps which reach it are too coarse for the others: its byte is
 * clamped, and what is missing is `excess`. */
typedef struct bl_row_terms {
    int32_t zero_point; /* the byte that stands for 0 */
    uint32_t outlier;   /* which input */
    int32_t excess;     /* its integer - its byte, within -2^15..2^15 */
} bl_row_terms;

/* Activations as a linear layer reads them, made by a pack kernel. */
typedef struct bl_packed_rows {
    const void *tiles;
    const float *scales;       /* [M] what one integer step is worth; NULL for fp32 */
    const bl_row_terms *terms; /* [M] int8-fast only */
    uint32_t rows;             /* M */
} bl_packed_rows;

/* Pack M rows of K floats into `tiles` (and, where the format has them, scales and
 * terms, each [M]).
 *   int8       scale = max|x| / qmax, q = round-half-even(x * (qmax / max|x|)), with
 *              qmax = min(4095, floor((2^31 - 1) / (128 K))): a sum of K products
 *              with any int8 weights fits int32 whatever the values.
 *   int8-fast  o = the first k with the largest |x|; lo = min(x, 0) and hi = max(x, 0)
 *              over all others; range = max(hi - lo, |x[o]| / 256),
 *              scale = range / 127, inverse = 127 / range,
 *              zero = round-half-even(-lo * inverse),
 *              q = clamp(round-half-even(x * inverse) + zero, 0, 127),
 *              excess = round-half-even(x[o] * inverse) + zero - q[o].
 *              |x[o] * inverse| is at most 127 * 256 and a rounding, so that
 *              |excess| < 2^15, and sum (q - zero) w + excess w[o] fits int32.
 * A row whose max|x| (or range) is below 2^-100 counts as zeros: scale 0, zeros, and all
 * terms 0. A row with a value that is not finite gets scale NaN, so that its results, and
 * no other row's, are NaN. */
typedef void (*bl_pack_rows_kernel)(const float *rows, size_t stride, uint32_t row_count,
                                    uint32_t inputs, void *tiles, float *scales,
                                    bl_row_terms *terms);

/* out[m][n] = bias[n] + sum over k of x[m][k] w[n][k], for the panels
 * [panel_begin, panel_end) only; columns of a panel beyond N receive 0 + bias.
 *   fp32       bias is added after the sum
 *   int8       float(sum) * (row scale * weight scale) + bias
 *   int8-fast  float(sum + excess * w[n][outlier] - zero point * weight sum)
 *              * (row scale * weight scale) + bias
 * `scratch`: 64-byte aligned, bl_linear_scratch_bytes bytes, contents undefined. */
typedef void (*bl_linear_kernel)(const bl_packed_rows *rows, const bl_weights *weights,
                                 uint32_t panel_begin, uint32_t panel_end, float *out,
                                 size_t out_stride, void *scratch);

/* rows[m][0..width) = activation(rows[m][0..width)), in place. */
typedef void (*bl_activate_kernel)(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                                   bl_activation activation);

/* rows[m][0..width) = activation(rows[m][0..width)) * rows[m][width..2 width), in place. Of the
 * second half the first columns may be written over. */
typedef void (*bl_gate_kernel)(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                               bl_activation activation);

/* Turns each head of a row, in place: with h = head_size / 2, for i < h
 *   (x[i], x[i + h]) = (x[i] cos[i] - x[i + h] sin[i], x[i + h] cos[i] + x[i] sin[i]).
 * `head_size` is even; heads stand end to end, at any alignment. */
typedef void (*bl_rotate_kernel)(float *row, uint32_t heads, uint32_t head_size,
                                 const float *cosines, const float *sines);

/* rows[m] = layer_norm(rows[m] + residual[m]) * gamma + beta, in place; `residual`
 * has the same stride and may be NULL. Mean first, then the variance of the
 * differences (two passes), both in float; times 1 / sqrt(variance + epsilon).
 * The RMS norm takes no mean away: the variance is that of the values, and beta is not read. */
typedef void (*bl_layer_norm_kernel)(float *rows, const float *residual, size_t stride,
                                     uint32_t row_count, uint32_t width, const float *gamma,
                                     const float *beta, float epsilon);

/* One head of one sequence: context = softmax(q k^T * scale) v.
 * k, v: [T][d], q and context: [queries][d], with the row strides given (any alignment
 * of 4 bytes: a head's columns begin where they begin; d may be odd, and only d columns
 * of context are written). `probabilities`: [queries][T] or NULL.
 * With a window a query sees the keys at most `window` places from its own; others get the
 * probability 0. A query's result is the same whichever others there are.
 * `scratch`: bl_attention_scratch_bytes(T, d) bytes, 64-byte aligned. */
typedef struct bl_attention_args {
    const float *q, *k, *v;
    size_t qkv_stride;
    float *context;
    size_t context_stride;
    float *probabilities;
    void *scratch;
    uint32_t tokens;    /* T */
    uint32_t queries;   /* rows of q */
    uint32_t head_size; /* d */
    float scale;
    uint32_t window;   /* 0: all keys are seen */
    const float *bias; /* [key's place - query's]: added to scores; NULL: nothing is */
    const uint32_t
        *places; /* with a window or bias: those of the queries, ascending; NULL: 0, 1, 2, … */
    uint32_t first_place; /* the first key's, where queries have places */
} bl_attention_args;

static inline uint32_t bl_query_place(const bl_attention_args *args, uint32_t query) {
    return args->places ? args->places[query] - args->first_place : query;
}

/* The keys [begin, end) that queries from the place `first` to the place `last` see. */
static inline uint32_t bl_window_begin(const bl_attention_args *args, uint32_t first) {
    return first > args->window ? first - args->window : 0;
}

static inline uint32_t bl_window_end(const bl_attention_args *args, uint32_t last) {
    uint32_t behind = args->tokens - last;
    return args->window < behind ? last + args->window + 1 : args->tokens;
}

typedef void (*bl_attention_kernel)(const bl_attention_args *args);

/* K tiles, V panels, one block of 8 queries and its scores. */
static inline size_t bl_attention_scratch_bytes(uint32_t tokens, uint32_t head_size) {
    size_t t = ((size_t)tokens + 7) & ~(size_t)7, d = ((size_t)head_size + 7) & ~(size_t)7;
    return (t * d * 2 + d * 8 + t * 8) * sizeof(float);
}

/* Everything a forward pass calls, in one table. */
typedef struct bl_kernels {
    const char *name; /* "scalar", "simd128", "relaxed" */
    bl_pack_rows_kernel pack_rows;
    bl_linear_kernel linear;
    bl_attention_kernel attention;
    bl_activate_kernel activate;
    bl_gate_kernel gate;
    bl_rotate_kernel rotate;
    bl_layer_norm_kernel layer_norm;
    bl_layer_norm_kernel rms_norm;
    uint32_t group;                 /* K is packed in groups of this many: 1, 2 or 4 */
    uint32_t packed_row_element;    /* bytes of one packed activation: 4, 2 or 1 */
    uint32_t packed_weight_element; /* bytes of one packed weight: 4, 1 or 1 */
    uint32_t strassen_rows;         /* most rows of a block of Strassen's algorithm; 0: not used */
} bl_kernels;

/* Bytes of a linear kernel's scratch for M rows of K inputs: what strassen_i8.h needs, seven
 * halves of a panel in int16, four sums of quarters of the rows, eight sums of products. */
static inline size_t bl_linear_scratch_bytes(const bl_kernels *kernels, uint32_t rows,
                                             uint32_t inputs) {
    size_t half = (rows < kernels->strassen_rows ? rows : kernels->strassen_rows) / 2;
    size_t depth = ((size_t)inputs + 8) / 2 * sizeof(int16_t);
    return half ? (7 * BL_PANEL + 4 * half) * depth + 8 * half * BL_PANEL * sizeof(int32_t) : 0;
}

/* How weights are stored and computed with. */
typedef enum bl_dtype {
    BL_DTYPE_FP32 = 0,
    BL_DTYPE_INT8 = 1,     /* W8A13: the same bits on every machine */
    BL_DTYPE_INT8_FAST = 2 /* W8A7 by relaxed dot products */
} bl_dtype;

/* The fastest table of this build and this machine for `dtype`; NULL when the build has none
 * (int8-fast without relaxed SIMD). int8 gives the same bits whichever it is: a relaxed
 * instruction gets no operands for which it is open what it does. */
const bl_kernels *bl_kernels_select(bl_dtype dtype);

/* Packs rows of the int8 format with int16 activations, whichever int8 table is chosen: an
 * int8 table of rows (dot_rows.h) reads one of them at a time. */
void bl_pack_rows_int16(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                        int16_t *tiles, float *scales);

/* The fp32 table that fuses no multiplication with an addition: the same bits in every
 * build. */
const bl_kernels *bl_kernels_unfused(void);

#endif
