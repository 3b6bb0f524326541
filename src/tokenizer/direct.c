/* The direct way for a section: no normalizer changes it, and its words are a pattern's matches
 * and go to the model as they stand in the text. So do byte-level tokenizers with most texts. */
#include "../unicode/utf8.h"
#include "words.h"

/* Whether normalizers leave the section as it is, and it is UTF-8. */
static uint32_t is_direct(const bl_tokenizer *tokenizer, const uint8_t *text, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
        if (bytes - at >= 8) {
            uint64_t eight;
            memcpy(&eight, text + at, 8);
            if (!(eight & BL_EACH_BYTE(0x80))) {
                at += 8;
                continue;
            }
        }
        if (text[at] >= tokenizer->direct_below)
            return 0;
        size_t begin = at;
        if (bl_utf8_next(text, bytes, &at) == BL_REPLACEMENT && at == begin + 1)
            return 0;
    }
    return 1;
}

static uint32_t is_ascii(const uint8_t *word, size_t bytes) {
    uint64_t all = 0;
    for (; bytes > 8; word += 8, bytes -= 8)
        all |= bl_load_few(word, 8);
    return !((all | bl_load_few(word, bytes)) & BL_EACH_BYTE(0x80));
}

static uint32_t units_of(uint32_t code) {
    return code > 0xffff ? 2 : 1;
}

/* Bytes of a word to units of the text. `prefix`: bytes in front of it that stand for the
 * character behind them, which is there (`left` bytes are) even where the word ends before it.
 * Returns the unit behind the word. */
static uint32_t place_tokens(bl_scan *scan, size_t first, const uint8_t *word, size_t bytes,
                             size_t left, size_t prefix, uint32_t unit) {
    size_t next = prefix; /* behind the character at hand */
    uint32_t code = bl_utf8_next(word, left, &next);
    for (size_t i = first; i < scan->tokens.count; i++) {
        bl_token *token = &scan->tokens.items[i];
        for (; next <= token->begin; code = bl_utf8_next(word, left, &next))
            unit += units_of(code);
        uint32_t end = token->end;
        token->begin = unit;
        for (; next < end; code = bl_utf8_next(word, left, &next))
            unit += units_of(code);
        token->end = unit + units_of(code);
    }
    for (; next < bytes; code = bl_utf8_next(word, left, &next))
        unit += units_of(code);
    return bytes > prefix ? unit + units_of(code) : unit;
}

/* Where what begins at `at` ends: a match, or what lies before the next one. */
static size_t piece_end(bl_pattern *pattern, const uint8_t *text, size_t bytes, size_t at,
                        uint32_t *matches) {
    size_t end = bl_pattern_match(pattern, text, bytes, at);
    *matches = end != BL_NO_MATCH;
    if (*matches)
        return end;
    do
        bl_utf8_next(text, bytes, &at);
    while (at < bytes && bl_pattern_match(pattern, text, bytes, at) == BL_NO_MATCH);
    return at;
}

static bl_status scan_words(bl_scan *scan, size_t begin, size_t end) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    const uint8_t *text = scan->text + begin;
    size_t bytes = end - begin;
    size_t readable = scan->readable - begin;
    size_t prefix = tokenizer->direct_prefixes && text[0] != ' ';
    uint32_t unit = (uint32_t)bl_scan_unit_at(scan, begin);
    if (prefix) {
        if (bl_bytes_reserve(scan->arena, &scan->direct, 0, bytes + 1) != BL_OK)
            return BL_OUT_OF_MEMORY;
        scan->direct.items[0] = ' ';
        memcpy(scan->direct.items + 1, text, bytes);
        text = scan->direct.items;
        readable = scan->direct.capacity;
        bytes++;
    }
    bl_pattern_begin(tokenizer->direct);
    for (size_t at = 0; at < bytes;) {
        uint32_t matches;
        size_t stop = piece_end(tokenizer->direct, text, bytes, at, &matches);
        const uint8_t *word = text + at;
        size_t length = stop - at;
        size_t first = scan->tokens.count;
        uint32_t simple = !prefix && is_ascii(word, length);
        bl_status status = BL_OK;
        if (matches || !tokenizer->direct_drops)
            status = bl_scan_word(scan, word, length, length, readable - at, simple ? unit : 0);
        if (status != BL_OK)
            return status;
        if (simple) {
            unit += (uint32_t)length;
        } else {
            uint32_t code = ' ';
            size_t behind = prefix;
            if (prefix)
                code = bl_utf8_next(word, bytes - at, &behind);
            if (code > 0xffff && scan->tokens.count > first && bl_note_wide(scan, first) != BL_OK)
                return BL_OUT_OF_MEMORY;
            unit = place_tokens(scan, first, word, length, bytes - at, prefix, unit);
        }
        prefix = 0;
        at = stop;
    }
    if (end > scan->front.byte)
        scan->front = (bl_text_place){end, unit};
    return BL_OK;
}

/* With added tokens that are searched in normalised text, which is the text itself. */
static bl_status scan_with_added(bl_scan *scan, size_t begin, size_t end) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    bl_added_search search = {.vocab = &tokenizer->vocab,
                              .set = &tokenizer->normalized,
                              .text = scan->text + begin,
                              .bytes = end - begin};
    if (bl_find_long(scan->arena, &scan->found_in_normal, &search.set->long_ones, search.text,
                     search.bytes, &search.found) != BL_OK)
        return BL_OUT_OF_MEMORY;
    size_t done = 0;
    bl_added_match match;
    while (bl_added_next(&search, &match)) {
        if (done < match.begin) {
            bl_status status = scan_words(scan, begin + done, begin + match.begin);
            if (status != BL_OK)
                return status;
        }
        size_t from = bl_scan_unit_at(scan, begin + match.begin);
        scan->back = (bl_text_place){begin + match.begin, from};
        size_t to = bl_scan_unit_at(scan, begin + match.end);
        if (bl_append_added(scan, &search, &match, (uint32_t)from, (uint32_t)to) != BL_OK)
            return BL_OUT_OF_MEMORY;
        done = match.end;
    }
    return done < search.bytes ? scan_words(scan, begin + done, end) : BL_OK;
}

bl_status bl_scan_direct(bl_scan *scan, size_t begin, size_t end, uint32_t *done) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    *done = is_direct(tokenizer, scan->text + begin, end - begin);
    if (!*done)
        return BL_OK;
    if (tokenizer->normalized.count > 0)
        return scan_with_added(scan, begin, end);
    return scan_words(scan, begin, end);
}
