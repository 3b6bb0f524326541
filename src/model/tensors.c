/* What the table of tensors says: which tensors a model has, their shapes, and where in the
 * model their values are. */
#include "tensors.h"

#include "weights.h"

/* What rows and columns are. */
typedef enum extent {
    ONE,
    TWO,
    HIDDEN,
    EMBEDDING,
    HEADS,
    BUCKETS,
    KEYS, /* of all heads of keys, or of values */
    INTERMEDIATE,
    VOCABULARY,
    POSITIONS,
    SEGMENTS,
    LABELS
} extent;

typedef enum storage {
    EMBEDDINGS, /* a bl_table: rows that are looked up, int8 with scales in an int8 model */
    DECODER,    /* likewise, but multiplied with */
    LINEAR,     /* the panels of a bl_linear */
    BIAS,       /* of a bl_linear, which has one whatever the model has */
    OUTPUT,     /* the rows of a bl_output_layer, float in every dtype */
    FLOATS      /* as they are */
} storage;

/* What a tensor may need beside parts, whose bits are lower. */
enum {
    TRAIT_ABSOLUTE = 1 << 16,
    TRAIT_TYPES = 1 << 17,
    TRAIT_EMBEDDINGS_NORM = 1 << 18,
    TRAIT_NORM_BIASES = 1 << 19,
    TRAIT_ATTENTION_BIASES = 1 << 20,
    TRAIT_INTERMEDIATE_BIASES = 1 << 21,
    TRAIT_OUTPUT_BIASES = 1 << 22,
    TRAIT_GATE = 1 << 23,
    TRAIT_NORM_BEFORE = 1 << 24,
    TRAIT_ATTENTION_NORM = 1 << 25,
    TRAIT_PROJECTION = 1 << 26,
    TRAIT_BUCKETS = 1 << 27,
    PARTS = TRAIT_ABSOLUTE - 1
};

/* The words of the table's column "needs". */
#define NEEDS_ALWAYS         0
#define NEEDS_ABSOLUTE       TRAIT_ABSOLUTE
#define NEEDS_TYPES          TRAIT_TYPES
#define NEEDS_FIRST_NORM     TRAIT_EMBEDDINGS_NORM
#define NEEDS_FIRST_BIAS     (TRAIT_EMBEDDINGS_NORM | TRAIT_NORM_BIASES)
#define NEEDS_FINAL_NORM     TRAIT_NORM_BEFORE
#define NEEDS_FINAL_BIAS     (TRAIT_NORM_BEFORE | TRAIT_NORM_BIASES)
#define NEEDS_NORM_BIAS      TRAIT_NORM_BIASES
#define NEEDS_ATTENTION_N    TRAIT_ATTENTION_NORM
#define NEEDS_ATTENTION_NB   (TRAIT_ATTENTION_NORM | TRAIT_NORM_BIASES)
#define NEEDS_ATTENTION_B    TRAIT_ATTENTION_BIASES
#define NEEDS_INTERMEDIATE_B TRAIT_INTERMEDIATE_BIASES
#define NEEDS_OUTPUT_B       TRAIT_OUTPUT_BIASES
#define NEEDS_GATE           TRAIT_GATE
#define NEEDS_GATE_B         (TRAIT_GATE | TRAIT_INTERMEDIATE_BIASES)
#define NEEDS_PROJECTION     TRAIT_PROJECTION
#define NEEDS_BUCKETS        TRAIT_BUCKETS
#define NEEDS_POOLER         BL_PART_POOLER
#define NEEDS_MASKED_LM      BL_PART_MASKED_LM
#define NEEDS_DECODER        BL_PART_DECODER
#define NEEDS_NEXT_SENTENCE  BL_PART_NEXT_SENTENCE
#define NEEDS_HEAD_DENSE     BL_PART_HEAD_DENSE
#define NEEDS_CLASSIFIER     BL_PART_CLASSIFIER

typedef struct tensor_row {
    uint8_t rows, columns; /* extent */
    uint8_t storage;
    uint16_t place; /* offset in bl_model or bl_layer */
    uint32_t needs;
} tensor_row;

#define MODEL_ROW(role, rows, columns, storage, needs, place)                                      \
    {rows, columns, storage, offsetof(bl_model, place), NEEDS_##needs},
#define LAYER_ROW(role, rows, columns, storage, needs, place)                                      \
    {rows, columns, storage, offsetof(bl_layer, place), NEEDS_##needs},

static const tensor_row table[BL_ROLE_COUNT] = {BL_MODEL_TENSORS(MODEL_ROW)
                                                    BL_LAYER_TENSORS(LAYER_ROW)};

static uint32_t size_of_extent(const bl_config *config, uint8_t what) {
    switch ((extent)what) {
    case ONE:
        return 1;
    case TWO:
        return 2;
    case HIDDEN:
        return config->hidden_size;
    case EMBEDDING:
        return bl_embedding_size(config);
    case HEADS:
        return config->attention_heads;
    case BUCKETS:
        return config->relative_buckets;
    case KEYS:
        return bl_key_width(config);
    case INTERMEDIATE:
        return config->intermediate_size;
    case VOCABULARY:
        return config->vocab_size;
    case POSITIONS:
        return config->max_positions;
    case SEGMENTS:
        return config->type_vocab_size;
    case LABELS:
        return config->labels;
    }
    return 0;
}

/* The parts and traits that a model has, in one of its layers. */
static uint32_t list_features(const bl_config *config, uint32_t layer) {
    const bl_architecture *architecture = &config->architecture;
    uint32_t features = config->parts & PARTS, norms = architecture->norms;
    const struct {
        int is_there;
        uint32_t trait;
    } traits[] = {
        {architecture->positions == BL_POSITIONS_ABSOLUTE, TRAIT_ABSOLUTE},
        {config->type_vocab_size > 0, TRAIT_TYPES},
        {!(norms & BL_NO_EMBEDDINGS_NORM), TRAIT_EMBEDDINGS_NORM},
        {layer > 0 || !(norms & BL_NO_FIRST_ATTENTION_NORM), TRAIT_ATTENTION_NORM},
        {!(architecture->biases & BL_NO_NORM_BIAS), TRAIT_NORM_BIASES},
        {!(architecture->biases & BL_NO_ATTENTION_BIAS), TRAIT_ATTENTION_BIASES},
        {!(architecture->biases & BL_NO_INTERMEDIATE_BIAS), TRAIT_INTERMEDIATE_BIASES},
        {!(architecture->biases & BL_NO_OUTPUT_BIAS), TRAIT_OUTPUT_BIASES},
        {architecture->feed_forward == BL_FEED_FORWARD_GATED, TRAIT_GATE},
        {architecture->norm_place == BL_NORM_BEFORE, TRAIT_NORM_BEFORE},
        {architecture->projection == BL_PROJECTION_ALWAYS ||
             bl_embedding_size(config) != config->hidden_size,
         TRAIT_PROJECTION},
        {config->relative_buckets > 0, TRAIT_BUCKETS},
    };
    for (uint32_t i = 0; i < sizeof traits / sizeof *traits; i++)
        if (traits[i].is_there)
            features |= traits[i].trait;
    return features;
}

uint32_t bl_role_part(uint32_t role) {
    return role < BL_ROLE_COUNT ? table[role].needs & PARTS : 0;
}

uint32_t bl_role_is_quantizable(uint32_t role) {
    return role < BL_ROLE_COUNT &&
           (table[role].storage == EMBEDDINGS || table[role].storage == DECODER ||
            table[role].storage == LINEAR);
}

uint32_t bl_role_takes_paths(uint32_t role) {
    return role < BL_ROLE_COUNT && (table[role].storage == DECODER ||
                                    table[role].storage == LINEAR || table[role].storage == OUTPUT);
}

static int has_tensor(const bl_config *config, uint32_t role, uint32_t layer) {
    return (table[role].needs & ~list_features(config, layer)) == 0;
}

bl_status bl_model_tensor_shape(const bl_config *config, uint32_t role, uint32_t layer,
                                bl_tensor_shape *shape) {
    uint32_t layers = role < BL_FIRST_LAYER_ROLE ? 1 : bl_count_layer_sets(config);
    if (role >= BL_ROLE_COUNT || layer >= layers || !has_tensor(config, role, layer))
        return BL_BAD_ARGUMENT;
    *shape = (bl_tensor_shape){
        .rows = size_of_extent(config, table[role].rows),
        .columns = size_of_extent(config, table[role].columns),
        .is_matrix = table[role].rows != ONE,
        .quantizable = bl_role_is_quantizable(role),
    };
    return BL_OK;
}

/* Outputs of the linear layer that a weight or a bias is in: those of the roles before `end`. */
static uint32_t count_outputs(const bl_config *config, uint32_t role, uint32_t end) {
    uint32_t begin = role < BL_FIRST_LAYER_ROLE ? 0 : BL_FIRST_LAYER_ROLE, outputs = 0;
    const tensor_row *row = &table[role];
    for (uint32_t other = begin; other < end; other++)
        if (table[other].storage == row->storage && table[other].place == row->place &&
            has_tensor(config, other, 0))
            outputs += size_of_extent(config, row->storage == BIAS ? table[other].columns
                                                                   : table[other].rows);
    return outputs;
}

bl_place bl_find_place(const bl_config *config, uint32_t role, void *owner) {
    void *member = (uint8_t *)owner + table[role].place;
    bl_linear *linear = member;
    bl_output_layer *output = member;
    uint32_t section_end = role < BL_FIRST_LAYER_ROLE ? BL_FIRST_LAYER_ROLE : BL_ROLE_COUNT;
    bl_place place = {0};
    switch ((storage)table[role].storage) {
    case EMBEDDINGS:
        place.table = member;
        break;
    case DECODER:
        place.table = member;
        place.paths = &place.table->paths;
        break;
    case LINEAR:
        place.linear = linear;
        place.paths = &linear->paths;
        break;
    case BIAS:
        place.floats = &linear->weights.bias;
        break;
    case OUTPUT:
        place.output = output;
        place.floats = &output->rows;
        place.paths = &output->paths;
        break;
    case FLOATS:
        place.floats = member;
        break;
    }
    if (table[role].storage == LINEAR || table[role].storage == BIAS) {
        place.first_output = count_outputs(config, role, role);
        place.outputs = count_outputs(config, role, section_end);
    }
    return place;
}

bl_place bl_model_find_place(bl_model *model, uint32_t role, uint32_t layer) {
    void *owner = role < BL_FIRST_LAYER_ROLE ? (void *)model : &model->layers[layer];
    return bl_find_place(&model->config, role, owner);
}
