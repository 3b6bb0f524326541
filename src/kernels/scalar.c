/* The reference: every kernel as its definition reads, one value at a time. The simd128
 * sets give the same bits; what fixes them is written here:
 * - products over K, scores and contexts are summed in the order of k, d and keys,
 *   each product and each sum rounded by itself;
 * - a sum along a row (layer norm) goes to 8 lanes, column k to lane k % 8, and the
 *   lanes are added as row_sum does;
 * - sums of integers are exact. */
#include "kernel_sets.h"
#include "quantize.h"
#include "scalar_math.h"

/* Element k of row m among packed rows whose K, filled up to the group, is `inputs`. */
static size_t packed_row_index(uint32_t m, uint32_t k, uint32_t rows, uint32_t inputs,
                               uint32_t group) {
    uint32_t first = m / BL_TILE * BL_TILE;
    uint32_t tile_rows = rows - first < BL_TILE ? rows - first : BL_TILE;
    size_t step = (size_t)(k / group) * tile_rows + (m - first);
    return (size_t)first * inputs + step * group + k % group;
}

/* The upper digit of element k, likewise; the lower one is 4 bytes on. */
static size_t packed_digit_index(uint32_t m, uint32_t k, uint32_t rows, uint32_t inputs) {
    return packed_row_index(m, k, rows, inputs, 4) / 4 * 8 + k % 4;
}

/* Weight k of output n among packed weights, `inputs` likewise. */
static size_t packed_weight_index(uint32_t n, uint32_t k, uint32_t inputs, uint32_t group) {
    size_t step = (size_t)(n / BL_PANEL) * (inputs / group) + k / group;
    return (step * BL_PANEL + n % BL_PANEL) * group + k % group;
}

static uint32_t filled(uint32_t inputs, uint32_t group) {
    return (inputs + group - 1) / group * group;
}

/* ---- packing rows ---- */

static void pack_rows_f32(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                          void *tiles, float *scales, bl_row_terms *terms) {
    (void)scales, (void)terms;
    for (uint32_t m = 0; m < row_count; m++) {
        for (uint32_t k = 0; k < inputs; k++) {
            ((float *)tiles)[packed_row_index(m, k, row_count, inputs, 1)] = rows[m * stride + k];
        }
    }
}

/* min(x, 0) and max(x, 0) over all inputs but one (`but`; `inputs`: all). Any NaN makes
 * these NaN. */
static void value_range(const float *row, uint32_t inputs, uint32_t but, float *low, float *high) {
    *low = *high = 0.0f;
    for (uint32_t k = 0; k < inputs; k++) {
        float x = k == but ? 0.0f : row[k];
        *low = x < *low || x != x ? x : *low;
        *high = x > *high || x != x ? x : *high;
    }
}

static int32_t quantized(float x, float inverse) {
    return inverse > 0.0f ? (int32_t)((x * inverse + BL_ROUND) - BL_ROUND) : 0;
}

/* What one step of int8 is worth in this row. */
static float quantizer_of(const float *row, uint32_t inputs, float *inverse) {
    float low, high;
    value_range(row, inputs, inputs, &low, &high);
    return bl_row_step(-low > high ? -low : high, bl_row_steps(inputs), inverse);
}

static void pack_rows_i8(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                         void *tiles, float *scales, bl_row_terms *terms) {
    (void)terms;
    uint32_t padded = filled(inputs, 2);
    for (uint32_t m = 0; m < row_count; m++) {
        const float *row = rows + m * stride;
        float inverse;
        scales[m] = quantizer_of(row, inputs, &inverse);
        for (uint32_t k = 0; k < padded; k++) {
            ((int16_t *)tiles)[packed_row_index(m, k, row_count, padded, 2)] =
                (int16_t)(k < inputs ? quantized(row[k], inverse) : 0);
        }
    }
}

static float magnitude(float x) {
    return x < 0.0f ? -x : x;
}

static void pack_rows_digits(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                             void *tiles, float *scales, bl_row_terms *terms) {
    (void)terms;
    uint32_t padded = filled(inputs, 4);
    for (uint32_t m = 0; m < row_count; m++) {
        float inverse;
        scales[m] = quantizer_of(rows + m * stride, inputs, &inverse);
        for (uint32_t k = 0; k < padded; k++) {
            int32_t x =
                (k < inputs ? quantized(rows[m * stride + k], inverse) : 0) + BL_DIGITS_ZERO;
            uint8_t *digits = (uint8_t *)tiles + packed_digit_index(m, k, row_count, padded);
            digits[0] = (uint8_t)(x >> BL_DIGIT_BITS);
            digits[4] = (uint8_t)(x & ((1 << BL_DIGIT_BITS) - 1));
        }
    }
}

/* The first input of the largest magnitude. */
static uint32_t largest_input(const float *row, uint32_t inputs) {
    uint32_t largest = 0;
    for (uint32_t k = 1; k < inputs; k++) {
        largest = magnitude(row[k]) > magnitude(row[largest]) ? k : largest;
    }
    return largest;
}

static void pack_rows_i8_fast(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                              void *tiles, float *scales, bl_row_terms *terms) {
    uint32_t padded = filled(inputs, 4);
    for (uint32_t m = 0; m < row_count; m++) {
        const float *row = rows + m * stride;
        uint32_t outlier = largest_input(row, inputs);
        float low, high, inverse;
        value_range(row, inputs, outlier, &low, &high);
        float range = bl_fast_range(low, high, magnitude(row[outlier]));
        scales[m] = bl_row_step(range, BL_FAST_STEPS, &inverse);
        int32_t zero_point = quantized(-low, inverse);
        terms[m] = (bl_row_terms){zero_point, inverse > 0.0f ? outlier : 0, 0};
        for (uint32_t k = 0; k < padded; k++) {
            int32_t whole = (k < inputs ? quantized(row[k], inverse) : 0) + zero_point;
            int32_t q = whole < 0 ? 0 : whole > BL_FAST_STEPS ? BL_FAST_STEPS : whole;
            terms[m].excess += k == outlier ? whole - q : 0;
            ((uint8_t *)tiles)[packed_row_index(m, k, row_count, padded, 4)] = (uint8_t)q;
        }
    }
}

/* ---- linear layers ---- */

static void linear_f32(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                       uint32_t panel_end, float *out, size_t stride, void *scratch) {
    (void)scratch;
    const float *x = rows->tiles, *w = weights->panels;
    uint32_t inputs = weights->inputs;
    for (uint32_t m = 0; m < rows->rows; m++) {
        for (uint32_t n = panel_begin * BL_PANEL; n < panel_end * BL_PANEL; n++) {
            float sum = 0.0f;
            for (uint32_t k = 0; k < inputs; k++) {
                sum += x[packed_row_index(m, k, rows->rows, inputs, 1)] *
                       w[packed_weight_index(n, k, inputs, 1)];
            }
            out[m * stride + n] = sum + weights->bias[n];
        }
    }
}

/* What an integer sum is worth. Columns beyond N are the bias alone. */
static float scaled(const bl_packed_rows *rows, const bl_weights *weights, uint32_t m, uint32_t n,
                    int32_t sum) {
    float scale = n < weights->outputs ? weights->scales[n] : 0.0f;
    return (float)sum * (rows->scales[m] * scale) + weights->bias[n];
}

static void linear_i8(const bl_packed_rows *rows, const bl_weights *weights, uint32_t panel_begin,
                      uint32_t panel_end, float *out, size_t stride, void *scratch) {
    (void)scratch;
    const int16_t *x = rows->tiles;
    const int8_t *w = weights->panels;
    uint32_t inputs = filled(weights->inputs, 2);
    for (uint32_t m = 0; m < rows->rows; m++) {
        for (uint32_t n = panel_begin * BL_PANEL; n < panel_end * BL_PANEL; n++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < inputs; k++) {
                sum += x[packed_row_index(m, k, rows->rows, inputs, 2)] *
                       w[packed_weight_index(n, k, inputs, 2)];
            }
            out[m * stride + n] = scaled(rows, weights, m, n, sum);
        }
    }
}

static void linear_digits(const bl_packed_rows *rows, const bl_weights *weights,
                          uint32_t panel_begin, uint32_t panel_end, float *out, size_t stride,
                          void *scratch) {
    (void)scratch;
    const uint8_t *x = rows->tiles;
    const int8_t *w = weights->panels;
    uint32_t inputs = filled(weights->inputs, 4);
    for (uint32_t m = 0; m < rows->rows; m++) {
        for (uint32_t n = panel_begin * BL_PANEL; n < panel_end * BL_PANEL; n++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < inputs; k++) {
                size_t digit = packed_digit_index(m, k, rows->rows, inputs);
                int32_t value = (x[digit] << BL_DIGIT_BITS) + x[digit + 4] - BL_DIGITS_ZERO;
                sum += value * w[packed_weight_index(n, k, inputs, 4)];
            }
            out[m * stride + n] = scaled(rows, weights, m, n, sum);
        }
    }
}

static void linear_i8_fast(const bl_packed_rows *rows, const bl_weights *weights,
                           uint32_t panel_begin, uint32_t panel_end, float *out, size_t stride,
                           void *scratch) {
    (void)scratch;
    const uint8_t *x = rows->tiles;
    const int8_t *w = weights->panels;
    uint32_t inputs = filled(weights->inputs, 4);
    for (uint32_t m = 0; m < rows->rows; m++) {
        for (uint32_t n = panel_begin * BL_PANEL; n < panel_end * BL_PANEL; n++) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < inputs; k++) {
                sum += x[packed_row_index(m, k, rows->rows, inputs, 4)] *
                       w[packed_weight_index(n, k, inputs, 4)];
            }
            bl_row_terms terms = rows->terms[m];
            sum += terms.excess * w[packed_weight_index(n, terms.outlier, inputs, 4)];
            sum -= n < weights->outputs ? terms.zero_point * weights->sums[n] : 0;
            out[m * stride + n] = scaled(rows, weights, m, n, sum);
        }
    }
}

/* ---- attention ---- */

static void attention(const bl_attention_args *args) {
    uint32_t tokens = args->tokens, d = args->head_size;
    float *weights = args->scratch; /* of the keys, for one query */
    for (uint32_t query = 0; query < args->queries; query++) {
        const float *q = args->q + query * args->qkv_stride;
        float largest = -__builtin_inff(), total = 0.0f;
        uint32_t place = bl_query_place(args, query), begin = 0, end = tokens;
        if (args->window) {
            begin = bl_window_begin(args, place);
            end = bl_window_end(args, place);
        }
        for (uint32_t key = begin; key < end; key++) {
            const float *k = args->k + key * args->qkv_stride;
            float score = 0.0f;
            for (uint32_t i = 0; i < d; i++) {
                score += k[i] * (q[i] * args->scale);
            }
            if (args->bias) {
                score += args->bias[(ptrdiff_t)key - (ptrdiff_t)place];
            }
            weights[key] = score;
            largest = largest < score ? score : largest;
        }
        for (uint32_t key = begin; key < end; key++) {
            weights[key] = bl_exp(weights[key] - largest);
            total += weights[key];
        }
        float inverse = 1.0f / total;
        for (uint32_t i = 0; i < d; i++) {
            float sum = 0.0f;
            for (uint32_t key = begin; key < end; key++) {
                sum += weights[key] * args->v[key * args->qkv_stride + i];
            }
            args->context[query * args->context_stride + i] = sum * inverse;
        }
        for (uint32_t key = 0; args->probabilities && key < tokens; key++) {
            int is_seen = key >= begin && key < end;
            args->probabilities[(size_t)query * tokens + key] =
                is_seen ? weights[key] * inverse : 0.0f;
        }
    }
}

/* ---- along a row ---- */

static float activated(float x, bl_activation activation) {
    switch (activation) {
    case BL_ACTIVATION_GELU:
        return bl_gelu(x);
    case BL_ACTIVATION_GELU_NEW:
        return bl_gelu_new(x);
    case BL_ACTIVATION_RELU:
        return x < 0.0f ? 0.0f : x;
    case BL_ACTIVATION_SILU:
        return bl_silu(x);
    case BL_ACTIVATION_TANH:
        return bl_tanh(x);
    }
    return x;
}

static void activate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                     bl_activation activation) {
    for (uint32_t m = 0; m < row_count; m++) {
        for (uint32_t k = 0; k < width; k++) {
            rows[m * stride + k] = activated(rows[m * stride + k], activation);
        }
    }
}

static void gate(float *rows, size_t stride, uint32_t row_count, uint32_t width,
                 bl_activation activation) {
    for (uint32_t m = 0; m < row_count; m++) {
        float *row = rows + m * stride;
        for (uint32_t k = 0; k < width; k++) {
            row[k] = activated(row[k], activation) * row[width + k];
        }
    }
}

static void rotate(float *row, uint32_t heads, uint32_t head_size, const float *cosines,
                   const float *sines) {
    uint32_t half = head_size / 2;
    for (uint32_t head = 0; head < heads; head++, row += head_size) {
        for (uint32_t i = 0; i < half; i++) {
            float x = row[i], y = row[i + half];
            row[i] = x * cosines[i] - y * sines[i];
            row[i + half] = y * cosines[i] + x * sines[i];
        }
    }
}

static float row_sum(const float lane[8]) {
    float a = lane[0] + lane[4], b = lane[1] + lane[5];
    float c = lane[2] + lane[6], d = lane[3] + lane[7];
    return (a + b) + (c + d);
}

static void layer_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                       uint32_t width, const float *gamma, const float *beta, float epsilon) {
    for (uint32_t m = 0; m < row_count; m++) {
        float *row = rows + m * stride;
        float sums[8] = {0}, squares[8] = {0};
        for (uint32_t k = 0; k < width; k++) {
            row[k] += residual ? residual[m * stride + k] : 0.0f;
            sums[k % 8] += row[k];
        }
        float mean = row_sum(sums) / (float)width;
        for (uint32_t k = 0; k < width; k++) {
            float difference = row[k] - mean;
            squares[k % 8] += difference * difference;
        }
        float variance = row_sum(squares) / (float)width;
        float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
        for (uint32_t k = 0; k < width; k++) {
            row[k] = (row[k] - mean) * inverse * gamma[k] + beta[k];
        }
    }
}

static void rms_norm(float *rows, const float *residual, size_t stride, uint32_t row_count,
                     uint32_t width, const float *gamma, const float *beta, float epsilon) {
    (void)beta;
    for (uint32_t m = 0; m < row_count; m++) {
        float *row = rows + m * stride;
        float squares[8] = {0};
        for (uint32_t k = 0; k < width; k++) {
            row[k] += residual ? residual[m * stride + k] : 0.0f;
            squares[k % 8] += row[k] * row[k];
        }
        float inverse = 1.0f / __builtin_sqrtf(row_sum(squares) / (float)width + epsilon);
        for (uint32_t k = 0; k < width; k++) {
            row[k] = row[k] * inverse * gamma[k];
        }
    }
}

const bl_kernels bl_scalar_f32 = {
    .name = "scalar",
    .pack_rows = pack_rows_f32,
    .linear = linear_f32,
    .attention = attention,
    .activate = activate,
    .gate = gate,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .group = 1,
    .packed_row_element = 4,
    .packed_weight_element = 4,
};

const bl_kernels bl_scalar_i8 = {
    .name = "scalar",
    .pack_rows = pack_rows_i8,
    .linear = linear_i8,
    .attention = attention,
    .activate = activate,
    .gate = gate,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .group = 2,
    .packed_row_element = 2,
    .packed_weight_element = 1,
};

const bl_kernels bl_scalar_digits = {
    .name = "scalar",
    .pack_rows = pack_rows_digits,
    .linear = linear_digits,
    .attention = attention,
    .activate = activate,
    .gate = gate,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .group = 4,
    .packed_row_element = 2,
    .packed_weight_element = 1,
};

const bl_kernels bl_scalar_i8_fast = {
    .name = "scalar",
    .pack_rows = pack_rows_i8_fast,
    .linear = linear_i8_fast,
    .attention = attention,
    .activate = activate,
    .gate = gate,
    .rotate = rotate,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .group = 4,
    .packed_row_element = 1,
    .packed_weight_element = 1,
};
