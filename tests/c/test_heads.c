/* Heads: shapes and errors, that a row's result depends on nothing but the row, and that it
 * is what the scalar formula gives. Values against PyTorch: tests/engine/heads.test.js. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "../../src/model/weights.h"
#include "check.h"

#define CAPACITY ((size_t)8 << 20)
#define ROWS     37
#define HIDDEN   20
#define WORDS    131
#define ALL_PARTS                                                                                  \
    (BL_PART_POOLER | BL_PART_MASKED_LM | BL_PART_DECODER | BL_PART_NEXT_SENTENCE |                \
     BL_PART_CLASSIFIER)

static const uint32_t widths[] = {HIDDEN, 3, 3, 2, WORDS};

static uint32_t random_state = 5;

static float next_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / (float)(1 << 24) - 0.5f;
}

static bl_model *make_model(bl_arena *arena, uint32_t dtype, uint32_t parts) {
    bl_config config = {.dtype = dtype,
                        .layers = 1,
                        .attention_heads = 2,
                        .hidden_size = HIDDEN,
                        .intermediate_size = 8,
                        .vocab_size = WORDS,
                        .max_positions = 16,
                        .type_vocab_size = 2,
                        .activation = BL_ACTIVATION_GELU,
                        .parts = parts,
                        .labels = 3,
                        .layer_norm_epsilon = 1e-12f};
    bl_model *model = NULL;
    uint32_t missing_role, missing_layer;
    CHECK_EQUAL(bl_model_create(arena, &config, &model), BL_OK);
    for (uint32_t role = 0; role < BL_ROLE_COUNT; role++) {
        bl_tensor_shape shape;
        float rows[WORDS * HIDDEN];
        if (bl_model_tensor_shape(&config, role, 0, &shape) != BL_OK)
            continue;
        for (uint32_t i = 0; i < shape.rows * shape.columns; i++)
            rows[i] = next_random();
        CHECK(bl_model_write_rows(model, arena, role, 0, BL_SOURCE_F32, 0, shape.rows, rows) ==
              BL_OK);
    }
    CHECK_EQUAL(bl_model_finish(model, &missing_role, &missing_layer), BL_OK);
    bl_arena_seal(arena);
    return model;
}

static void test_rows_alone(bl_arena *arena, const bl_model *model, const float *hidden) {
    size_t stride = bl_row_stride(HIDDEN);
    for (uint32_t head = 0; head <= BL_HEAD_MASKED_LM; head++) {
        bl_head_output all, one;
        CHECK_EQUAL(bl_head_run(arena, model, head, hidden, NULL, ROWS, &all), BL_OK);
        CHECK(all.rows == ROWS && all.width == widths[head]);
        for (uint32_t row = 0; row < ROWS; row++) {
            size_t mark = bl_arena_mark(arena);
            CHECK_EQUAL(bl_head_run(arena, model, head, hidden, &row, 1, &one), BL_OK);
            CHECK(memcmp(one.values, all.values + row * all.width, all.width * 4) == 0);
            CHECK_EQUAL(bl_head_run(arena, model, head, hidden + row * stride, NULL, 1, &one),
                        BL_OK);
            CHECK(memcmp(one.values, all.values + row * all.width, all.width * 4) == 0);
            bl_arena_reset(arena, mark);
        }
        bl_arena_reset(arena, 0);
    }
}

static double gelu(double x) {
    return x / 2 * (1 + erf(x / sqrt(2)));
}

/* The masked LM's formula in double, on a float model with weights as they stand. */
static void test_formula(bl_arena *arena, const bl_model *model, const float *hidden) {
    bl_head_output output;
    CHECK_EQUAL(bl_head_run(arena, model, BL_HEAD_MASKED_LM, hidden, NULL, 1, &output), BL_OK);
    double row[HIDDEN], mean = 0, variance = 0;
    for (uint32_t n = 0; n < HIDDEN; n++) {
        const float *panel = (const float *)model->transform.weights.panels + n / 8 * 8 * HIDDEN;
        row[n] = model->transform.weights.bias[n];
        for (uint32_t k = 0; k < HIDDEN; k++)
            row[n] += (double)hidden[k] * panel[k * 8 + n % 8];
        row[n] = gelu(row[n]);
        mean += row[n] / HIDDEN;
    }
    for (uint32_t n = 0; n < HIDDEN; n++)
        variance += (row[n] - mean) * (row[n] - mean) / HIDDEN;
    const bl_norm *norm = &model->transform_norm;
    for (uint32_t word = 0; word < WORDS; word++) {
        double logit = model->decoder_bias[word];
        for (uint32_t n = 0; n < HIDDEN; n++) {
            double x = (row[n] - mean) / sqrt(variance + 1e-12) * norm->gamma[n] + norm->beta[n];
            logit += x * ((const float *)model->decoder.rows)[word * HIDDEN + n];
        }
        CHECK_NEAR(output.values[word], logit, 1e-5);
    }
    bl_arena_reset(arena, 0);
}

static void test_what_is_missing(void *base) {
    static const uint32_t needs[] = {BL_PART_POOLER,     BL_PART_POOLER | BL_PART_CLASSIFIER,
                                     BL_PART_CLASSIFIER, BL_PART_POOLER | BL_PART_NEXT_SENTENCE,
                                     BL_PART_MASKED_LM,  BL_PART_HEAD_DENSE | BL_PART_CLASSIFIER};
    static const uint32_t parts[] = {BL_PART_POOLER, BL_PART_CLASSIFIER, BL_PART_NEXT_SENTENCE,
                                     BL_PART_MASKED_LM, BL_PART_POOLER | BL_PART_CLASSIFIER};
    float hidden[32] = {0};
    for (uint32_t i = 0; i < 5; i++) {
        bl_arena arena;
        bl_arena_init(&arena, base, CAPACITY, NULL);
        bl_model *model = make_model(&arena, BL_DTYPE_INT8, parts[i]);
        for (uint32_t head = 0; head < 6; head++) {
            bl_head_output output;
            int has_all = (parts[i] & needs[head]) == needs[head];
            CHECK(bl_head_run(&arena, model, head, hidden, NULL, 1, &output) ==
                  (has_all ? BL_OK : BL_UNSUPPORTED));
        }
        bl_head_output output;
        CHECK_EQUAL(bl_head_run(&arena, model, 6, hidden, NULL, 1, &output), BL_BAD_ARGUMENT);
    }
}

int main(void) {
    void *base = aligned_alloc(64, CAPACITY);
    float *hidden = aligned_alloc(64, ROWS * bl_row_stride(HIDDEN) * sizeof(float));
    for (size_t i = 0; i < ROWS * bl_row_stride(HIDDEN); i++)
        hidden[i] = 4 * next_random();
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        bl_arena arena;
        bl_arena_init(&arena, base, CAPACITY, NULL);
        bl_model *model = make_model(&arena, dtype, ALL_PARTS);
        test_rows_alone(&arena, model, hidden);
        if (dtype == BL_DTYPE_FP32)
            test_formula(&arena, model, hidden);
    }
    test_what_is_missing(base);
    free(hidden);
    free(base);
    return check_result();
}
