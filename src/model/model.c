/* Configuration to memory layout. Writing the tensors is in write.c. */
#include "weights.h"

#include <string.h>

#include "../kernels/pack_weights.h"

/* Heads that share keys do so in groups of one size; rotary positions turn pairs. */
static int has_sound_heads(const bl_config *config) {
    uint32_t shared = config->architecture.key_value_heads;
    if (config->attention_heads < 1 || config->hidden_size % config->attention_heads != 0)
        return 0;
    if (shared && config->attention_heads % shared != 0)
        return 0;
    return config->architecture.positions != BL_POSITIONS_ROTARY || bl_head_size(config) % 2 == 0;
}

static int in_range(uint32_t value, uint32_t limit) {
    return value >= 1 && value <= limit;
}

bl_status bl_model_check_config(const bl_config *config) {
    if (!in_range(config->layers, BL_MAX_LAYERS) || !in_range(config->hidden_size, BL_MAX_WIDTH) ||
        !in_range(config->intermediate_size, BL_MAX_WIDTH) ||
        !in_range(config->vocab_size, BL_MAX_ROWS) ||
        !in_range(config->max_positions, BL_MAX_ROWS) || config->type_vocab_size > BL_MAX_ROWS)
        return BL_BAD_MODEL;
    if ((config->parts & BL_PART_DECODER) && !(config->parts & BL_PART_MASKED_LM))
        return BL_BAD_MODEL;
    if ((config->parts & BL_PART_CLASSIFIER) && !in_range(config->labels, BL_MAX_ROWS))
        return BL_BAD_MODEL;
    if (!has_sound_heads(config) || config->activation >= BL_ACTIVATION_COUNT ||
        config->head_activation >= BL_ACTIVATION_COUNT)
        return BL_BAD_MODEL;
    if (bl_embedding_size(config) > BL_MAX_WIDTH || config->relative_buckets > BL_MAX_WIDTH ||
        config->relative_buckets % 4 != 0 || /* encoder/relative.c halves them twice */
        config->architecture.shared_sets > config->layers || bl_count_positions(config) < 1)
        return BL_BAD_MODEL;
    if (!(config->layer_norm_epsilon >= 0 && config->layer_norm_epsilon < 1))
        return BL_BAD_MODEL;
    if (!bl_kernels_select((bl_dtype)config->dtype))
        return BL_UNSUPPORTED;
    return bl_architecture_check(&config->architecture);
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

bl_table bl_layout_table(bl_arena *arena, const bl_config *config, const bl_tensor_shape *shape) {
    size_t element = config->dtype == BL_DTYPE_FP32 ? sizeof(float) : sizeof(int8_t);
    return (bl_table){
        .rows = bl_alloc_zeroed(arena, (uint64_t)shape->rows * shape->columns, element),
        .scales = bl_alloc_zeroed(arena, shape->rows, sizeof(float)),
    };
}

void bl_model_tie_decoder(bl_model *model) {
    if ((model->config.parts & BL_PART_MASKED_LM) && !(model->config.parts & BL_PART_DECODER))
        model->decoder = model->word_embeddings;
}

static void layout_tensor(bl_arena *arena, const bl_kernels *kernels, const bl_config *config,
                          const bl_place *place, const bl_tensor_shape *shape) {
    if (place->table) {
        *place->table = bl_layout_table(arena, config, shape);
    } else if (place->linear) {
        if (place->first_output == 0)
            place->linear->weights =
                bl_layout_weights(arena, kernels, shape->columns, place->outputs);
    } else if (place->outputs == 0) { /* a linear layer comes with its bias */
        *place->floats =
            bl_alloc_zeroed(arena, (uint64_t)shape->rows * shape->columns, sizeof(float));
    }
    if (place->output)
        place->output->outputs = shape->rows;
}

/* The tensors of the roles [begin, end), which are all of the model's or of one of its layers. */
static void layout_tensors(bl_arena *arena, const bl_kernels *kernels, const bl_config *config,
                           uint32_t begin, uint32_t end, uint32_t layer, void *owner) {
    for (uint32_t role = begin; role < end; role++) {
        bl_tensor_shape shape;
        if (bl_model_tensor_shape(config, role, layer, &shape) != BL_OK)
            continue;
        bl_place place = bl_find_place(config, role, owner);
        layout_tensor(arena, kernels, config, &place, &shape);
    }
}

/* One function for measuring and for real, so that the two cannot differ. `model`
 * receives the views; on a measuring arena they are NULL. */
static void layout_model(bl_arena *arena, const bl_config *config, bl_model *model) {
    const bl_kernels *kernels = bl_kernels_select((bl_dtype)config->dtype);
    bl_layer *layers = bl_alloc_zeroed(arena, bl_count_layer_sets(config), sizeof(bl_layer));
    *model = (bl_model){
        .config = *config,
        .kernels = kernels,
        .layers = layers,
        .progress = bl_alloc_zeroed(arena, bl_count_tensors(config), sizeof(bl_tensor_progress)),
    };
    if (config->architecture.biases & BL_NO_NORM_BIAS)
        model->zeros = bl_alloc_zeroed(arena, bl_widest_row(config), sizeof(float));
    layout_tensors(arena, kernels, config, 0, BL_FIRST_LAYER_ROLE, 0, model);
    bl_model_tie_decoder(model);
    for (uint32_t i = 0; i < bl_count_layer_sets(config); i++) {
        bl_layer layer = {0};
        layout_tensors(arena, kernels, config, BL_FIRST_LAYER_ROLE, BL_ROLE_COUNT, i, &layer);
        if (layers)
            layers[i] = layer;
    }
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
