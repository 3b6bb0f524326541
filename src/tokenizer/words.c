#include "words.h"

bl_status bl_no_unknown(bl_scan *scan) {
    scan->problem = BL_ENCODE_NO_UNKNOWN;
    return BL_BAD_MODEL;
}

bl_status bl_append_uncached(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                             uint32_t unit, bl_word16 key, bl_cached_word *entry) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *pieces = scan->tokens.items + scan->tokens.count;
    size_t count = bl_vocab_pieces(&scan->tokenizer->vocab, word, bytes, chars, pieces);
    if (count == 0)
        return bl_no_unknown(scan);
    scan->tokens.count += count;
    if (entry && count <= BL_CACHED_PIECES) {
        entry->word = key;
        entry->bytes = (uint8_t)bytes;
        entry->count = (uint8_t)count;
        for (size_t i = 0; i < count; i++) {
            entry->ids[i] = pieces[i].id;
            entry->ends[i] = (uint8_t)pieces[i].end;
        }
    }
    for (size_t i = 0; i < count; i++) {
        pieces[i].begin += unit;
        pieces[i].end += unit;
    }
    return BL_OK;
}

bl_status bl_append_long(bl_scan *scan, const uint8_t *text, size_t bytes, uint32_t unit) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    bl_word16 none = {0, 0};
    if (!tokenizer->lower || bytes > tokenizer->vocab.max_chars)
        return bl_append_uncached(scan, text, bytes, bytes, unit, none, NULL);
    if (bl_bytes_reserve(scan->arena, &scan->bytes, &scan->bytes_capacity, 0, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    for (size_t i = 0; i < bytes; i++)
        scan->bytes[i] = (uint8_t)(text[i] - 'A' < 26u ? text[i] + 32 : text[i]);
    return bl_append_uncached(scan, scan->bytes, bytes, bytes, unit, none, NULL);
}
