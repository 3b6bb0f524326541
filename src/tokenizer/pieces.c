#include "pieces.h"

#include "internal.h"

bl_status bl_pieces_build(bl_arena *arena, const bl_vocab *vocab, bl_text unknown,
                          bl_pieces *pieces) {
    int64_t found = bl_vocab_find(vocab, BL_SET_WHOLE, unknown.bytes, unknown.length);
    pieces->unknown = found < 0 ? -1 : bl_vocab_id(vocab, found);
    switch ((bl_pieces_kind)pieces->kind) {
    case BL_PIECES_WORDPIECE:
        return bl_wordpiece_build(arena, vocab, &pieces->wordpiece);
    case BL_PIECES_KIND_COUNT:
        break;
    }
    return BL_BAD_MODEL;
}

/* As bl_pieces_find, but `*count` 0: the word is unknown. */
static bl_status find_known(bl_scan *scan, const uint8_t *word, size_t bytes, bl_token *tokens,
                            size_t *count) {
    const bl_pieces *pieces = &scan->tokenizer->pieces;
    const bl_vocab *vocab = &scan->tokenizer->vocab;
    *count = 0;
    switch ((bl_pieces_kind)pieces->kind) {
    case BL_PIECES_WORDPIECE: {
        const uint32_t *long_ones = NULL;
        if (bytes > BL_LONG_TEXT &&
            bl_find_long(scan->arena, &scan->found_in_word, &pieces->wordpiece.long_ones, word,
                         bytes, &long_ones) != BL_OK)
            return BL_OUT_OF_MEMORY;
        *count = bl_wordpiece_find(&pieces->wordpiece, vocab, word, bytes, long_ones, tokens);
        return BL_OK;
    }
    case BL_PIECES_KIND_COUNT:
        break;
    }
    return BL_BAD_MODEL;
}

bl_status bl_pieces_find(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                         size_t *count) {
    const bl_pieces *pieces = &scan->tokenizer->pieces;
    *count = 0;
    if (bl_tokens_reserve(scan->arena, &scan->tokens, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *tokens = scan->tokens.items + scan->tokens.count;
    if (chars <= pieces->longest_word) {
        bl_status status = find_known(scan, word, bytes, tokens, count);
        if (status != BL_OK || *count > 0)
            return status;
    }
    if (pieces->unknown < 0) {
        scan->problem = BL_ENCODE_NO_UNKNOWN;
        return BL_BAD_MODEL;
    }
    tokens[0] = (bl_token){pieces->unknown, 0, (uint32_t)bytes};
    *count = 1;
    return BL_OK;
}
