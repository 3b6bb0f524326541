#include "pieces.h"

#include "internal.h"

void bl_pieces_read(bl_blob_reader *reader, bl_vocab *vocab, bl_pieces *pieces) {
    pieces->kind = bl_blob_below(reader, BL_PIECES_KIND_COUNT);
    pieces->longest_word = UINT32_MAX;
    switch ((bl_pieces_kind)pieces->kind) {
    case BL_PIECES_WORDPIECE:
        pieces->longest_word = bl_blob_number(reader);
        pieces->unknown_text = bl_blob_text(reader);
        vocab->has_prefix = 1;
        vocab->prefix = bl_blob_text(reader);
        break;
    case BL_PIECES_WORDLEVEL:
        pieces->unknown_text = bl_blob_text(reader);
        break;
    case BL_PIECES_BPE:
        bl_bpe_read(reader, &pieces->bpe);
        pieces->unknown_text = bl_blob_text(reader);
        pieces->bpe.prefix = bl_blob_text(reader);
        pieces->bpe.suffix = bl_blob_text(reader);
        break;
    case BL_PIECES_KIND_COUNT:
        break;
    }
}

bl_status bl_pieces_build(bl_arena *arena, const bl_vocab *vocab, uint32_t wants_bytes,
                          bl_pieces *pieces) {
    bl_text unknown = pieces->unknown_text;
    int64_t found = bl_vocab_find(vocab, BL_SET_WHOLE, unknown.bytes, unknown.length);
    pieces->unknown = found < 0 ? -1 : bl_vocab_id(vocab, found);
    switch ((bl_pieces_kind)pieces->kind) {
    case BL_PIECES_WORDPIECE:
        return bl_wordpiece_build(arena, vocab, &pieces->wordpiece);
    case BL_PIECES_WORDLEVEL:
        return BL_OK;
    case BL_PIECES_BPE:
        return bl_bpe_build(arena, vocab, wants_bytes, &pieces->bpe);
    case BL_PIECES_KIND_COUNT:
        break;
    }
    return BL_BAD_MODEL;
}

/* Sets `*count` to 0 where the whole word is unknown. */
static bl_status find_in_vocabulary(bl_scan *scan, const uint8_t *word, size_t bytes,
                                    bl_token *tokens, size_t *count) {
    const bl_pieces *pieces = &scan->tokenizer->pieces;
    const bl_vocab *vocab = &scan->tokenizer->vocab;
    *count = 0;
    if (pieces->kind == BL_PIECES_WORDLEVEL) {
        int64_t found = bl_vocab_find(vocab, BL_SET_WHOLE, word, bytes);
        if (found >= 0)
            tokens[(*count)++] = (bl_token){bl_vocab_id(vocab, found), 0, (uint32_t)bytes};
        return BL_OK;
    }
    const uint32_t *long_ones = NULL;
    if (bytes > BL_LONG_TEXT &&
        bl_find_long(scan->arena, &scan->found_in_word, &pieces->wordpiece.long_ones, word, bytes,
                     &long_ones) != BL_OK)
        return BL_OUT_OF_MEMORY;
    *count = bl_wordpiece_find(&pieces->wordpiece, vocab, word, bytes, long_ones, tokens);
    return BL_OK;
}

bl_status bl_pieces_find(bl_scan *scan, const uint8_t *word, size_t bytes, size_t chars,
                         size_t *count) {
    const bl_pieces *pieces = &scan->tokenizer->pieces;
    *count = 0;
    if (bl_tokens_reserve(scan->arena, &scan->tokens, bytes) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_token *tokens = scan->tokens.items + scan->tokens.count;
    bl_status status = BL_OK;
    if (pieces->kind == BL_PIECES_BPE) {
        status = bl_bpe_find(&pieces->bpe, &scan->tokenizer->vocab, scan->arena, &scan->bpe,
                             pieces->unknown, word, bytes, tokens, count);
        if (status == BL_BAD_MODEL)
            scan->problem = BL_ENCODE_NO_UNKNOWN;
        return status;
    }
    if (chars <= pieces->longest_word) {
        status = find_in_vocabulary(scan, word, bytes, tokens, count);
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
