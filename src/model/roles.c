/* What each tensor of a model is: its shape, whether it is quantised, what it belongs to. */
#include "model.h"

/* What the numbers of a role's tensors are; widths stand for themselves in `bl_config`. */
typedef enum extent {
    ONE,
    HIDDEN,
    INTERMEDIATE,
    VOCABULARY,
    POSITIONS,
    SEGMENTS,
    TWO,
    LABELS
} extent;

typedef struct role_facts {
    uint8_t rows, columns; /* extent; rows ONE: a vector */
    uint8_t quantizable;
    uint8_t part;
} role_facts;

#define MATRIX(rows, columns, part) {rows, columns, 1, part}
#define FLOATS(rows, columns, part) {rows, columns, 0, part}

static const role_facts facts[BL_ROLE_COUNT] = {
    [BL_ROLE_WORD_EMBEDDINGS] = MATRIX(VOCABULARY, HIDDEN, 0),
    [BL_ROLE_POSITION_EMBEDDINGS] = MATRIX(POSITIONS, HIDDEN, 0),
    [BL_ROLE_TYPE_EMBEDDINGS] = MATRIX(SEGMENTS, HIDDEN, 0),
    [BL_ROLE_EMBEDDINGS_NORM_WEIGHT] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_EMBEDDINGS_NORM_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_POOLER_WEIGHT] = MATRIX(HIDDEN, HIDDEN, BL_PART_POOLER),
    [BL_ROLE_POOLER_BIAS] = FLOATS(ONE, HIDDEN, BL_PART_POOLER),
    [BL_ROLE_TRANSFORM_WEIGHT] = MATRIX(HIDDEN, HIDDEN, BL_PART_MASKED_LM),
    [BL_ROLE_TRANSFORM_BIAS] = FLOATS(ONE, HIDDEN, BL_PART_MASKED_LM),
    [BL_ROLE_TRANSFORM_NORM_WEIGHT] = FLOATS(ONE, HIDDEN, BL_PART_MASKED_LM),
    [BL_ROLE_TRANSFORM_NORM_BIAS] = FLOATS(ONE, HIDDEN, BL_PART_MASKED_LM),
    [BL_ROLE_DECODER_WEIGHT] = MATRIX(VOCABULARY, HIDDEN, BL_PART_DECODER),
    [BL_ROLE_DECODER_BIAS] = FLOATS(ONE, VOCABULARY, BL_PART_MASKED_LM),
    [BL_ROLE_NEXT_SENTENCE_WEIGHT] = FLOATS(TWO, HIDDEN, BL_PART_NEXT_SENTENCE),
    [BL_ROLE_NEXT_SENTENCE_BIAS] = FLOATS(ONE, TWO, BL_PART_NEXT_SENTENCE),
    [BL_ROLE_CLASSIFIER_WEIGHT] = FLOATS(LABELS, HIDDEN, BL_PART_CLASSIFIER),
    [BL_ROLE_CLASSIFIER_BIAS] = FLOATS(ONE, LABELS, BL_PART_CLASSIFIER),
    [BL_ROLE_QUERY_WEIGHT] = MATRIX(HIDDEN, HIDDEN, 0),
    [BL_ROLE_QUERY_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_KEY_WEIGHT] = MATRIX(HIDDEN, HIDDEN, 0),
    [BL_ROLE_KEY_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_VALUE_WEIGHT] = MATRIX(HIDDEN, HIDDEN, 0),
    [BL_ROLE_VALUE_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_ATTENTION_OUTPUT_WEIGHT] = MATRIX(HIDDEN, HIDDEN, 0),
    [BL_ROLE_ATTENTION_OUTPUT_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_ATTENTION_NORM_WEIGHT] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_ATTENTION_NORM_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_INTERMEDIATE_WEIGHT] = MATRIX(INTERMEDIATE, HIDDEN, 0),
    [BL_ROLE_INTERMEDIATE_BIAS] = FLOATS(ONE, INTERMEDIATE, 0),
    [BL_ROLE_OUTPUT_WEIGHT] = MATRIX(HIDDEN, INTERMEDIATE, 0),
    [BL_ROLE_OUTPUT_BIAS] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_OUTPUT_NORM_WEIGHT] = FLOATS(ONE, HIDDEN, 0),
    [BL_ROLE_OUTPUT_NORM_BIAS] = FLOATS(ONE, HIDDEN, 0),
};

static uint32_t size_of_extent(const bl_config *config, uint8_t what) {
    const uint32_t sizes[] = {
        [ONE] = 1,
        [HIDDEN] = config->hidden_size,
        [INTERMEDIATE] = config->intermediate_size,
        [VOCABULARY] = config->vocab_size,
        [POSITIONS] = config->max_positions,
        [SEGMENTS] = config->type_vocab_size,
        [TWO] = 2,
        [LABELS] = config->labels,
    };
    return sizes[what];
}

uint32_t bl_role_is_quantizable(uint32_t role) {
    return role < BL_ROLE_COUNT && facts[role].quantizable;
}

bl_status bl_model_tensor_shape(const bl_config *config, uint32_t role, uint32_t layer,
                                bl_tensor_shape *shape) {
    if (role >= BL_ROLE_COUNT || layer >= (role < BL_FIRST_LAYER_ROLE ? 1 : config->layers))
        return BL_BAD_ARGUMENT;
    const role_facts *role_is = &facts[role];
    if ((config->parts & role_is->part) != role_is->part)
        return BL_BAD_ARGUMENT;
    *shape = (bl_tensor_shape){
        .rows = size_of_extent(config, role_is->rows),
        .columns = size_of_extent(config, role_is->columns),
        .is_matrix = role_is->rows != ONE,
        .quantizable = role_is->quantizable,
    };
    return BL_OK;
}
