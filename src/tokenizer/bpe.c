#include "bpe.h"

#include <string.h>

#include "../unicode/utf8.h"
#include "blob.h"
#include "byte_chars.h"

#define NONE UINT32_MAX

void bl_bpe_read(bl_blob_reader *reader, bl_bpe *bpe) {
    bpe->flags = bl_blob_below(reader, 2 * BL_BPE_IGNORE_MERGES);
    bpe->merge_count = bl_blob_count(reader, BL_BLOB_TOKENS_MAX, 3);
    bpe->merges = bl_read_array(&reader->numbers, bpe->merge_count, 12);
}

static uint32_t merge_part(const bl_bpe *bpe, uint32_t merge, uint32_t part) {
    return bl_load_u32(bpe->merges + 12 * (size_t)merge + 4 * part);
}

static uint32_t *slot_of(const bl_bpe *bpe, uint32_t left, uint32_t right) {
    uint64_t mixed = ((uint64_t)left << 32 | right) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    for (uint32_t i = (uint32_t)(mixed >> 32);; i++) {
        uint32_t *slot = &bpe->slots[i & bpe->slot_mask];
        if (*slot == 0)
            return slot;
        uint32_t merge = *slot - 1;
        if (merge_part(bpe, merge, 0) == left && merge_part(bpe, merge, 1) == right)
            return slot;
    }
}

/* The number of the merge of a pair, or NONE. */
static uint32_t merge_of(const bl_bpe *bpe, int32_t left, int32_t right) {
    return *slot_of(bpe, (uint32_t)left, (uint32_t)right) - 1;
}

static int32_t id_of(const bl_vocab *vocab, const uint8_t *text, size_t bytes) {
    int64_t found = bl_vocab_find(vocab, BL_SET_WHOLE, text, bytes);
    return found < 0 ? -1 : bl_vocab_id(vocab, found);
}

static bl_status build_merges(bl_arena *arena, bl_bpe *bpe) {
    uint64_t slots = 16; /* at most half full */
    while (slots < 2 * (uint64_t)bpe->merge_count)
        slots *= 2;
    bpe->slot_mask = (uint32_t)(slots - 1);
    bpe->slots = bl_arena_alloc_array(arena, (size_t)slots, sizeof *bpe->slots);
    if (!bpe->slots)
        return BL_OUT_OF_MEMORY;
    memset(bpe->slots, 0, (size_t)slots * sizeof *bpe->slots);
    for (uint32_t i = 0; i < bpe->merge_count; i++) /* the last of equal ones counts */
        *slot_of(bpe, merge_part(bpe, i, 0), merge_part(bpe, i, 1)) = i + 1;
    return BL_OK;
}

bl_status bl_bpe_build(bl_arena *arena, const bl_vocab *vocab, uint32_t wants_bytes, bl_bpe *bpe) {
    static const char digits[] = "0123456789ABCDEF";
    bpe->takes_bytes = wants_bytes && bpe->prefix.length == 0 && bpe->suffix.length == 0;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint8_t name[] = {'<', '0', 'x', (uint8_t)digits[byte / 16], (uint8_t)digits[byte % 16],
                          '>'};
        bpe->fallback[byte] = id_of(vocab, name, sizeof name);
        uint8_t own[4];
        size_t length = bl_utf8_write(bl_byte_to_char((uint8_t)byte), own);
        bpe->byte_ids[byte] = id_of(vocab, own, length);
        bpe->takes_bytes &= bpe->byte_ids[byte] >= 0;
    }
    size_t spelled;
    if (__builtin_add_overflow(bpe->prefix.length + 4, bpe->suffix.length, &spelled))
        return BL_OUT_OF_MEMORY;
    bpe->spelled = bl_arena_alloc(arena, spelled);
    return bpe->spelled ? build_merges(arena, bpe) : BL_OUT_OF_MEMORY;
}

/* The symbols of a word, in their order. */
typedef struct row {
    bl_bpe_symbol *symbols;
    uint32_t count;
} row;

static void add(row *row, int32_t id, size_t bytes) {
    uint32_t at = row->count++;
    row->symbols[at] = (bl_bpe_symbol){id, (uint32_t)bytes, at - 1, at + 1};
}

/* The token of one character of a word, or -1. */
static int32_t char_id(const bl_bpe *bpe, const bl_vocab *vocab, const uint8_t *text, size_t bytes,
                       uint32_t is_first, uint32_t is_last) {
    size_t before = is_first ? 0 : bpe->prefix.length;
    size_t behind = is_last ? bpe->suffix.length : 0;
    if (before + behind == 0)
        return id_of(vocab, text, bytes);
    memcpy(bpe->spelled, bpe->prefix.bytes, before);
    memcpy(bpe->spelled + before, text, bytes);
    memcpy(bpe->spelled + before + bytes, bpe->suffix.bytes, behind);
    return id_of(vocab, bpe->spelled, before + bytes + behind);
}

/* Adds tokens of the bytes, when there is one for each. */
static uint32_t add_bytes(const bl_bpe *bpe, row *row, const uint8_t *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (bpe->fallback[text[i]] < 0)
            return 0;
    for (size_t i = 0; i < bytes; i++)
        add(row, bpe->fallback[text[i]], 1);
    return 1;
}

/* The characters of a word. What is unknown waits for the next known character, past bytes that
 * stand for others: so does `tokenizers`. */
static bl_status spell(const bl_bpe *bpe, const bl_vocab *vocab, int32_t unknown,
                       const uint8_t *word, size_t bytes, row *row) {
    size_t waiting = 0;
    for (size_t at = 0; at < bytes;) {
        size_t begin = at;
        bl_utf8_next(word, bytes, &at);
        int32_t id = char_id(bpe, vocab, word + begin, at - begin, begin == 0, at == bytes);
        if (id >= 0) {
            if (waiting > 0)
                add(row, unknown, waiting);
            waiting = 0;
            add(row, id, at - begin);
            continue;
        }
        if ((bpe->flags & BL_BPE_BYTE_FALLBACK) && add_bytes(bpe, row, word + begin, at - begin))
            continue;
        if (!(bpe->flags & BL_BPE_HAS_UNKNOWN))
            continue;
        if (unknown < 0)
            return BL_BAD_MODEL;
        if (waiting > 0 && !(bpe->flags & BL_BPE_FUSE_UNKNOWN)) {
            add(row, unknown, waiting);
            waiting = 0;
        }
        waiting += at - begin;
    }
    if (waiting > 0)
        add(row, unknown, waiting);
    return BL_OK;
}

/* The least entry of a heap is its first. */
static void push(uint64_t *queue, size_t *count, uint64_t entry) {
    size_t at = (*count)++;
    for (; at > 0 && entry < queue[(at - 1) / 2]; at = (at - 1) / 2)
        queue[at] = queue[(at - 1) / 2];
    queue[at] = entry;
}

static uint64_t pop(uint64_t *queue, size_t *count) {
    uint64_t least = queue[0];
    uint64_t last = queue[--*count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < *count; at = child) {
        child += child + 1 < *count && queue[child + 1] < queue[child];
        if (last <= queue[child])
            break;
        queue[at] = queue[child];
    }
    queue[at] = last;
    return least;
}

static void offer(const bl_bpe *bpe, const row *row, uint32_t at, uint64_t *queue, size_t *count) {
    uint32_t next = row->symbols[at].next;
    if (next == row->count)
        return;
    uint32_t merge = merge_of(bpe, row->symbols[at].id, row->symbols[next].id);
    if (merge != NONE)
        push(queue, count, (uint64_t)merge << 32 | at);
}

/* Each merge takes one entry out and puts two in at most: the queue has room for three times as
 * many as there are symbols. */
static void merge_all(const bl_bpe *bpe, const row *row, uint64_t *queue) {
    size_t queued = 0;
    for (uint32_t i = 0; i < row->count; i++)
        offer(bpe, row, i, queue, &queued);
    while (queued > 0) {
        uint64_t entry = pop(queue, &queued);
        uint32_t id = merge_part(bpe, (uint32_t)(entry >> 32), 2);
        uint32_t at = (uint32_t)entry;
        bl_bpe_symbol *symbol = &row->symbols[at];
        if (symbol->bytes == 0 || symbol->next == row->count)
            continue;
        bl_bpe_symbol *right = &row->symbols[symbol->next];
        /* Another pair may have taken one of the two. */
        uint32_t merge = merge_of(bpe, symbol->id, right->id);
        if (merge == NONE || merge_part(bpe, merge, 2) != id)
            continue;
        symbol->id = (int32_t)id;
        symbol->bytes += right->bytes;
        symbol->next = right->next;
        right->bytes = 0;
        if (right->next < row->count)
            row->symbols[right->next].previous = at;
        if (symbol->previous != NONE)
            offer(bpe, row, symbol->previous, queue, &queued);
        offer(bpe, row, at, queue, &queued);
    }
}

/* The token that the whole word is, or -1. */
static bl_status find_whole(const bl_bpe *bpe, const bl_vocab *vocab, bl_arena *arena,
                            bl_bpe_scratch *scratch, const uint8_t *word, size_t bytes,
                            int32_t *id) {
    if (!bpe->takes_bytes) {
        *id = id_of(vocab, word, bytes);
        return BL_OK;
    }
    if (bl_bytes_reserve(arena, &scratch->chars, 0, 2 * bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    size_t length = 0;
    for (size_t i = 0; i < bytes; i++)
        length += bl_utf8_write(bl_byte_to_char(word[i]), scratch->chars.items + length);
    *id = id_of(vocab, scratch->chars.items, length);
    return BL_OK;
}

static bl_status reserve(bl_arena *arena, bl_bpe_scratch *scratch, size_t count) {
    if (count > UINT32_MAX / 4)
        return BL_OUT_OF_MEMORY;
    bl_bpe_symbol *symbols =
        bl_grow(arena, scratch->symbols, sizeof *symbols, 0, count, &scratch->symbol_capacity);
    if (!symbols)
        return BL_OUT_OF_MEMORY;
    scratch->symbols = symbols;
    uint64_t *queue =
        bl_grow(arena, scratch->queue, sizeof *queue, 0, 3 * count, &scratch->queue_capacity);
    if (!queue)
        return BL_OUT_OF_MEMORY;
    scratch->queue = queue;
    return BL_OK;
}

bl_status bl_bpe_find(const bl_bpe *bpe, const bl_vocab *vocab, bl_arena *arena,
                      bl_bpe_scratch *scratch, int32_t unknown, const uint8_t *word, size_t bytes,
                      bl_token *tokens, size_t *count) {
    *count = 0;
    if (bpe->flags & BL_BPE_IGNORE_MERGES) {
        int32_t id;
        if (find_whole(bpe, vocab, arena, scratch, word, bytes, &id) != BL_OK)
            return BL_OUT_OF_MEMORY;
        if (id >= 0) {
            tokens[(*count)++] = (bl_token){id, 0, (uint32_t)bytes};
            return BL_OK;
        }
    }
    /* Bytes that stand for a character with its prefix and suffix: not asked for (JavaScript
     * refuses them), so that there is a symbol for each byte at most. */
    if (reserve(arena, scratch, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    row row = {scratch->symbols, 0};
    if (bpe->takes_bytes) {
        for (size_t i = 0; i < bytes; i++)
            add(&row, bpe->byte_ids[word[i]], 1);
    } else {
        bl_status status = spell(bpe, vocab, unknown, word, bytes, &row);
        if (status != BL_OK)
            return status;
    }
    merge_all(bpe, &row, scratch->queue);
    uint32_t begin = 0;
    for (uint32_t i = 0; i < row.count; i = row.symbols[i].next) {
        uint32_t end = begin + row.symbols[i].bytes;
        tokens[(*count)++] = (bl_token){row.symbols[i].id, begin, end};
        begin = end;
    }
    return BL_OK;
}
