/* Adapters: what replaces tensors computes as a model written with them, bit for bit; side
 * paths compute as the merged weights would; the base stays as it was. Adapters as peft
 * writes them: tests/adapter.test.js. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "check.h"

#define CAPACITY  ((size_t)16 << 20)
#define LAYERS    2
#define WORDS     60
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
                       .heads = 2,
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

static void write_tensor(bl_model *model, bl_arena *arena, const bl_config *config, uint32_t role,
                         uint32_t layer, uint32_t version, float merged_scale) {
    static float rows[WORDS * 40];
    bl_tensor_shape shape;
    CHECK(bl_model_tensor_shape(config, role, layer, &shape) == BL_OK);
    for (uint32_t i = 0; i < shape.rows * shape.columns; i++) {
        double value = (double)value_of(role, layer, i, version);
        for (uint32_t r = 0; merged_scale != 0 && r < RANK; r++)
            value += (double)merged_scale *
                     low_rank_value(role, layer, 1, i / shape.columns * RANK + r) *
                     low_rank_value(role, layer, 0, r * shape.columns + i % shape.columns);
        rows[i] = (float)value;
    }
    CHECK(bl_model_write_rows(model, arena, role, layer, BL_SOURCE_F32, 0, shape.rows, rows) ==
          BL_OK);
}

typedef int (*chooser)(uint32_t role, uint32_t layer);

/* A base model; the chosen tensors are of version 2, or have side paths merged into them. */
static bl_model *make_model(bl_arena *arena, const bl_config *config, chooser second,
                            chooser merged) {
    bl_model *model = NULL;
    uint32_t missing_role, missing_layer;
    CHECK(bl_model_create(arena, config, &model) == BL_OK);
    for (uint32_t layer = 0; layer < LAYERS; layer++)
        for (uint32_t role = layer ? BL_FIRST_LAYER_ROLE : 0; role < BL_ROLE_COUNT; role++) {
            bl_tensor_shape shape;
            if (bl_model_tensor_shape(config, role, layer, &shape) == BL_OK)
                write_tensor(model, arena, config, role, layer,
                             second && second(role, layer) ? 2 : 1,
                             merged && merged(role, layer) ? 0.5f : 0);
        }
    CHECK(bl_model_finish(model, &missing_role, &missing_layer) == BL_OK);
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

static void write_side_path(bl_model *model, bl_arena *arena, const bl_config *config,
                            const bl_adapter_change *change) {
    static float down[RANK * 40], up[WORDS * RANK];
    bl_config with_decoder = *config;
    bl_tensor_shape shape;
    with_decoder.parts |= BL_PART_DECODER;
    CHECK(bl_model_tensor_shape(&with_decoder, change->role, change->layer, &shape) == BL_OK);
    for (uint32_t i = 0; i < RANK * shape.columns; i++)
        down[i] = low_rank_value(change->role, change->layer, 0, i);
    for (uint32_t i = 0; i < shape.rows * RANK; i++)
        up[i] = low_rank_value(change->role, change->layer, 1, i);
    CHECK(bl_adapter_write_rows(model, arena, change->role, change->layer, BL_LOW_RANK_DOWN,
                                BL_SOURCE_F32, 0, RANK, down) == BL_OK);
    uint32_t role, layer;
    CHECK(bl_adapter_finish(model, &role, &layer) == BL_BAD_MODEL);
    CHECK(bl_adapter_write_rows(model, arena, change->role, change->layer, BL_LOW_RANK_UP,
                                BL_SOURCE_F32, 0, shape.rows, up) == BL_OK);
}

static bl_model *make_adapter(bl_arena *arena, const bl_model *base, const bl_config *config,
                              chooser replaced, chooser beside) {
    bl_adapter_change changes[BL_ROLE_COUNT * LAYERS];
    uint32_t count = list_changes(config, replaced, beside, changes), role, layer;
    bl_model *model = NULL;
    CHECK(bl_adapter_create(arena, base, config, changes, count, &model) == BL_OK);
    for (uint32_t i = 0; i < count; i++) {
        if (changes[i].rank)
            write_side_path(model, arena, config, &changes[i]);
        else
            write_tensor(model, arena, config, changes[i].role, changes[i].layer, 2, 0);
    }
    CHECK(bl_adapter_finish(model, &role, &layer) == BL_OK);
    bl_arena_seal(arena);
    return model;
}

static void run(bl_arena *arena, const bl_model *model, const bl_config *config, result *out) {
    size_t mark = bl_arena_mark(arena);
    bl_batch batch;
    int32_t ids[TOKENS], types[TOKENS] = {0};
    for (uint32_t t = 0; t < TOKENS; t++)
        ids[t] = (int32_t)(t * 17 % WORDS);
    CHECK(bl_batch_create(arena, 1, TOKENS, &batch) == BL_OK);
    CHECK(bl_batch_append(&batch, ids, types, TOKENS) == BL_OK);
    bl_encoder_run encoder = {0};
    CHECK(bl_encoder_begin(arena, model, &batch, &encoder) == BL_OK);
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
        CHECK(bl_adapter_create(&arena, base, &config, &bad[i], 1, &model) == BL_BAD_ARGUMENT);
    bl_adapter_change twice[] = {{.role = BL_ROLE_QUERY_WEIGHT}, {.role = BL_ROLE_QUERY_WEIGHT}};
    CHECK(bl_adapter_create(&arena, base, &config, twice, 2, &model) == BL_BAD_ARGUMENT);
    bl_config other = config;
    other.heads = 4;
    CHECK(bl_adapter_create(&arena, base, &other, NULL, 0, &model) == BL_BAD_ARGUMENT);

    bl_config more = config_of(BL_DTYPE_INT8, 16, BL_PART_POOLER | BL_PART_CLASSIFIER);
    uint32_t role, layer;
    CHECK(bl_adapter_create(&arena, base, &more, NULL, 0, &model) == BL_OK);
    CHECK(bl_adapter_finish(model, &role, &layer) == BL_BAD_MODEL);
    CHECK(role == BL_ROLE_CLASSIFIER_WEIGHT && layer == 0);
    CHECK(bl_adapter_write_rows(model, &arena, BL_ROLE_QUERY_WEIGHT, 0, 0, BL_SOURCE_F32, 0, 1,
                                base_memory) == BL_BAD_ARGUMENT);
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
    test_side_paths(memory, 16);
    test_side_paths(memory, 18);
    test_int8_side_paths(memory, BL_DTYPE_INT8);
    test_int8_side_paths(memory, BL_DTYPE_INT8_FAST);
    test_errors(memory);
    free(memory);
    return check_result();
}
