#include "pattern.h"

#include "../unicode/unicode.h"
#include "../unicode/utf8.h"
#include "blob.h"

/* The text and the row at hand. */
typedef struct search {
    bl_pattern *pattern;
    const uint8_t *text;
    size_t bytes;
    uint32_t row_end; /* of elements */
} search;

uint32_t bl_pattern_has(const bl_pattern *pattern, uint32_t number, uint32_t code) {
    const bl_pattern_class *class = &pattern->classes[number];
    const bl_unicode_class *unicode = bl_unicode_class_of(code);
    uint32_t has = (class->kinds >> unicode->kind & 1) | ((class->flags & unicode->flags) != 0);
    for (uint32_t i = 0; i < class->range_count && !has; i++)
        has = code >= bl_load_u32(class->ranges + 8 * (size_t)i) &&
              code <= bl_load_u32(class->ranges + 8 * (size_t)i + 4);
    return has != class->negated;
}

/* Steps over a character of the class. */
static inline uint32_t step(const search *search, uint32_t number, size_t *at) {
    if (*at == search->bytes)
        return 0;
    uint8_t byte = search->text[*at];
    if (byte < 0x80) {
        uint32_t has = search->pattern->ascii[byte] >> number & 1;
        *at += has;
        return has;
    }
    size_t next = *at;
    if (!bl_pattern_has(search->pattern, number, bl_utf8_next(search->text, search->bytes, &next)))
        return 0;
    *at = next;
    return 1;
}

static size_t match_row(const search *search, uint32_t element, size_t at);

/* A repeated class, when what follows it may want back what it took. */
static size_t match_run(const search *search, uint32_t number, size_t begin) {
    bl_pattern_element *element = &search->pattern->elements[number];
    uint32_t unbounded = element->max == UINT32_MAX;
    if (unbounded && begin >= element->failed_begin && begin < element->failed_end)
        return BL_NO_MATCH;
    size_t at = begin;
    uint32_t taken = 0;
    uint32_t joins = 0; /* it ran into the stretch that is known to fail */
    while (taken < element->max && !joins && step(search, element->operand, &at)) {
        taken++;
        joins = unbounded && element->min <= 1 && at >= element->failed_begin &&
                at < element->failed_end;
    }
    size_t end = joins ? element->failed_end : at;
    for (;; taken--) {
        if (taken < element->min)
            break;
        size_t found = match_row(search, number + 1, at);
        if (found != BL_NO_MATCH)
            return found;
        if (taken == 0)
            break;
        bl_utf8_previous(search->text, begin, &at);
    }
    if (unbounded && end > begin) {
        element->failed_begin = begin;
        element->failed_end = end;
    }
    return BL_NO_MATCH;
}

static size_t match_group(const search *search, uint32_t number, size_t begin) {
    const bl_pattern *pattern = search->pattern;
    const bl_pattern_element *element = &pattern->elements[number];
    for (uint32_t i = 0; i < element->option_count; i++) {
        bl_pattern_row option = pattern->options[element->operand + i];
        size_t at = begin;
        uint32_t letter = 0;
        while (letter < option.count && step(search, pattern->letters[option.first + letter], &at))
            letter++;
        size_t found = letter == option.count ? match_row(search, number + 1, at) : BL_NO_MATCH;
        if (found != BL_NO_MATCH)
            return found;
    }
    return element->min == 0 ? match_row(search, number + 1, begin) : BL_NO_MATCH;
}

/* The elements from `element` on to the end of their row. */
static size_t match_row(const search *search, uint32_t element, size_t at) {
    for (; element < search->row_end; element++) {
        const bl_pattern_element *own = &search->pattern->elements[element];
        size_t next = at;
        uint32_t taken = 0;
        switch ((bl_pattern_kind)own->kind) {
        case BL_PATTERN_CLASS:
            if (element + 1 < search->row_end && own->min != own->max)
                return match_run(search, element, at);
            /* fall through */
        case BL_PATTERN_POSSESSIVE:
            while (taken < own->max && step(search, own->operand, &at))
                taken++;
            if (taken < own->min)
                return BL_NO_MATCH;
            break;
        case BL_PATTERN_AHEAD:
        case BL_PATTERN_NOT_AHEAD:
            if (step(search, own->operand, &next) != (own->kind == BL_PATTERN_AHEAD))
                return BL_NO_MATCH;
            break;
        case BL_PATTERN_GROUP:
            return match_group(search, element, at);
        case BL_PATTERN_KIND_COUNT:
            return BL_NO_MATCH;
        }
    }
    return at;
}

void bl_pattern_begin(bl_pattern *pattern) {
    for (uint32_t i = 0; i < pattern->element_count; i++)
        pattern->elements[i].failed_begin = pattern->elements[i].failed_end = 0;
}

size_t bl_pattern_match(bl_pattern *pattern, const uint8_t *text, size_t bytes, size_t at) {
    search search = {pattern, text, bytes, 0};
    uint32_t first = text[at];
    uint32_t open = first < 0x80 ? pattern->starts[first] : UINT32_MAX;
    for (uint32_t i = 0; i < pattern->alternative_count; i++) {
        if (!(open >> i & 1))
            continue;
        bl_pattern_row row = pattern->alternatives[i];
        search.row_end = row.first + row.count;
        size_t end = match_row(&search, row.first, at);
        if (end != BL_NO_MATCH && end > at)
            return end;
    }
    return BL_NO_MATCH;
}
