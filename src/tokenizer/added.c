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

static void sort(const bl_vocab *vocab, uint32_t *items, size_t count) {
    for (size_t i = count / 2; i-- > 0;)
        sift(vocab, items, i, count);
    for (size_t i = count; i-- > 1;) {
        uint32_t last = items[0];
        items[0] = items[i];
        items[i] = last;
        sift(vocab, items, 0, i);
    }
}

/* Whether a token is searched in such text. One that normalising leaves nothing of is never
 * found. */
static uint32_t belongs(const bl_added *added, uint32_t normalized) {
    return ((added->flags & BL_ADDED_NORMALIZED) != 0) == normalized && added->pattern.length > 0;
}

bl_status bl_added_set_build(bl_arena *arena, const bl_vocab *vocab, bl_added_set *set,
                             uint32_t normalized) {
    size_t long_count = 0;
    for (uint32_t i = 0; i < vocab->added_count; i++)
        long_count +=
            belongs(&vocab->added[i], normalized) && vocab->added[i].pattern.length > BL_LONG_TEXT;
    set->sorted = bl_arena_alloc_array(arena, vocab->added_count, sizeof *set->sorted);
    bl_long_text *long_ones = bl_arena_alloc_array(arena, long_count, sizeof *long_ones);
    if (!set->sorted || !long_ones)
        return BL_OUT_OF_MEMORY;
    uint32_t count = 0;
    long_count = 0;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        bl_text pattern = vocab->added[i].pattern;
        if (!belongs(&vocab->added[i], normalized))
            continue;
        if (pattern.length > BL_LONG_TEXT)
            long_ones[long_count++] = (bl_long_text){pattern, i, 0};
        else
            set->sorted[count++] = i;
    }
    set->count = count + (uint32_t)long_count;
    sort(vocab, set->sorted, count);
    uint32_t at = 0;
    for (uint32_t byte = 0; byte < 256; byte++) {
        set->first_begin[byte] = at;
        while (at < count && vocab->added[set->sorted[at]].pattern.bytes[0] == byte)
            at++;
        if (at > set->first_begin[byte]) {
            set->first_bytes++;
            set->only_first = (uint8_t)byte;
        }
    }
    set->first_begin[256] = at;
    return bl_long_texts_build(arena, &set->long_ones, long_ones, long_count);
}

static uint8_t byte_of(const bl_vocab *vocab, const bl_added_set *set, uint32_t i, size_t depth) {
    return vocab->added[set->sorted[i]].pattern.bytes[depth];
}

/* The first of sorted[low .. high) whose byte number `depth` is at least `byte`; all
 * are longer than that and equal before it. */
static uint32_t first_from(const bl_vocab *vocab, const bl_added_set *set, uint32_t low,
                           uint32_t high, size_t depth, uint32_t byte) {
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (byte_of(vocab, set, middle, depth) < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of those that aren't long. */
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
        if (depth == left || low == high)
            break;
        uint8_t byte = text[depth];
        if (byte_of(vocab, set, low, depth) != byte)
            low = first_from(vocab, set, low, high, depth, byte);
        if (low < high && byte_of(vocab, set, high - 1, depth) != byte)
            high = first_from(vocab, set, low, high, depth, (uint32_t)byte + 1);
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

/* The first, longest match from search->next on. */
static uint32_t find_match(const bl_added_search *search, bl_added_match *match) {
    const bl_added_set *set = search->set;
    if (set->count == 0)
        return 0;
    for (size_t i = search->next; i < search->bytes; i++) {
        if (!search->found)
            i = next_start(set, search->text, search->bytes, i);
        if (i == search->bytes)
            return 0;
        const bl_added *token;
        if (search->found && search->found[i])
            token = &search->vocab->added[search->found[i] - 1];
        else
            token = longest_at(search->vocab, set, search->text + i, search->bytes - i);
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

static uint32_t is_single_word(const bl_added_search *search, const bl_added_match *match) {
    size_t before = match->begin;
    size_t after = match->end;
    if (before > 0 && (flags_of(bl_utf8_previous(search->text, 0, &before)) & BL_UNICODE_WORD))
        return 0;
    return after == search->bytes ||
           !(flags_of(bl_utf8_next(search->text, search->bytes, &after)) & BL_UNICODE_WORD);
}

/* Where the white space in front of `begin` begins; not before the last token's end. */
static size_t strip_left(const bl_added_search *search, size_t begin) {
    for (size_t at = begin; at > search->done; begin = at) {
        if (!(flags_of(bl_utf8_previous(search->text, 0, &at)) & BL_UNICODE_WHITESPACE))
            break;
    }
    /* Where the token before ended behind this match, HF begins there. */
    return begin > search->done ? begin : search->done;
}

static size_t strip_right(bl_added_search *search, size_t end) {
    if (end >= search->space_begin && end <= search->space_end)
        return search->space_end;
    search->space_begin = end;
    for (size_t at = end; at < search->bytes; end = at) {
        if (!(flags_of(bl_utf8_next(search->text, search->bytes, &at)) & BL_UNICODE_WHITESPACE))
            break;
    }
    return search->space_end = end;
}

uint32_t bl_added_next(bl_added_search *search, bl_added_match *match) {
    while (find_match(search, match)) {
        uint32_t flags = match->token->flags;
        search->next = match->end;
        if ((flags & BL_ADDED_SINGLE_WORD) && !is_single_word(search, match))
            continue;
        if (flags & BL_ADDED_LSTRIP)
            match->begin = strip_left(search, match->begin);
        if (flags & BL_ADDED_RSTRIP)
            match->end = strip_right(search, match->end);
        if (match->begin >= match->end) /* nothing is left of it */
            continue;
        search->done = match->end;
        return 1;
    }
    return 0;
}
