#include "search.h"

#include <string.h>

#include "../kernels/dot_rows.h"

/* Rows that are compared at a time: their products stay in the first-level cache. */
#define BLOCK_ROWS 256
/* Columns of an int8 row whose products with a query surely add up to less than 2^31. */
#define BLOCK_COLUMNS 4096u

size_t bl_search_row_bytes(uint32_t precision, uint32_t dimensions) {
    if (precision == BL_PRECISION_BINARY)
        return ((size_t)dimensions + 7) / 8;
    return (size_t)dimensions * (precision == BL_PRECISION_FLOAT32 ? sizeof(float) : 1);
}

static float norm_of(double squares) {
    return (float)__builtin_sqrt(squares);
}

static double squares_f32(const float *row, uint32_t dimensions) {
    double sum = 0;
    for (uint32_t i = 0; i < dimensions; i++)
        sum += (double)row[i] * (double)row[i];
    return sum;
}

static double squares_i16(const int16_t *row, uint32_t dimensions) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < dimensions; i++)
        sum += row[i] * row[i];
    return (double)sum;
}

static double squares_i8(const int8_t *row, uint32_t dimensions) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < dimensions; i++)
        sum += row[i] * row[i];
    return (double)sum;
}

/* To length 1, so that products with rows of any length are finite. Returns it: 1, or 0. */
static float normalize(float *query, uint32_t dimensions) {
    double norm = __builtin_sqrt(squares_f32(query, dimensions));
    for (uint32_t i = 0; norm > 0 && i < dimensions; i++)
        query[i] = (float)(query[i] / norm);
    return norm > 0 ? 1 : 0;
}

bl_status bl_search_create(bl_arena *arena, uint32_t precision, uint32_t dimensions,
                           const void *query, uint32_t limit, bl_search **search) {
    if (precision > BL_PRECISION_BINARY || dimensions == 0 || dimensions > BL_MAX_DIMENSIONS ||
        limit == 0)
        return BL_BAD_ARGUMENT;
    size_t bytes = precision == BL_PRECISION_INT8 ? dimensions * sizeof(int16_t)
                                                  : bl_search_row_bytes(precision, dimensions);
    bl_search *made = bl_arena_alloc(arena, sizeof *made);
    bl_match *matches = bl_arena_alloc_array(arena, limit, sizeof(bl_match));
    void *copy = bl_arena_alloc(arena, bytes);
    if (bl_arena_status(arena) != BL_OK)
        return BL_OUT_OF_MEMORY;
    memcpy(copy, query, bytes);
    *made = (bl_search){precision, dimensions, limit, 0, matches, copy, 0};
    if (precision == BL_PRECISION_FLOAT32)
        made->query_norm = normalize(copy, dimensions);
    else if (precision == BL_PRECISION_INT8)
        made->query_norm = norm_of(squares_i16(copy, dimensions));
    *search = made;
    return BL_OK;
}

bl_status bl_search_norms(uint32_t precision, uint32_t dimensions, const void *rows,
                          uint32_t row_count, float *norms) {
    const uint8_t *row = rows;
    if (precision > BL_PRECISION_INT8 || dimensions > BL_MAX_DIMENSIONS)
        return BL_BAD_ARGUMENT;
    for (uint32_t i = 0; i < row_count; i++, row += bl_search_row_bytes(precision, dimensions)) {
        norms[i] = norm_of(precision == BL_PRECISION_FLOAT32
                               ? squares_f32((const float *)row, dimensions)
                               : squares_i8((const int8_t *)row, dimensions));
        if (!(norms[i] <= __FLT_MAX__))
            return BL_BAD_ARGUMENT;
    }
    return BL_OK;
}

static int is_worse(bl_match a, bl_match b) {
    return a.score < b.score || (a.score == b.score && a.position > b.position);
}

/* Puts a match at the root of a heap of `count` and lets it sink below all that are worse. */
static void sink(bl_match *heap, uint32_t count, bl_match match) {
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_worse(heap[child + 1], heap[child]))
            child++;
        if (!is_worse(heap[child], match))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = match;
}

static void rise(bl_match *heap, uint32_t at, bl_match match) {
    while (at > 0 && is_worse(match, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = match;
}

static void offer(bl_search *search, bl_match match) {
    if (search->count < search->limit)
        rise(search->matches, search->count++, match);
    else if (is_worse(search->matches[0], match))
        sink(search->matches, search->count, match);
}

/* Products of int8 rows that are so long that the sums may not fit 32 bits. */
static void multiply_long_i8(const bl_search *search, const int8_t *rows, uint32_t count,
                             float *products) {
    const int16_t *query = search->query;
    for (uint32_t row = 0; row < count; row++, rows += search->dimensions) {
        int64_t total = 0;
        for (uint32_t k = 0; k < search->dimensions; k += BLOCK_COLUMNS) {
            uint32_t left = search->dimensions - k;
            int32_t sum;
            bl_simd128_dot_rows.i8(query + k, rows + k, 1,
                                   left < BLOCK_COLUMNS ? left : BLOCK_COLUMNS, &sum);
            total += sum;
        }
        products[row] = (float)total;
    }
}

/* Products of the query with some rows, as numbers that `score` turns into cosines. */
static void multiply(const bl_search *search, const uint8_t *rows, uint32_t count,
                     float *products) {
    int32_t sums[BLOCK_ROWS];
    if (search->precision == BL_PRECISION_INT8 && search->dimensions > BLOCK_COLUMNS) {
        multiply_long_i8(search, (const int8_t *)rows, count, products);
        return;
    }
    if (search->precision == BL_PRECISION_FLOAT32) {
        bl_simd128_dot_rows.f32(search->query, (const float *)rows, count, search->dimensions,
                                products);
        return;
    }
    if (search->precision == BL_PRECISION_INT8)
        bl_simd128_dot_rows.i8(search->query, (const int8_t *)rows, count, search->dimensions,
                               sums);
    else
        bl_simd128_dot_rows.bits(
            search->query, rows, count,
            (uint32_t)bl_search_row_bytes(BL_PRECISION_BINARY, search->dimensions), sums);
    for (uint32_t i = 0; i < count; i++)
        products[i] = (float)sums[i];
}

static float score_of(const bl_search *search, float product, const float *norms, uint32_t row) {
    if (search->precision == BL_PRECISION_BINARY) /* `product` bits differ */
        return ((float)search->dimensions - 2 * product) / (float)search->dimensions;
    float norm = search->query_norm * norms[row];
    if (norm == 0)
        return 0;
    float cosine = product / norm;
    return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

void bl_search_scan(bl_search *search, const void *rows, const float *norms, uint32_t row_count,
                    uint32_t first) {
    size_t row_bytes = bl_search_row_bytes(search->precision, search->dimensions);
    for (uint32_t done = 0; done < row_count; done += BLOCK_ROWS) {
        float products[BLOCK_ROWS];
        uint32_t count = row_count - done < BLOCK_ROWS ? row_count - done : BLOCK_ROWS;
        multiply(search, (const uint8_t *)rows + done * row_bytes, count, products);
        for (uint32_t i = 0; i < count; i++)
            offer(search,
                  (bl_match){score_of(search, products[i], norms, done + i), first + done + i});
    }
}

void bl_search_finish(bl_search *search) {
    for (uint32_t left = search->count; left > 1; left--) {
        bl_match worst = search->matches[0], last = search->matches[left - 1];
        sink(search->matches, left - 1, last);
        search->matches[left - 1] = worst;
    }
}
