/* Text as code points that remember where they came from, and the normal forms over it.
 *
 * Alignment follows Hugging Face `tokenizers`: every character of the result belongs to
 * exactly one character of the input. A pass consumes the input in order, one character
 * for each that is not marked as added, also where it reorders or composes. */
#ifndef BERTLET_CHARS_H
#define BERTLET_CHARS_H

#include <stddef.h>

#include "../base/arena.h"
#include "unicode.h"

typedef struct bl_char {
    uint32_t code;
    uint32_t at; /* begin in UTF-16 units << 1 | takes two units */
} bl_char;

static inline uint32_t bl_char_begin(bl_char c) {
    return c.at >> 1;
}

static inline uint32_t bl_char_end(bl_char c) {
    return (c.at >> 1) + 1 + (c.at & 1);
}

/* A growing array in an arena: growth leaves the old array behind until the arena is
 * reset, so keep and reuse it within a call. Starts as all zeros. */
typedef struct bl_chars {
    bl_char *items;
    size_t count;
    size_t capacity;
} bl_chars;

typedef enum bl_normal_form { BL_NFD = 0, BL_NFC = 1, BL_NFKD = 2, BL_NFKC = 3 } bl_normal_form;

/* Makes room for `capacity` characters in all and keeps those that are there. */
bl_status bl_chars_reserve(bl_arena *arena, bl_chars *chars, size_t capacity);

/* Appends decoded UTF-8 whose first unit is number `begin`. */
bl_status bl_chars_append_utf8(bl_arena *arena, bl_chars *chars, const uint8_t *text, size_t bytes,
                               uint32_t begin);

/* At most four bytes each; returns how many. */
size_t bl_chars_write_utf8(const bl_char *chars, size_t count, uint8_t *out);

/* Brings `chars` into a normal form; `spare` lends its array (both may change places). */
bl_status bl_chars_normalize(bl_arena *arena, bl_chars *chars, bl_chars *spare,
                             bl_normal_form form);

/* Lower case, character by character (no context: a final sigma is an ordinary one). */
bl_status bl_chars_lower(bl_arena *arena, bl_chars *chars, bl_chars *spare);

#endif
