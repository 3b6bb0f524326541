/* The exact way for a section: all of it becomes characters with their origin, is
 * normalised, searched for added tokens, and split into words. */
#include "../unicode/utf8.h"
#include "words.h"

static bl_status scan_word(bl_scan *scan, const bl_char *chars, size_t count) {
    bl_status status;
    size_t first = scan->tokens.count;
    if (count > scan->tokenizer->pieces.longest_word) {
        static const uint8_t nothing[1] = {0};
        status = bl_append_uncached(scan, nothing, 1, count, 0); /* unknown, whatever it is */
        if (status != BL_OK)
            return status;
        bl_token *token = &scan->tokens.items[first];
        token->begin = bl_char_begin(chars[0]);
        token->end = bl_char_end(chars[count - 1]);
        return BL_OK;
    }
    if (bl_bytes_reserve(scan->arena, &scan->word, 0, 4 * count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    size_t bytes = bl_chars_write_utf8(chars, count, scan->word.items);
    status = bl_scan_word(scan, scan->word.items, bytes, count, scan->word.capacity, 0);
    if (status != BL_OK)
        return status;
    uint32_t wide_space = (chars[0].code == ' ' || chars[0].code == 0x120) && (chars[0].at & 1);
    if (wide_space && scan->tokens.count > first && bl_note_wide(scan, first) != BL_OK)
        return BL_OUT_OF_MEMORY;
    /* From bytes of the word to units of the text. A character may be in several tokens. */
    size_t at = 0;
    size_t next = bl_utf8_length(chars[0].code); /* the byte behind it */
    for (size_t i = first; i < scan->tokens.count; i++) {
        bl_token *token = &scan->tokens.items[i];
        uint32_t end = token->end;
        while (next <= token->begin)
            next += bl_utf8_length(chars[++at].code);
        token->begin = bl_char_begin(chars[at]);
        while (next < end)
            next += bl_utf8_length(chars[++at].code);
        token->end = bl_char_end(chars[at]);
    }
    return BL_OK;
}

static bl_status scan_words(bl_scan *scan, const bl_char *chars, size_t count) {
    if (bl_split(scan, &chars, &count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    const uint8_t *marks = scan->marks.items;
    for (size_t i = 0; i < count;) {
        if (marks[i] & BL_MARK_GONE) {
            i++;
            continue;
        }
        size_t begin = i++;
        while (i < count && marks[i] == 0)
            i++;
        bl_status status = scan_word(scan, chars + begin, i - begin);
        if (status != BL_OK)
            return status;
    }
    return BL_OK;
}

/* The character that byte `at` of normalised text starts. `front` is the last one that is
 * known; an added token that begins before it begins behind `back`. */
static size_t char_at(const bl_char *chars, bl_text_place *front, bl_text_place back, size_t at) {
    bl_text_place place = at >= front->byte ? *front : back;
    while (place.byte < at)
        place.byte += bl_utf8_length(chars[place.number++].code);
    if (place.byte > front->byte)
        *front = place;
    return place.number;
}

/* Normalised text with added tokens in it. */
static bl_status scan_with_added(bl_scan *scan, const bl_char *chars, size_t count) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    if (bl_bytes_reserve(scan->arena, &scan->normal, 0, 4 * count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_added_search search = {.vocab = &tokenizer->vocab,
                              .set = &tokenizer->normalized,
                              .text = scan->normal.items,
                              .bytes = bl_chars_write_utf8(chars, count, scan->normal.items)};
    if (bl_find_long(scan->arena, &scan->found_in_normal, &search.set->long_ones, search.text,
                     search.bytes, &search.found) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_text_place front = {0, 0};
    bl_text_place back = {0, 0};
    size_t done = 0; /* a byte */
    bl_added_match match;
    while (bl_added_next(&search, &match)) {
        if (done < match.begin) {
            size_t from = char_at(chars, &front, back, done);
            size_t to = char_at(chars, &front, back, match.begin);
            bl_status status = scan_words(scan, chars + from, to - from);
            if (status != BL_OK)
                return status;
        }
        size_t begin = char_at(chars, &front, back, match.begin);
        back = (bl_text_place){match.begin, begin};
        size_t end = char_at(chars, &front, back, match.end);
        if (bl_append_added(scan, &search, &match, bl_char_begin(chars[begin]),
                            bl_char_end(chars[end - 1])) != BL_OK)
            return BL_OUT_OF_MEMORY;
        done = match.end;
    }
    size_t from = char_at(chars, &front, back, done);
    return from < count ? scan_words(scan, chars + from, count - from) : BL_OK;
}

bl_status bl_scan_exact(bl_scan *scan, size_t begin, size_t end, size_t unit, size_t *end_unit) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    scan->chars.count = 0;
    bl_status status = bl_chars_append_utf8(scan->arena, &scan->chars, scan->text + begin,
                                            end - begin, (uint32_t)unit);
    if (status != BL_OK)
        return status;
    size_t count = scan->chars.count;
    *end_unit = count > 0 ? bl_char_end(scan->chars.items[count - 1]) : unit;
    status = bl_normalize(tokenizer, scan->arena, &scan->chars, &scan->spare);
    if (status != BL_OK || scan->chars.count == 0)
        return status;
    if (tokenizer->normalized.count > 0)
        return scan_with_added(scan, scan->chars.items, scan->chars.count);
    return scan_words(scan, scan->chars.items, scan->chars.count);
}
