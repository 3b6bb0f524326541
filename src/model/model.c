/* Configuration to memory layout. Writing the tensors is in write.c. */
#include "weights.h"

#include <string.h>

#include "../kernels/pack_weights.h"

static int in_range(uint32_t value, uint32_t limit) {
    return value >= 1 && value <= limit;
}

bl_status bl_model_check_config(const bl_config *config) {
    if (!in_range(config->layers, BL_MAX_LAYERS) || !in_range(config->hidden_size, BL_MAX_WIDTH) ||
        !in_range(config->intermediate_size, BL_MAX_WIDTH) ||
        !in_range(config->vocab_size, BL_MAX_ROWS) ||
        !in_range(config->max_positions, BL_MAX_ROWS) ||
        !in_range(config->type_vocab_size, BL_MAX_ROWS) || config->heads < 1)
        return BL_BAD_MODEL;
    if ((config->parts & BL_PART_DECODER) && !(config->parts & BL_PART_MASKED_LM))
        return BL_BAD_MODEL;
    if ((config->parts & BL_PART_CLASSIFIER) && !in_range(config->labels, BL_MAX_ROWS))
        return BL_BAD_MODEL;
    if (config->hidden_size % config->heads != 0 || config->activation >= BL_ACTIVATION_COUNT)
        return BL_BAD_MODEL;
    if (!(config->layer_norm_epsilon >= 0 && config->layer_norm_epsilon < 1))
        return BL_BAD_MODEL;
    return bl_kernels_select((bl_dtype)config->dtype) ? BL_OK : BL_UNSUPPORTED;
}

/* Memory that starts as zeros: what padding panels and biases must hold. Fresh linear memory does
 * already, and touching all of it before the weights come would hold them up. */
__attribute__((noinline)) void *bl_alloc_zeroed(bl_arena *arena, uint64_t count, size_t size) {
    if (count > SIZE_MAX / size) {
        arena->failed = 1;
        return NULL;
    }
    size_t bytes = (size_t)count * size, used = arena->high_water;
    uint8_t *memory = bl_arena_alloc(arena, bytes);
    if (!memory)
        return NULL;
    size_t begin = (size_t)memory - (size_t)arena->base;
    if (arena->pristine && used < begin + bytes)
        bytes = used > begin ? used - begin : 0;
    return memset(memory, 0, bytes);
}

static uint64_t round_up(uint64_t value, uint64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

bl_weights bl_layout_weights(bl_arena *arena, const bl_kernels *kernels, uint32_t inputs,
                             uint32_t outputs) {
    uint64_t padded = round_up(outputs, BL_PANEL);
    return (bl_weights){
        .panels = bl_alloc_zeroed(arena, padded * round_up(inputs, kernels->group),
                                  kernels->packed_weight_element),
        .scales = bl_alloc_zeroed(arena, padded, sizeof(float)),
        .bias = bl_alloc_zeroed(arena, padded, sizeof(float)),
        .sums = bl_alloc_zeroed(arena, padded, sizeof(int32_t)),
        .inputs = inputs,
        .outputs = outputs,
    };
}

static bl_linear layout_linear(bl_arena *arena, const bl_kernels *kernels, uint32_t inputs,
                               uint32_t outputs) {
    return (bl_linear){.weights = bl_layout_weights(arena, kernels, inputs, outputs)};
}

static bl_norm layout_norm(bl_arena *arena, const bl_config *config) {
    return (bl_norm){
        .gamma = bl_alloc_zeroed(arena, config->hidden_size, sizeof(float)),
        .beta = bl_alloc_zeroed(arena, config->hidden_size, sizeof(float)),
    };
}

bl_table bl_layout_table(bl_arena *arena, const bl_config *config, uint32_t rows) {
    size_t element = config->dtype == BL_DTYPE_FP32 ? sizeof(float) : sizeof(int8_t);
    return (bl_table){
        .rows = bl_alloc_zeroed(arena, (uint64_t)rows * config->hidden_size, element),
        .scales = bl_alloc_zeroed(arena, rows, sizeof(float)),
    };
}

static bl_output_layer layout_outputs(bl_arena *arena, const bl_config *config, uint32_t outputs) {
    return (bl_output_layer){
        .rows = bl_alloc_zeroed(arena, (uint64_t)outputs * config->hidden_size, sizeof(float)),
        .bias = bl_alloc_zeroed(arena, outputs, sizeof(float)),
        .outputs = outputs,
    };
}

static void layout_parts(bl_arena *arena, bl_model *model) {
    const bl_config *config = &model->config;
    uint32_t hidden = config->hidden_size;
    if (config->parts & BL_PART_POOLER)
        model->pooler = layout_linear(arena, model->kernels, hidden, hidden);
    if (config->parts & BL_PART_MASKED_LM) {
        model->transform = layout_linear(arena, model->kernels, hidden, hidden);
        model->transform_norm = layout_norm(arena, config);
        model->decoder = config->parts & BL_PART_DECODER
                             ? bl_layout_table(arena, config, config->vocab_size)
                             : model->word_embeddings;
        model->decoder_bias = bl_alloc_zeroed(arena, config->vocab_size, sizeof(float));
    }
    if (config->parts & BL_PART_NEXT_SENTENCE)
        model->next_sentence = layout_outputs(arena, config, 2);
    if (config->parts & BL_PART_CLASSIFIER)
        model->classifier = layout_outputs(arena, config, config->labels);
}

static bl_layer layout_layer(bl_arena *arena, const bl_kernels *kernels, const bl_config *config) {
    uint32_t hidden = config->hidden_size, intermediate = config->intermediate_size;
    return (bl_layer){
        .qkv = layout_linear(arena, kernels, hidden, 3 * hidden),
        .attention_output = layout_linear(arena, kernels, hidden, hidden),
        .attention_norm = layout_norm(arena, config),
        .intermediate = layout_linear(arena, kernels, hidden, intermediate),
        .output = layout_linear(arena, kernels, intermediate, hidden),
        .output_norm = layout_norm(arena, config),
    };
}

/* One function for measuring and for real, so that the two cannot differ. `model`
 * receives the views; on a measuring arena they are NULL. */
static void layout_model(bl_arena *arena, const bl_config *config, bl_model *model) {
    const bl_kernels *kernels = bl_kernels_select((bl_dtype)config->dtype);
    bl_layer *layers = bl_alloc_zeroed(arena, config->layers, sizeof(bl_layer));
    *model = (bl_model){
        .config = *config,
        .kernels = kernels,
        .layers = layers,
        .progress =
            bl_alloc_zeroed(arena, bl_model_tensor_slots(config), sizeof(bl_tensor_progress)),
        .word_embeddings = bl_layout_table(arena, config, config->vocab_size),
        .position_embeddings = bl_layout_table(arena, config, config->max_positions),
        .type_embeddings = bl_layout_table(arena, config, config->type_vocab_size),
        .embeddings_norm = layout_norm(arena, config),
    };
    for (uint32_t i = 0; i < config->layers; i++) {
        bl_layer layer = layout_layer(arena, kernels, config);
        if (layers)
            layers[i] = layer;
    }
    layout_parts(arena, model);
}

bl_status bl_model_measure(const bl_config *config, size_t *bytes) {
    bl_status status = bl_model_check_config(config);
    if (status != BL_OK)
        return status;
    bl_arena measure = bl_arena_measure();
    bl_model model;
    bl_arena_alloc(&measure, sizeof(bl_model));
    layout_model(&measure, config, &model);
    *bytes = measure.top;
    return bl_arena_status(&measure);
}

bl_status bl_model_create(bl_arena *arena, const bl_config *config, bl_model **model) {
    size_t bytes, mark = bl_arena_mark(arena);
    bl_status status = bl_model_measure(config, &bytes);
    if (status == BL_OK)
        status = bl_arena_reserve(arena, bytes);
    if (status != BL_OK)
        return status;
    *model = bl_arena_alloc(arena, sizeof(bl_model));
    layout_model(arena, config, *model);
    status = bl_arena_status(arena);
    if (status != BL_OK)
        bl_arena_reset(arena, mark);
    return status;
}
