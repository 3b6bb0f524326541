/* Adapters: what replaces tensors computes as a model written with them, bit for bit; side
 * paths compute as the merged weights would; the base stays as it was. Adapters as peft
 * writes them: tests/weights/adapter.test.js. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "check.h"

#define CAPACITY  ((size_t)16 << 20)
#define LAYERS    2
#define WORDS     70
#define TOKENS    20
#define RANK      3
#define ALL_PARTS (BL_PART_POOLER | BL_PART_MASKED_LM | BL_PART_NEXT_SENTENCE | BL_PART_CLASSIFIER)

/* What a model gives for one text: the last hidden state, then each head's values. */
typedef struct result {
    float values[TOKENS * 40 + TOKENS * WORDS + 64];
    uint32_t count;
} result;

static bl_config config_of(uint32_t dtype, uint32_t hidden, uint32_t parts) {
    return (bl_config){.dtype = dtype,
                       .layers = LAYERS,
                       .attention_heads = 2,
                       .hidden_size = hidden,
                       .intermediate_size = 30,
                       .vocab_size = WORDS,
                       .max_positions = 32,
                       .type_vocab_size = 2,
                       .activation = BL_ACTIVATION_GELU,
                       .parts = parts,
                       .labels = parts & BL_PART_CLASSIFIER ? 5 : 0,
                       .layer_norm_epsilon = 1e-12f};
}

/* The value of a tensor is a function of where it is and of `version`. */
static float value_of(uint32_t role, uint32_t layer, uint32_t index, uint32_t version) {
    uint32_t x = role * 7919u + layer * 104729u + index * 31u + version * 65537u + 12345u;
    x = (x ^ (x >> 15)) * 2246822519u;
    x = (x ^ (x >> 13)) * 3266489917u;
    return (float)(x >> 8) / (float)(1 << 24) * 0.6f - 0.3f;
}

static float low_rank_value(uint32_t role, uint32_t layer, uint32_t half, uint32_t index) {
    return value_of(role, layer, index, 77 + half);
}

/* `values_of`: the role whose values the tensor gets. */
static void write_tensor_as(bl_model *model, bl_arena *arena, const bl_config *config,
                            uint32_t role, uint32_t layer, uint32_t values_of, uint32_t version,
                            float merged_scale) {
    static float rows[WORDS * 40];
    bl_tensor_shape shape;
    CHECK_EQUAL(bl_model_tensor_shape(config, role, layer, &shape), BL_OK);
    for (uint32_t i = 0; i < shape.rows * shape.columns; i++) {
        double value = (double)value_of(values_of, layer, i, version);
        for (uint32_t r = 0; merged_scale != 0 && r < RANK; r++)
            value += (double)merged_scale *
                     low_rank_value(role, layer, 1, i / shape.columns * RANK + r) *
                     low_rank_value(role, layer, 0, r * shape.columns + i % shape.columns);
        rows[i] = (float)value;
    }
    CHECK(bl_model_write_rows(model, arena, role, layer, BL_SOURCE_F32, 0, shape.rows, rows) ==
          BL_OK);
}

static void write_tensor(bl_model *model, bl_arena *arena, const bl_config *config, uint32_t role,
                         uint32_t layer, uint32_t version, float merged_scale) {
    write_tensor_as(model, arena, config, role, layer, role, version, merged_scale);
}

typedef int (*chooser)(uint32_t role, uint32_t layer);

/* A base model; the chosen tensors are of version 2, or have side paths merged into them. */
static bl_model *make_model(bl_arena *arena, const bl_config *config, chooser second,
                            chooser merged) {
    bl_model *model = NULL;
    uint32_t missing_role, missing_layer;
    CHECK_EQUAL(bl_model_create(arena, config, &model), BL_OK);
    for (uint32_t layer = 0; layer < LAYERS; layer++)
        for (uint32_t role = layer ? BL_FIRST_LAYER_ROLE : 0; role < BL_ROLE_COUNT; role++) {
            bl_tensor_shape shape;
            if (bl_model_tensor_shape(config, role, layer, &shape) == BL_OK)
                write_tensor(model, arena, config, role, layer,
                             second && second(role, layer) ? 2 : 1,
                             merged && merged(role, layer) ? 0.5f : 0);
        }
    CHECK_EQUAL(bl_model_finish(model, &missing_role, &missing_layer), BL_OK);
    bl_arena_seal(arena);
    return model;
}

static uint32_t list_changes(const bl_config *config, chooser replaced, chooser beside,
                             bl_adapter_change *changes) {
    uint32_t count = 0;
    for (uint32_t layer = 0; layer < LAYERS; layer++)
        for (uint32_t role = layer ? BL_FIRST_LAYER_ROLE : 0; role < BL_ROLE_COUNT; role++) {
            bl_tensor_shape shape;
            if (bl_model_tensor_shape(config, role, layer, &shape) != BL_OK &&
                role != BL_ROLE_DECODER_WEIGHT)
                continue;
            if (replaced && replaced(role, layer))
                changes[count++] = (bl_adapter_change){.role = role, .layer = layer};
            else if (beside && beside(role, layer))
                changes[count++] =
                    (bl_adapter_change){.role = role, .layer = layer, .rank = RANK, .scale = 0.5f};
        }
    return count;
}

/* Rows of a half that are written at a time. */
static uint32_t stretch = WORDS;

static void write_half(bl_model *model, bl_arena *arena, const bl_adapter_change *change,
                       uint32_t half, uint32_t rows, uint32_t columns, const float *values) {
    for (uint32_t row = 0; row < rows; row += stretch) {
        uint32_t count = rows - row < stretch ? rows - row : stretch;
        /* A copy of its own ends where the rows do. */
        size_t bytes = (size_t)count * columns * sizeof(float);
        float *copy = memcpy(malloc(bytes), values + (size_t)row * columns, bytes);
        CHECK_EQUAL(bl_adapter_write_rows(model, arena, change->role, change->layer, half,
                                          BL_SOURCE_F32, row, count, copy),
                    BL_OK);
        free(copy);
    }
    CHECK_EQUAL(bl_adapter_write_rows(model, arena, change->role, change->layer, half,
                                      BL_SOURCE_F32, rows, 1, values),
                BL_BAD_ARGUMENT);
}

static void write_side_path(bl_model *model, bl_arena *arena, const bl_config *config,
                            const bl_adapter_change *change) {
    static float down[RANK * 40], up[WORDS * RANK];
    bl_config with_decoder = *config;
    bl_tensor_shape shape;
    with_decoder.parts |= BL_PART_DECODER;
    CHECK_EQUAL(bl_model_tensor_shape(&with_decoder, change->role, change->layer, &shape), BL_OK);
    for (uint32_t i = 0; i < RANK * shape.columns; i++)
        down[i] = low_rank_value(change->role, change->layer, 0, i);
    for (uint32_t i = 0; i < shape.rows * RANK; i++)
        up[i] = low_rank_value(change->role, change->layer, 1, i);
    write_half(model, arena, change, BL_LOW_RANK_DOWN, RANK, shape.columns, down);
    uint32_t role, layer;
    CHECK_EQUAL(bl_adapter_finish(model, &role, &layer), BL_BAD_MODEL);
    write_half(model, arena, change, BL_LOW_RANK_UP, shape.rows, RANK, up);
}

static void write_changes(bl_model *model, bl_arena *arena, const bl_config *config,
                          const bl_adapter_change *changes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (changes[i].rank)
            write_side_path(model, arena, config, &changes[i]);
        else
            write_tensor(model, arena, config, changes[i].role, changes[i].layer, 2, 0);
    }
}

static bl_model *make_adapter(bl_arena *arena, const bl_model *base, const bl_config *config,
                              chooser replaced, chooser beside) {
    bl_adapter_change changes[BL_ROLE_COUNT * LAYERS];
    uint32_t count = list_changes(config, replaced, beside, changes), role, layer;
    bl_model *model = NULL;
    CHECK_EQUAL(bl_adapter_create(arena, base, config, changes, count, &model), BL_OK);
    write_changes(model, arena, config, changes, count);
    CHECK_EQUAL(bl_adapter_finish(model, &role, &layer), BL_OK);
    bl_arena_seal(arena);
    return model;
}

static void run(bl_arena *arena, const bl_model *model, const bl_config *config, result *out) {
    size_t mark = bl_arena_mark(arena);
    bl_batch batch;
    int32_t ids[TOKENS], types[TOKENS] = {0};
    for (uint32_t t = 0; t < TOKENS; t++)
        ids[t] = (int32_t)(t * 17 % WORDS);
    CHECK_EQUAL(bl_batch_create(arena, 1, TOKENS, &batch), BL_OK);
    CHECK_EQUAL(bl_batch_append(&batch, ids, types, TOKENS), BL_OK);
    bl_encoder_run encoder = {0};
    CHECK_EQUAL(bl_encoder_begin(arena, model, &batch, &encoder), BL_OK);
    while (bl_encoder_step(&encoder) != BL_ENCODER_DONE)
        ;
    out->count = 0;
    for (uint32_t t = 0; t < TOKENS; t++, out->count += config->hidden_size)
        memcpy(out->values + out->count, encoder.hidden + t * encoder.hidden_stride,
               config->hidden_size * sizeof(float));
    for (uint32_t head = 0; head <= BL_HEAD_MASKED_LM; head++) {
        bl_head_output output;
        uint32_t rows = head == BL_HEAD_MASKED_LM ? TOKENS : 1;
        if (bl_head_run(arena, model, head, encoder.hidden, NULL, rows, &output) != BL_OK)
            continue;
        memcpy(out->values + out->count, output.values, rows * output.width * sizeof(float));
        out->count += rows * output.width;
    }
    bl_arena_reset(arena, mark);
}

static int same(const result *a, const result *b) {
    return a->count == b->count && memcmp(a->values, b->values, a->count * sizeof(float)) == 0;
}

static double difference(const result *a, const result *b) {
    double worst = a->count == b->count ? 0 : 1;
    for (uint32_t i = 0; i < a->count; i++)
        worst = fmax(worst, fabs((double)a->values[i] - (double)b->values[i]));
    return worst;
}

static int upper_layer(uint32_t role, uint32_t layer) {
    return role >= BL_FIRST_LAYER_ROLE && layer == 1;
}
static int here_and_there(uint32_t role, uint32_t layer) {
    return (role == BL_ROLE_KEY_WEIGHT && layer == 0) || role == BL_ROLE_VALUE_BIAS ||
           role == BL_ROLE_OUTPUT_NORM_BIAS || role == BL_ROLE_WORD_EMBEDDINGS ||
           role == BL_ROLE_POOLER_WEIGHT || role == BL_ROLE_CLASSIFIER_WEIGHT ||
           (role == BL_ROLE_INTERMEDIATE_BIAS && layer == 1);
}
static int heads_only(uint32_t role, uint32_t layer) {
    (void)layer;
    return role >= BL_ROLE_TRANSFORM_WEIGHT && role < BL_FIRST_LAYER_ROLE &&
           role != BL_ROLE_DECODER_WEIGHT;
}
static int every_matrix(uint32_t role, uint32_t layer) {
    (void)layer;
    return role == BL_ROLE_POOLER_WEIGHT || role == BL_ROLE_TRANSFORM_WEIGHT ||
           role == BL_ROLE_CLASSIFIER_WEIGHT || role == BL_ROLE_NEXT_SENTENCE_WEIGHT ||
           role == BL_ROLE_QUERY_WEIGHT || role == BL_ROLE_KEY_WEIGHT ||
           role == BL_ROLE_VALUE_WEIGHT || role == BL_ROLE_ATTENTION_OUTPUT_WEIGHT ||
           role == BL_ROLE_INTERMEDIATE_WEIGHT || role == BL_ROLE_OUTPUT_WEIGHT;
}
static int every_layer_matrix(uint32_t role, uint32_t layer) {
    return role >= BL_FIRST_LAYER_ROLE && every_matrix(role, layer);
}
static int decoder(uint32_t role, uint32_t layer) {
    (void)layer;
    return role == BL_ROLE_DECODER_WEIGHT;
}

static void test_replaced(void *base_memory, uint32_t dtype, uint32_t hidden, chooser replaced,
                          uint32_t base_parts) {
    static result before, after, adapted, expected;
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(dtype, hidden, ALL_PARTS);
    bl_config base_config = config_of(dtype, hidden, base_parts);
    bl_model *base = make_model(&arena, &base_config, NULL, NULL);
    run(&arena, base, &base_config, &before);
    bl_model *adapter = make_adapter(&arena, base, &config, replaced, NULL);
    run(&arena, adapter, &config, &adapted);
    run(&arena, make_model(&arena, &config, replaced, NULL), &config, &expected);
    CHECK(same(&adapted, &expected));
    run(&arena, base, &base_config, &after);
    CHECK(same(&before, &after));
    CHECK(!same(&adapted, &before));
}

static void test_side_paths(void *base_memory, uint32_t hidden) {
    static result before, after, adapted, expected;
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(BL_DTYPE_FP32, hidden, ALL_PARTS);
    bl_model *base = make_model(&arena, &config, NULL, NULL);
    run(&arena, base, &config, &before);
    run(&arena, make_adapter(&arena, base, &config, NULL, every_matrix), &config, &adapted);
    run(&arena, make_model(&arena, &config, NULL, every_matrix), &config, &expected);
    CHECK(difference(&adapted, &expected) < 2e-5);
    CHECK(difference(&adapted, &before) > 1e-2);
    run(&arena, base, &config, &after);
    CHECK(same(&before, &after));

    /* Beside the table of word embeddings that decodes: as a decoder of its own would. */
    bl_config own = config_of(BL_DTYPE_FP32, hidden, ALL_PARTS | BL_PART_DECODER);
    bl_model *untied = make_model(&arena, &own, NULL, NULL);
    run(&arena, make_adapter(&arena, untied, &own, NULL, decoder), &own, &adapted);
    run(&arena, make_model(&arena, &own, NULL, decoder), &own, &expected);
    CHECK(difference(&adapted, &expected) < 2e-5);
    run(&arena, make_adapter(&arena, base, &config, NULL, decoder), &config, &adapted);
    CHECK(difference(&adapted, &before) > 1e-2);
}

static int words_and_heads(uint32_t role, uint32_t layer) {
    return role == BL_ROLE_WORD_EMBEDDINGS || heads_only(role, layer);
}
static int with_decoder_too(uint32_t role, uint32_t layer) {
    return words_and_heads(role, layer) || decoder(role, layer);
}

/* New word embeddings, while the masked LM goes on to decode by the base's. */
static void test_decoder_of_the_base(void *base_memory, uint32_t dtype, uint32_t base_parts) {
    static result adapted, expected;
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config tied = config_of(dtype, 16, ALL_PARTS),
              base_config = config_of(dtype, 16, base_parts);
    bl_config own = config_of(dtype, 16, ALL_PARTS | BL_PART_DECODER);
    bl_model *base = make_model(&arena, &base_config, NULL, NULL), *written;
    written = make_adapter(&arena, base, &own, words_and_heads, NULL);
    run(&arena, written, &own, &adapted);
    static const float zero[16];
    CHECK_EQUAL(
        bl_model_write_rows(written, &arena, BL_ROLE_DECODER_WEIGHT, 0, BL_SOURCE_F32, 0, 1, zero),
        BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_model_write_scales(written, BL_ROLE_DECODER_WEIGHT, 0, 0, 1, zero),
                BL_BAD_ARGUMENT);

    bl_adapter_change changes[BL_ROLE_COUNT * LAYERS];
    uint32_t count = list_changes(&own, with_decoder_too, NULL, changes), role, layer;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &own, changes, count, &written), BL_OK);
    for (uint32_t i = 0; i < count; i++) {
        int is_decoder = changes[i].role == BL_ROLE_DECODER_WEIGHT;
        write_tensor_as(written, &arena, &own, changes[i].role, 0,
                        is_decoder ? BL_ROLE_WORD_EMBEDDINGS : changes[i].role, is_decoder ? 1 : 2,
                        0);
    }
    CHECK_EQUAL(bl_adapter_finish(written, &role, &layer), BL_OK);
    run(&arena, written, &own, &expected);
    CHECK(same(&adapted, &expected));
    run(&arena, make_adapter(&arena, base, &tied, words_and_heads, NULL), &tied, &expected);
    CHECK(!same(&adapted, &expected));
}

/* In memory that another adapter had, and that is full of what it left. */
static void test_reused_memory(void *base_memory, uint32_t dtype) {
    static result first, second, base_result;
    bl_arena arena, piece;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(dtype, 18, ALL_PARTS);
    bl_config base_config = config_of(dtype, 18, BL_PART_POOLER);
    bl_model *base = make_model(&arena, &base_config, NULL, NULL), *again = NULL;
    run(&arena, base, &base_config, &base_result);
    size_t begin = bl_arena_mark(&arena);
    run(&arena, make_adapter(&arena, base, &config, heads_only, every_layer_matrix), &config,
        &first);
    size_t end = bl_arena_mark(&arena);
    bl_arena_alloc(&arena, 1000);
    bl_arena_seal(&arena);

    bl_arena_reuse(&arena, begin, end, &piece);
    uint8_t *dirty = bl_arena_alloc(&piece, end - begin - 2 * BL_ARENA_ALIGNMENT);
    memset(dirty, 0xa5, end - begin - 2 * BL_ARENA_ALIGNMENT);
    bl_arena_reset(&piece, 0);
    bl_adapter_change changes[BL_ROLE_COUNT * LAYERS];
    uint32_t count = list_changes(&config, heads_only, every_layer_matrix, changes), role, layer;
    CHECK_EQUAL(bl_adapter_create(&piece, base, &config, changes, count, &again), BL_OK);
    CHECK(bl_arena_mark(&piece) <= end - begin);
    write_changes(again, &arena, &config, changes, count);
    CHECK_EQUAL(bl_adapter_finish(again, &role, &layer), BL_OK);
    run(&arena, again, &config, &second);
    CHECK(same(&first, &second));

    bl_arena_reuse(&arena, begin, begin + (end - begin) / 2, &piece);
    CHECK_EQUAL(bl_adapter_create(&piece, base, &config, changes, count, &again), BL_OUT_OF_MEMORY);
    CHECK_EQUAL(bl_arena_mark(&piece), 0);
    run(&arena, base, &base_config, &second);
    CHECK(same(&base_result, &second));
}

/* Side paths beside int8 weights, whose merged weights would be rounded: they change something. */
static void test_int8_side_paths(void *base_memory, uint32_t dtype) {
    static result before, adapted;
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(dtype, 16, ALL_PARTS);
    bl_model *base = make_model(&arena, &config, NULL, NULL);
    run(&arena, base, &config, &before);
    run(&arena, make_adapter(&arena, base, &config, NULL, every_matrix), &config, &adapted);
    CHECK(difference(&adapted, &before) > 1e-2);
}

static void test_errors(void *base_memory) {
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(BL_DTYPE_INT8, 16, BL_PART_POOLER);
    bl_model *base = make_model(&arena, &config, NULL, NULL), *model;
    static const bl_adapter_change bad[] = {
        {.role = BL_ROLE_COUNT},
        {.role = BL_ROLE_QUERY_WEIGHT, .layer = LAYERS},
        {.role = BL_ROLE_CLASSIFIER_WEIGHT},
        {.role = BL_ROLE_QUERY_BIAS, .rank = 2},
        {.role = BL_ROLE_WORD_EMBEDDINGS, .rank = 2},
        {.role = BL_ROLE_DECODER_WEIGHT, .rank = 2},
    };
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQUAL(bl_adapter_create(&arena, base, &config, &bad[i], 1, &model), BL_BAD_ARGUMENT);
    bl_adapter_change twice[] = {{.role = BL_ROLE_QUERY_WEIGHT}, {.role = BL_ROLE_QUERY_WEIGHT}};
    CHECK_EQUAL(bl_adapter_create(&arena, base, &config, twice, 2, &model), BL_BAD_ARGUMENT);
    bl_adapter_change endless = {.role = BL_ROLE_QUERY_WEIGHT, .rank = 2, .scale = INFINITY};
    CHECK_EQUAL(bl_adapter_create(&arena, base, &config, &endless, 1, &model), BL_BAD_ARGUMENT);
    bl_config other = config;
    other.attention_heads = 4;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &other, NULL, 0, &model), BL_BAD_ARGUMENT);

    bl_config more = config_of(BL_DTYPE_INT8, 16, BL_PART_POOLER | BL_PART_CLASSIFIER);
    uint32_t role, layer;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &more, NULL, 0, &model), BL_OK);
    CHECK_EQUAL(bl_adapter_finish(model, &role, &layer), BL_BAD_MODEL);
    CHECK(role == BL_ROLE_CLASSIFIER_WEIGHT && layer == 0);
    CHECK_EQUAL(bl_adapter_write_rows(model, &arena, BL_ROLE_QUERY_WEIGHT, 0, 0, BL_SOURCE_F32, 0,
                                      1, base_memory),
                BL_BAD_ARGUMENT);
}

/* What no base may be, no adapter makes of it. */
static void test_bad_configurations(void *base_memory) {
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(BL_DTYPE_INT8, 16, BL_PART_POOLER);
    bl_model *base = make_model(&arena, &config, NULL, NULL), *model;
    bl_config bad = config;
    bad.parts |= BL_PART_DECODER;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &bad, NULL, 0, &model), BL_BAD_MODEL);
    bad = config, bad.parts |= BL_PART_CLASSIFIER;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &bad, NULL, 0, &model), BL_BAD_MODEL);
    bad.labels = UINT32_MAX;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &bad, NULL, 0, &model), BL_BAD_MODEL);
    bad.labels = 1;
    CHECK_EQUAL(bl_adapter_create(&arena, base, &bad, NULL, 0, &model), BL_OK);
}

static void test_bad_rows(void *base_memory) {
    bl_arena arena;
    bl_arena_init(&arena, base_memory, CAPACITY, NULL);
    bl_config config = config_of(BL_DTYPE_FP32, 16, BL_PART_POOLER);
    bl_model *base = make_model(&arena, &config, NULL, NULL), *model;
    bl_adapter_change change = {.role = BL_ROLE_KEY_WEIGHT, .rank = 2, .scale = 1e30f};
    static float rows[16 * 16];
    CHECK_EQUAL(bl_adapter_create(&arena, base, &config, &change, 1, &model), BL_OK);
    rows[3] = 1e10f; /* finite, but not when it is multiplied */
    for (uint32_t half = BL_LOW_RANK_DOWN; half <= BL_LOW_RANK_UP; half++) {
        uint32_t count = half == BL_LOW_RANK_DOWN ? 2 : 16;
        CHECK_EQUAL(
            bl_adapter_write_rows(model, &arena, change.role, 0, half, BL_SOURCE_F32, 1, 1, rows),
            BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_adapter_write_rows(model, &arena, change.role, 0, half, BL_SOURCE_F32, 0,
                                          count + 1, rows),
                    BL_BAD_ARGUMENT);
        CHECK_EQUAL(
            bl_adapter_write_rows(model, &arena, change.role, 0, half, BL_SOURCE_I8, 0, 1, rows),
            BL_BAD_ARGUMENT);
        CHECK_EQUAL(bl_adapter_write_rows(model, &arena, change.role, 0, half, BL_SOURCE_F32, 0,
                                          count, rows),
                    (half == BL_LOW_RANK_DOWN ? BL_OK : BL_BAD_MODEL));
    }
    CHECK(bl_adapter_write_rows(model, &arena, change.role, 0, 2, BL_SOURCE_F32, 0, 1, rows) ==
          BL_BAD_ARGUMENT);
}

int main(void) {
    void *memory = aligned_alloc(BL_ARENA_ALIGNMENT, CAPACITY);
    static const uint32_t widths[] = {16, 18};
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        for (uint32_t i = 0; i < 2; i++) {
            test_replaced(memory, dtype, widths[i], upper_layer, ALL_PARTS);
            test_replaced(memory, dtype, widths[i], here_and_there, ALL_PARTS);
            test_replaced(memory, dtype, widths[i], heads_only, BL_PART_POOLER);
        }
    }
    static const uint32_t stretches[] = {1, 2, 7, WORDS};
    for (uint32_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
        stretch = stretches[i];
        test_side_paths(memory, 16);
        test_side_paths(memory, 18);
    }
    test_int8_side_paths(memory, BL_DTYPE_INT8);
    test_int8_side_paths(memory, BL_DTYPE_INT8_FAST);
    for (uint32_t dtype = BL_DTYPE_FP32; dtype <= BL_DTYPE_INT8_FAST; dtype++) {
        test_decoder_of_the_base(memory, dtype, ALL_PARTS);
        test_decoder_of_the_base(memory, dtype, BL_PART_POOLER);
        test_reused_memory(memory, dtype);
    }
    test_errors(memory);
    test_bad_configurations(memory);
    test_bad_rows(memory);
    free(memory);
    return check_result();
}
