/* Pre-tokenizers: they only decide where words start and which characters are gone. */
#include <string.h>

#include "internal.h"

uint32_t bl_split_matches(const bl_split_op *op, uint32_t code) {
    switch (op->on) {
    case BL_SPLIT_ON_WHITESPACE:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_WHITESPACE) != 0;
    case BL_SPLIT_ON_PUNCTUATION:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_PUNCTUATION) != 0;
    case BL_SPLIT_ON_NUMERIC:
        return (bl_unicode_class_of(code)->flags & BL_UNICODE_NUMERIC) != 0;
    default:
        return code == op->character;
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

void bl_split(const bl_tokenizer *tokenizer, const bl_char *chars, size_t count, uint8_t *marks) {
    memset(marks, 0, count);
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        const bl_split_op *op = &tokenizer->split[i];
        if (op->on == BL_SPLIT_ON_WORDS)
            split_words(chars, count, marks);
        else
            split_by(op, chars, count, marks);
    }
}
