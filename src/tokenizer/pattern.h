/* Regular expressions as tokenizers' Split has them (js/tokenizer/pattern.js reads their text):
 * alternatives, the first that fits counts; each is a row of elements:
 *
 *   a class of characters, `min` to `max` times, as many as may be
 *   what must (not) follow: a class
 *   a group: rows of single characters, the first that fits; it may be optional
 *
 * What follows an element in its row depends on nothing before it. So where a repeated class
 * has failed once, together with all that follows it, it fails again from any later place of the
 * same run of characters. Each element remembers the last such stretch: finding all matches of a
 * text takes time that is linear in it. */
#ifndef BERTLET_TOKENIZER_PATTERN_H
#define BERTLET_TOKENIZER_PATTERN_H

#include "../base/arena.h"
#include "blob_reader.h"

typedef struct bl_pattern_class {
    uint32_t kinds; /* a bit for each bl_unicode_kind */
    uint32_t flags; /* bl_unicode_flag, one of them is enough */
    uint32_t negated;
    uint32_t range_count;
    const uint8_t *ranges; /* u32 first, last of each */
} bl_pattern_class;

typedef struct bl_pattern_element {
    uint32_t kind; /* bl_pattern_kind */
    uint32_t min;  /* of a group: 0 where it is optional */
    uint32_t max;
    uint32_t operand; /* the class; of a group: its first option */
    uint32_t option_count;
    size_t failed_begin;
    size_t failed_end;
} bl_pattern_element;

/* Consecutive ones of a pattern's elements, or of its list of classes. */
typedef struct bl_pattern_row {
    uint32_t first;
    uint32_t count;
} bl_pattern_row;

#define BL_PATTERN_CLASSES      32u
#define BL_PATTERN_ALTERNATIVES 32u
#define BL_PATTERN_ELEMENTS     64u
#define BL_PATTERN_OPTIONS      64u

typedef struct bl_pattern {
    uint32_t class_count;
    bl_pattern_class classes[BL_PATTERN_CLASSES];
    uint32_t ascii[128]; /* a bit for each class that the character is in */
    uint32_t alternative_count;
    bl_pattern_row alternatives[BL_PATTERN_ALTERNATIVES];
    uint32_t starts[128]; /* a bit for each alternative that may begin with the character */
    uint32_t element_count;
    bl_pattern_element elements[BL_PATTERN_ELEMENTS];
    uint32_t option_count;
    bl_pattern_row options[BL_PATTERN_OPTIONS];
    uint32_t letter_count;
    uint8_t letters[4 * BL_PATTERN_OPTIONS]; /* classes of the options' characters */
} bl_pattern;

/* pattern_read.c */
bl_status bl_pattern_read(bl_blob_reader *reader, bl_pattern *pattern);

uint32_t bl_pattern_has(const bl_pattern *pattern, uint32_t number, uint32_t code);

/* Another text comes. */
void bl_pattern_begin(bl_pattern *pattern);

#define BL_NO_MATCH SIZE_MAX

/* Where the match that begins at `at` ends. */
size_t bl_pattern_match(bl_pattern *pattern, const uint8_t *text, size_t bytes, size_t at);

#endif
