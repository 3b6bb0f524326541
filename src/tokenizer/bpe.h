/* Byte-pair encoding: a word is its characters, and again and again the pair of neighbours whose
 * merge comes first in the list becomes one token; of equal ones the first pair. Takes n log n
 * time for n characters. */
#ifndef BERTLET_TOKENIZER_BPE_H
#define BERTLET_TOKENIZER_BPE_H

#include "blob_reader.h"
#include "buffers.h"
#include "vocab.h"

typedef struct bl_bpe {
    uint32_t flags; /* bl_bpe_flag */
    uint32_t merge_count;
    const uint8_t *merges; /* u32 left, right, both */
    uint32_t slot_mask;
    uint32_t *slots;  /* hash table of merges by their pair: number + 1, or 0 */
    bl_text prefix;   /* of all characters but a word's first */
    bl_text suffix;   /* of a word's last one */
    uint8_t *spelled; /* scratch: a character with both */
    /* Words are bytes as they are in the text, each a token: the vocabulary has characters
     * (byte_chars.h) for all of them. */
    uint32_t takes_bytes;
    int32_t byte_ids[256]; /* of these characters */
    int32_t fallback[256]; /* of tokens such as <0x0A>; -1: there is none */
} bl_bpe;

/* What is there while a word is merged. */
typedef struct bl_bpe_symbol {
    int32_t id;
    uint32_t bytes; /* 0: it has become part of another one */
    uint32_t previous;
    uint32_t next;
} bl_bpe_symbol;

typedef struct bl_bpe_scratch {
    bl_bpe_symbol *symbols;
    size_t symbol_capacity;
    uint64_t *queue; /* a heap of: merge << 32 | symbol */
    size_t queue_capacity;
    bl_bytes chars;
} bl_bpe_scratch;

void bl_bpe_read(bl_blob_reader *reader, bl_bpe *bpe);

/* `wants_bytes`: words are to be bytes, where the vocabulary has them all. */
bl_status bl_bpe_build(bl_arena *arena, const bl_vocab *vocab, uint32_t wants_bytes, bl_bpe *bpe);

/* Writes at most `bytes` tokens, begin and end in the word's bytes. `unknown`: the token of
 * unknown characters; BL_BAD_MODEL: there is no such token, and it is needed. */
bl_status bl_bpe_find(const bl_bpe *bpe, const bl_vocab *vocab, bl_arena *arena,
                      bl_bpe_scratch *scratch, int32_t unknown, const uint8_t *word, size_t bytes,
                      bl_token *tokens, size_t *count);

#endif
