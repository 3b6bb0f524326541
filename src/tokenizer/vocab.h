/* All tokens, by text and by id: those of the vocabulary and added ones, in one hash table. */
#ifndef BERTLET_TOKENIZER_VOCAB_H
#define BERTLET_TOKENIZER_VOCAB_H

#include "../base/bytes.h"
#include "tokenizer.h"

/* Sets of texts in the table. */
typedef enum bl_token_set {
    BL_SET_WHOLE = 0,     /* every token of the vocabulary, as it is written */
    BL_SET_CONTINUES = 1, /* those with the continuing prefix, without it */
    BL_SET_ADDED = 2      /* added tokens by their content */
} bl_token_set;

typedef struct bl_slot {
    uint32_t hash;
    uint32_t entry; /* set << 30 | index, plus one; 0: empty */
} bl_slot;

typedef struct bl_added {
    int32_t id;
    uint32_t flags;  /* bl_added_flag */
    bl_text content; /* as configured */
    bl_text pattern; /* what is searched and shown: the content, normalised if it says so */
    uint32_t hidden; /* left out of decoded text when special tokens are */
} bl_added;

typedef struct bl_vocab {
    uint32_t count;
    const uint8_t *ids;  /* i32, ascending */
    const uint8_t *ends; /* u32 */
    const uint8_t *pool;
    uint32_t has_prefix; /* the model has tokens that only continue a word */
    bl_text prefix;      /* what these begin with */
    uint32_t slot_mask;
    bl_slot *slots;
    uint32_t added_count;
    bl_added *added; /* ascending by id */
} bl_vocab;

/* Fills the table, when all else is set. */
bl_status bl_vocab_build(bl_arena *arena, bl_vocab *vocab);

/* The index of a text in its set, -1: it isn't there. */
int64_t bl_vocab_find(const bl_vocab *vocab, bl_token_set set, const uint8_t *text, size_t bytes);

const bl_added *bl_vocab_added(const bl_vocab *vocab, int32_t id);

/* Whether a token of the vocabulary is in BL_SET_CONTINUES. */
uint32_t bl_vocab_continues(const bl_vocab *vocab, uint32_t index);

static inline int32_t bl_vocab_id(const bl_vocab *vocab, int64_t index) {
    return (int32_t)bl_load_u32(vocab->ids + 4 * (size_t)index);
}

static inline bl_text bl_vocab_text(const bl_vocab *vocab, bl_token_set set, uint32_t index) {
    if (set == BL_SET_ADDED)
        return vocab->added[index].content;
    uint32_t begin = index ? bl_load_u32(vocab->ends + 4 * (size_t)(index - 1)) : 0;
    uint32_t end = bl_load_u32(vocab->ends + 4 * (size_t)index);
    if (set == BL_SET_CONTINUES)
        begin += (uint32_t)vocab->prefix.length;
    return (bl_text){vocab->pool + begin, end - begin};
}

/* A hash takes a text eight bytes at a time, the last ones (at least one, of a text that
 * isn't empty) with zeros behind them: prefixes share what they have in common. */
static inline uint64_t bl_hash_eight(uint64_t state, uint64_t eight) {
    uint64_t mixed = (state ^ eight) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 32;
}

static inline uint64_t bl_hash_seed(bl_token_set set) {
    return (uint64_t)set * UINT64_C(0xd6e8feb86659fd93);
}

static inline uint32_t bl_bytes_are_equal(const uint8_t *a, const uint8_t *b, size_t bytes) {
    for (; bytes > 8; a += 8, b += 8, bytes -= 8)
        if (bl_load_few(a, 8) != bl_load_few(b, 8))
            return 0;
    return bl_load_few(a, bytes) == bl_load_few(b, bytes);
}

/* As bl_vocab_find, for a text whose hash is known. Inline, because a model asks it for many
 * texts that aren't there. */
static inline int64_t bl_vocab_find_hashed(const bl_vocab *vocab, bl_token_set set, uint32_t hash,
                                           const uint8_t *text, size_t bytes) {
    for (uint32_t i = hash & vocab->slot_mask;; i = (i + 1) & vocab->slot_mask) {
        const bl_slot *slot = &vocab->slots[i];
        if (slot->entry == 0)
            return -1;
        if (slot->hash != hash || (slot->entry - 1) >> 30 != (uint32_t)set)
            continue;
        uint32_t index = (slot->entry - 1) & 0x3fffffff;
        bl_text entry = bl_vocab_text(vocab, set, index);
        if (entry.length == bytes && bl_bytes_are_equal(entry.bytes, text, bytes))
            return index;
    }
}

#endif
