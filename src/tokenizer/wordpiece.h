/* WordPiece: a word is cut greedily, at each place the longest token that fits; tokens behind
 * the first one have the vocabulary's continuing prefix. */
#ifndef BERTLET_TOKENIZER_WORDPIECE_H
#define BERTLET_TOKENIZER_WORDPIECE_H

#include "buffers.h"
#include "long_texts.h"
#include "vocab.h"

typedef struct bl_wordpiece {
    uint32_t longest[2][256]; /* bytes of the longest text that starts with a byte, of
                                 BL_SET_WHOLE and, but for long ones, BL_SET_CONTINUES */
    bl_long_texts long_ones;  /* of BL_SET_CONTINUES, by index */
    uint64_t *hashes;         /* scratch: one for each eight bytes of the longest text */
} bl_wordpiece;

bl_status bl_wordpiece_build(bl_arena *arena, const bl_vocab *vocab, bl_wordpiece *wordpiece);

/* Writes at most `bytes` tokens, whose begin and end are bytes of the word, and returns how
 * many; 0: the word is unknown. `long_ones`: what of wordpiece->long_ones was found in the word,
 * or NULL where it can have none. */
size_t bl_wordpiece_find(const bl_wordpiece *wordpiece, const bl_vocab *vocab, const uint8_t *word,
                         size_t bytes, const uint32_t *long_ones, bl_token *tokens);

#endif
