/* Text to token ids with character offsets, and back: what Hugging Face
 * `tokenizers` computes for a BERT tokenizer.json, id for id. */
#ifndef BERTLET_TOKENIZER_H
#define BERTLET_TOKENIZER_H

#include "../base/arena.h"

typedef struct bl_tokenizer bl_tokenizer;

typedef enum bl_truncation {
    BL_TRUNCATION_NONE = 0,
    BL_TRUNCATION_LONGEST_FIRST = 1,
    BL_TRUNCATION_ONLY_FIRST = 2,
    BL_TRUNCATION_ONLY_SECOND = 3
} bl_truncation;

typedef struct bl_encode_input {
    const uint8_t *text; /* UTF-8, may contain NUL; malformed bytes count as U+FFFD */
    size_t text_bytes;
    const uint8_t *pair; /* NULL: a single text */
    size_t pair_bytes;
    uint32_t add_special_tokens;
    uint32_t truncation; /* bl_truncation */
    uint32_t max_length; /* tokens, special tokens included; used when truncating */
    uint32_t stride;     /* tokens that consecutive windows share */
    uint32_t windows;    /* 0: the first window only; 1: the overflowing ones too */
} bl_encode_input;

/* Windows stand end to end in flat arrays of `token_count` elements (all in the
 * arena that was passed): window w is [window_starts[w], window_starts[w + 1]).
 * Window 0 is the encoding, the others are what overflowed. */
typedef struct bl_encoding {
    uint32_t window_count;
    uint32_t token_count;
    uint32_t truncated;            /* tokens that window 0 leaves out */
    const uint32_t *window_starts; /* window_count + 1 */
    const int32_t *ids;
    const int32_t *type_ids;
    const int32_t *special_mask; /* 1: added by the post-processor */
    const uint32_t *offsets;     /* [token_count][2]: begin, end in UTF-16 units */
} bl_encoding;

/* Builds a tokenizer from the blob that js/tokenizer-config.js writes (format:
 * blob.h). The tokenizer and a copy of its strings live in `arena`. */
bl_status bl_tokenizer_create(bl_arena *arena, const uint8_t *blob, size_t blob_bytes,
                              bl_tokenizer **tokenizer);

bl_status bl_tokenizer_encode(bl_arena *arena, const bl_tokenizer *tokenizer,
                              const bl_encode_input *input, bl_encoding *encoding);

#endif
