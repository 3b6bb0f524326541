/* Added tokens: searched before anything else sees the text, leftmost first, the
 * longest of those that start at one place. */
#include <string.h>

#include "../unicode/utf8.h"
#include "internal.h"

static uint32_t is_before(const bl_vocab *vocab, uint32_t a, uint32_t b) {
    const bl_text *x = &vocab->added[a].pattern;
    const bl_text *y = &vocab->added[b].pattern;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->bytes, y->bytes, shorter);
    if (order != 0)
        return order < 0;
    return x->length != y->length ? x->length < y->length : a < b;
}

/* Heap sort: no memory, no bad case. */
static void sift(const bl_vocab *vocab, uint32_t *items, size_t root, size_t count) {
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && is_before(vocab, items[child], items[child + 1]))
            child++;
        if (!is_before(vocab, items[root], items[child]))
            return;
        uint32_t item = items[root];
        items[root] = items[child];
        items[child] = item;
    }
}

bl_status bl_added_set_build(bl_arena *arena, const bl_vocab *vocab, bl_added_set *set,
                             uint32_t normalized) {
    set->sorted = bl_arena_alloc_array(arena, vocab->added_count, sizeof *set->sorted);
    if (!set->sorted)
        return BL_OUT_OF_MEMORY;
    set->count = 0;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        const bl_added *added = &vocab->added[i];
        uint32_t belongs = ((added->flags & BL_ADDED_NORMALIZED) != 0) == normalized;
        if (belongs && added->pattern.length > 0) /* normalised to nothing: never found */
            set->sorted[set->count++] = i;
    }
    for (size_t i = set->count / 2; i-- > 0;)
        sift(vocab, set->sorted, i, set->count);
    for (size_t i = set->count; i-- > 1;) {
        uint32_t last = set->sorted[0];
        set->sorted[0] = set->sorted[i];
        set->sorted[i] = last;
        sift(vocab, set->sorted, 0, i);
    }
    uint32_t at = 0;
    for (uint32_t byte = 0; byte < 256; byte++) {
        set->first_begin[byte] = at;
        while (at < set->count && vocab->added[set->sorted[at]].pattern.bytes[0] == byte)
            at++;
        if (at > set->first_begin[byte]) {
            set->first_bytes++;
            set->only_first = (uint8_t)byte;
        }
    }
    set->first_begin[256] = at;
    return BL_OK;
}

/* The first of sorted[low .. high) whose byte number `depth` is at least `byte`; all
 * are longer than that and equal before it. */
static uint32_t first_from(const bl_vocab *vocab, const bl_added_set *set, uint32_t low,
                           uint32_t high, size_t depth, uint32_t byte) {
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (vocab->added[set->sorted[middle]].pattern.bytes[depth] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const bl_added *longest_at(const bl_vocab *vocab, const bl_added_set *set,
                                  const uint8_t *text, size_t left) {
    uint32_t low = set->first_begin[text[0]];
    uint32_t high = set->first_begin[text[0] + 1];
    const bl_added *best = NULL;
    for (size_t depth = 1; low < high; depth++) {
        /* A pattern that ends here sorts first; of equal ones the first counts. */
        const bl_added *first = &vocab->added[set->sorted[low]];
        if (first->pattern.length == depth) {
            best = first;
            while (low < high && vocab->added[set->sorted[low]].pattern.length == depth)
                low++;
        }
        if (depth == left)
            break;
        low = first_from(vocab, set, low, high, depth, text[depth]);
        high = first_from(vocab, set, low, high, depth, (uint32_t)text[depth] + 1);
    }
    return best;
}

/* The next place where a pattern may start, or `bytes`. Mostly all start with one
 * byte, such as [: then eight are looked at together. */
static size_t next_start(const bl_added_set *set, const uint8_t *text, size_t bytes, size_t at) {
    if (set->first_bytes == 1) {
        uint64_t wanted = UINT64_C(0x0101010101010101) * set->only_first;
        for (; bytes - at >= 8; at += 8) {
            uint64_t eight;
            memcpy(&eight, text + at, 8);
            eight ^= wanted; /* a byte of it is zero where the text has the wanted one */
            uint64_t zeros =
                (eight - UINT64_C(0x0101010101010101)) & ~eight & UINT64_C(0x8080808080808080);
            if (zeros)
                return at + (size_t)__builtin_ctzll(zeros) / 8;
        }
    }
    while (at < bytes && set->first_begin[text[at]] == set->first_begin[text[at] + 1])
        at++;
    return at;
}

uint32_t bl_added_next(const bl_vocab *vocab, const bl_added_set *set, const uint8_t *text,
                       size_t bytes, size_t from, bl_added_match *match) {
    if (set->count == 0)
        return 0;
    for (size_t i = from; (i = next_start(set, text, bytes, i)) < bytes; i++) {
        const bl_added *token = longest_at(vocab, set, text + i, bytes - i);
        if (token) {
            *match = (bl_added_match){token, i, i + token->pattern.length};
            return 1;
        }
    }
    return 0;
}

static uint32_t flags_of(uint32_t code) {
    return bl_unicode_class_of(code)->flags;
}

uint32_t bl_added_accept(const uint8_t *text, size_t bytes, size_t from, bl_added_match *match) {
    uint32_t flags = match->token->flags;
    if (flags & BL_ADDED_SINGLE_WORD) {
        size_t before = match->begin;
        size_t after = match->end;
        if (before > 0 && (flags_of(bl_utf8_previous(text, 0, &before)) & BL_UNICODE_WORD))
            return 0;
        if (after < bytes && (flags_of(bl_utf8_next(text, bytes, &after)) & BL_UNICODE_WORD))
            return 0;
    }
    if (flags & BL_ADDED_LSTRIP) {
        size_t begin = match->begin;
        for (size_t at = begin; at > from; begin = at) {
            if (!(flags_of(bl_utf8_previous(text, 0, &at)) & BL_UNICODE_WHITESPACE))
                break;
        }
        /* Where the piece before ended behind this match, HF begins there. */
        match->begin = begin > from ? begin : from;
    }
    if (flags & BL_ADDED_RSTRIP) {
        size_t end = match->end;
        for (size_t at = end; at < bytes; end = at) {
            if (!(flags_of(bl_utf8_next(text, bytes, &at)) & BL_UNICODE_WHITESPACE))
                break;
        }
        match->end = end;
    }
    return match->begin < match->end;
}
