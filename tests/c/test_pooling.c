/* Pooling by hand: each kind over sequences of several lengths, whose rows end where their
 * buffer ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "../../src/model/weights.h"
#include "check.h"

#define CAPACITY ((size_t)1 << 16)
#define WIDTH    5

static bl_arena arena;
static const bl_model model = {.config = {.hidden_size = WIDTH}};
static uint32_t starts[] = {0, 1, 4, 6};
#define SEQUENCES 3
#define TOKENS    6
static const bl_batch batch = {
    .sequence_count = SEQUENCES, .token_count = TOKENS, .starts = starts};

/* The value of a row; the last column is 0 in all of them. */
static float value(uint32_t row, uint32_t column) {
    return column == WIDTH - 1 ? 0 : (float)((row * 7 + column * 3) % 11) - 5;
}

static float *make_hidden(void) {
    size_t stride = bl_row_stride(WIDTH);
    float *hidden = malloc(((TOKENS - 1) * stride + WIDTH) * sizeof *hidden);
    for (uint32_t row = 0; row < TOKENS; row++)
        for (uint32_t column = 0; column < WIDTH; column++)
            hidden[row * stride + column] = value(row, column);
    return hidden;
}

static double expected(uint32_t pooling, uint32_t left_out, uint32_t sequence, uint32_t column) {
    uint32_t begin = starts[sequence] + left_out;
    double sum = 0, largest = -INFINITY;
    for (uint32_t row = begin; row < starts[sequence + 1]; row++) {
        sum += value(row, column);
        largest = value(row, column) > largest ? value(row, column) : largest;
    }
    if (pooling == BL_POOLING_CLS)
        return value(begin, column);
    return pooling == BL_POOLING_MAX ? largest : sum / (starts[sequence + 1] - begin);
}

static void test_kinds(void) {
    float *hidden = make_hidden();
    for (uint32_t pooling = 0; pooling <= BL_POOLING_MAX; pooling++) {
        for (uint32_t normalized = 0; normalized < 2; normalized++) {
            float *vectors;
            CHECK(bl_pool(&arena, &model, &batch, hidden, pooling, 0, normalized, &vectors) ==
                  BL_OK);
            for (uint32_t s = 0; s < SEQUENCES; s++) {
                double squares = 0;
                for (uint32_t i = 0; i < WIDTH; i++)
                    squares += pow(expected(pooling, 0, s, i), 2);
                double divisor = normalized ? sqrt(squares) : 1;
                for (uint32_t i = 0; i < WIDTH; i++)
                    CHECK(fabs(vectors[s * WIDTH + i] - expected(pooling, 0, s, i) / divisor) <
                          1e-6);
            }
            bl_arena_reset(&arena, 0);
        }
    }
    free(hidden);
}

/* The first row of each sequence doesn't count; the first sequence has no other. */
static void test_left_out(void) {
    float *hidden = make_hidden();
    bl_batch later = {.sequence_count = SEQUENCES - 1, .token_count = TOKENS, .starts = starts + 1};
    for (uint32_t pooling = 0; pooling <= BL_POOLING_MAX; pooling++) {
        float *vectors;
        CHECK_EQUAL(bl_pool(&arena, &model, &later, hidden, pooling, 1, 0, &vectors), BL_OK);
        for (uint32_t s = 0; s < SEQUENCES - 1; s++)
            for (uint32_t i = 0; i < WIDTH; i++)
                CHECK_NEAR(vectors[s * WIDTH + i], expected(pooling, 1, s + 1, i), 1e-6);
        CHECK_EQUAL(bl_pool(&arena, &model, &batch, hidden, pooling, 1, 0, &vectors),
                    BL_BAD_ARGUMENT);
        CHECK(bl_pool(&arena, &model, &later, hidden, pooling, UINT32_MAX, 0, &vectors) ==
              BL_BAD_ARGUMENT);
        bl_arena_reset(&arena, 0);
    }
    free(hidden);
}

/* A vector of zeros stays one. */
static void test_zeros(void) {
    float hidden[WIDTH] = {0};
    uint32_t one[] = {0, 1};
    bl_batch alone = {.sequence_count = 1, .token_count = 1, .starts = one};
    float *vectors;
    CHECK_EQUAL(bl_pool(&arena, &model, &alone, hidden, BL_POOLING_MEAN, 0, 1, &vectors), BL_OK);
    CHECK(memcmp(vectors, hidden, sizeof hidden) == 0);
    bl_arena_reset(&arena, 0);
}

static void test_refusals(void) {
    float *hidden = make_hidden();
    float *vectors = NULL;
    CHECK(bl_pool(&arena, &model, &batch, hidden, BL_POOLING_MAX + 1, 0, 0, &vectors) ==
          BL_BAD_ARGUMENT);
    arena.capacity = 0;
    CHECK(bl_pool(&arena, &model, &batch, hidden, BL_POOLING_MEAN, 0, 0, &vectors) ==
          BL_OUT_OF_MEMORY);
    CHECK(vectors == NULL);
    arena.capacity = CAPACITY;
    free(hidden);
}

int main(void) {
    void *memory = aligned_alloc(64, CAPACITY);
    bl_arena_init(&arena, memory, CAPACITY, NULL);
    test_kinds();
    test_left_out();
    test_zeros();
    test_refusals();
    bl_arena_init(&arena, NULL, 0, NULL);
    free(memory);
    return check_result();
}
