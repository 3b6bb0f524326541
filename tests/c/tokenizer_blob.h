/* Writes a tokenizer's blob by hand (format: src/tokenizer/blob.h). */
#ifndef BERTLET_TESTS_TOKENIZER_BLOB_H
#define BERTLET_TESTS_TOKENIZER_BLOB_H

#include <stdint.h>
#include <string.h>

#include "../../src/tokenizer/blob.h"

typedef struct blob {
    uint8_t bytes[1 << 14];
    size_t length;
} blob;

static void put_u32(blob *blob, uint32_t value) {
    for (int i = 0; i < 4; i++)
        blob->bytes[blob->length++] = (uint8_t)(value >> 8 * i);
}

static void put_text(blob *blob, const char *text) {
    put_u32(blob, (uint32_t)strlen(text));
    memcpy(blob->bytes + blob->length, text, strlen(text));
    blob->length += strlen(text);
}

static void put_piece(blob *blob, uint32_t kind, uint32_t type_id, uint32_t id) {
    put_u32(blob, kind);
    put_u32(blob, type_id);
    put_u32(blob, id);
    put_u32(blob, (uint32_t)-1);
}

/* [CLS] (2) and [SEP] (3) around a text, and around a pair. */
static void put_bert_templates(blob *blob) {
    put_u32(blob, 0);
    put_u32(blob, 3);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 2);
    put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 3);
    put_u32(blob, 5);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 2);
    put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 3);
    put_piece(blob, BL_TEMPLATE_SECOND, 1, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 1, 3);
}

static void put_vocabulary(blob *blob, const char *const *tokens, uint32_t count) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < count; i++)
        end += (uint32_t)strlen(tokens[i]);
    put_u32(blob, count);
    put_u32(blob, end);
    for (uint32_t i = 0; i < count; i++)
        put_u32(blob, i);
    end = 0;
    for (uint32_t i = 0; i < count; i++)
        put_u32(blob, end += (uint32_t)strlen(tokens[i]));
    for (uint32_t i = 0; i < count; i++) {
        memcpy(blob->bytes + blob->length, tokens[i], strlen(tokens[i]));
        blob->length += strlen(tokens[i]);
    }
}

typedef struct added_token {
    uint32_t id;
    uint32_t flags; /* bl_added_flag */
    const char *content;
} added_token;

/* A BERT tokenizer: all of BERT's normalisation, its pre-tokenizer, template and decoder. */
static void put_bert(blob *blob, const char *const *tokens, uint32_t count,
                     const added_token *added, uint32_t added_count) {
    static const uint32_t normalize[] = {BL_NORMALIZE_CLEAN, BL_NORMALIZE_IDEOGRAPHS,
                                         BL_NORMALIZE_NFD, BL_NORMALIZE_STRIP_ACCENTS,
                                         BL_NORMALIZE_LOWER};
    blob->length = 0;
    put_u32(blob, BL_BLOB_MAGIC);
    put_u32(blob, BL_BLOB_VERSION);
    put_u32(blob, 1);
    put_u32(blob, 5);
    for (int i = 0; i < 5; i++)
        put_u32(blob, normalize[i]);
    put_u32(blob, 2);
    put_u32(blob, BL_SPLIT_ON_WHITESPACE), put_u32(blob, BL_SPLIT_REMOVED), put_u32(blob, 0);
    put_u32(blob, BL_SPLIT_ON_PUNCTUATION), put_u32(blob, BL_SPLIT_ISOLATED), put_u32(blob, 0);
    put_u32(blob, 100);
    put_u32(blob, 1);
    put_text(blob, "##");
    put_u32(blob, BL_DECODER_WORDPIECE);
    put_u32(blob, 1);
    put_text(blob, "##");
    put_u32(blob, 0);
    put_bert_templates(blob);
    put_u32(blob, added_count);
    for (uint32_t i = 0; i < added_count; i++) {
        put_u32(blob, added[i].id);
        put_u32(blob, added[i].flags);
        put_text(blob, added[i].content);
    }
    put_vocabulary(blob, tokens, count);
}

#endif
