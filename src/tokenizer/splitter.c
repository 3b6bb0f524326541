/* Pre-tokenizers: they decide where words start and which characters are gone. Byte-level ones
 * also put characters in, or others in their place. */
#include <string.h>

#include "../unicode/utf8.h"
#include "byte_chars.h"
#include "internal.h"

uint32_t bl_split_matches(const bl_split_op *op, uint32_t code) {
    switch (op->on) {
    case BL_SPLIT_ON_WHITESPACE:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_WHITESPACE) != 0;
    case BL_SPLIT_ON_PUNCTUATION:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_PUNCTUATION) != 0;
    case BL_SPLIT_ON_NUMERIC:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_NUMERIC) != 0;
    case BL_SPLIT_ON_CHARACTER:
        return code == op->character;
    default:
        return op->on == BL_SPLIT_ON_EVERY;
    }
}

/* Whether a word starts between a character and the one before it in the same word. */
static uint32_t starts(uint32_t how, uint32_t matches, uint32_t matched) {
    switch (how) {
    case BL_SPLIT_ISOLATED:
        return matches || matched;
    case BL_SPLIT_CONTIGUOUS:
        return matches != matched;
    case BL_SPLIT_MERGED_WITH_PREVIOUS:
        return matched;
    default: /* BL_SPLIT_MERGED_WITH_NEXT */
        return matches;
    }
}

static void split_by(const bl_split_op *op, const bl_char *chars, size_t count, uint8_t *marks) {
    uint32_t matched = 0;
    for (size_t i = 0; i < count; i++) {
        if (marks[i] & BL_MARK_GONE)
            continue;
        uint32_t begins = i == 0 || (marks[i] & BL_MARK_START) || (marks[i - 1] & BL_MARK_GONE);
        uint32_t matches = bl_split_matches(op, chars[i].code);
        if (op->how == BL_SPLIT_REMOVED) {
            if (matches)
                marks[i] = BL_MARK_GONE;
        } else if (!begins && starts(op->how, matches, matched)) {
            marks[i] |= BL_MARK_START;
        }
        matched = matches;
    }
}

static void split_words(const bl_char *chars, size_t count, uint8_t *marks) {
    uint32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t flags = bl_unicode_class_of(chars[i].code)->flags;
        uint32_t word = flags & BL_UNICODE_WORD;
        if (!word && (flags & BL_UNICODE_WHITESPACE))
            marks[i] = BL_MARK_GONE;
        else if (!(marks[i] & BL_MARK_GONE) && word != last)
            marks[i] |= BL_MARK_START;
        last = word;
    }
}

/* The same between two pieces: of these two that don't match may stand side by side. */
static uint32_t piece_starts(uint32_t how, uint32_t matches, uint32_t matched) {
    switch (how) {
    case BL_SPLIT_CONTIGUOUS:
        return matches != matched;
    case BL_SPLIT_MERGED_WITH_PREVIOUS:
        return !matches || matched;
    case BL_SPLIT_MERGED_WITH_NEXT:
        return matches || !matched;
    default: /* isolated, or what is left where others are removed */
        return 1;
    }
}

/* What a pattern finds in one word. Its matches, and what lies between them, are pieces that are
 * kept together; `others`: the latter are what counts as matches. */
static void split_word(bl_scan *scan, const bl_split_op *op, const bl_char *chars, size_t count,
                       uint8_t *marks) {
    uint8_t *text = scan->word.items;
    size_t bytes = bl_chars_write_utf8(chars, count, text);
    uint32_t others = op->on == BL_SPLIT_ON_OTHERS;
    uint32_t matched = 0;
    uint32_t inside = 0; /* of what lies between matches */
    bl_pattern_begin(op->pattern);
    for (size_t i = 0, at = 0; i < count;) {
        size_t end = bl_pattern_match(op->pattern, text, bytes, at);
        uint32_t found = end != BL_NO_MATCH;
        uint32_t matches = found != others;
        uint32_t begins = found || !inside;
        inside = !found;
        if (!found)
            end = at + bl_utf8_length(chars[i].code);
        uint32_t stays = op->how != BL_SPLIT_REMOVED || !matches;
        if (stays && begins && i > 0 && piece_starts(op->how, matches, matched))
            marks[i] |= BL_MARK_START;
        matched = matches;
        for (; at < end; i++) {
            at += bl_utf8_length(chars[i].code);
            if (!stays)
                marks[i] = BL_MARK_GONE;
        }
    }
}

/* Where the word that begins at `begin` ends, or the gone character. */
static size_t word_end(const uint8_t *marks, size_t begin, size_t count) {
    size_t end = begin + 1;
    while (end < count && marks[end] == 0)
        end++;
    return end;
}

static bl_status split_by_pattern(bl_scan *scan, const bl_split_op *op, const bl_char *chars,
                                  size_t count) {
    if (bl_bytes_reserve(scan->arena, &scan->word, 0, 4 * count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    uint8_t *marks = scan->marks.items;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        if (!(marks[i] & BL_MARK_GONE)) {
            end = word_end(marks, i, count);
            split_word(scan, op, chars + i, end - i, marks + i);
        }
        i = end;
    }
    return BL_OK;
}

/* Makes room for the characters and marks that an operation makes of others. */
static bl_status open_expanded(bl_scan *scan, size_t count) {
    bl_chars spare = scan->expanded;
    scan->expanded = scan->expanded_spare;
    scan->expanded_spare = spare;
    scan->expanded.count = 0;
    bl_bytes marks = scan->marks;
    scan->marks = scan->marks_spare;
    scan->marks_spare = marks;
    if (bl_chars_reserve(scan->arena, &scan->expanded, count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    return bl_bytes_reserve(scan->arena, &scan->marks, 0, count);
}

static void put(bl_scan *scan, bl_char c, uint8_t mark) {
    scan->marks.items[scan->expanded.count] = mark;
    scan->expanded.items[scan->expanded.count++] = c;
}

static bl_status prefix_words(bl_scan *scan, const bl_char *chars, size_t count) {
    if (open_expanded(scan, 2 * count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    const uint8_t *marks = scan->marks_spare.items;
    uint32_t begins = 1;
    for (size_t i = 0; i < count; i++) {
        uint8_t mark = marks[i];
        begins |= mark & BL_MARK_START;
        if (!(mark & BL_MARK_GONE) && begins) {
            if (chars[i].code != ' ') {
                put(scan, (bl_char){' ', chars[i].at}, BL_MARK_START);
                mark = 0;
            }
            begins = 0;
        }
        begins |= mark & BL_MARK_GONE;
        put(scan, chars[i], mark);
    }
    return BL_OK;
}

static bl_status words_to_bytes(bl_scan *scan, const bl_char *chars, size_t count) {
    if (open_expanded(scan, 4 * count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        uint32_t length = bl_utf8_write(chars[i].code, bytes);
        uint8_t mark = scan->marks_spare.items[i];
        for (uint32_t k = 0; k < length; k++) {
            put(scan, (bl_char){bl_byte_to_char(bytes[k]), chars[i].at}, mark);
            mark &= BL_MARK_GONE;
        }
    }
    return BL_OK;
}

bl_status bl_split(bl_scan *scan, const bl_char **chars, size_t *count) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    if (bl_bytes_reserve(scan->arena, &scan->marks, 0, *count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    memset(scan->marks.items, 0, *count);
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        const bl_split_op *op = &tokenizer->split[i];
        bl_status status = BL_OK;
        switch ((bl_split_on)op->on) {
        case BL_SPLIT_ON_WORDS:
            split_words(*chars, *count, scan->marks.items);
            break;
        case BL_SPLIT_ON_PATTERN:
        case BL_SPLIT_ON_OTHERS:
            status = split_by_pattern(scan, op, *chars, *count);
            break;
        case BL_SPLIT_PREFIX_SPACE:
        case BL_SPLIT_TO_BYTES:
            if (op->on == BL_SPLIT_PREFIX_SPACE)
                status = prefix_words(scan, *chars, *count);
            else
                status = words_to_bytes(scan, *chars, *count);
            *chars = scan->expanded.items;
            *count = scan->expanded.count;
            break;
        default:
            split_by(op, *chars, *count, scan->marks.items);
            break;
        }
        if (status != BL_OK)
            return status;
    }
    return BL_OK;
}
