/* A word to its pieces, the quick part: words of at most 16 bytes are kept in one of two
 * caches together with their pieces, and most words of a text are there. Inline, because it
 * runs for every word; words.c has the rest. */
#ifndef BERTLET_TOKENIZER_WORDS_H
#define BERTLET_TOKENIZER_WORDS_H

#include <string.h>

#include "../base/bytes.h"
#include "internal.h"

#define BL_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Bit 7 of each byte from `first` to `last` (ASCII); other bits are noise, and so is
 * what stands behind a byte that isn't ASCII. */
static inline uint64_t bl_bytes_between(uint64_t bytes, uint8_t first, uint8_t last) {
    return (bytes + BL_EACH_BYTE(0x80u - first)) & ~(bytes + BL_EACH_BYTE(0x7fu - last));
}

/* Bytes at the begin of eight that are letters or digits of ASCII; 8: all. */
static inline size_t bl_alphanumeric_bytes(uint64_t eight) {
    uint64_t letters = bl_bytes_between(eight | BL_EACH_BYTE(0x20), 'a', 'z');
    uint64_t digits = bl_bytes_between(eight, '0', '9');
    uint64_t ends = ~((letters | digits) & ~eight) & BL_EACH_BYTE(0x80);
    return ends ? (size_t)__builtin_ctzll(ends) / 8 : 8;
}

/* A to Z become a to z in all eight bytes, which are ASCII. */
static inline uint64_t bl_lower_bytes(uint64_t bytes) {
    return bytes | (bl_bytes_between(bytes, 'A', 'Z') & BL_EACH_BYTE(0x80)) >> 2;
}

static inline uint64_t bl_first_bytes(uint64_t bytes, size_t count) {
    return count == 8 ? bytes : bytes & ~(~UINT64_C(0) << 8 * count);
}

/* At most 8 bytes, with zeros behind them; `readable` bytes may be read. */
static inline uint64_t bl_load_eight(const uint8_t *at, size_t bytes, size_t readable) {
    return readable >= 8 ? bl_first_bytes(bl_load_few(at, 8), bytes) : bl_load_few(at, bytes);
}

/* 9 to 16 bytes. */
static inline bl_word16 bl_load_word(const uint8_t *at, size_t bytes, size_t readable) {
    return (bl_word16){bl_load_few(at, 8), bl_load_eight(at + 8, bytes - 8, readable - 8)};
}

static inline bl_short_word *bl_short_entry(const bl_tokenizer *tokenizer, uint64_t word) {
    return &tokenizer->short_words[word * UINT64_C(0xd6e8feb86659fd93) >> (64 - BL_SHORT_BITS)];
}

static inline bl_cached_word *bl_cache_entry(const bl_tokenizer *tokenizer, bl_word16 word) {
    uint64_t mixed =
        (word.low ^ word.high * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return &tokenizer->cache[mixed >> (64 - tokenizer->cache_bits)];
}

static inline uint32_t bl_is_cached(const bl_cached_word *entry, bl_word16 word, size_t bytes) {
    return entry->word.low == word.low && entry->word.high == word.high && entry->bytes == bytes;
}

/* Appends the pieces of a word, past the cache. BL_BAD_MODEL: it is unknown, and there is no
 * unknown token. */
bl_status bl_append_uncached(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                             uint32_t unit);
/* The same for a word of at most 16 bytes that isn't where it was looked for; caches it. */
bl_status bl_append_missing(bl_scan *scan, bl_word16 word, size_t bytes, size_t chars,
                            uint32_t unit);
/* An ASCII word that is too long for the cache. */
bl_status bl_append_long(bl_scan *scan, const uint8_t *text, size_t bytes, uint32_t unit);

static inline bl_status bl_append_cached(bl_scan *scan, const bl_cached_word *entry,
                                         uint32_t unit) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, BL_CACHED_PIECES) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *out = scan->tokens.items + scan->tokens.count;
    uint32_t begin = unit;
    for (uint32_t i = 0; i < entry->count; i++) {
        uint32_t end = unit + entry->ends[i];
        out[i] = (bl_token){entry->ids[i], begin, end};
        begin = end;
    }
    scan->tokens.count += entry->count;
    return BL_OK;
}

/* A normalised word of at most 8 bytes. */
static inline bl_status bl_append_short(bl_scan *scan, uint64_t word, size_t bytes, size_t chars,
                                        uint32_t unit) {
    const bl_short_word *entry = bl_short_entry(scan->tokenizer, word);
    if (entry->word != word || entry->first >> BL_SHORT_ID_BITS != bytes)
        return bl_append_missing(scan, (bl_word16){word, 0}, bytes, chars, unit);
    if (bl_tokens_reserve(scan->arena, &scan->tokens, 2) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *out = scan->tokens.items + scan->tokens.count;
    uint32_t id_mask = (1u << BL_SHORT_ID_BITS) - 1;
    uint32_t middle = entry->second >> BL_SHORT_ID_BITS;
    uint32_t end = unit + (uint32_t)bytes;
    out[0] = (bl_token){(int32_t)(entry->first & id_mask), unit, middle ? unit + middle : end};
    if (middle)
        out[1] = (bl_token){(int32_t)(entry->second & id_mask), unit + middle, end};
    scan->tokens.count += middle ? 2 : 1;
    return BL_OK;
}

/* A normalised word of 9 to 16 bytes. */
static inline bl_status bl_append_word(bl_scan *scan, bl_word16 word, size_t bytes, size_t chars,
                                       uint32_t unit) {
    const bl_cached_word *entry = bl_cache_entry(scan->tokenizer, word);
    if (bl_is_cached(entry, word, bytes))
        return bl_append_cached(scan, entry, unit);
    return bl_append_missing(scan, word, bytes, chars, unit);
}

/* Appends the pieces of a normalised word, begin and end in its bytes, counted from `unit`;
 * `readable` bytes may be read at `word`. */
static inline bl_status bl_scan_word(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                                     size_t readable, uint32_t unit) {
    if (bytes > 16 || chars > scan->tokenizer->pieces.longest_word)
        return bl_append_uncached(scan, word, bytes, chars, unit);
    if (bytes <= 8)
        return bl_append_short(scan, bl_load_eight(word, bytes, readable), bytes, chars, unit);
    return bl_append_word(scan, bl_load_word(word, bytes, readable), bytes, chars, unit);
}

/* The same for an ASCII word of plain text; begin and end count from `unit`. */
static inline bl_status bl_scan_ascii_word(bl_scan *scan, const uint8_t *text, size_t bytes,
                                           size_t readable, uint32_t unit) {
    uint32_t lower = scan->tokenizer->lower;
    if (bytes > 16)
        return bl_append_long(scan, text, bytes, unit);
    if (bytes <= 8) {
        uint64_t eight = bl_load_eight(text, bytes, readable);
        return bl_append_short(scan, lower ? bl_lower_bytes(eight) : eight, bytes, bytes, unit);
    }
    bl_word16 word = bl_load_word(text, bytes, readable);
    if (lower) {
        word.low = bl_lower_bytes(word.low);
        word.high = bl_lower_bytes(word.high);
    }
    return bl_append_word(scan, word, bytes, bytes, unit);
}

/* One ASCII character that is a word. */
static inline bl_status bl_scan_ascii_alone(bl_scan *scan, uint8_t byte, uint32_t unit) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, 1) != BL_OK)
        return BL_OUT_OF_MEMORY;
    int32_t id = scan->tokenizer->ascii_tokens[byte];
    if (id < 0) {
        scan->problem = BL_ENCODE_NO_UNKNOWN;
        return BL_BAD_MODEL;
    }
    scan->tokens.items[scan->tokens.count++] = (bl_token){id, unit, unit + 1};
    return BL_OK;
}

#endif
