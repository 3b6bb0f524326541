/* A text to tokens: sections between added tokens, and in plain sections ASCII words
 * the fast way. Anything else goes through exact.c, a stretch at a time. */
#include <string.h>

#include "../unicode/utf8.h"
#include "internal.h"

bl_status bl_bytes_reserve(bl_arena *arena, uint8_t **bytes, size_t *capacity, size_t used,
                           size_t wanted) {
    if (wanted <= *capacity)
        return BL_OK;
    size_t grown = *capacity < 512 ? 1024 : 2 * *capacity;
    if (grown < wanted)
        grown = wanted;
    uint8_t *larger = bl_arena_alloc(arena, grown);
    if (!larger)
        return BL_OUT_OF_MEMORY;
    if (used > 0)
        memcpy(larger, *bytes, used);
    *bytes = larger;
    *capacity = grown;
    return BL_OK;
}

bl_status bl_tokens_reserve(bl_arena *arena, bl_tokens *tokens, size_t extra) {
    if (extra <= tokens->capacity - tokens->count)
        return BL_OK;
    size_t grown = tokens->capacity < 128 ? 256 : 2 * tokens->capacity;
    if (grown < tokens->count + extra)
        grown = tokens->count + extra;
    bl_token *items = bl_arena_alloc_array(arena, grown, sizeof *items);
    if (!items)
        return BL_OUT_OF_MEMORY;
    if (tokens->count > 0)
        memcpy(items, tokens->items, tokens->count * sizeof *items);
    tokens->items = items;
    tokens->capacity = grown;
    return BL_OK;
}

/* A token that was matched; its text is kept when it isn't the token's own. */
bl_status bl_scan_added(bl_scan *scan, const bl_added *added, const uint8_t *surface, size_t bytes,
                        uint32_t begin, uint32_t end) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, 1) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_text own = added->pattern;
    if (bytes != own.length || memcmp(surface, own.bytes, bytes) != 0) {
        size_t used = scan->surface_byte_count;
        if (bl_bytes_reserve(scan->arena, &scan->surface_bytes, &scan->surface_byte_capacity, used,
                             used + bytes) != BL_OK)
            return BL_OUT_OF_MEMORY;
        if (scan->surface_count == scan->surface_capacity) {
            size_t grown = scan->surface_capacity ? 2 * scan->surface_capacity : 16;
            bl_surface *larger = bl_arena_alloc_array(scan->arena, grown, sizeof *larger);
            if (!larger)
                return BL_OUT_OF_MEMORY;
            if (scan->surface_count > 0)
                memcpy(larger, scan->surfaces, scan->surface_count * sizeof *larger);
            scan->surfaces = larger;
            scan->surface_capacity = grown;
        }
        memcpy(scan->surface_bytes + used, surface, bytes);
        scan->surface_byte_count = used + bytes;
        scan->surfaces[scan->surface_count++] =
            (bl_surface){scan->tokens.count, used, used + bytes};
    }
    scan->tokens.items[scan->tokens.count++] = (bl_token){added->id, begin, end};
    return BL_OK;
}

static bl_status no_unknown(bl_scan *scan) {
    scan->problem = BL_ENCODE_NO_UNKNOWN;
    return BL_BAD_MODEL;
}

bl_status bl_scan_word(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    size_t count = bl_vocab_pieces(&scan->tokenizer->vocab, word, bytes, chars,
                                   scan->tokens.items + scan->tokens.count);
    if (count == 0)
        return no_unknown(scan);
    scan->tokens.count += count;
    return BL_OK;
}

/* The UTF-16 unit that byte `at` of the text starts. */
static size_t unit_at(bl_scan *scan, size_t at) {
    if (at < scan->anchor) {
        scan->anchor = 0;
        scan->anchor_unit = 0;
    }
    scan->anchor_unit += bl_utf16_units(scan->text + scan->anchor, at - scan->anchor);
    scan->anchor = at;
    return scan->anchor_unit;
}

/* At most 16 bytes of ASCII as two numbers, zeros behind them. */
typedef struct word16 {
    uint64_t low;
    uint64_t high;
} word16;

static word16 load_word(const uint8_t *at, size_t bytes, size_t readable) {
    word16 word = {0, 0};
    if (readable >= 16) {
        memcpy(&word.low, at, 8);
        memcpy(&word.high, at + 8, 8);
        if (bytes < 8) {
            word.low &= ~UINT64_C(0) >> (64 - 8 * bytes);
            word.high = 0;
        } else {
            word.high &= bytes == 16 ? ~UINT64_C(0) : ~(~UINT64_C(0) << 8 * (bytes - 8));
        }
        return word;
    }
    for (size_t i = 0; i < bytes; i++) {
        uint64_t byte = (uint64_t)at[i] << 8 * (i & 7);
        if (i < 8)
            word.low |= byte;
        else
            word.high |= byte;
    }
    return word;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* A to Z become a to z in all eight bytes, which are ASCII. */
static uint64_t lower_bytes(uint64_t bytes) {
    uint64_t from_a = bytes + EACH_BYTE(0x80 - 'A');
    uint64_t behind_z = bytes + EACH_BYTE(0x80 - 'Z' - 1);
    return bytes | (from_a & ~behind_z & EACH_BYTE(0x80)) >> 2;
}

static bl_cached_word *cache_entry(const bl_tokenizer *tokenizer, word16 word) {
    uint64_t mixed =
        (word.low ^ word.high * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return &tokenizer->cache[mixed >> (64 - BL_CACHE_BITS)];
}

static void lower_copy(uint8_t *out, const uint8_t *text, size_t bytes, uint32_t lower) {
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(text[i] + (lower && text[i] - 'A' < 26u ? 32 : 0));
}

/* Appends a word that isn't in the cache, and puts it there when it fits. */
static bl_status scan_uncached(bl_scan *scan, const uint8_t *text, size_t bytes, uint32_t unit,
                               word16 key, bl_cached_word *entry) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    size_t first = scan->tokens.count;
    const uint8_t *word = text;
    if (tokenizer->lower && bytes <= tokenizer->vocab.max_chars) {
        if (bl_bytes_reserve(scan->arena, &scan->bytes, &scan->bytes_capacity, 0, bytes) != BL_OK)
            return BL_OUT_OF_MEMORY;
        lower_copy(scan->bytes, text, bytes, 1);
        word = scan->bytes;
    }
    bl_status status = bl_scan_word(scan, word, bytes, bytes);
    if (status != BL_OK)
        return status;
    bl_token *pieces = scan->tokens.items + first;
    size_t count = scan->tokens.count - first;
    if (entry && count <= sizeof entry->ends) {
        entry->low = key.low;
        entry->high = key.high;
        entry->bytes = (uint8_t)bytes;
        entry->count = (uint8_t)count;
        for (size_t i = 0; i < count; i++) {
            entry->ids[i] = pieces[i].id;
            entry->ends[i] = (uint8_t)pieces[i].end;
        }
    }
    for (size_t i = 0; i < count; i++) {
        pieces[i].begin += unit;
        pieces[i].end += unit;
    }
    return BL_OK;
}

static bl_status scan_ascii_word(bl_scan *scan, size_t begin, size_t end, uint32_t unit) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    const uint8_t *text = scan->text + begin;
    size_t bytes = end - begin;
    if (bytes > 16)
        return scan_uncached(scan, text, bytes, unit, (word16){0, 0}, NULL);
    word16 word = load_word(text, bytes, scan->readable - begin);
    if (tokenizer->lower) {
        word.low = lower_bytes(word.low);
        word.high = lower_bytes(word.high);
    }
    bl_cached_word *entry = cache_entry(tokenizer, word);
    if (entry->low != word.low || entry->high != word.high || entry->bytes != bytes)
        return scan_uncached(scan, text, bytes, unit, word, entry);
    if (bl_tokens_reserve(scan->arena, &scan->tokens, entry->count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *out = scan->tokens.items + scan->tokens.count;
    uint32_t piece_begin = unit;
    for (uint32_t i = 0; i < entry->count; i++) {
        uint32_t piece_end = unit + entry->ends[i];
        out[i] = (bl_token){entry->ids[i], piece_begin, piece_end};
        piece_begin = piece_end;
    }
    scan->tokens.count += entry->count;
    return BL_OK;
}

static bl_status scan_ascii_alone(bl_scan *scan, uint8_t byte, uint32_t unit) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, 1) != BL_OK)
        return BL_OUT_OF_MEMORY;
    int32_t id = scan->tokenizer->ascii_tokens[byte];
    if (id < 0)
        return no_unknown(scan);
    scan->tokens.items[scan->tokens.count++] = (bl_token){id, unit, unit + 1};
    return BL_OK;
}

/* A stretch that needs the exact way ends where ASCII space follows, or, so that it
 * doesn't grow without bound, before a character that surely starts a new word. */
#define LONG_STRETCH 4096

static size_t stretch_end(const bl_scan *scan, size_t from, size_t end) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    const uint8_t *text = scan->text;
    for (size_t at = from; at < end;) {
        if (tokenizer->ascii[text[at]] == BL_ASCII_SPACE)
            return at;
        size_t next = at;
        uint32_t code = bl_utf8_next(text, end, &next);
        if (at - from > LONG_STRETCH && tokenizer->breaks_at_ideographs &&
            (bl_unicode_class_of(code)->flags & BL_UNICODE_IDEOGRAPH))
            return at;
        at = next;
    }
    return end;
}

static bl_status scan_plain(bl_scan *scan, size_t begin, size_t end) {
    const uint8_t *text = scan->text;
    const uint8_t *actions = scan->tokenizer->ascii;
    uint32_t unit = (uint32_t)unit_at(scan, begin);
    size_t at = begin;
    while (at < end) {
        size_t start = at;
        while (at < end && actions[text[at]] == BL_ASCII_WORD)
            at++;
        uint32_t action = at < end ? actions[text[at]] : BL_ASCII_SPACE;
        if (action == BL_ASCII_OTHER) {
            size_t stop = stretch_end(scan, at, end);
            size_t end_unit;
            bl_status status = bl_scan_exact(scan, start, stop, unit, &end_unit);
            if (status != BL_OK)
                return status;
            unit = (uint32_t)end_unit;
            at = stop;
            continue;
        }
        if (at > start) {
            bl_status status = scan_ascii_word(scan, start, at, unit);
            if (status != BL_OK)
                return status;
            unit += (uint32_t)(at - start);
        }
        if (at == end)
            break;
        if (action == BL_ASCII_ALONE) {
            bl_status status = scan_ascii_alone(scan, text[at], unit);
            if (status != BL_OK)
                return status;
        }
        at++;
        unit++;
    }
    scan->anchor = end;
    scan->anchor_unit = unit;
    return BL_OK;
}

static bl_status scan_section(bl_scan *scan, size_t begin, size_t end) {
    if (scan->tokenizer->plain)
        return scan_plain(scan, begin, end);
    size_t unit = unit_at(scan, begin);
    return bl_scan_exact(scan, begin, end, unit, &unit);
}

bl_status bl_scan_text(bl_scan *scan) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    const uint8_t *text = scan->text;
    size_t bytes = scan->text_bytes;
    size_t done = 0;
    size_t search = 0;
    bl_added_match match;
    scan->anchor = scan->anchor_unit = 0;
    while (bl_added_next(&tokenizer->vocab, &tokenizer->raw, text, bytes, search, &match)) {
        search = match.end;
        if (!bl_added_accept(text, bytes, done, &match))
            continue;
        if (done < match.begin) {
            bl_status status = scan_section(scan, done, match.begin);
            if (status != BL_OK)
                return status;
        }
        uint32_t begin = (uint32_t)unit_at(scan, match.begin);
        uint32_t end = (uint32_t)unit_at(scan, match.end);
        if (bl_scan_added(scan, match.token, text + match.begin, match.end - match.begin, begin,
                          end) != BL_OK)
            return BL_OUT_OF_MEMORY;
        done = match.end;
    }
    return done < bytes ? scan_section(scan, done, bytes) : BL_OK;
}
