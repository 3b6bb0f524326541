#include <string.h>

#include "../base/bytes.h"
#include "internal.h"

/* A hash takes a text eight bytes at a time, the last ones (at least one, of a text that
 * isn't empty) with zeros behind them: prefixes share what they have in common. */
static inline uint64_t hash_eight(uint64_t state, uint64_t eight) {
    uint64_t mixed = (state ^ eight) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 32;
}

static inline uint64_t hash_seed(bl_token_set set) {
    return (uint64_t)set * UINT64_C(0xd6e8feb86659fd93);
}

static uint32_t hash_bytes(bl_token_set set, const uint8_t *text, size_t bytes) {
    uint64_t state = hash_seed(set);
    for (; bytes > 8; text += 8, bytes -= 8)
        state = hash_eight(state, bl_load_few(text, 8));
    return (uint32_t)hash_eight(state, bl_load_few(text, bytes));
}

bl_text bl_vocab_text(const bl_vocab *vocab, uint32_t index) {
    uint32_t begin = index ? bl_load_u32(vocab->ends + 4 * (size_t)(index - 1)) : 0;
    uint32_t end = bl_load_u32(vocab->ends + 4 * (size_t)index);
    return (bl_text){vocab->pool + begin, end - begin};
}

static bl_text entry_text(const bl_vocab *vocab, bl_token_set set, uint32_t index) {
    if (set == BL_SET_ADDED)
        return vocab->added[index].content;
    bl_text text = bl_vocab_text(vocab, index);
    if (set == BL_SET_CONTINUES) {
        text.bytes += vocab->prefix.length;
        text.length -= vocab->prefix.length;
    }
    return text;
}

static inline uint32_t are_equal(const uint8_t *a, const uint8_t *b, size_t bytes) {
    for (; bytes > 8; a += 8, b += 8, bytes -= 8)
        if (bl_load_few(a, 8) != bl_load_few(b, 8))
            return 0;
    return bl_load_few(a, bytes) == bl_load_few(b, bytes);
}

static inline int64_t find(const bl_vocab *vocab, bl_token_set set, uint32_t hash,
                           const uint8_t *text, size_t bytes) {
    for (uint32_t i = hash & vocab->slot_mask;; i = (i + 1) & vocab->slot_mask) {
        const bl_slot *slot = &vocab->slots[i];
        if (slot->entry == 0)
            return -1;
        if (slot->hash != hash || (slot->entry - 1) >> 30 != (uint32_t)set)
            continue;
        uint32_t index = (slot->entry - 1) & 0x3fffffff;
        bl_text entry = entry_text(vocab, set, index);
        if (entry.length == bytes && are_equal(entry.bytes, text, bytes))
            return index;
    }
}

int64_t bl_vocab_find(const bl_vocab *vocab, bl_token_set set, const uint8_t *text, size_t bytes) {
    return find(vocab, set, hash_bytes(set, text, bytes), text, bytes);
}

/* A text that is there twice belongs to the later entry, as in a JSON object. */
static void insert(bl_vocab *vocab, bl_token_set set, uint32_t index) {
    bl_text text = entry_text(vocab, set, index);
    uint32_t hash = hash_bytes(set, text.bytes, text.length);
    uint32_t i = hash & vocab->slot_mask;
    for (; vocab->slots[i].entry != 0; i = (i + 1) & vocab->slot_mask) {
        const bl_slot *slot = &vocab->slots[i];
        if (slot->hash != hash || (slot->entry - 1) >> 30 != (uint32_t)set)
            continue;
        bl_text other = entry_text(vocab, set, (slot->entry - 1) & 0x3fffffff);
        if (other.length == text.length && are_equal(other.bytes, text.bytes, text.length))
            break;
    }
    vocab->slots[i] = (bl_slot){hash, ((uint32_t)set << 30 | index) + 1};
    uint32_t is_long = set == BL_SET_CONTINUES && text.length > BL_LONG_TEXT;
    if (set == BL_SET_ADDED || text.length == 0 || is_long)
        return;
    uint32_t *longest = &vocab->longest[set][text.bytes[0]];
    if (text.length > *longest)
        *longest = (uint32_t)text.length;
}

static uint32_t continues(const bl_vocab *vocab, uint32_t index) {
    bl_text text = bl_vocab_text(vocab, index);
    return text.length >= vocab->prefix.length &&
           memcmp(text.bytes, vocab->prefix.bytes, vocab->prefix.length) == 0;
}

/* Pieces behind a word's begin are looked for at many of its bytes. Each time takes as many
 * steps as the longest has bytes: so those that are long are found in another way. */
static bl_status build_long_ones(bl_arena *arena, bl_vocab *vocab, size_t count) {
    bl_long_text *texts = bl_arena_alloc_array(arena, count, sizeof *texts);
    if (!texts)
        return BL_OUT_OF_MEMORY;
    size_t at = 0;
    for (uint32_t i = vocab->count; at < count && i-- > 0;) { /* the last of equal ones counts */
        if (!continues(vocab, i))
            continue;
        bl_text text = entry_text(vocab, BL_SET_CONTINUES, i);
        if (text.length > BL_LONG_TEXT)
            texts[at++] = (bl_long_text){text, i, 0};
    }
    return bl_long_texts_build(arena, &vocab->long_ones, texts, count);
}

bl_status bl_vocab_build(bl_arena *arena, bl_vocab *vocab) {
    uint64_t entries = (uint64_t)vocab->count + vocab->added_count;
    for (uint32_t i = 0; i < vocab->count; i++)
        entries += continues(vocab, i);
    uint64_t slots = 16; /* at most 2/3 full */
    while (2 * slots < 3 * entries)
        slots *= 2;
    vocab->slot_mask = (uint32_t)(slots - 1);
    vocab->slots = bl_arena_alloc_array(arena, (size_t)slots, sizeof *vocab->slots);
    if (!vocab->slots)
        return BL_OUT_OF_MEMORY;
    memset(vocab->slots, 0, (size_t)slots * sizeof *vocab->slots);
    size_t long_count = 0;
    for (uint32_t i = 0; i < vocab->count; i++) {
        insert(vocab, BL_SET_WHOLE, i);
        if (!continues(vocab, i))
            continue;
        insert(vocab, BL_SET_CONTINUES, i);
        long_count += entry_text(vocab, BL_SET_CONTINUES, i).length > BL_LONG_TEXT;
    }
    for (uint32_t i = 0; i < vocab->added_count; i++)
        insert(vocab, BL_SET_ADDED, i);
    uint32_t longest = 0;
    for (uint32_t i = 0; i < 2 * 256; i++)
        if (vocab->longest[i / 256][i % 256] > longest)
            longest = vocab->longest[i / 256][i % 256];
    vocab->hashes = bl_arena_alloc_array(arena, longest / 8 + 1, sizeof *vocab->hashes);
    return vocab->hashes ? build_long_ones(arena, vocab, long_count) : BL_OUT_OF_MEMORY;
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

static int32_t id_of(const bl_vocab *vocab, int64_t index) {
    return (int32_t)bl_load_u32(vocab->ids + 4 * (size_t)index);
}

static size_t unknown(const bl_vocab *vocab, size_t bytes, bl_token *pieces) {
    if (vocab->unknown < 0)
        return 0;
    pieces[0] = (bl_token){vocab->unknown, 0, (uint32_t)bytes};
    return 1;
}

static uint32_t starts_character(uint8_t byte) {
    return (byte & 0xC0) != 0x80;
}

size_t bl_vocab_pieces(const bl_vocab *vocab, const uint8_t *word, size_t bytes, size_t chars,
                       const uint32_t *long_ones, bl_token *pieces) {
    if (chars > vocab->max_chars)
        return unknown(vocab, bytes, pieces);
    uint64_t *hashes = vocab->hashes; /* of the eights at the begin of what is left */
    size_t count = 0;
    for (size_t start = 0; start < bytes;) {
        bl_token_set set = start == 0 ? BL_SET_WHOLE : BL_SET_CONTINUES;
        const uint8_t *text = word + start;
        size_t left = bytes - start;
        size_t longest = vocab->longest[set][text[0]];
        if (longest > left)
            longest = left;
        int64_t found = -1;
        size_t length = longest + 1;
        if (long_ones && long_ones[start] && start > 0) {
            found = long_ones[start] - 1;
            length = entry_text(vocab, set, (uint32_t)found).length;
            longest = 0;
        }
        hashes[0] = hash_seed(set);
        for (size_t i = 0; 8 * (i + 1) < longest; i++)
            hashes[i + 1] = hash_eight(hashes[i], bl_load_few(text + 8 * i, 8));
        while (found < 0 && --length > 0) {
            if (length < left && !starts_character(text[length]))
                continue;
            size_t eights = (length - 1) / 8;
            uint64_t last = bl_load_few(text + 8 * eights, length - 8 * eights);
            uint32_t hash = (uint32_t)hash_eight(hashes[eights], last);
            found = find(vocab, set, hash, text, length);
        }
        if (found < 0)
            return unknown(vocab, bytes, pieces);
        pieces[count++] =
            (bl_token){id_of(vocab, found), (uint32_t)start, (uint32_t)(start + length)};
        start += length;
    }
    return count;
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
    return found < 0 ? -1 : id_of(vocab, found);
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
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (id_of(vocab, middle) <= id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || id_of(vocab, low - 1) != id)
        return BL_BAD_ARGUMENT;
    *text = bl_vocab_text(vocab, low - 1);
    return BL_OK;
}
