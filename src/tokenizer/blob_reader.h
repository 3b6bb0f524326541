/* Reads a blob (blob.h): its numbers and its texts, each in order. What isn't there reads as
 * zero or as an empty text and sets numbers.failed, which is asked at the end. */
#ifndef BERTLET_TOKENIZER_BLOB_READER_H
#define BERTLET_TOKENIZER_BLOB_READER_H

#include "../base/bytes.h"
#include "tokenizer.h"

typedef struct bl_blob_reader {
    bl_reader numbers;
    const uint8_t *ends; /* u32, of the texts in the pool */
    const uint8_t *pool;
    uint32_t text_count;
    uint32_t text; /* the next one */
} bl_blob_reader;

/* BL_BAD_MODEL: of another version, or damaged. Changes the blob. */
bl_status bl_blob_open(bl_blob_reader *reader, uint8_t *blob, size_t blob_bytes);

uint32_t bl_blob_number(bl_blob_reader *reader);
/* A count of entries of `size` numbers each, which are there. */
uint32_t bl_blob_count(bl_blob_reader *reader, uint32_t most, size_t size);
uint32_t bl_blob_below(bl_blob_reader *reader, uint32_t bound);
/* Type ids are such numbers, too. */
int32_t bl_blob_id(bl_blob_reader *reader);
bl_text bl_blob_text(bl_blob_reader *reader);

#endif
