/* UTF-8, one code point at a time. */
#ifndef BERTLET_UTF8_H
#define BERTLET_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define BL_REPLACEMENT 0xFFFD

/* Bytes of a code point. */
static inline uint32_t bl_utf8_length(uint32_t code) {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Decodes at `text[at]` (at < end) and moves `at` on. A byte that starts no valid
 * sequence is U+FFFD by itself. */
static inline uint32_t bl_utf8_next(const uint8_t *text, size_t end, size_t *at) {
    const uint8_t *p = text + *at;
    size_t left = end - *at;
    uint32_t code = p[0];
    if (code < 0x80) {
        *at += 1;
        return code;
    }
#define BL_UTF8_TAIL(i) ((p[i] & 0xC0) == 0x80)
    if (code >= 0xC2 && code < 0xE0 && left > 1 && BL_UTF8_TAIL(1)) {
        *at += 2;
        return (code & 0x1F) << 6 | (p[1] & 0x3F);
    }
    if ((code & 0xF0) == 0xE0 && left > 2 && BL_UTF8_TAIL(1) && BL_UTF8_TAIL(2)) {
        code = (code & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        if (code >= 0x800 && (code < 0xD800 || code > 0xDFFF)) {
            *at += 3;
            return code;
        }
    } else if ((code & 0xF8) == 0xF0 && left > 3 && BL_UTF8_TAIL(1) && BL_UTF8_TAIL(2) &&
               BL_UTF8_TAIL(3)) {
        code = (code & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 |
               (p[3] & 0x3F);
        if (code >= 0x10000 && code <= 0x10FFFF) {
            *at += 4;
            return code;
        }
    }
#undef BL_UTF8_TAIL
    *at += 1;
    return BL_REPLACEMENT;
}

/* The code point that ends just before `text[at]` (begin < at); moves `at` to it. */
static inline uint32_t bl_utf8_previous(const uint8_t *text, size_t begin, size_t *at) {
    size_t end = *at;
    size_t start = end - 1;
    while (start > begin && end - start < 4 && (text[start] & 0xC0) == 0x80)
        start--;
    size_t next = start;
    uint32_t code = bl_utf8_next(text, end, &next);
    if (next != end) { /* malformed: the last byte stands alone */
        *at = end - 1;
        return BL_REPLACEMENT;
    }
    *at = start;
    return code;
}

/* Writes a code point and returns its length in bytes. */
static inline uint32_t bl_utf8_write(uint32_t code, uint8_t *out) {
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

/* UTF-16 units that UTF-8 bytes stand for: one for each byte that starts a code point,
 * one more for a four-byte sequence. Valid text, or malformed bytes one unit each. */
static inline size_t bl_utf16_units(const uint8_t *text, size_t bytes) {
    size_t units = 0;
    for (size_t i = 0; i < bytes;)
        units += bl_utf8_next(text, bytes, &i) >= 0x10000 ? 2 : 1;
    return units;
}

#endif
