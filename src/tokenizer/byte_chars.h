/* The characters that stand for bytes in byte-level vocabularies: those that can be seen stand
 * for themselves, the others are U+0100, U+0101 and so on in their order. */
#ifndef BERTLET_TOKENIZER_BYTE_CHARS_H
#define BERTLET_TOKENIZER_BYTE_CHARS_H

#include <stdint.h>

static inline uint32_t bl_byte_to_char(uint8_t byte) {
    if (byte <= 0x20)
        return 0x100u + byte;
    if (byte < 0x7F || byte == 0xAC || (byte > 0xA0 && byte != 0xAD))
        return byte;
    return byte == 0xAD ? 0x143 : 0x121u + (byte - 0x7Fu);
}

/* -1: it stands for no byte. */
static inline int32_t bl_char_to_byte(uint32_t code) {
    if (code < 0x100)
        return bl_byte_to_char((uint8_t)code) == code ? (int32_t)code : -1;
    if (code <= 0x120)
        return (int32_t)(code - 0x100);
    if (code <= 0x142)
        return (int32_t)(code - 0x121 + 0x7F);
    return code == 0x143 ? 0xAD : -1;
}

#endif
