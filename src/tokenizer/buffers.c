#include "buffers.h"

#include <string.h>

/* The first array of a buffer has so many bytes at least. */
#define LEAST_BYTES 3072

void *bl_grow(bl_arena *arena, void *items, size_t size, size_t used, size_t wanted,
              size_t *capacity) {
    if (wanted <= *capacity)
        return items;
    size_t grown = *capacity ? 2 * *capacity : LEAST_BYTES / size;
    if (grown < wanted)
        grown = wanted;
    void *larger = bl_arena_alloc_array(arena, grown, size);
    if (!larger)
        return NULL;
    if (used > 0)
        memcpy(larger, items, used * size);
    *capacity = grown;
    return larger;
}

bl_status bl_tokens_grow(bl_arena *arena, bl_tokens *tokens, size_t extra) {
    bl_token *items = bl_grow(arena, tokens->items, sizeof *items, tokens->count,
                              tokens->count + extra, &tokens->capacity);
    if (!items)
        return BL_OUT_OF_MEMORY;
    tokens->items = items;
    return BL_OK;
}

bl_status bl_find_long(bl_arena *arena, bl_found *buffer, const bl_long_texts *set,
                       const uint8_t *text, size_t bytes, const uint32_t **found) {
    *found = NULL;
    if (set->count == 0 || bytes == 0)
        return BL_OK;
    uint32_t *items = bl_grow(arena, buffer->items, sizeof *items, 0, bytes, &buffer->capacity);
    if (!items)
        return BL_OUT_OF_MEMORY;
    buffer->items = items;
    bl_long_texts_find(set, text, bytes, items);
    *found = items;
    return BL_OK;
}
