/* What grows while texts are tokenised: arrays in the arena of a call. Growth leaves the old
 * array behind until the arena is reset, so they are kept and used again within a call. */
#ifndef BERTLET_TOKENIZER_BUFFERS_H
#define BERTLET_TOKENIZER_BUFFERS_H

#include "long_texts.h"

/* `items` with room for `wanted` elements of `size` bytes each, of which the first `used` are
 * kept: as they are, or elsewhere. NULL: there is no room. */
void *bl_grow(bl_arena *arena, void *items, size_t size, size_t used, size_t wanted,
              size_t *capacity);

typedef struct bl_bytes {
    uint8_t *items;
    size_t capacity;
} bl_bytes;

/* Makes room for so many bytes; keeps the first `used` ones. */
static inline bl_status bl_bytes_reserve(bl_arena *arena, bl_bytes *bytes, size_t used,
                                         size_t wanted) {
    if (wanted <= bytes->capacity)
        return BL_OK;
    void *items = bl_grow(arena, bytes->items, 1, used, wanted, &bytes->capacity);
    if (!items)
        return BL_OUT_OF_MEMORY;
    bytes->items = items;
    return BL_OK;
}

/* A token of a text before windows are made. */
typedef struct bl_token {
    int32_t id;
    uint32_t begin; /* UTF-16 units */
    uint32_t end;
} bl_token;

typedef struct bl_tokens {
    bl_token *items;
    size_t count;
    size_t capacity;
} bl_tokens;

bl_status bl_tokens_grow(bl_arena *arena, bl_tokens *tokens, size_t extra);

/* Makes room for so many tokens more. */
static inline bl_status bl_tokens_reserve(bl_arena *arena, bl_tokens *tokens, size_t extra) {
    if (extra <= tokens->capacity - tokens->count)
        return BL_OK;
    return bl_tokens_grow(arena, tokens, extra);
}

/* What was found of long texts (long_texts.h). */
typedef struct bl_found {
    uint32_t *items;
    size_t capacity;
} bl_found;

/* `*found`: of the long texts in a text, or NULL where there are none to be found. It stands in
 * `buffer` until that is used again. */
bl_status bl_find_long(bl_arena *arena, bl_found *buffer, const bl_long_texts *set,
                       const uint8_t *text, size_t bytes, const uint32_t **found);

#endif
