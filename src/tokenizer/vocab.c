#include "vocab.h"

#include <string.h>

#include "internal.h"

static uint32_t hash_bytes(bl_token_set set, const uint8_t *text, size_t bytes) {
    uint64_t state = bl_hash_seed(set);
    for (; bytes > 8; text += 8, bytes -= 8)
        state = bl_hash_eight(state, bl_load_few(text, 8));
    return (uint32_t)bl_hash_eight(state, bl_load_few(text, bytes));
}

int64_t bl_vocab_find(const bl_vocab *vocab, bl_token_set set, const uint8_t *text, size_t bytes) {
    return bl_vocab_find_hashed(vocab, set, hash_bytes(set, text, bytes), text, bytes);
}

/* A text that is there twice belongs to the later entry, as in a JSON object. */
static void insert(bl_vocab *vocab, bl_token_set set, uint32_t index) {
    bl_text text = bl_vocab_text(vocab, set, index);
    uint32_t hash = hash_bytes(set, text.bytes, text.length);
    uint32_t i = hash & vocab->slot_mask;
    for (; vocab->slots[i].entry != 0; i = (i + 1) & vocab->slot_mask) {
        const bl_slot *slot = &vocab->slots[i];
        if (slot->hash != hash || (slot->entry - 1) >> 30 != (uint32_t)set)
            continue;
        bl_text other = bl_vocab_text(vocab, set, (slot->entry - 1) & 0x3fffffff);
        if (other.length == text.length && bl_bytes_are_equal(other.bytes, text.bytes, text.length))
            break;
    }
    vocab->slots[i] = (bl_slot){hash, ((uint32_t)set << 30 | index) + 1};
}

uint32_t bl_vocab_continues(const bl_vocab *vocab, uint32_t index) {
    bl_text text = bl_vocab_text(vocab, BL_SET_WHOLE, index);
    return vocab->has_prefix && text.length >= vocab->prefix.length &&
           memcmp(text.bytes, vocab->prefix.bytes, vocab->prefix.length) == 0;
}

bl_status bl_vocab_build(bl_arena *arena, bl_vocab *vocab) {
    uint64_t entries = (uint64_t)vocab->count + vocab->added_count;
    for (uint32_t i = 0; i < vocab->count; i++)
        entries += bl_vocab_continues(vocab, i);
    uint64_t slots = 16; /* at most 2/3 full */
    while (2 * slots < 3 * entries)
        slots *= 2;
    vocab->slot_mask = (uint32_t)(slots - 1);
    vocab->slots = bl_arena_alloc_array(arena, (size_t)slots, sizeof *vocab->slots);
    if (!vocab->slots)
        return BL_OUT_OF_MEMORY;
    memset(vocab->slots, 0, (size_t)slots * sizeof *vocab->slots);
    for (uint32_t i = 0; i < vocab->count; i++) {
        insert(vocab, BL_SET_WHOLE, i);
        if (bl_vocab_continues(vocab, i))
            insert(vocab, BL_SET_CONTINUES, i);
    }
    for (uint32_t i = 0; i < vocab->added_count; i++)
        insert(vocab, BL_SET_ADDED, i);
    return BL_OK;
}

const bl_added *bl_vocab_added(const bl_vocab *vocab, int32_t id) {
    uint32_t low = 0;
    uint32_t high = vocab->added_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (vocab->added[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < vocab->added_count && vocab->added[low].id == id ? &vocab->added[low] : NULL;
}

uint32_t bl_tokenizer_vocab_size(const bl_tokenizer *tokenizer) {
    const bl_vocab *vocab = &tokenizer->vocab;
    uint32_t size = vocab->count;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        bl_text content = vocab->added[i].content;
        size += bl_vocab_find(vocab, BL_SET_WHOLE, content.bytes, content.length) < 0;
    }
    return size;
}

int32_t bl_tokenizer_token_to_id(const bl_tokenizer *tokenizer, const uint8_t *text, size_t bytes) {
    const bl_vocab *vocab = &tokenizer->vocab;
    int64_t found = bl_vocab_find(vocab, BL_SET_ADDED, text, bytes);
    if (found >= 0)
        return vocab->added[found].id;
    found = bl_vocab_find(vocab, BL_SET_WHOLE, text, bytes);
    return found < 0 ? -1 : bl_vocab_id(vocab, found);
}

bl_status bl_tokenizer_id_to_token(const bl_tokenizer *tokenizer, int32_t id, bl_text *text) {
    const bl_vocab *vocab = &tokenizer->vocab;
    const bl_added *added = bl_vocab_added(vocab, id);
    if (added) {
        *text = added->pattern;
        return BL_OK;
    }
    uint32_t low = 0; /* the last entry with this id or less stands before `high` */
    uint32_t high = vocab->count;
    uint32_t own = (uint32_t)id; /* mostly an entry's number is its id */
    if (own < high && bl_vocab_id(vocab, own) == id &&
        (own + 1 == high || bl_vocab_id(vocab, own + 1) != id))
        low = high = own + 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (bl_vocab_id(vocab, middle) <= id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || bl_vocab_id(vocab, low - 1) != id)
        return BL_BAD_ARGUMENT;
    *text = bl_vocab_text(vocab, BL_SET_WHOLE, low - 1);
    return BL_OK;
}
