/* The table of tensors: what a model has of it, and that no two rows say the same place; and
 * that nothing but what is computed is taken for an architecture. */
#include <stdlib.h>
#include <string.h>

#include "../../src/bertlet.h"
#include "../../src/model/weights.h"
#include "check.h"

static const bl_config everything = {
    .dtype = BL_DTYPE_INT8,
    .layers = 3,
    .attention_heads = 3,
    .hidden_size = 12,
    .intermediate_size = 20,
    .vocab_size = 50,
    .max_positions = 30,
    .type_vocab_size = 2,
    .parts = BL_PART_POOLER | BL_PART_MASKED_LM | BL_PART_DECODER | BL_PART_NEXT_SENTENCE |
             BL_PART_CLASSIFIER,
    .labels = 5,
};

static int has_tensor(const bl_config *config, uint32_t role, uint32_t layer) {
    bl_tensor_shape shape;
    return bl_model_tensor_shape(config, role, layer, &shape) == BL_OK;
}

static uint32_t count_tensors(const bl_config *config) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < bl_count_tensors(config); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        count += has_tensor(config, tensor.role, tensor.layer);
    }
    return count;
}

static void test_numbers(void) {
    /* Seven of the model's roles, and two of a layer's, are of other architectures. */
    CHECK_EQUAL(bl_count_tensors(&everything), 24 + 3 * 18);
    CHECK_EQUAL(count_tensors(&everything), 17 + 3 * 16);
    bl_model model = {.progress = calloc(24 + 3 * 18, sizeof(bl_tensor_progress))};
    for (uint32_t i = 0; i < bl_count_tensors(&everything); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        CHECK(bl_model_progress(&model, tensor.role, tensor.layer) == &model.progress[i]);
        int is_of_others =
            tensor.role == BL_ROLE_FINAL_NORM_WEIGHT || tensor.role == BL_ROLE_FINAL_NORM_BIAS ||
            tensor.role == BL_ROLE_PROJECTION_WEIGHT || tensor.role == BL_ROLE_PROJECTION_BIAS ||
            tensor.role == BL_ROLE_RELATIVE_BIAS || tensor.role == BL_ROLE_HEAD_DENSE_WEIGHT ||
            tensor.role == BL_ROLE_HEAD_DENSE_BIAS || tensor.role == BL_ROLE_GATE_WEIGHT ||
            tensor.role == BL_ROLE_GATE_BIAS;
        CHECK(has_tensor(&everything, tensor.role, tensor.layer) != is_of_others);
    }
    free(model.progress);
    CHECK(!has_tensor(&everything, BL_ROLE_COUNT, 0));
    CHECK(!has_tensor(&everything, BL_ROLE_POOLER_BIAS, 1));
    CHECK(!has_tensor(&everything, BL_ROLE_OUTPUT_NORM_BIAS, 3));
}

/* The numbers of values of all tensors, which is a model's number of parameters. */
static void test_shapes(void) {
    uint32_t values = 0;
    for (uint32_t i = 0; i < bl_count_tensors(&everything); i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        bl_tensor_shape shape;
        if (bl_model_tensor_shape(&everything, tensor.role, tensor.layer, &shape) != BL_OK)
            continue;
        CHECK(shape.is_matrix == shape.rows > 1);
        CHECK_EQUAL(shape.quantizable, bl_role_is_quantizable(tensor.role));
        values += shape.rows * shape.columns;
    }
    uint32_t embeddings = (50 + 30 + 2 + 2) * 12;
    uint32_t layer = 4 * (12 * 12 + 12) + 2 * 12 * 20 + 20 + 12 + 4 * 12;
    uint32_t heads = (12 + 1) * 12                  /* pooler */
                     + (12 + 3) * 12 + 50 * 12 + 50 /* masked LM */
                     + (2 + 5) * (12 + 1);          /* next sentence, classifier */
    CHECK_EQUAL(values, embeddings + 3 * layer + heads);
}

/* Where its first value is, as one number that is another for each tensor. */
static uintptr_t address_of(const bl_place *place) {
    if (place->table)
        return (uintptr_t)place->table->rows;
    if (place->linear)
        return (uintptr_t)place->linear->weights.panels + place->first_output;
    return (uintptr_t)(*place->floats + place->first_output);
}

/* Every tensor has a place, which is no other's. */
static void check_places(const bl_config *config, uint32_t outputs_of_qkv) {
    size_t bytes;
    CHECK_EQUAL(bl_model_measure(config, &bytes), BL_OK);
    void *memory = aligned_alloc(BL_ARENA_ALIGNMENT, bytes);
    bl_arena arena;
    bl_arena_init(&arena, memory, bytes, NULL);
    bl_model *model;
    CHECK_EQUAL(bl_model_create(&arena, config, &model), BL_OK);
    uint32_t count = bl_count_tensors(config);
    for (uint32_t i = 0; i < count; i++) {
        bl_tensor_id tensor = bl_tensor_at(i);
        if (!has_tensor(config, tensor.role, tensor.layer))
            continue;
        bl_place place = bl_model_find_place(model, tensor.role, tensor.layer);
        CHECK_EQUAL((place.table != NULL) + (place.linear != NULL) + (place.floats != NULL), 1);
        CHECK_EQUAL((place.paths != NULL), bl_role_takes_paths(tensor.role));
        CHECK(address_of(&place) != 0);
        for (uint32_t k = 0; k < i; k++) {
            bl_tensor_id other = bl_tensor_at(k);
            if (!has_tensor(config, other.role, other.layer))
                continue;
            bl_place of_other = bl_model_find_place(model, other.role, other.layer);
            CHECK(address_of(&place) != address_of(&of_other));
        }
    }
    CHECK(model->classifier.outputs == 5 && model->next_sentence.outputs == 2);
    CHECK_EQUAL(model->layers[2].qkv.weights.outputs, outputs_of_qkv);
    free(memory);
}

static void test_places(void) {
    check_places(&everything, 36);
    bl_config other = everything;
    other.architecture.norm_place = BL_NORM_BEFORE;
    other.architecture.norms = BL_NO_FIRST_ATTENTION_NORM;
    other.architecture.feed_forward = BL_FEED_FORWARD_GATED;
    other.architecture.key_value_heads = 1;
    check_places(&other, 12 + 2 * 4);
}

/* Rows of one linear layer stand one below the other, and so do their biases. */
static void test_stacked(void) {
    bl_layer layer = {0};
    static const uint32_t weights[] = {BL_ROLE_QUERY_WEIGHT, BL_ROLE_KEY_WEIGHT,
                                       BL_ROLE_VALUE_WEIGHT};
    static const uint32_t biases[] = {BL_ROLE_QUERY_BIAS, BL_ROLE_KEY_BIAS, BL_ROLE_VALUE_BIAS};
    for (uint32_t i = 0; i < 3; i++) {
        bl_place weight = bl_find_place(&everything, weights[i], &layer);
        bl_place bias = bl_find_place(&everything, biases[i], &layer);
        CHECK(weight.linear == &layer.qkv && bias.floats == &layer.qkv.weights.bias);
        CHECK(weight.outputs == 36 && weight.first_output == 12 * i);
        CHECK(bias.outputs == 36 && bias.first_output == 12 * i);
    }
    bl_place alone = bl_find_place(&everything, BL_ROLE_OUTPUT_BIAS, &layer);
    CHECK(alone.outputs == 12 && alone.first_output == 0);
}

static void test_parts(void) {
    static const struct {
        uint32_t part, role, tensors;
    } parts[] = {
        {BL_PART_POOLER, BL_ROLE_POOLER_WEIGHT, 2},
        {BL_PART_MASKED_LM, BL_ROLE_DECODER_BIAS, 5},
        {BL_PART_DECODER, BL_ROLE_DECODER_WEIGHT, 1},
        {BL_PART_NEXT_SENTENCE, BL_ROLE_NEXT_SENTENCE_BIAS, 2},
        {BL_PART_CLASSIFIER, BL_ROLE_CLASSIFIER_WEIGHT, 2},
    };
    bl_config config = everything;
    for (uint32_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        config.parts = parts[i].part;
        CHECK_EQUAL(count_tensors(&config), 5 + 3 * 16 + parts[i].tensors);
        CHECK_EQUAL(bl_role_part(parts[i].role), parts[i].part);
        config.parts = everything.parts & ~parts[i].part;
        CHECK(!has_tensor(&config, parts[i].role, 0));
    }
    CHECK(bl_role_part(BL_ROLE_WORD_EMBEDDINGS) == 0 && bl_role_part(BL_ROLE_KEY_BIAS) == 0);
    CHECK(bl_role_part(BL_ROLE_COUNT) == 0 && !bl_role_is_quantizable(BL_ROLE_COUNT));
    CHECK(!bl_role_takes_paths(BL_ROLE_COUNT) && !bl_role_takes_paths(BL_ROLE_WORD_EMBEDDINGS));
    CHECK(bl_role_takes_paths(BL_ROLE_DECODER_WEIGHT) && !bl_role_takes_paths(BL_ROLE_KEY_BIAS));
    CHECK(bl_role_takes_paths(BL_ROLE_CLASSIFIER_WEIGHT) &&
          !bl_role_is_quantizable(BL_ROLE_CLASSIFIER_WEIGHT));
}

/* The tensors that an architecture has. What no stage computes is refused. */
static void test_architecture(void) {
    static const struct {
        bl_architecture architecture;
        int tensors; /* more or fewer than BERT's */
        bl_status status;
    } others[] = {
        {{.norm_place = BL_NORM_BEFORE}, 2, BL_OK},
        {{.norm_kind = BL_NORM_RMS}, 0, BL_OK},
        {{.norms = BL_NO_EMBEDDINGS_NORM}, -2, BL_OK},
        {{.norms = BL_NO_FIRST_ATTENTION_NORM}, -2, BL_OK},
        {{.positions = BL_POSITIONS_ROTARY, .rotary_theta = 1e4f}, -1, BL_OK},
        {{.feed_forward = BL_FEED_FORWARD_GATED}, 2 * 3, BL_OK},
        {{.biases = BL_BIASES_NONE}, -1 - 3 * 8, BL_OK},
        {{.biases = BL_NO_ATTENTION_BIAS}, -3 * 4, BL_OK},
        {{.biases = BL_NO_INTERMEDIATE_BIAS}, -3, BL_OK},
        {{.biases = BL_NO_OUTPUT_BIAS}, -3, BL_OK},
        {{.biases = BL_NO_NORM_BIAS}, -1 - 3 * 2, BL_OK},
        {{.window = 64, .window_period = 3}, 0, BL_OK},
        {{.window = 64}, 0, BL_UNSUPPORTED},
        {{.positions = BL_POSITIONS_ROTARY}, -1, BL_UNSUPPORTED},
        {{.positions = BL_POSITIONS_RELATIVE}, -1, BL_UNSUPPORTED},
        {{.positions = BL_POSITIONS_NONE}, -1, BL_UNSUPPORTED},
        {{.norm_place = 2}, 0, BL_UNSUPPORTED},
        {{.norm_kind = 2}, 0, BL_UNSUPPORTED},
        {{.norms = 4}, 0, BL_UNSUPPORTED},
        {{.feed_forward = 2}, 0, BL_UNSUPPORTED},
        {{.biases = 16}, 0, BL_UNSUPPORTED},
        {{.shared_sets = 1}, -2 * 16, BL_OK},
        {{.shared_sets = 2}, -16, BL_OK},
        {{.position_rows = BL_POSITION_ROWS_AFTER_PADDING}, 0, BL_OK},
        {{.projection = BL_PROJECTION_ALWAYS}, 2, BL_OK},
        {{.transform = BL_TRANSFORM_GELU}, 0, BL_OK},
        {{.position_rows = 2}, 0, BL_UNSUPPORTED},
        {{.projection = 2}, 0, BL_UNSUPPORTED},
        {{.transform = 2}, 0, BL_UNSUPPORTED},
        {{.positions = 99}, -1, BL_UNSUPPORTED},
    };
    size_t bytes;
    bl_config config = everything;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_OK);
    for (uint32_t i = 0; i < sizeof others / sizeof *others; i++) {
        config = everything;
        config.architecture = others[i].architecture;
        if (config.architecture.positions == BL_POSITIONS_ROTARY)
            config.attention_heads = 1, config.hidden_size += config.hidden_size % 2;
        CHECK_EQUAL(bl_architecture_check(&config.architecture), others[i].status);
        CHECK_EQUAL(bl_model_measure(&config, &bytes), others[i].status);
        CHECK_EQUAL((int)count_tensors(&config), 17 + 3 * 16 + others[i].tensors);
    }
    config = everything, config.architecture.shared_sets = 4;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_BAD_MODEL);
    config = everything, config.embedding_size = 7;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_OK);
    CHECK_EQUAL(count_tensors(&config), 17 + 3 * 16 + 2);
    config = everything, config.architecture.position_rows = BL_POSITION_ROWS_AFTER_PADDING;
    config.padding_id = config.max_positions - 1;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_BAD_MODEL);
    /* No segments; heads that share keys; an odd head cannot be turned. */
    config = everything, config.type_vocab_size = 0;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_OK);
    CHECK_EQUAL(count_tensors(&config), 17 + 3 * 16 - 1);
    config = everything, config.hidden_size = 60, config.attention_heads = 6;
    config.architecture.key_value_heads = 2;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_OK);
    bl_tensor_shape shape;
    CHECK_EQUAL(bl_model_tensor_shape(&config, BL_ROLE_KEY_WEIGHT, 0, &shape), BL_OK);
    CHECK(shape.rows == 20 && shape.columns == 60);
    config.architecture.key_value_heads = 4;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_BAD_MODEL);
    config = everything, config.hidden_size = 15, config.attention_heads = 5;
    config.architecture.positions = BL_POSITIONS_ROTARY, config.architecture.rotary_theta = 1e4f;
    CHECK_EQUAL(bl_model_measure(&config, &bytes), BL_BAD_MODEL);
}

int main(void) {
    test_numbers();
    test_shapes();
    test_places();
    test_stacked();
    test_parts();
    test_architecture();
    return check_result();
}
