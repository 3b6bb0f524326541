/* Activations to the tiles that the linear kernels read: kernels.h has the layouts. */
#include "kernel_sets.h"
#include "quantize.h"
#include "wasm_simd.h"

/* ---- fp32: [k][row] ---- */

static void pack_tile_f32(const float *rows, size_t stride, uint32_t inputs, float *tile) {
    uint32_t k = 0;
    for (; k + 4 <= inputs; k += 4, tile += 16) {
        v128_t m[4];
        BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
            m[r] = wasm_v128_load(rows + r * stride + k);
        }
        bl_transpose4(m);
        BL_UNROLLED for (uint32_t j = 0; j < 4; j++) {
            wasm_v128_store(tile + j * 4, m[j]);
        }
    }
    for (; k < inputs; k++) {
        for (uint32_t r = 0; r < 4; r++) {
            *tile++ = rows[r * stride + k];
        }
    }
}

void bl_simd128_pack_rows_f32(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                              void *tiles, float *scales, bl_row_terms *terms) {
    (void)scales, (void)terms;
    float *tile = tiles;
    for (; row_count >= BL_TILE; row_count -= BL_TILE) {
        pack_tile_f32(rows, stride, inputs, tile);
        rows += stride * BL_TILE;
        tile += (size_t)inputs * BL_TILE;
    }
    for (uint32_t r = 0; r < row_count; r++) {
        for (uint32_t k = 0; k < inputs; k++) {
            tile[(size_t)k * row_count + r] = rows[r * stride + k];
        }
    }
}

/* ---- int8: [k / 2][row][2] ---- */

BL_INLINE v128_t swap_halves(v128_t x) {
    return wasm_i32x4_shuffle(x, x, 2, 3, 0, 1);
}

BL_INLINE v128_t swap_pairs(v128_t x) {
    return wasm_i32x4_shuffle(x, x, 1, 0, 3, 2);
}

/* min(x, 0) and max(x, 0) of a row, as bits. As signed integers, the bits of negative
 * floats are the smallest, as unsigned ones the largest and in the order of magnitude; a
 * NaN is beyond all others of its sign. */
typedef struct value_range {
    uint32_t low, high;
} value_range;

static value_range range_of(const float *row, uint32_t inputs) {
    v128_t h = wasm_i32x4_splat(0), l = h, h2 = h, l2 = h;
    uint32_t k = 0;
    for (; k + 8 <= inputs; k += 8) {
        v128_t x = wasm_v128_load(row + k), x2 = wasm_v128_load(row + k + 4);
        h = wasm_i32x4_max(h, x);
        l = wasm_u32x4_max(l, x);
        h2 = wasm_i32x4_max(h2, x2);
        l2 = wasm_u32x4_max(l2, x2);
    }
    for (; k < inputs; k += 4) {
        v128_t x = bl_load_part(row + k, inputs - k);
        h = wasm_i32x4_max(h, x);
        l = wasm_u32x4_max(l, x);
    }
    h = wasm_i32x4_max(h, h2);
    l = wasm_u32x4_max(l, l2);
    h = wasm_i32x4_max(h, swap_halves(h));
    h = wasm_i32x4_max(h, swap_pairs(h));
    l = wasm_u32x4_max(l, swap_halves(l));
    l = wasm_u32x4_max(l, swap_pairs(l));
    uint32_t low = (uint32_t)wasm_i32x4_extract_lane(l, 0);
    return (value_range){low >> 31 ? low : 0, (uint32_t)wasm_i32x4_extract_lane(h, 0)};
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* What the quantising loops need, loaded once. */
typedef struct quantizer {
    v128_t round;            /* BL_ROUND */
    v128_t inverse[BL_TILE]; /* of each row */
    v128_t offset[BL_TILE];  /* of each row: zero point - BL_ROUND_BITS; int8 has only [0] */
} quantizer;

/* Four values of row r, as int32 lanes. */
BL_INLINE v128_t quantize4(const quantizer *q, uint32_t r, v128_t offset, v128_t x) {
    return wasm_i32x4_add(wasm_f32x4_add(wasm_f32x4_mul(x, q->inverse[r]), q->round), offset);
}

BL_INLINE void set_row(quantizer *q, uint32_t r, float inverse, int32_t zero_point) {
    static const int32_t constants[2] = {BL_ROUND_BITS, -BL_ROUND_BITS};
    const int32_t *hidden = bl_hidden(constants);
    q->round = wasm_v128_load32_splat(hidden);
    q->inverse[r] = wasm_f32x4_splat(inverse);
    q->offset[r] = wasm_i32x4_add(wasm_v128_load32_splat(hidden + 1), wasm_i32x4_splat(zero_point));
}

/* Two rows' int32 to int16 within +-4095, as all are that were finite: sums of several, which
 * strassen_i8.h makes across rows, must not wrap. */
BL_INLINE v128_t narrow_i8(v128_t x, v128_t x2) {
    static const int16_t ends[4] = {BL_MOST_ROW_STEPS, BL_MOST_ROW_STEPS, -BL_MOST_ROW_STEPS,
                                    -BL_MOST_ROW_STEPS};
    const int16_t *hidden = bl_hidden(ends);
    v128_t least = wasm_v128_load32_splat(hidden + 2), most = wasm_v128_load32_splat(hidden);
    return wasm_i16x8_max(wasm_i16x8_min(wasm_i16x8_narrow_i32x4(x, x2), most), least);
}

/* Columns k..k+3 of 4 rows: two groups of [row][2]. */
BL_INLINE void quantize_block_i8(const quantizer *q, const v128_t x[4], v128_t groups[2]) {
    v128_t a = narrow_i8(quantize4(q, 0, q->offset[0], x[0]), quantize4(q, 1, q->offset[0], x[1]));
    v128_t b = narrow_i8(quantize4(q, 2, q->offset[0], x[2]), quantize4(q, 3, q->offset[0], x[3]));
    groups[0] = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6);
    groups[1] = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
}

static void pack_tile_i8(const float *rows, size_t stride, uint32_t inputs, const quantizer *row_q,
                         void *out) {
    int16_t *tile = out;
    const quantizer q = *row_q;
    v128_t x[4], groups[2];
    uint32_t k = 0;
    for (; k + 4 <= inputs; k += 4, tile += 16) {
        BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
            x[r] = wasm_v128_load(rows + r * stride + k);
        }
        quantize_block_i8(&q, x, groups);
        wasm_v128_store(tile, groups[0]);
        wasm_v128_store(tile + 8, groups[1]);
    }
    if (k < inputs) {
        for (uint32_t r = 0; r < 4; r++) {
            x[r] = bl_load_part(rows + r * stride + k, inputs - k);
        }
        quantize_block_i8(&q, x, groups);
        wasm_v128_store(tile, groups[0]);
        if (inputs - k == 3) {
            wasm_v128_store(tile + 8, groups[1]);
        }
    }
}

/* One row of a tile of `tile_rows` < 4 rows. */
static void pack_row_i8(const float *row, uint32_t inputs, const quantizer *row_q,
                        uint32_t tile_rows, void *out) {
    int16_t *tile = out;
    const quantizer q = *row_q;
    size_t group = (size_t)tile_rows * 2;
    for (uint32_t k = 0; k < inputs; k += 4, tile += group * 2) {
        v128_t x = quantize4(&q, 0, q.offset[0], bl_load_part(row + k, inputs - k));
        x = wasm_i16x8_narrow_i32x4(x, x);
        wasm_v128_store32_lane(tile, x, 0);
        if (inputs - k > 2) {
            wasm_v128_store32_lane(tile + group, x, 1);
        }
    }
}

static float quantizer_i8(quantizer *q, uint32_t r, const float *row, uint32_t inputs,
                          int32_t zero_point) {
    value_range range = range_of(row, inputs);
    uint32_t low = range.low & 0x7fffffff;
    float largest = float_of(low > range.high ? low : range.high), inverse;
    float scale = bl_row_step(largest, bl_row_steps(inputs), &inverse);
    set_row(q, r, inverse, zero_point);
    return scale;
}

/* Both int8 formats have two bytes an input. */
typedef struct int8_format {
    void (*pack_tile)(const float *rows, size_t stride, uint32_t inputs, const quantizer *row_q,
                      void *out);
    void (*pack_row)(const float *row, uint32_t inputs, const quantizer *row_q, uint32_t tile_rows,
                     void *out);
    uint32_t group;
    int32_t zero_point;
} int8_format;

BL_INLINE void pack_rows_i8(const int8_format *format, const float *rows, size_t stride,
                            uint32_t row_count, uint32_t inputs, uint8_t *tile, float *scales) {
    size_t filled = (inputs + format->group - 1) / format->group * format->group;
    quantizer q;
    uint32_t row = 0;
    for (; row + BL_TILE <= row_count; row += BL_TILE) {
        for (uint32_t r = 0; r < BL_TILE; r++) {
            scales[row + r] =
                quantizer_i8(&q, r, rows + (row + r) * stride, inputs, format->zero_point);
        }
        format->pack_tile(rows + row * stride, stride, inputs, &q, tile);
        tile += filled * 2 * BL_TILE;
    }
    for (uint32_t left = row_count - row; row < row_count; row++, tile += format->group * 2) {
        scales[row] = quantizer_i8(&q, 0, rows + row * stride, inputs, format->zero_point);
        format->pack_row(rows + row * stride, inputs, &q, left, tile);
    }
}

void bl_simd128_pack_rows_i8(const float *rows, size_t stride, uint32_t row_count, uint32_t inputs,
                             void *tiles, float *scales, bl_row_terms *terms) {
    static const int8_format format = {pack_tile_i8, pack_row_i8, 2, 0};
    (void)terms;
    pack_rows_i8(&format, rows, stride, row_count, inputs, tiles, scales);
}

/* ---- int8 in digits: [k / 4][row][2][4] ---- */

/* Columns k..k+3 of two rows, [row][2][4]. What is not finite gives digits like all others. */
BL_INLINE v128_t digits_of(v128_t x, v128_t x2) {
    static const int32_t digit = (1 << BL_DIGIT_BITS) - 1;
    v128_t mask = wasm_v128_load32_splat(bl_hidden(&digit));
    v128_t high = wasm_v128_and(wasm_i32x4_shr(x, BL_DIGIT_BITS), mask);
    v128_t high2 = wasm_v128_and(wasm_i32x4_shr(x2, BL_DIGIT_BITS), mask);
    return wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(high, wasm_v128_and(x, mask)),
                                   wasm_i16x8_narrow_i32x4(high2, wasm_v128_and(x2, mask)));
}

static void pack_tile_digits(const float *rows, size_t stride, uint32_t inputs,
                             const quantizer *row_q, void *out) {
    uint8_t *tile = out;
    const quantizer q = *row_q;
    for (uint32_t k = 0; k < inputs; k += 4, tile += 32) {
        v128_t x[4];
        BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
            x[r] = quantize4(&q, r, q.offset[0], bl_load_part(rows + r * stride + k, inputs - k));
        }
        wasm_v128_store(tile, digits_of(x[0], x[1]));
        wasm_v128_store(tile + 16, digits_of(x[2], x[3]));
    }
}

static void pack_row_digits(const float *row, uint32_t inputs, const quantizer *row_q,
                            uint32_t tile_rows, void *out) {
    uint8_t *tile = out;
    const quantizer q = *row_q;
    for (uint32_t k = 0; k < inputs; k += 4, tile += (size_t)tile_rows * 8) {
        v128_t x = quantize4(&q, 0, q.offset[0], bl_load_part(row + k, inputs - k));
        wasm_v128_store64_lane(tile, digits_of(x, x), 0);
    }
}

void bl_simd128_pack_rows_digits(const float *rows, size_t stride, uint32_t row_count,
                                 uint32_t inputs, void *tiles, float *scales, bl_row_terms *terms) {
    static const int8_format format = {pack_tile_digits, pack_row_digits, 4, BL_DIGITS_ZERO};
    (void)terms;
    pack_rows_i8(&format, rows, stride, row_count, inputs, tiles, scales);
}

/* ---- int8-fast: [k / 4][row][4] ---- */

/* The first k at which the row has these bits; `inputs` or more where there is none. */
static uint32_t find_bits(const float *row, uint32_t inputs, uint32_t bits) {
    v128_t wanted = wasm_i32x4_splat((int32_t)bits);
    uint32_t k = 0;
    for (; k + 16 <= inputs; k += 16) {
        v128_t found[4];
        BL_UNROLLED for (uint32_t i = 0; i < 4; i++) {
            found[i] = wasm_i32x4_eq(wasm_v128_load(row + k + 4 * i), wanted);
        }
        if (wasm_v128_any_true(
                wasm_v128_or(wasm_v128_or(found[0], found[1]), wasm_v128_or(found[2], found[3])))) {
            break;
        }
    }
    for (; k < inputs; k += 4) {
        v128_t found = wasm_i32x4_eq(bl_load_part(row + k, inputs - k), wanted);
        if (wasm_v128_any_true(found)) {
            return k + (uint32_t)__builtin_ctz(wasm_i32x4_bitmask(found));
        }
    }
    return k;
}

/* The two largest values as signed integers and the two largest as unsigned ones (see
 * value_range). Without its outlier, a row ends in the second one on that side. */
typedef struct two_ends {
    v128_t high, high2, low, low2;
} two_ends;

BL_INLINE void add_value(two_ends *ends, v128_t x) {
    ends->high2 = wasm_i32x4_max(ends->high2, wasm_i32x4_min(ends->high, x));
    ends->high = wasm_i32x4_max(ends->high, x);
    ends->low2 = wasm_u32x4_max(ends->low2, wasm_u32x4_min(ends->low, x));
    ends->low = wasm_u32x4_max(ends->low, x);
}

BL_INLINE two_ends merged(two_ends a, two_ends b) {
    v128_t high2 = wasm_i32x4_max(a.high2, b.high2), low2 = wasm_u32x4_max(a.low2, b.low2);
    return (two_ends){
        .high = wasm_i32x4_max(a.high, b.high),
        .high2 = wasm_i32x4_max(high2, wasm_i32x4_min(a.high, b.high)),
        .low = wasm_u32x4_max(a.low, b.low),
        .low2 = wasm_u32x4_max(low2, wasm_u32x4_min(a.low, b.low)),
    };
}

/* In every lane: of the whole row. */
static two_ends ends_of(const float *row, uint32_t inputs) {
    v128_t zero = wasm_i32x4_splat(0);
    two_ends a = {zero, zero, zero, zero}, b = a;
    uint32_t k = 0;
    for (; k + 8 <= inputs; k += 8) {
        add_value(&a, wasm_v128_load(row + k));
        add_value(&b, wasm_v128_load(row + k + 4));
    }
    for (; k < inputs; k += 4) {
        add_value(&a, bl_load_part(row + k, inputs - k));
    }
    a = merged(a, b);
    b = (two_ends){swap_halves(a.high), swap_halves(a.high2), swap_halves(a.low),
                   swap_halves(a.low2)};
    a = merged(a, b);
    b = (two_ends){swap_pairs(a.high), swap_pairs(a.high2), swap_pairs(a.low), swap_pairs(a.low2)};
    return merged(a, b);
}

/* A row's outlier, and min(x, 0) and max(x, 0) of all the others. */
typedef struct outlier_range {
    uint32_t outlier;
    float low, high;
} outlier_range;

/* Where |x| is largest at both ends, the outlier is the first of the two. (So it is in a
 * row of zeros, of which there are two kinds.) */
static outlier_range outlier_range_of(const float *row, uint32_t inputs) {
    two_ends ends = ends_of(row, inputs);
    uint32_t high = (uint32_t)wasm_i32x4_extract_lane(ends.high, 0);
    uint32_t low = (uint32_t)wasm_i32x4_extract_lane(ends.low, 0);
    uint32_t magnitude = low >> 31 ? low & 0x7fffffff : 0;
    uint32_t outlier = find_bits(row, inputs, high > magnitude ? high : low);
    if (high == magnitude) {
        uint32_t other = find_bits(row, inputs, high);
        outlier = other < outlier ? other : outlier;
    }
    int negative = row[outlier] < 0.0f;
    low = negative ? (uint32_t)wasm_i32x4_extract_lane(ends.low2, 0) : low;
    high = negative ? high : (uint32_t)wasm_i32x4_extract_lane(ends.high2, 0);
    return (outlier_range){outlier, float_of(low >> 31 ? low : 0), float_of(high)};
}

/* Bytes 0..127 of columns k..k+3 of four rows. */
BL_INLINE v128_t narrow_fast(v128_t r0, v128_t r1, v128_t r2, v128_t r3) {
    v128_t bytes =
        wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(r0, r1), wasm_i16x8_narrow_i32x4(r2, r3));
    return wasm_u8x16_min(bytes, wasm_i8x16_splat(BL_FAST_STEPS));
}

static void pack_tile_i8_fast(const float *rows, size_t stride, uint32_t inputs,
                              const quantizer *row_q, uint8_t *tile) {
    const quantizer q = *row_q;
    v128_t x[4];
    uint32_t k = 0;
    for (; k + 4 <= inputs; k += 4, tile += 16) {
        BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
            x[r] = quantize4(&q, r, q.offset[r], wasm_v128_load(rows + r * stride + k));
        }
        wasm_v128_store(tile, narrow_fast(x[0], x[1], x[2], x[3]));
    }
    if (k < inputs) {
        for (uint32_t r = 0; r < 4; r++) {
            x[r] = quantize4(&q, r, q.offset[r], bl_load_part(rows + r * stride + k, inputs - k));
        }
        wasm_v128_store(tile, narrow_fast(x[0], x[1], x[2], x[3]));
    }
}

static void pack_row_i8_fast(const float *row, uint32_t inputs, const quantizer *row_q,
                             uint32_t tile_rows, uint8_t *tile) {
    const quantizer q = *row_q;
    for (uint32_t k = 0; k < inputs; k += 4, tile += (size_t)tile_rows * 4) {
        v128_t x = quantize4(&q, 0, q.offset[0], bl_load_part(row + k, inputs - k));
        wasm_v128_store32_lane(tile, narrow_fast(x, x, x, x), 0);
    }
}

static int32_t rounded(float x) {
    return (int32_t)((x + BL_ROUND) - BL_ROUND);
}

static float quantizer_i8_fast(quantizer *q, uint32_t r, const float *row, uint32_t inputs,
                               bl_row_terms *terms) {
    outlier_range range = outlier_range_of(row, inputs);
    float x = row[range.outlier], inverse;
    float covered = bl_fast_range(range.low, range.high, __builtin_fabsf(x));
    float scale = bl_row_step(covered, BL_FAST_STEPS, &inverse);
    *terms = (bl_row_terms){0, 0, 0};
    if (inverse > 0.0f) {
        terms->zero_point = rounded(-range.low * inverse);
        terms->outlier = range.outlier;
        int32_t whole = rounded(x * inverse) + terms->zero_point;
        int32_t above = whole - BL_FAST_STEPS;
        terms->excess = whole < 0 ? whole : above > 0 ? above : 0;
    }
    set_row(q, r, inverse, terms->zero_point);
    return scale;
}

void bl_simd128_pack_rows_i8_fast(const float *rows, size_t stride, uint32_t row_count,
                                  uint32_t inputs, void *tiles, float *scales,
                                  bl_row_terms *terms) {
    uint8_t *tile = tiles;
    quantizer q;
    uint32_t row = 0;
    for (; row + BL_TILE <= row_count; row += BL_TILE) {
        for (uint32_t r = 0; r < BL_TILE; r++) {
            scales[row + r] =
                quantizer_i8_fast(&q, r, rows + (row + r) * stride, inputs, &terms[row + r]);
        }
        pack_tile_i8_fast(rows + row * stride, stride, inputs, &q, tile);
        tile += (size_t)((inputs + 3) & ~3u) * BL_TILE;
    }
    for (uint32_t left = row_count - row; row < row_count; row++, tile += 4) {
        scales[row] = quantizer_i8_fast(&q, 0, rows + row * stride, inputs, &terms[row]);
        pack_row_i8_fast(rows + row * stride, inputs, &q, left, tile);
    }
}
