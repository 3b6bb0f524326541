/* Search: every precision against cosines in double, any order and number of rows at a time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/search/search.h"
#include "check.h"

#define CAPACITY ((size_t)1 << 20)
#define MOST     700

static uint32_t state = 11;

static uint32_t random_bits(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static double component(uint32_t precision, uint32_t dimensions, const uint8_t *rows, uint32_t row,
                        uint32_t i) {
    const uint8_t *bytes = rows + row * bl_search_row_bytes(precision, dimensions);
    if (precision == BL_PRECISION_BINARY)
        return bytes[i / 8] & (128 >> i % 8) ? 1 : -1;
    return precision == BL_PRECISION_INT8 ? (double)(int8_t)bytes[i]
                                          : (double)((const float *)bytes)[i];
}

static double query_component(uint32_t precision, uint32_t dimensions, const void *query,
                              uint32_t i) {
    return precision == BL_PRECISION_INT8 ? (double)((const int16_t *)query)[i]
                                          : component(precision, dimensions, query, 0, i);
}

static double cosine(uint32_t precision, uint32_t dimensions, const uint8_t *rows, uint32_t row,
                     const void *query) {
    double dot = 0, a = 0, b = 0;
    for (uint32_t i = 0; i < dimensions; i++) {
        double x = component(precision, dimensions, rows, row, i);
        double y = query_component(precision, dimensions, query, i);
        dot += x * y, a += x * x, b += y * y;
    }
    return a * b == 0 ? 0 : dot / sqrt(a * b);
}

/* Random rows; some are equal, some are zero, bits beyond the dimensions are clear. */
static void fill(uint32_t precision, uint32_t dimensions, uint8_t *rows, uint32_t count) {
    size_t bytes = bl_search_row_bytes(precision, dimensions);
    for (uint32_t row = 0; row < count; row++) {
        uint8_t *to = rows + row * bytes;
        for (uint32_t i = 0; i < bytes; i++)
            to[i] = (uint8_t)random_bits();
        for (uint32_t i = 0; precision == BL_PRECISION_FLOAT32 && i < dimensions; i++)
            ((float *)to)[i] = (float)(int32_t)(random_bits() % 2001) / 1000 - 1;
        if (precision == BL_PRECISION_BINARY && dimensions % 8)
            to[bytes - 1] &= (uint8_t)(0xff << (8 - dimensions % 8));
        if (row % 7 == 3)
            memcpy(to, rows, bytes);
        if (row % 11 == 5 && precision != BL_PRECISION_BINARY)
            memset(to, 0, bytes);
    }
}

static void check_search(bl_arena *arena, uint32_t precision, uint32_t dimensions, uint32_t count,
                         uint32_t limit, uint32_t stretch) {
    uint8_t *rows = malloc(count * bl_search_row_bytes(precision, dimensions) + 1);
    float *norms = malloc(count * sizeof(float) + 1);
    uint8_t query[MOST * 4];
    fill(precision, dimensions, rows, count);
    fill(precision, dimensions, query, 1);
    for (uint32_t i = 0; precision == BL_PRECISION_INT8 && i < dimensions; i++)
        ((int16_t *)query)[i] = (int16_t)((int32_t)(random_bits() % 8191) - 4095);
    if (precision != BL_PRECISION_BINARY)
        CHECK_EQUAL(bl_search_norms(precision, dimensions, rows, count, norms), BL_OK);

    bl_search *search;
    CHECK_EQUAL(bl_search_create(arena, precision, dimensions, query, limit, &search), BL_OK);
    uint32_t stretches = (count + stretch - 1) / stretch;
    for (uint32_t s = stretches; s-- > 0;) { /* the last rows first */
        uint32_t first = s * stretch, left = count - first;
        bl_search_scan(search, rows + first * bl_search_row_bytes(precision, dimensions),
                       norms + first, left < stretch ? left : stretch, first);
    }
    bl_search_finish(search);
    CHECK_EQUAL(search->count, (count < limit ? count : limit));

    uint8_t *seen = calloc(count + 1, 1);
    double least = 2;
    for (uint32_t i = 0; i < search->count; i++) {
        bl_match match = search->matches[i];
        double exact = cosine(precision, dimensions, rows, match.position, query);
        CHECK_NEAR((double)match.score, exact, 2e-6);
        CHECK(!seen[match.position]);
        seen[match.position] = 1;
        least = fmin(least, (double)match.score);
        if (i > 0)
            CHECK(match.score < search->matches[i - 1].score ||
                  (match.score == search->matches[i - 1].score &&
                   match.position > search->matches[i - 1].position));
    }
    for (uint32_t row = 0; row < count; row++)
        CHECK(seen[row] || cosine(precision, dimensions, rows, row, query) <= least + 2e-6);
    bl_arena_reset(arena, 0);
    free(rows), free(norms), free(seen);
}

static float score_of_row(bl_arena *arena, uint32_t precision, uint32_t dimensions,
                          const void *query, const void *row) {
    bl_search *search;
    float norm;
    CHECK_EQUAL(bl_search_norms(precision, dimensions, row, 1, &norm), BL_OK);
    CHECK_EQUAL(bl_search_create(arena, precision, dimensions, query, 1, &search), BL_OK);
    bl_search_scan(search, row, &norm, 1, 0);
    bl_search_finish(search);
    float score = search->matches[0].score;
    bl_arena_reset(arena, 0);
    return score;
}

/* Products whose sum is far beyond 32 bits, and a last column by itself. */
static void test_long_rows(bl_arena *arena) {
    static const uint32_t dimensions[] = {4096, 4097, 131072, 200001};
    for (uint32_t d = 0; d < 4; d++) {
        uint32_t count = dimensions[d];
        int16_t *query = malloc(count * sizeof *query);
        int8_t *row = malloc(count);
        for (uint32_t i = 0; i < count; i++)
            query[i] = 4095, row[i] = -128;
        CHECK_NEAR(score_of_row(arena, BL_PRECISION_INT8, count, query, row), -(1), 1e-6f);
        for (uint32_t i = 0; i < count; i++)
            query[i] = (int16_t)(i % 2 ? -127 : 127), row[i] = (int8_t)query[i];
        CHECK_NEAR(score_of_row(arena, BL_PRECISION_INT8, count, query, row), 1, 1e-6f);
        memset(row, 0, count), row[count - 1] = 3;
        memset(query, 0, count * sizeof *query), query[count - 1] = 5;
        CHECK_NEAR(score_of_row(arena, BL_PRECISION_INT8, count, query, row), 1, 1e-6f);
        free(query), free(row);
    }
}

/* Lengths whose product no float can hold. */
static void test_any_length(bl_arena *arena) {
    float query[3], row[3];
    static const float lengths[] = {1e-38f, 1e-30f, 1e-10f, 1, 1e10f, 1e30f, 1e38f};
    for (uint32_t a = 0; a < 7; a++) {
        for (uint32_t b = 0; b < 7; b++) {
            query[0] = query[1] = lengths[a], query[2] = 0;
            row[0] = 0, row[1] = row[2] = lengths[b];
            float score = score_of_row(arena, BL_PRECISION_FLOAT32, 3, query, row);
            CHECK_NEAR(score, 0.5f, 1e-6f);
        }
    }
    memset(query, 0, sizeof query);
    CHECK_EQUAL(score_of_row(arena, BL_PRECISION_FLOAT32, 3, query, row), 0);
}

static void test_errors(bl_arena *arena) {
    bl_search *search;
    float query[4] = {1, 2, 3, 4}, norms[1];
    float bad[4] = {1, INFINITY, 3, 4}, worse[4] = {NAN, 0, 0, 0};
    CHECK_EQUAL(bl_search_create(arena, 3, 4, query, 1, &search), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_create(arena, 0, 0, query, 1, &search), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_create(arena, 0, 4, query, 0, &search), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_create(arena, 0, 4, query, 1u << 30, &search), BL_OUT_OF_MEMORY);
    CHECK_EQUAL(bl_search_create(arena, 0, 1u << 31, query, 1, &search), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_create(arena, 0, BL_MAX_DIMENSIONS + 1, query, 1, &search),
                BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_norms(0, BL_MAX_DIMENSIONS + 1, query, 1, norms), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_norms(BL_PRECISION_BINARY, 4, query, 1, norms), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_norms(BL_PRECISION_FLOAT32, 4, bad, 1, norms), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_search_norms(BL_PRECISION_FLOAT32, 4, worse, 1, norms), BL_BAD_ARGUMENT);
    bl_arena_reset(arena, 0);
}

int main(void) {
    void *memory = aligned_alloc(BL_ARENA_ALIGNMENT, CAPACITY);
    bl_arena arena;
    bl_arena_init(&arena, memory, CAPACITY, NULL);
    static const uint32_t dimensions[] = {1, 7, 8, 13, 64, 100, 384}, counts[] = {1, 5, 300, MOST};
    for (uint32_t precision = 0; precision <= BL_PRECISION_BINARY; precision++)
        for (uint32_t d = 0; d < 7; d++)
            for (uint32_t c = 0; c < 4; c++) {
                check_search(&arena, precision, dimensions[d], counts[c], 1, 64);
                check_search(&arena, precision, dimensions[d], counts[c], 10, MOST);
                check_search(&arena, precision, dimensions[d], counts[c], 350, 33);
            }
    test_long_rows(&arena);
    test_any_length(&arena);
    test_errors(&arena);
    free(memory);
    return check_result();
}
