/* The seam between words and models of tokenizers: how the tokens of one word are found.
 * WordPiece, BPE and WordLevel stand behind it. Another model is a file of its own, a member
 * here, a number in blob.h, and a case in each of the functions of pieces.c. Words that words.h has
 * kept never get here: choosing the model costs nothing. */
#ifndef BERTLET_TOKENIZER_PIECES_H
#define BERTLET_TOKENIZER_PIECES_H

#include "blob_reader.h"
#include "bpe.h"
#include "wordpiece.h"

typedef struct bl_pieces {
    uint32_t kind;         /* bl_pieces_kind */
    uint32_t longest_word; /* characters; a longer word is unknown, whatever is in it */
    bl_text unknown_text;
    int32_t unknown; /* the token of unknown words; -1: there is none */
    bl_wordpiece wordpiece;
    bl_bpe bpe;
} bl_pieces;

struct bl_scan;

/* What a model takes from the blob, and what it has to say about the vocabulary's build. */
void bl_pieces_read(bl_blob_reader *reader, bl_vocab *vocab, bl_pieces *pieces);

/* What the model needs beside the vocabulary. `wants_bytes`: words may be bytes as they are,
 * where the model can (bl_bpe.takes_bytes), and not the characters that stand for these. */
bl_status bl_pieces_build(bl_arena *arena, const bl_vocab *vocab, uint32_t wants_bytes,
                          bl_pieces *pieces);

/* Writes the tokens of a word behind those of the scan, which don't count yet: `*count` of them,
 * begin and end in the word's bytes. BL_BAD_MODEL: the word is unknown, and there is no token for
 * that. */
bl_status bl_pieces_find(struct bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                         size_t *count);

#endif
