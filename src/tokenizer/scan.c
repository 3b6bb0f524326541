/* A text to tokens: sections between added tokens, and in plain sections ASCII words
 * the fast way. Anything else goes through exact.c, a stretch at a time. */
#include <string.h>

#include "../unicode/utf8.h"
#include "words.h"

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

bl_status bl_tokens_grow(bl_arena *arena, bl_tokens *tokens, size_t extra) {
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

/* Where the word that starts at `at` ends: before the first byte that isn't part of a
 * word. Usually eight bytes are looked at together. */
static size_t word_end(const bl_scan *scan, size_t at, size_t end) {
    const uint8_t *text = scan->text;
    const uint8_t *actions = scan->tokenizer->ascii;
    if (scan->tokenizer->words_are_alphanumeric) {
        while (end - at >= 8) {
            uint64_t eight;
            memcpy(&eight, text + at, 8);
            size_t bytes = bl_alphanumeric_bytes(eight);
            at += bytes;
            if (bytes < 8)
                return at;
        }
    }
    while (at < end && actions[text[at]] == BL_ASCII_WORD)
        at++;
    return at;
}

static bl_status scan_plain(bl_scan *scan, size_t begin, size_t end) {
    const uint8_t *text = scan->text;
    const uint8_t *actions = scan->tokenizer->ascii;
    uint32_t unit = (uint32_t)unit_at(scan, begin);
    size_t at = begin;
    while (at < end) {
        size_t start = at;
        at = word_end(scan, at, end);
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
            bl_status status =
                bl_scan_ascii_word(scan, text + start, at - start, scan->readable - start, unit);
            if (status != BL_OK)
                return status;
            unit += (uint32_t)(at - start);
        }
        if (at == end)
            break;
        if (action == BL_ASCII_ALONE) {
            bl_status status = bl_scan_ascii_alone(scan, text[at], unit);
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
