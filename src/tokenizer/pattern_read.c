/* A pattern from the blob. In its numbers stand one after the other
 *
 *   count of classes, for each: bits of kinds, bits of flags, negated, count of ranges, for
 *   each of these: first, last
 *   count of alternatives, for each: count of elements, for each of these: bl_pattern_kind, min,
 *   max, class or count of options; for each option: count of characters, for each: class */
#include <string.h>

#include "blob.h"
#include "pattern.h"

static uint32_t read_class_number(bl_blob_reader *reader, const bl_pattern *pattern) {
    return bl_blob_below(reader, pattern->class_count);
}

static void read_classes(bl_blob_reader *reader, bl_pattern *pattern) {
    pattern->class_count = bl_blob_count(reader, BL_PATTERN_CLASSES, 4);
    for (uint32_t i = 0; i < pattern->class_count; i++) {
        bl_pattern_class *class = &pattern->classes[i];
        class->kinds = bl_blob_number(reader);
        class->flags = bl_blob_number(reader);
        class->negated = bl_blob_below(reader, 2);
        class->range_count = bl_blob_count(reader, 1u << 16, 2);
        class->ranges = bl_read_array(&reader->numbers, class->range_count, 8);
    }
    for (uint32_t code = 0; code < 128 && !reader->numbers.failed; code++)
        for (uint32_t i = 0; i < pattern->class_count; i++)
            pattern->ascii[code] |= bl_pattern_has(pattern, i, code) << i;
}

static void read_options(bl_blob_reader *reader, bl_pattern *pattern, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t most = (uint32_t)sizeof pattern->letters - pattern->letter_count;
        uint32_t length = bl_blob_count(reader, most, 1);
        pattern->options[pattern->option_count++] = (bl_pattern_row){pattern->letter_count, length};
        for (uint32_t k = 0; k < length; k++)
            pattern->letters[pattern->letter_count++] = (uint8_t)read_class_number(reader, pattern);
    }
}

static void read_element(bl_blob_reader *reader, bl_pattern *pattern) {
    bl_pattern_element *element = &pattern->elements[pattern->element_count++];
    element->kind = bl_blob_below(reader, BL_PATTERN_KIND_COUNT);
    element->min = bl_blob_number(reader);
    element->max = bl_blob_number(reader);
    if (element->kind == BL_PATTERN_GROUP) {
        element->operand = pattern->option_count;
        element->option_count =
            bl_blob_count(reader, BL_PATTERN_OPTIONS - pattern->option_count, 1);
        read_options(reader, pattern, element->option_count);
    } else {
        element->operand = read_class_number(reader, pattern);
    }
}

/* Whether a row may begin with the character. */
static uint32_t may_start(const bl_pattern *pattern, bl_pattern_row row, uint32_t code) {
    for (uint32_t i = 0; i < row.count; i++) {
        const bl_pattern_element *element = &pattern->elements[row.first + i];
        uint32_t has = 0;
        if (element->kind == BL_PATTERN_AHEAD || element->kind == BL_PATTERN_NOT_AHEAD)
            return 1;
        if (element->kind == BL_PATTERN_GROUP) {
            for (uint32_t k = 0; k < element->option_count; k++) {
                bl_pattern_row option = pattern->options[element->operand + k];
                has |= option.count == 0 ||
                       (pattern->ascii[code] >> pattern->letters[option.first] & 1);
            }
        } else {
            has = pattern->ascii[code] >> element->operand & 1;
        }
        if (has || element->min > 0)
            return has;
    }
    return 1;
}

bl_status bl_pattern_read(bl_blob_reader *reader, bl_pattern *pattern) {
    memset(pattern, 0, sizeof *pattern);
    read_classes(reader, pattern);
    pattern->alternative_count = bl_blob_count(reader, BL_PATTERN_ALTERNATIVES, 1);
    for (uint32_t i = 0; i < pattern->alternative_count; i++) {
        uint32_t count = bl_blob_count(reader, BL_PATTERN_ELEMENTS - pattern->element_count, 4);
        pattern->alternatives[i] = (bl_pattern_row){pattern->element_count, count};
        for (uint32_t k = 0; k < count; k++)
            read_element(reader, pattern);
    }
    if (reader->numbers.failed)
        return BL_BAD_MODEL;
    for (uint32_t i = 0; i < pattern->alternative_count; i++)
        for (uint32_t code = 0; code < 128; code++)
            pattern->starts[code] |= may_start(pattern, pattern->alternatives[i], code) << i;
    return BL_OK;
}
