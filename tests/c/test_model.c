/* Writing a model and running it: contracts, errors, and that a text's result does not
 * depend on its batch. Values against PyTorch are compared in tests/engine/encoder.test.js. */
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "../../src/model/weights.h"
#include "check.h"

#define CAPACITY ((size_t)8 << 20)

static const bl_config small = {
    .dtype = BL_DTYPE_FP32,
    .layers = 2,
    .attention_heads = 3,
    .hidden_size = 15,
    .intermediate_size = 21,
    .vocab_size = 50,
    .max_positions = 80,
    .type_vocab_size = 2,
    .activation = BL_ACTIVATION_GELU,
    .parts = BL_PART_POOLER | BL_PART_MASKED_LM | BL_PART_DECODER | BL_PART_NEXT_SENTENCE |
             BL_PART_CLASSIFIER,
    .labels = 5,
    .layer_norm_epsilon = 1e-12f,
};

static uint32_t random_state;

static float next_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / (float)(1 << 24) - 0.5f;
}

static void fill(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = next_random();
}

/* Writes every tensor but those of a role (BL_ROLE_COUNT: of none), `stretch` rows at a time. */
static void write_all(bl_arena *arena, bl_model *model, const bl_config *config, uint32_t stretch,
                      uint32_t but) {
    static float rows[4096];
    for (uint32_t layer = 0; layer < config->layers; layer++) {
        for (uint32_t role = layer ? BL_FIRST_LAYER_ROLE : 0; role < BL_ROLE_COUNT; role++) {
            bl_tensor_shape shape;
            if (bl_model_tensor_shape(config, role, layer, &shape) != BL_OK)
                continue;
            for (uint32_t row = 0; role != but && row < shape.rows; row += stretch) {
                uint32_t count = shape.rows - row < stretch ? shape.rows - row : stretch;
                fill(rows, (size_t)count * shape.columns);
                CHECK_EQUAL(
                    bl_model_write_rows(model, arena, role, layer, BL_SOURCE_F32, row, count, rows),
                    BL_OK);
            }
        }
    }
}

static bl_model *make_model(bl_arena *arena, const bl_config *config, uint32_t stretch) {
    bl_model *model = NULL;
    uint32_t role, layer;
    random_state = 7;
    CHECK_EQUAL(bl_model_create(arena, config, &model), BL_OK);
    write_all(arena, model, config, stretch, BL_ROLE_COUNT);
    CHECK_EQUAL(bl_model_finish(model, &role, &layer), BL_OK);
    bl_arena_seal(arena);
    return model;
}

static uint32_t jobs;

/* A crew whose shares come in the wrong order, for they must not depend on each other, and
 * that sometimes says that it is late. */
static int run_backwards(bl_crew *crew, bl_task task, void *context, uint32_t share_count) {
    CHECK(share_count > 0 && share_count <= BL_CREW_SHARES);
    for (uint32_t share = share_count; share-- > 0;)
        task(context, share, share % crew->size);
    return ++jobs % 3 != 0;
}

static bl_crew *crew_for_tests;

/* With all rows but the last left out, a vector is that row; with none left, there is none. */
static void check_left_out(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                           const float *hidden, uint32_t stride, uint32_t width) {
    bl_batch one = *batch;
    one.sequence_count = 1;
    uint32_t count = one.starts[1];
    for (uint32_t pooling = BL_POOLING_MEAN; pooling <= BL_POOLING_MAX; pooling++) {
        float *vector;
        CHECK_EQUAL(bl_pool(arena, model, &one, hidden, pooling, count - 1, 0, &vector), BL_OK);
        CHECK(memcmp(vector, hidden + (count - 1) * stride, width * sizeof(float)) == 0);
        CHECK_EQUAL(bl_pool(arena, model, &one, hidden, pooling, count, 0, &vector),
                    BL_BAD_ARGUMENT);
    }
}

/* Pooled vectors of sequences with the given lengths, `first` being their first token. */
static void embed(bl_arena *arena, const bl_model *model, const uint32_t *lengths, uint32_t count,
                  int32_t first, float *out, uint32_t width) {
    size_t mark = bl_arena_mark(arena);
    bl_batch batch;
    CHECK_EQUAL(bl_batch_create(arena, count, 1000, &batch), BL_OK);
    for (uint32_t s = 0; s < count; s++) {
        int32_t ids[100], types[100];
        for (uint32_t t = 0; t < lengths[s]; t++) {
            ids[t] = (int32_t)((uint32_t)first + s + 3 * t) % 50;
            types[t] = t > lengths[s] / 2;
        }
        CHECK_EQUAL(bl_batch_append(&batch, ids, types, lengths[s]), BL_OK);
    }
    const uint8_t all[] = {1, 1, 1};
    bl_encoder_run run = {.hidden_layers = all, .attention_layers = all, .crew = crew_for_tests};
    CHECK_EQUAL(bl_encoder_begin(arena, model, &batch, &run), BL_OK);
    CHECK_EQUAL(run.state_count, small.layers + 1);
    jobs = 0;
    uint32_t late = 0;
    for (bl_encoder_progress progress; (progress = bl_encoder_step(&run)) != BL_ENCODER_DONE;)
        late += progress == BL_ENCODER_LATE;
    CHECK_EQUAL(late, jobs / 3);
    CHECK_EQUAL(run.states_done, run.state_count);
    float *vectors;
    CHECK_EQUAL(bl_pool(arena, model, &batch, run.hidden, BL_POOLING_MEAN, 0, 1, &vectors), BL_OK);
    CHECK_EQUAL(bl_pool(arena, model, &batch, run.hidden, 9, 0, 1, &vectors), BL_BAD_ARGUMENT);
    memcpy(out, vectors, count * width * sizeof(float));
    check_left_out(arena, model, &batch, run.hidden, run.hidden_stride, width);
    bl_arena_reset(arena, mark);
}

/* The last hidden state of a batch, all of it or the rows wanted. */
static void run_rows(bl_arena *arena, const bl_model *model, const uint32_t *wanted,
                     uint32_t wanted_count, bl_status expected, uint32_t width, float *out) {
    size_t mark = bl_arena_mark(arena);
    const uint32_t lengths[] = {3, 70, 1, 9, 20};
    bl_batch batch;
    CHECK_EQUAL(bl_batch_create(arena, 5, 200, &batch), BL_OK);
    for (uint32_t s = 0; s < 5; s++) {
        int32_t ids[100], types[100] = {0};
        for (uint32_t t = 0; t < lengths[s]; t++)
            ids[t] = (int32_t)((7 * s + 3 * t) % 50);
        CHECK_EQUAL(bl_batch_append(&batch, ids, types, lengths[s]), BL_OK);
    }
    bl_encoder_run run = {.wanted = wanted, .wanted_count = wanted_count, .crew = crew_for_tests};
    CHECK_EQUAL(bl_encoder_begin(arena, model, &batch, &run), expected);
    if (expected == BL_OK) {
        while (bl_encoder_step(&run) != BL_ENCODER_DONE)
            ;
        for (uint32_t row = 0; row < wanted_count; row++)
            memcpy(out + row * width, run.hidden + row * run.hidden_stride, width * sizeof(float));
    }
    bl_arena_reset(arena, mark);
}

/* Rows that are left out change nothing in the others. */
static void test_wanted_rows(void *base, uint32_t dtype, uint32_t hidden) {
    static const uint32_t some[] = {0, 2, 3, 4, 50, 72, 83, 101, 102};
    static const uint32_t last[] = {102};
    static const uint32_t disordered[] = {3, 3}, outside[] = {1, 103};
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_config config = small;
    config.dtype = dtype;
    config.hidden_size = hidden;
    if (!bl_kernels_select((bl_dtype)dtype))
        return;
    bl_model *model = make_model(&arena, &config, 5);
    static float all[103 * 24], rows[103 * 24];
    uint32_t every[103];
    for (uint32_t i = 0; i < 103; i++)
        every[i] = i;
    run_rows(&arena, model, NULL, 103, BL_OK, hidden, all);
    run_rows(&arena, model, every, 103, BL_OK, hidden, rows);
    CHECK(memcmp(rows, all, (size_t)103 * hidden * sizeof(float)) == 0);
    run_rows(&arena, model, some, 9, BL_OK, hidden, rows);
    for (uint32_t i = 0; i < 9; i++)
        CHECK(memcmp(rows + i * hidden, all + some[i] * hidden, hidden * sizeof(float)) == 0);
    run_rows(&arena, model, last, 1, BL_OK, hidden, rows);
    CHECK(memcmp(rows, all + 102 * hidden, hidden * sizeof(float)) == 0);
    run_rows(&arena, model, disordered, 2, BL_BAD_ARGUMENT, hidden, NULL);
    run_rows(&arena, model, outside, 2, BL_BAD_ARGUMENT, hidden, NULL);
    run_rows(&arena, model, some, 0, BL_BAD_ARGUMENT, hidden, NULL);
}

static void test_alone_as_in_a_batch(void *base, uint32_t dtype) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_config config = small;
    config.dtype = dtype;
    if (!bl_kernels_select((bl_dtype)dtype))
        return;
    bl_model *model = make_model(&arena, &config, 5);
    const uint32_t lengths[] = {1, 80, 2, 33, 7, 64, 65};
    float together[7 * 15], alone[15];
    embed(&arena, model, lengths, 7, 0, together, 15);
    for (uint32_t s = 0; s < 7; s++) {
        embed(&arena, model, &lengths[s], 1, (int32_t)s, alone, 15);
        CHECK(memcmp(alone, together + s * 15, sizeof alone) == 0);
    }
}

/* However many shares the work is cut into, the bits are the same. */
static void test_crews(void *base) {
    const uint32_t lengths[] = {1, 80, 2, 33, 7, 64, 65};
    float expected[7 * 15], actual[7 * 15];
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_model *model = make_model(&arena, &small, 5);
    embed(&arena, model, lengths, 7, 0, expected, 15);
    for (uint32_t size = 1; size <= BL_CREW_LIMIT; size++) {
        bl_crew crew = {size, run_backwards};
        crew_for_tests = &crew;
        embed(&arena, model, lengths, 7, 0, actual, 15);
        CHECK(memcmp(expected, actual, sizeof expected) == 0);
    }
    crew_for_tests = NULL;
}

/* However the rows arrive, the model is the same. */
static void test_stretches(void *base) {
    const uint32_t lengths[] = {12};
    float expected[15], actual[15];
    for (uint32_t stretch = 1; stretch <= 200; stretch = stretch * 3 + 1) {
        bl_arena arena;
        bl_arena_init(&arena, base, CAPACITY, NULL);
        bl_model *model = make_model(&arena, &small, stretch);
        embed(&arena, model, lengths, 1, 3, stretch == 1 ? expected : actual, 15);
        if (stretch > 1)
            CHECK(memcmp(expected, actual, sizeof expected) == 0);
    }
}

static void check_refused(bl_config config, bl_status status) {
    size_t bytes;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), status);
}

static void test_bad_configurations(void) {
    bl_config config = small;
    config.layers = 0;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.attention_heads = 4;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.attention_heads = 0;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.hidden_size = 0xffffffff;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.activation = 99;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.layer_norm_epsilon = -1;
    check_refused(config, BL_BAD_MODEL);
    config = small, config.dtype = 77;
    check_refused(config, BL_UNSUPPORTED);
}

static void test_bad_writes(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_model *model;
    uint32_t role = 99, layer = 99;
    float row[15] = {0};
    CHECK_EQUAL(bl_model_create(&arena, &small, &model), BL_OK);
    CHECK(bl_model_finish(model, &role, &layer) == BL_BAD_MODEL && role == 0 && layer == 0);
    CHECK_EQUAL(bl_model_write_rows(model, &arena, 0, 0, BL_SOURCE_F32, 1, 1, row),
                BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_model_write_rows(model, &arena, 0, 0, BL_SOURCE_F32, 0, 51, row),
                BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_model_write_rows(model, &arena, 0, 0, 9, 0, 1, row), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_model_write_rows(model, &arena, 99, 0, 0, 0, 1, row), BL_BAD_ARGUMENT);
    CHECK(bl_model_write_rows(model, &arena, BL_ROLE_QUERY_BIAS, 2, 0, 0, 1, row) ==
          BL_BAD_ARGUMENT);
    CHECK(bl_model_write_rows(model, &arena, BL_ROLE_QUERY_BIAS, 0, BL_SOURCE_I8, 0, 1, row) ==
          BL_BAD_ARGUMENT);
    row[3] = __builtin_nanf("");
    CHECK_EQUAL(bl_model_write_rows(model, &arena, 0, 0, BL_SOURCE_F32, 0, 1, row), BL_BAD_MODEL);
    row[3] = -1;
    CHECK_EQUAL(bl_model_write_scales(model, 0, 0, 0, 4, row), BL_BAD_MODEL);
    CHECK_EQUAL(bl_model_write_scales(model, BL_ROLE_QUERY_BIAS, 0, 0, 1, row), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_arena_mark(&arena), arena.top);
}

/* Integers and their scales: in order, no row too many, and all of them before the model is whole.
 */
static void test_scales(void *base, uint32_t dtype, uint32_t role) {
    static const int8_t ones[50 * 21] = {1};
    static float scales[51];
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_config config = small;
    config.dtype = dtype;
    bl_model *model;
    bl_tensor_shape shape;
    uint32_t missing_role = 99, missing_layer = 99;
    CHECK_EQUAL(bl_model_create(&arena, &config, &model), BL_OK);
    write_all(&arena, model, &config, 50, role);
    CHECK_EQUAL(bl_model_tensor_shape(&config, role, 0, &shape), BL_OK);
    for (uint32_t layer = 0; layer < (role < BL_FIRST_LAYER_ROLE ? 1 : config.layers); layer++) {
        uint32_t rows = shape.rows;
        CHECK(bl_model_write_rows(model, &arena, role, layer, BL_SOURCE_I8, 0, rows, ones) ==
              BL_OK);
        CHECK_EQUAL(bl_model_finish(model, &missing_role, &missing_layer), BL_BAD_MODEL);
        CHECK(missing_role == role && missing_layer == layer);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, 1, 1, scales), BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, 0, rows + 1, scales),
                    BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, 0, rows - 1, scales), BL_OK);
        CHECK_EQUAL(bl_model_finish(model, &missing_role, &missing_layer), BL_BAD_MODEL);
        CHECK(missing_role == role && missing_layer == layer);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, 0, 1, scales), BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, rows - 1, 2, scales),
                    BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, rows - 1, 1, scales), BL_OK);
        CHECK_EQUAL(bl_model_write_scales(model, role, layer, rows, 1, scales), BL_BAD_ARGUMENT);
    }
    CHECK_EQUAL(bl_model_finish(model, &missing_role, &missing_layer), BL_OK);
}

static void test_bad_batches(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_model *model = make_model(&arena, &small, 100);
    bl_batch batch;
    bl_encoder_run run = {0};
    int32_t ids[90] = {0}, types[90] = {0};
    CHECK_EQUAL(bl_batch_create(&arena, 2, 100, &batch), BL_OK);
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, 101), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, 81), BL_OK);
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_TOO_LONG);

    batch.sequence_count = batch.token_count = 0;
    ids[5] = 50;
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, 10), BL_OK);
    CHECK(bl_encoder_begin(&arena, model, &batch, &run) == BL_BAD_MODEL && run.bad_token == 5);
    batch.ids[5] = -1;
    CHECK(bl_encoder_begin(&arena, model, &batch, &run) == BL_BAD_MODEL && run.bad_token == 5);
    batch.ids[5] = 0;
    batch.type_ids[7] = 2;
    CHECK(bl_encoder_begin(&arena, model, &batch, &run) == BL_BAD_MODEL && run.bad_token == 7);
    batch.type_ids[7] = 1;
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_OK);

    /* Some rows are all that is left of the last layer: there is nothing else to keep. */
    static const uint8_t all[] = {1, 1, 1};
    static const uint32_t rows[] = {3, 4};
    run = (bl_encoder_run){.wanted = rows, .wanted_count = 2};
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_OK);
    run = (bl_encoder_run){.wanted = rows, .wanted_count = 2, .hidden_layers = all};
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_BAD_ARGUMENT);
    run = (bl_encoder_run){.wanted = rows, .wanted_count = 2, .attention_layers = all};
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_BAD_ARGUMENT);
    run = (bl_encoder_run){.wanted = rows};
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_BAD_ARGUMENT);

    run = (bl_encoder_run){0};
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, 0), BL_OK);
    CHECK_EQUAL(bl_encoder_begin(&arena, model, &batch, &run), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, 1), BL_BAD_ARGUMENT); /* it holds two */
}

/* Too little memory is reported, and nothing is taken. */
static void test_no_memory(void *base) {
    bl_arena arena;
    bl_model *model;
    size_t bytes;
    CHECK_EQUAL(bl_model_measure(&small, &bytes), BL_OK);
    bl_arena_init(&arena, base, bytes - 1, NULL);
    CHECK_EQUAL(bl_model_create(&arena, &small, &model), BL_OUT_OF_MEMORY);
    CHECK_EQUAL(arena.top, 0);
    bl_arena_init(&arena, base, bytes, NULL);
    CHECK_EQUAL(bl_model_create(&arena, &small, &model), BL_OK);
    CHECK_EQUAL(arena.top, bytes);
}

/* Memory that was used and given back is cleared; what never was may be left alone. */
static void test_zeros_in_fresh_memory(void *base) {
    for (size_t used = 0; used <= 3000; used += 1000) {
        bl_arena arena;
        bl_arena_init(&arena, base, CAPACITY, NULL);
        memset(bl_arena_alloc(&arena, CAPACITY / 2), 0, CAPACITY / 2);
        bl_arena_init(&arena, base, CAPACITY, NULL);
        arena.pristine = 1;
        memset(bl_arena_alloc(&arena, used), 0xa5, used);
        bl_arena_reset(&arena, 0);
        for (int round = 0; round < 3; round++) {
            uint8_t *memory = bl_alloc_zeroed(&arena, 300, 4);
            for (size_t i = 0; i < 1200; i++)
                CHECK_EQUAL(memory[i], 0);
        }
    }
}

int main(void) {
    void *base = aligned_alloc(BL_ARENA_ALIGNMENT, CAPACITY);
    test_alone_as_in_a_batch(base, BL_DTYPE_FP32);
    test_alone_as_in_a_batch(base, BL_DTYPE_INT8);
    test_alone_as_in_a_batch(base, BL_DTYPE_INT8_FAST);
    test_crews(base);
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        test_wanted_rows(base, dtype, 15);
        test_wanted_rows(base, dtype, 24);
    }
    test_stretches(base);
    test_zeros_in_fresh_memory(base);
    test_bad_configurations();
    test_bad_writes(base);
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        test_scales(base, dtype, BL_ROLE_WORD_EMBEDDINGS);
        test_scales(base, dtype, BL_ROLE_KEY_WEIGHT);
        test_scales(base, dtype, BL_ROLE_OUTPUT_WEIGHT);
    }
    test_bad_batches(base);
    test_no_memory(base);
    free(base);
    return check_result();
}
