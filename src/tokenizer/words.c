#include "words.h"

static bl_status append_pieces(bl_scan *scan, size_t count, uint32_t unit) {
    bl_token *pieces = scan->tokens.items + scan->tokens.count;
    for (size_t i = 0; i < count; i++) {
        pieces[i].begin += unit;
        pieces[i].end += unit;
    }
    scan->tokens.count += count;
    return BL_OK;
}

bl_status bl_append_uncached(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                             uint32_t unit) {
    size_t count;
    bl_status status = bl_pieces_find(scan, word, bytes, chars, &count);
    return status == BL_OK ? append_pieces(scan, count, unit) : status;
}

static void keep(const bl_tokenizer *tokenizer, bl_word16 word, size_t bytes,
                 const bl_token *pieces, size_t count) {
    if (count == 0)
        return;
    uint32_t first = (uint32_t)pieces[0].id;
    uint32_t second = count > 1 ? (uint32_t)pieces[1].id : 0;
    /* Of short ones the last piece ends with the word: not so where characters were left out. */
    if (bytes <= 8 && count <= 2 && pieces[count - 1].end == bytes &&
        (first | second) >> BL_SHORT_ID_BITS == 0) {
        uint32_t middle = count > 1 ? pieces[0].end : 0;
        *bl_short_entry(tokenizer, word.low) =
            (bl_short_word){word.low, (uint32_t)bytes << BL_SHORT_ID_BITS | first,
                            middle << BL_SHORT_ID_BITS | second};
        return;
    }
    if (count > BL_CACHED_PIECES)
        return;
    bl_cached_word *entry = bl_cache_entry(tokenizer, word);
    entry->word = word;
    entry->bytes = (uint8_t)bytes;
    entry->count = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        entry->ids[i] = pieces[i].id;
        entry->ends[i] = (uint8_t)pieces[i].end;
    }
}

bl_status bl_append_missing(bl_scan *scan, bl_word16 word, size_t bytes, size_t chars,
                            uint32_t unit) {
    const bl_cached_word *entry = bl_cache_entry(scan->tokenizer, word);
    /* A short one of more pieces. */
    if (bytes <= 8 && bl_is_cached(entry, word, bytes))
        return bl_append_cached(scan, entry, unit);
    size_t count;
    bl_status status = bl_pieces_find(scan, (const uint8_t *)&word, bytes, chars, &count);
    if (status != BL_OK)
        return status;
    keep(scan->tokenizer, word, bytes, scan->tokens.items + scan->tokens.count, count);
    return append_pieces(scan, count, unit);
}

bl_status bl_append_long(bl_scan *scan, const uint8_t *text, size_t bytes, uint32_t unit) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    if (!tokenizer->lower || bytes > tokenizer->pieces.longest_word)
        return bl_append_uncached(scan, text, bytes, bytes, unit);
    if (bl_bytes_reserve(scan->arena, &scan->word, 0, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    uint8_t *word = scan->word.items;
    for (size_t i = 0; i < bytes; i++)
        word[i] = (uint8_t)(text[i] - 'A' < 26u ? text[i] + 32 : text[i]);
    return bl_append_uncached(scan, word, bytes, bytes, unit);
}
