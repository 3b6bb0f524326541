/* What the tokenizer needs to know about one code point. The tables follow the pinned
 * Hugging Face `tokenizers`, which mixes Unicode versions: see generate.py. */
#ifndef BERTLET_UNICODE_H
#define BERTLET_UNICODE_H

#include <stdint.h>

typedef enum bl_unicode_flag {
    BL_UNICODE_CONTROL = 1 << 0, /* BERT's clean-up removes it (also U+0000, U+FFFD) */
    BL_UNICODE_WHITESPACE = 1 << 1,
    BL_UNICODE_PUNCTUATION = 1 << 2, /* as BERT sees it: all ASCII symbols included */
    BL_UNICODE_WORD = 1 << 3,        /* \w of a regular expression */
    BL_UNICODE_NUMERIC = 1 << 4,
    BL_UNICODE_IDEOGRAPH = 1 << 5,     /* BERT puts spaces around it */
    BL_UNICODE_NONSPACING = 1 << 6,    /* the accents that BERT strips */
    BL_UNICODE_MARK = 1 << 7,          /* the accents that StripAccents strips */
    BL_UNICODE_LOWER = 1 << 8,         /* has a lower-case form */
    BL_UNICODE_CANONICAL = 1 << 9,     /* has a canonical decomposition (Hangul apart) */
    BL_UNICODE_COMPATIBILITY = 1 << 10 /* has another compatibility decomposition */
} bl_unicode_flag;

/* What \p{...} of a regular expression tells apart; the categories of one kind stand together in
 * all patterns of tokenizers. */
typedef enum bl_unicode_kind {
    BL_KIND_OTHER = 0,
    BL_KIND_UPPER = 1,        /* Lu */
    BL_KIND_LOWER = 2,        /* Ll */
    BL_KIND_TITLE = 3,        /* Lt */
    BL_KIND_OTHER_LETTER = 4, /* Lm, Lo */
    BL_KIND_MARK = 5,         /* M */
    BL_KIND_DIGIT = 6,        /* Nd */
    BL_KIND_OTHER_NUMBER = 7, /* Nl, No */
    BL_KIND_PUNCTUATION = 8,  /* P */
    BL_KIND_SYMBOL = 9        /* S */
} bl_unicode_kind;

typedef struct bl_unicode_class {
    uint16_t flags;    /* bl_unicode_flag */
    uint8_t combining; /* canonical combining class */
    uint8_t kind;      /* bl_unicode_kind */
} bl_unicode_class;

/* Longest results of the functions below, in code points. */
#define BL_UNICODE_LOWER_MAX     2
#define BL_UNICODE_DECOMPOSE_MAX 18

extern const bl_unicode_class bl_unicode_classes[];
extern const uint8_t bl_unicode_top[];
extern const uint16_t bl_unicode_middle[];
extern const uint8_t bl_unicode_low[];

/* The class of a code point; codes above U+10FFFF have the class of U+40000. */
static inline const bl_unicode_class *bl_unicode_class_of(uint32_t code) {
    /* Planes 4 to 13 are empty, 16 is as 15: the trie covers 0..3, 14 and 15 only. */
    if (code >= 0x40000) {
        if (code - 0xE0000 < 0x30000)
            code -= code < 0x100000 ? 0xA0000 : 0xB0000;
        else
            return &bl_unicode_classes[0];
    }
    uint32_t block = bl_unicode_middle[(uint32_t)bl_unicode_top[code >> 9] << 5 | (code >> 4 & 31)];
    return &bl_unicode_classes[bl_unicode_low[block << 4 | (code & 15)]];
}

/* A syllable, which decomposes by arithmetic. */
static inline uint32_t bl_unicode_is_hangul(uint32_t code) {
    return code - 0xAC00 < 11172;
}

/* Lower case of a code point that has BL_UNICODE_LOWER: how many code points it gives. */
uint32_t bl_unicode_lower(uint32_t code, uint32_t out[BL_UNICODE_LOWER_MAX]);

/* Full canonical (or compatibility) decomposition, not reordered; a code point that has
 * none gives itself. Returns how many code points were written. */
uint32_t bl_unicode_decompose(uint32_t code, uint32_t compatibility,
                              uint32_t out[BL_UNICODE_DECOMPOSE_MAX]);

/* The primary composite of two code points, or 0. */
uint32_t bl_unicode_compose(uint32_t first, uint32_t second);

#endif
