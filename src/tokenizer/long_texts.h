/* Many long texts at once: for each byte of another text the longest of them that starts
 * there, in time linear in that text. An Aho-Corasick automaton over the texts read
 * backwards, which reads the other text from its end. Ordinary tokenizers have no text that
 * is long in this sense, and nothing is built for them. */
#ifndef BERTLET_LONG_TEXTS_H
#define BERTLET_LONG_TEXTS_H

#include "../base/arena.h"
#include "tokenizer.h"

/* Longer texts are long ones. Looking for shorter ones takes up to so many steps a byte. */
#define BL_LONG_TEXT 64u

typedef struct bl_long_text {
    bl_text text;
    uint32_t value; /* what stands for it */
    uint32_t node;  /* while the automaton is built */
} bl_long_text;

/* States are numbered by the length of what they stand for; 0 is the empty text. */
typedef struct bl_long_texts {
    uint32_t count;    /* states; 0: there is no long text */
    uint32_t *parents; /* the text without its last byte ... */
    uint8_t *bytes;    /* ... and that byte */
    uint32_t *shorter; /* the longest proper suffix that is a state */
    uint32_t *best;    /* value + 1 of the longest suffix that is a text; 0: none is */
    uint32_t *edges;   /* hash table of states by parent and byte; 0: empty */
    uint32_t edge_bits;
} bl_long_texts;

/* `texts` (any number of them, also none) is used up; of equal ones the first counts. */
bl_status bl_long_texts_build(bl_arena *arena, bl_long_texts *set, bl_long_text *texts,
                              size_t count);

/* found[i]: value + 1 of the longest that starts at text[i], or 0. */
void bl_long_texts_find(const bl_long_texts *set, const uint8_t *text, size_t bytes,
                        uint32_t *found);

#endif
