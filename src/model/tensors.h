/* Every tensor that a model can have: one row of one table says all there is to know of it.
 * Adding a tensor is adding its row, and the member of a struct in weights.h where it is to
 * stand; its names in files are in js/weights/families/. */
#ifndef BERTLET_TENSORS_H
#define BERTLET_TENSORS_H

/* role     BL_ROLE_…, by which everybody calls the tensor
 * rows, columns
 *          of the matrix as it stands in a file; rows ONE: a vector
 * storage  how it is kept in memory (tensors.c)
 * needs    a part (BL_PART_…) or a trait of the architecture without which there is no such
 *          tensor (tensors.c)
 * place    a member of bl_model, or of bl_layer (weights.h). Where several weights have one place,
 *          they are one matrix there, each below the one before it in the table. */
// clang-format off
#define BL_MODEL_TENSORS(ROW) \
    /*  role                      rows          columns       storage     needs          place */ \
    ROW(WORD_EMBEDDINGS,          VOCABULARY,   EMBEDDING,    EMBEDDINGS, ALWAYS,        word_embeddings) \
    ROW(POSITION_EMBEDDINGS,      POSITIONS,    EMBEDDING,    EMBEDDINGS, ABSOLUTE,      position_embeddings) \
    ROW(TYPE_EMBEDDINGS,          SEGMENTS,     EMBEDDING,    EMBEDDINGS, TYPES,         type_embeddings) \
    ROW(EMBEDDINGS_NORM_WEIGHT,   ONE,          EMBEDDING,    FLOATS,     FIRST_NORM,    embeddings_norm.gamma) \
    ROW(EMBEDDINGS_NORM_BIAS,     ONE,          EMBEDDING,    FLOATS,     FIRST_BIAS,    embeddings_norm.beta) \
    ROW(PROJECTION_WEIGHT,        HIDDEN,       EMBEDDING,    LINEAR,     PROJECTION,    projection) \
    ROW(PROJECTION_BIAS,          ONE,          HIDDEN,       BIAS,       PROJECTION,    projection) \
    ROW(RELATIVE_BIAS,            BUCKETS,      HEADS,        FLOATS,     BUCKETS,       relative_bias) \
    ROW(FINAL_NORM_WEIGHT,        ONE,          HIDDEN,       FLOATS,     FINAL_NORM,    final_norm.gamma) \
    ROW(FINAL_NORM_BIAS,          ONE,          HIDDEN,       FLOATS,     FINAL_BIAS,    final_norm.beta) \
    ROW(POOLER_WEIGHT,            HIDDEN,       HIDDEN,       LINEAR,     POOLER,        pooler) \
    ROW(POOLER_BIAS,              ONE,          HIDDEN,       BIAS,       POOLER,        pooler) \
    ROW(TRANSFORM_WEIGHT,         EMBEDDING,    HIDDEN,       LINEAR,     MASKED_LM,     transform) \
    ROW(TRANSFORM_BIAS,           ONE,          EMBEDDING,    BIAS,       MASKED_LM,     transform) \
    ROW(TRANSFORM_NORM_WEIGHT,    ONE,          EMBEDDING,    FLOATS,     MASKED_LM,     transform_norm.gamma) \
    ROW(TRANSFORM_NORM_BIAS,      ONE,          EMBEDDING,    FLOATS,     MASKED_LM,     transform_norm.beta) \
    ROW(DECODER_WEIGHT,           VOCABULARY,   EMBEDDING,    DECODER,    DECODER,       decoder) \
    ROW(DECODER_BIAS,             ONE,          VOCABULARY,   FLOATS,     MASKED_LM,     decoder_bias) \
    ROW(NEXT_SENTENCE_WEIGHT,     TWO,          HIDDEN,       OUTPUT,     NEXT_SENTENCE, next_sentence) \
    ROW(NEXT_SENTENCE_BIAS,       ONE,          TWO,          FLOATS,     NEXT_SENTENCE, next_sentence.bias) \
    ROW(HEAD_DENSE_WEIGHT,        HIDDEN,       HIDDEN,       LINEAR,     HEAD_DENSE,    head_dense) \
    ROW(HEAD_DENSE_BIAS,          ONE,          HIDDEN,       BIAS,       HEAD_DENSE,    head_dense) \
    ROW(CLASSIFIER_WEIGHT,        LABELS,       HIDDEN,       OUTPUT,     CLASSIFIER,    classifier) \
    ROW(CLASSIFIER_BIAS,          ONE,          LABELS,       FLOATS,     CLASSIFIER,    classifier.bias)

#define BL_LAYER_TENSORS(ROW) \
    ROW(QUERY_WEIGHT,             HIDDEN,       HIDDEN,       LINEAR,     ALWAYS,        qkv) \
    ROW(QUERY_BIAS,               ONE,          HIDDEN,       BIAS,       ATTENTION_B,   qkv) \
    ROW(KEY_WEIGHT,               KEYS,         HIDDEN,       LINEAR,     ALWAYS,        qkv) \
    ROW(KEY_BIAS,                 ONE,          KEYS,         BIAS,       ATTENTION_B,   qkv) \
    ROW(VALUE_WEIGHT,             KEYS,         HIDDEN,       LINEAR,     ALWAYS,        qkv) \
    ROW(VALUE_BIAS,               ONE,          KEYS,         BIAS,       ATTENTION_B,   qkv) \
    ROW(ATTENTION_OUTPUT_WEIGHT,  HIDDEN,       HIDDEN,       LINEAR,     ALWAYS,        attention_output) \
    ROW(ATTENTION_OUTPUT_BIAS,    ONE,          HIDDEN,       BIAS,       ATTENTION_B,   attention_output) \
    ROW(ATTENTION_NORM_WEIGHT,    ONE,          HIDDEN,       FLOATS,     ATTENTION_N,   attention_norm.gamma) \
    ROW(ATTENTION_NORM_BIAS,      ONE,          HIDDEN,       FLOATS,     ATTENTION_NB,  attention_norm.beta) \
    ROW(INTERMEDIATE_WEIGHT,      INTERMEDIATE, HIDDEN,       LINEAR,     ALWAYS,        intermediate) \
    ROW(INTERMEDIATE_BIAS,        ONE,          INTERMEDIATE, BIAS,       INTERMEDIATE_B,intermediate) \
    ROW(GATE_WEIGHT,              INTERMEDIATE, HIDDEN,       LINEAR,     GATE,          intermediate) \
    ROW(GATE_BIAS,                ONE,          INTERMEDIATE, BIAS,       GATE_B,        intermediate) \
    ROW(OUTPUT_WEIGHT,            HIDDEN,       INTERMEDIATE, LINEAR,     ALWAYS,        output) \
    ROW(OUTPUT_BIAS,              ONE,          HIDDEN,       BIAS,       OUTPUT_B,      output) \
    ROW(OUTPUT_NORM_WEIGHT,       ONE,          HIDDEN,       FLOATS,     ALWAYS,        output_norm.gamma) \
    ROW(OUTPUT_NORM_BIAS,         ONE,          HIDDEN,       FLOATS,     NORM_BIAS,     output_norm.beta)

/* With a layer's number, for those of each layer, it says which tensor. */
#define BL_ROLE(role, ...) BL_ROLE_##role,
typedef enum bl_role {
    BL_MODEL_TENSORS(BL_ROLE)
    BL_LAYER_TENSORS(BL_ROLE)
    BL_ROLE_COUNT
} bl_role;
#undef BL_ROLE
// clang-format on

/* The first of BL_LAYER_TENSORS. */
#define BL_FIRST_LAYER_ROLE BL_ROLE_QUERY_WEIGHT
#define BL_LAYER_ROLES      (BL_ROLE_COUNT - BL_FIRST_LAYER_ROLE)

#endif
