/* A text to tokens: sections between added tokens, and in plain sections ASCII words
 * the fast way. Anything else goes through exact.c, a stretch at a time. */
#include <string.h>

#include "../unicode/utf8.h"
#include "words.h"

size_t bl_scan_unit_at(bl_scan *scan, size_t at) {
    bl_text_place from = {0, 0};
    if (at >= scan->front.byte)
        from = scan->front;
    else if (at >= scan->back.byte)
        from = scan->back;
    size_t unit = from.number + bl_utf16_units(scan->text + from.byte, at - from.byte);
    if (at > scan->front.byte)
        scan->front = (bl_text_place){at, unit};
    return unit;
}

bl_status bl_note_wide(bl_scan *scan, size_t token) {
    uint32_t *items = bl_grow(scan->arena, scan->wide, sizeof *items, scan->wide_count,
                              scan->wide_count + 1, &scan->wide_capacity);
    if (!items)
        return BL_OUT_OF_MEMORY;
    scan->wide = items;
    items[scan->wide_count++] = (uint32_t)token;
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
    uint32_t unit = (uint32_t)bl_scan_unit_at(scan, begin);
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
    if (end > scan->front.byte)
        scan->front = (bl_text_place){end, unit};
    return BL_OK;
}

static bl_status scan_section(bl_scan *scan, size_t begin, size_t end) {
    if (scan->tokenizer->plain)
        return scan_plain(scan, begin, end);
    if (scan->tokenizer->direct) {
        uint32_t done;
        bl_status status = bl_scan_direct(scan, begin, end, &done);
        if (done)
            return status;
    }
    size_t unit = bl_scan_unit_at(scan, begin);
    return bl_scan_exact(scan, begin, end, unit, &unit);
}

bl_status bl_scan_text(bl_scan *scan) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    bl_added_search search = {.vocab = &tokenizer->vocab,
                              .set = &tokenizer->raw,
                              .text = scan->text,
                              .bytes = scan->text_bytes};
    if (bl_find_long(scan->arena, &scan->found_in_text, &search.set->long_ones, search.text,
                     search.bytes, &search.found) != BL_OK)
        return BL_OUT_OF_MEMORY;
    scan->front = scan->back = (bl_text_place){0, 0};
    size_t done = 0;
    bl_added_match match;
    while (bl_added_next(&search, &match)) {
        if (done < match.begin) {
            bl_status status = scan_section(scan, done, match.begin);
            if (status != BL_OK)
                return status;
        }
        size_t begin = bl_scan_unit_at(scan, match.begin);
        scan->back = (bl_text_place){match.begin, begin};
        size_t end = bl_scan_unit_at(scan, match.end);
        if (bl_append_added(scan, &search, &match, (uint32_t)begin, (uint32_t)end) != BL_OK)
            return BL_OUT_OF_MEMORY;
        done = match.end;
    }
    return done < search.bytes ? scan_section(scan, done, search.bytes) : BL_OK;
}
