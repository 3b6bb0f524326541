/* The seam between words and models of tokenizers: how the tokens of one word are found.
 * WordPiece stands behind it. Another model (BPE, Unigram, WordLevel) is a file of its own, a
 * member here, a number in blob.h, and a case where create.c reads it and in both functions of
 * pieces.c. Words that words.h has kept never get here: choosing the model costs nothing. */
#ifndef BERTLET_TOKENIZER_PIECES_H
#define BERTLET_TOKENIZER_PIECES_H

#include "wordpiece.h"

typedef struct bl_pieces {
    uint32_t kind;         /* bl_pieces_kind */
    uint32_t longest_word; /* characters; a longer word is unknown, whatever is in it */
    int32_t unknown;       /* the token of unknown words; -1: there is none */
    bl_wordpiece wordpiece;
} bl_pieces;

struct bl_scan;

/* What the model needs beside the vocabulary. `unknown`: the text of that token. */
bl_status bl_pieces_build(bl_arena *arena, const bl_vocab *vocab, bl_text unknown,
                          bl_pieces *pieces);

/* Writes the tokens of a word behind those of the scan, which don't count yet: `*count` of them,
 * at least one, begin and end in the word's bytes. BL_BAD_MODEL: the word is unknown, and there
 * is no token for that. */
bl_status bl_pieces_find(struct bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                         size_t *count);

#endif
