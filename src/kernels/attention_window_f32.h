/* Attention where a query sees the keys near its own place only, for simd128.c and relaxed.c.
 *
 * As in attention_f32.h, but 8 queries meet whole tiles of the keys that one of them sees: the
 * cost is linear in the length of the sequence. Scores that a query does not see become minus
 * infinity, whose exponential is 0 exactly: adding 0 changes no sum. */
#ifndef BERTLET_ATTENTION_WINDOW_F32_H
#define BERTLET_ATTENTION_WINDOW_F32_H

#include "attention_f32.h"

/* What of [begin, end) a block of queries does not see gets hidden; the largest of the rest. */
static void hide_unseen(const bl_attention_args *args, uint32_t query, uint32_t count,
                        uint32_t begin, uint32_t end, float *scores, v128_t largest[2]) {
    float most[BL_QUERIES];
    for (uint32_t q = 0; q < BL_QUERIES; q++) {
        uint32_t place = bl_query_place(args, query + (q < count ? q : count - 1));
        uint32_t first = bl_window_begin(args, place), last = bl_window_end(args, place);
        for (uint32_t key = begin; key < first; key++) {
            scores[(size_t)(key - begin) * BL_QUERIES + q] = -__builtin_inff();
        }
        for (uint32_t key = last; key < end; key++) {
            scores[(size_t)(key - begin) * BL_QUERIES + q] = -__builtin_inff();
        }
        most[q] = -__builtin_inff();
    }
    BL_EACH(largest[i] = wasm_v128_load(most + 4 * i));
    BL_ROLLED for (uint32_t key = begin; key < end; key++, scores += BL_QUERIES) {
        BL_EACH(largest[i] = wasm_f32x4_pmax(largest[i], wasm_v128_load(scores + 4 * i)));
    }
}

/* Probabilities of a block of queries: zeros but for [begin, end). */
static void store_window(const bl_attention_args *args, const float *weights, const float *inverse,
                         uint32_t query, uint32_t count, uint32_t begin, uint32_t end) {
    for (uint32_t q = 0; q < count; q++) {
        float *out = args->probabilities + (size_t)(query + q) * args->tokens;
        memset(out, 0, args->tokens * sizeof(float));
        for (uint32_t key = begin; key < end; key++) {
            out[key] = weights[(size_t)(key - begin) * BL_QUERIES + q] * inverse[q];
        }
    }
}

static void attention_window_f32(const bl_attention_args *args) {
    uint32_t d = args->head_size;
    attention_parts parts = pack_attention(args);
    for (uint32_t query = 0; query < args->queries; query += BL_QUERIES) {
        uint32_t left = args->queries - query, count = left < BL_QUERIES ? left : BL_QUERIES;
        /* Whole tiles of keys; the last tile of the sequence may have fewer. */
        uint32_t begin = bl_window_begin(args, bl_query_place(args, query)) / BL_TILE * BL_TILE;
        uint32_t end = bl_window_end(args, bl_query_place(args, query + count - 1));
        uint32_t over = end % BL_TILE ? BL_TILE - end % BL_TILE : 0;
        end = args->tokens - end < over ? args->tokens : end + over;
        uint32_t keys = end - begin;
        v128_t largest[2];
        float inverse[BL_QUERIES];
        pack_queries(args, query, count, parts.queries);
        score_queries(parts.keys + (size_t)begin * d, parts.queries, keys, d, parts.scores,
                      largest);
        hide_unseen(args, query, count, begin, end, parts.scores, largest);
        softmax_queries(parts.scores, keys, largest, inverse);
        for (uint32_t column = 0; column < d; column += BL_PANEL) {
            const float *v =
                parts.values + column / BL_PANEL * parts.panel + (size_t)begin * BL_PANEL;
            for (uint32_t half = 0; half * 4 < count; half++) {
                context_tile(args, parts.scores + half * 4, v, keys, inverse + half * 4,
                             query + half * 4, count - half * 4, column);
            }
        }
        if (args->probabilities) {
            store_window(args, parts.scores, inverse, query, count, begin, end);
        }
    }
}

static void attention(const bl_attention_args *args) {
    if (args->window) {
        attention_window_f32(args);
    } else {
        attention_f32(args);
    }
}

#endif
