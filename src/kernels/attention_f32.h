/* Attention of one head, for simd128.c and relaxed.c (see linear_f32.h).
 *
 * Queries are taken 8 at a time, packed [d][8]; keys are packed as tiles of 4,
 * [tile][d][4]. A product of the two is a tile [4 keys][8 queries], so that the scores
 * lie as [key][8 queries]: softmax runs down the columns, 8 queries at once, and the
 * result is already the row tile that the product with the values (packed as panels
 * [key][8 columns]) reads. Nothing is ever transposed but the inputs. Keys beyond T
 * do not exist; queries beyond the last are zeros and are not stored. */
#ifndef BERTLET_ATTENTION_F32_H
#define BERTLET_ATTENTION_F32_H

#include "linear_f32.h"
#include "simd128_math.h"

#define BL_QUERIES 8

/* Rows of d floats, `stride` apart, to [d][4]; `scale` is multiplied in. Rows from
 * row_count (1..4) on are zeros. Writes `step` floats apart. */
static void pack_columns4(const float *rows, size_t stride, uint32_t row_count, uint32_t d,
                          float scale, float *out, size_t step) {
    v128_t s = wasm_f32x4_splat(scale);
    for (uint32_t k = 0; k < d; k += 4) {
        uint32_t part = d - k < 4 ? d - k : 4;
        v128_t m[4];
        BL_UNROLLED for (uint32_t r = 0; r < 4; r++) {
            m[r] = wasm_f32x4_splat(0.0f);
            if (r < row_count) {
                const float *from = rows + r * stride + k;
                v128_t x = part == 4 ? wasm_v128_load(from) : bl_load_part(from, part);
                m[r] = wasm_f32x4_mul(x, s);
            }
        }
        bl_transpose4(m);
        BL_UNROLLED for (uint32_t j = 0; j < 4; j++) {
            if (j < part) {
                wasm_v128_store(out, m[j]);
                out += step;
            }
        }
    }
}

/* Keys: tiles of 4, the last of r < 4 keys as [d][r]. */
static void pack_keys(const bl_attention_args *args, float *tiles) {
    uint32_t d = args->head_size, key = 0;
    for (; key + BL_TILE <= args->tokens; key += BL_TILE, tiles += (size_t)d * BL_TILE) {
        pack_columns4(args->k + key * args->qkv_stride, args->qkv_stride, BL_TILE, d, 1.0f, tiles,
                      BL_TILE);
    }
    uint32_t left = args->tokens - key;
    for (uint32_t r = 0; r < left; r++) {
        const float *from = args->k + (key + r) * args->qkv_stride;
        for (uint32_t k = 0; k < d; k++) {
            tiles[(size_t)k * left + r] = from[k];
        }
    }
}

/* Values: panels [T][8], columns beyond d are zeros. */
static void pack_values(const bl_attention_args *args, float *panels) {
    for (uint32_t column = 0; column < args->head_size; column += BL_PANEL) {
        uint32_t part = args->head_size - column < BL_PANEL ? args->head_size - column : BL_PANEL;
        const float *from = args->v + column;
        for (uint32_t t = 0; t < args->tokens; t++, from += args->qkv_stride, panels += BL_PANEL) {
            v128_t v[2];
            if (part == BL_PANEL) {
                BL_EACH(v[i] = wasm_v128_load(from + 4 * i));
            } else {
                bl_load_part8(from, part, v);
            }
            BL_EACH(wasm_v128_store(panels + 4 * i, v[i]));
        }
    }
}

BL_INLINE void score_tile(uint32_t rows, const float *keys, const float *queries, uint32_t d,
                          float *scores, v128_t largest[2]) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_f32(rows, 1, keys, keys, rows, queries, 0, d, sum);
    BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
        BL_EACH(wasm_v128_store(scores + r * BL_QUERIES + 4 * i, sum[r * 2 + i]));
        BL_EACH(largest[i] = wasm_f32x4_pmax(largest[i], sum[r * 2 + i]));
    }
}

/* scores[key][8], and each query's largest score. */
BL_INLINE void score_queries(const float *keys, const float *queries, uint32_t tokens, uint32_t d,
                             float *scores, v128_t largest[2]) {
    largest[0] = largest[1] = wasm_f32x4_splat(-__builtin_inff());
    uint32_t key = 0;
    for (; key + BL_TILE <= tokens; key += BL_TILE) {
        score_tile(4, keys, queries, d, scores, largest);
        keys += (size_t)d * BL_TILE;
        scores += BL_TILE * BL_QUERIES;
    }
    switch (tokens - key) {
    case 1:
        score_tile(1, keys, queries, d, scores, largest);
        break;
    case 2:
        score_tile(2, keys, queries, d, scores, largest);
        break;
    case 3:
        score_tile(3, keys, queries, d, scores, largest);
        break;
    }
}

/* scores = exp(scores - largest); inverse[query] = 1 / their sum in the order of keys. */
BL_INLINE void softmax_queries(float *scores, uint32_t tokens, const v128_t largest[2],
                               float inverse[BL_QUERIES]) {
    const float *table = bl_hidden(bl_exp_table);
    v128_t sum[2], x[2];
    sum[0] = sum[1] = wasm_f32x4_splat(0.0f);
    float *end = scores + (size_t)tokens * BL_QUERIES;
    BL_ROLLED do {
        BL_EACH(x[i] = wasm_f32x4_sub(wasm_v128_load(scores + 4 * i), largest[i]));
        bl_exp8(table, x);
        BL_EACH(wasm_v128_store(scores + 4 * i, x[i]));
        BL_EACH(sum[i] = wasm_f32x4_add(sum[i], x[i]));
        scores += BL_QUERIES;
    }
    while (scores != end)
        ;
    BL_EACH(wasm_v128_store(inverse + 4 * i, wasm_f32x4_div(wasm_f32x4_splat(1.0f), sum[i])));
}

/* Rows query..query+3 of the context, the first `rows` of them stored. */
BL_INLINE void context_tile(const bl_attention_args *args, const float *weights,
                            const float *values, uint32_t keys, const float *inverse,
                            uint32_t query, uint32_t rows, uint32_t column) {
    v128_t sum[BL_TILE_SUMS];
    sum_tile_f32(BL_TILE, 1, weights, weights, BL_QUERIES, values, 0, keys, sum);
    uint32_t columns = args->head_size - column;
    float *out = args->context + query * args->context_stride + column;
    BL_UNROLLED for (uint32_t r = 0; r < BL_TILE; r++) {
        if (r < rows) {
            v128_t scale = wasm_v128_load32_splat(inverse + r);
            v128_t low = wasm_f32x4_mul(sum[r * 2], scale);
            v128_t high = wasm_f32x4_mul(sum[r * 2 + 1], scale);
            if (columns >= BL_PANEL) {
                wasm_v128_store(out, low);
                wasm_v128_store(out + 4, high);
            } else {
                bl_store_part(out, low, columns < 4 ? columns : 4);
                bl_store_part(out + 4, high, columns < 4 ? 0 : columns - 4);
            }
            out += args->context_stride;
        }
    }
}

static void store_probabilities(const bl_attention_args *args, const float *weights,
                                const float *inverse, uint32_t query, uint32_t queries) {
    for (uint32_t q = 0; q < queries; q++) {
        float *out = args->probabilities + (size_t)(query + q) * args->tokens;
        for (uint32_t key = 0; key < args->tokens; key++) {
            out[key] = weights[(size_t)key * BL_QUERIES + q] * inverse[q];
        }
    }
}

/* `count` queries to [d][8]. */
static void pack_queries(const bl_attention_args *args, uint32_t query, uint32_t count,
                         float *queries) {
    const float *q = args->q + query * args->qkv_stride;
    for (uint32_t half = 0; half < 2; half++) {
        uint32_t rows = count < half * 4 ? 0 : count - half * 4;
        pack_columns4(q + half * 4 * args->qkv_stride, args->qkv_stride, rows < 4 ? rows : 4,
                      args->head_size, args->scale, queries + half * 4, BL_QUERIES);
    }
}

/* Where things are in the scratch. */
typedef struct attention_parts {
    float *queries, *keys, *values, *scores; /* [d][8], tiles, panels, [T][8] */
    size_t panel;                            /* floats of a panel of values */
} attention_parts;

static attention_parts pack_attention(const bl_attention_args *args) {
    uint32_t tokens = args->tokens, d = args->head_size;
    attention_parts parts = {.queries = args->scratch, .panel = (size_t)tokens * BL_PANEL};
    parts.keys = parts.queries + (size_t)d * BL_QUERIES;
    parts.values = parts.keys + (((size_t)tokens * d + 3) & ~(size_t)3);
    parts.scores = parts.values + parts.panel * ((d + BL_PANEL - 1) / BL_PANEL);
    pack_keys(args, parts.keys);
    pack_values(args, parts.values);
    return parts;
}

/* scores += bias of the distances, and each query's largest again. */
static void bias_scores(const bl_attention_args *args, uint32_t query, uint32_t count,
                        float *scores, v128_t largest[2]) {
    for (uint32_t q = 0; q < count; q++) {
        const float *bias = args->bias - bl_query_place(args, query + q);
        for (uint32_t key = 0; key < args->tokens; key++) {
            scores[(size_t)key * BL_QUERIES + q] += bias[key];
        }
    }
    largest[0] = largest[1] = wasm_f32x4_splat(-__builtin_inff());
    for (uint32_t key = 0; key < args->tokens; key++, scores += BL_QUERIES) {
        BL_EACH(largest[i] = wasm_f32x4_pmax(largest[i], wasm_v128_load(scores + 4 * i)));
    }
}

static void attention_f32(const bl_attention_args *args) {
    uint32_t tokens = args->tokens, d = args->head_size;
    attention_parts parts = pack_attention(args);
    float *queries = parts.queries, *keys = parts.keys, *scores = parts.scores;
    for (uint32_t query = 0; query < args->queries; query += BL_QUERIES) {
        uint32_t left = args->queries - query, count = left < BL_QUERIES ? left : BL_QUERIES;
        pack_queries(args, query, count, queries);
        v128_t largest[2];
        float inverse[BL_QUERIES];
        score_queries(keys, queries, tokens, d, scores, largest);
        if (args->bias) {
            bias_scores(args, query, count, scores, largest);
        }
        softmax_queries(scores, tokens, largest, inverse);
        for (uint32_t column = 0; column < d; column += BL_PANEL) {
            const float *v = parts.values + column / BL_PANEL * parts.panel;
            for (uint32_t half = 0; half * 4 < count; half++) {
                context_tile(args, scores + half * 4, v, tokens, inverse + half * 4,
                             query + half * 4, count - half * 4, column);
            }
        }
        if (args->probabilities) {
            store_probabilities(args, scores, inverse, query, count);
        }
    }
}

#endif
