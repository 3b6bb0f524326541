/* Writes a tokenizer's blob by hand (format: src/tokenizer/blob.h); its texts have no
 * character beyond U+FFFF. */
#ifndef BERTLET_TESTS_TOKENIZER_BLOB_H
#define BERTLET_TESTS_TOKENIZER_BLOB_H

#include <stdint.h>
#include <string.h>

#include "../../src/tokenizer/blob.h"

typedef struct blob {
    uint32_t numbers[1024];
    uint32_t number_count;
    const char *texts[512];
    uint32_t text_count;
    uint32_t template_number, template_text; /* where the templates begin */
    uint8_t bytes[1 << 14];
    size_t length;
} blob;

static void put(blob *blob, uint32_t number) {
    blob->numbers[blob->number_count++] = number;
}

static void put_text(blob *blob, const char *text) {
    blob->texts[blob->text_count++] = text;
}

static void put_piece(blob *blob, uint32_t kind, uint32_t type_id, uint32_t id) {
    put(blob, kind), put(blob, type_id), put(blob, id);
    if (kind == BL_TEMPLATE_TOKEN)
        put_text(blob, id == 2 ? "[CLS]" : "[SEP]");
}

/* [CLS] (2) and [SEP] (3) around a text, and around a pair. */
static void put_bert_templates(blob *blob) {
    put(blob, 0);
    put(blob, 3);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 2);
    put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 3);
    put(blob, 5);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 2);
    put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 0, 3);
    put_piece(blob, BL_TEMPLATE_SECOND, 1, 0);
    put_piece(blob, BL_TEMPLATE_TOKEN, 1, 3);
}

static void write_u32(blob *blob, uint32_t value) {
    for (int i = 0; i < 4; i++)
        blob->bytes[blob->length++] = (uint8_t)(value >> 8 * i);
}

static void write_blob(blob *blob) {
    write_u32(blob, BL_BLOB_VERSION);
    write_u32(blob, blob->number_count);
    write_u32(blob, blob->text_count);
    for (uint32_t i = 0; i < blob->number_count; i++)
        write_u32(blob, blob->numbers[i]);
    for (uint32_t i = 0; i < blob->text_count; i++) {
        uint32_t units = 0;
        for (const char *at = blob->texts[i]; *at; at++)
            units += (*at & 0xc0) != 0x80;
        write_u32(blob, units);
    }
    for (uint32_t i = 0; i < blob->text_count; i++) {
        memcpy(blob->bytes + blob->length, blob->texts[i], strlen(blob->texts[i]));
        blob->length += strlen(blob->texts[i]);
    }
}

typedef struct added_token {
    uint32_t id;
    uint32_t flags; /* bl_added_flag */
    const char *content;
} added_token;

/* A BERT tokenizer: all of BERT's normalisation, its pre-tokenizer, template and decoder. */
static inline void put_bert(blob *blob, const char *const *tokens, uint32_t count,
                            const added_token *added, uint32_t added_count) {
    static const uint32_t normalize[] = {BL_NORMALIZE_CLEAN, BL_NORMALIZE_IDEOGRAPHS,
                                         BL_NORMALIZE_NFD, BL_NORMALIZE_STRIP_ACCENTS,
                                         BL_NORMALIZE_LOWER};
    memset(blob, 0, sizeof *blob);
    put(blob, count);
    for (uint32_t i = 0; i < count; i++) {
        put(blob, i);
        put_text(blob, tokens[i]);
    }
    put(blob, BL_PIECES_WORDPIECE);
    put(blob, 100);
    put_text(blob, "[UNK]");
    put_text(blob, "##");
    put(blob, 5);
    for (int i = 0; i < 5; i++)
        put(blob, normalize[i]);
    put(blob, 2);
    put(blob, BL_SPLIT_ON_WHITESPACE), put(blob, BL_SPLIT_REMOVED), put(blob, 0);
    put(blob, BL_SPLIT_ON_PUNCTUATION), put(blob, BL_SPLIT_ISOLATED), put(blob, 0);
    put(blob, 0); /* patterns */
    put(blob, 1);
    put(blob, BL_DECODE_WORDPIECE);
    put(blob, 1);
    put_text(blob, "##");
    put(blob, added_count);
    for (uint32_t i = 0; i < added_count; i++) {
        put(blob, added[i].id);
        put(blob, added[i].flags);
        put_text(blob, added[i].content);
    }
    blob->template_number = blob->number_count;
    blob->template_text = blob->text_count;
    put_bert_templates(blob);
    write_blob(blob);
}

/* Other templates: a single text so many times over, and a plain pair. */
static inline void put_repeats(blob *blob, uint32_t times) {
    blob->number_count = blob->template_number;
    blob->text_count = blob->template_text;
    blob->length = 0;
    put(blob, 0);
    put(blob, times);
    for (uint32_t i = 0; i < times; i++)
        put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put(blob, 2);
    put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put_piece(blob, BL_TEMPLATE_SECOND, 1, 0);
    write_blob(blob);
}

#endif
