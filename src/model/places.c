/* Where in a model the values of each tensor are. */
#include "weights.h"

static bl_place floats_of(const float **floats, uint32_t first) {
    return (bl_place){.floats = floats, .first_output = first};
}

static bl_place linear_of(bl_linear *linear, uint32_t first_output) {
    return (bl_place){.linear = linear, .first_output = first_output};
}

static bl_place find_layer_place(bl_layer *layer, uint32_t role, uint32_t hidden) {
    switch (role) {
    case BL_ROLE_QUERY_WEIGHT:
        return linear_of(&layer->qkv, 0);
    case BL_ROLE_KEY_WEIGHT:
        return linear_of(&layer->qkv, hidden);
    case BL_ROLE_VALUE_WEIGHT:
        return linear_of(&layer->qkv, 2 * hidden);
    case BL_ROLE_QUERY_BIAS:
        return floats_of(&layer->qkv.weights.bias, 0);
    case BL_ROLE_KEY_BIAS:
        return floats_of(&layer->qkv.weights.bias, hidden);
    case BL_ROLE_VALUE_BIAS:
        return floats_of(&layer->qkv.weights.bias, 2 * hidden);
    case BL_ROLE_ATTENTION_OUTPUT_WEIGHT:
        return linear_of(&layer->attention_output, 0);
    case BL_ROLE_ATTENTION_OUTPUT_BIAS:
        return floats_of(&layer->attention_output.weights.bias, 0);
    case BL_ROLE_ATTENTION_NORM_WEIGHT:
        return floats_of(&layer->attention_norm.gamma, 0);
    case BL_ROLE_ATTENTION_NORM_BIAS:
        return floats_of(&layer->attention_norm.beta, 0);
    case BL_ROLE_INTERMEDIATE_WEIGHT:
        return linear_of(&layer->intermediate, 0);
    case BL_ROLE_INTERMEDIATE_BIAS:
        return floats_of(&layer->intermediate.weights.bias, 0);
    case BL_ROLE_OUTPUT_WEIGHT:
        return linear_of(&layer->output, 0);
    case BL_ROLE_OUTPUT_BIAS:
        return floats_of(&layer->output.weights.bias, 0);
    case BL_ROLE_OUTPUT_NORM_WEIGHT:
        return floats_of(&layer->output_norm.gamma, 0);
    default:
        return floats_of(&layer->output_norm.beta, 0);
    }
}

bl_place bl_model_find_place(bl_model *model, uint32_t role, uint32_t layer) {
    switch (role) {
    case BL_ROLE_WORD_EMBEDDINGS:
        return (bl_place){.table = &model->word_embeddings};
    case BL_ROLE_POSITION_EMBEDDINGS:
        return (bl_place){.table = &model->position_embeddings};
    case BL_ROLE_TYPE_EMBEDDINGS:
        return (bl_place){.table = &model->type_embeddings};
    case BL_ROLE_EMBEDDINGS_NORM_WEIGHT:
        return floats_of(&model->embeddings_norm.gamma, 0);
    case BL_ROLE_EMBEDDINGS_NORM_BIAS:
        return floats_of(&model->embeddings_norm.beta, 0);
    case BL_ROLE_POOLER_WEIGHT:
        return linear_of(&model->pooler, 0);
    case BL_ROLE_POOLER_BIAS:
        return floats_of(&model->pooler.weights.bias, 0);
    case BL_ROLE_TRANSFORM_WEIGHT:
        return linear_of(&model->transform, 0);
    case BL_ROLE_TRANSFORM_BIAS:
        return floats_of(&model->transform.weights.bias, 0);
    case BL_ROLE_TRANSFORM_NORM_WEIGHT:
        return floats_of(&model->transform_norm.gamma, 0);
    case BL_ROLE_TRANSFORM_NORM_BIAS:
        return floats_of(&model->transform_norm.beta, 0);
    case BL_ROLE_DECODER_WEIGHT:
        return (bl_place){.table = &model->decoder};
    case BL_ROLE_DECODER_BIAS:
        return floats_of(&model->decoder_bias, 0);
    case BL_ROLE_NEXT_SENTENCE_WEIGHT:
        return floats_of(&model->next_sentence.rows, 0);
    case BL_ROLE_NEXT_SENTENCE_BIAS:
        return floats_of(&model->next_sentence.bias, 0);
    case BL_ROLE_CLASSIFIER_WEIGHT:
        return floats_of(&model->classifier.rows, 0);
    case BL_ROLE_CLASSIFIER_BIAS:
        return floats_of(&model->classifier.bias, 0);
    default:
        return find_layer_place(&model->layers[layer], role, model->config.hidden_size);
    }
}

bl_tensor_progress *bl_model_progress(bl_model *model, uint32_t role, uint32_t layer) {
    uint32_t per_layer = BL_ROLE_COUNT - BL_FIRST_LAYER_ROLE;
    return &model->progress[role + (role < BL_FIRST_LAYER_ROLE ? 0 : layer * per_layer)];
}
