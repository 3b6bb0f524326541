#include "internal.h"

static bl_scan start_scan(bl_arena *arena, const bl_tokenizer *tokenizer) {
    return (bl_scan){.arena = arena, .tokenizer = tokenizer};
}

static bl_status scan(bl_scan *scan, const uint8_t *text, size_t bytes, size_t readable,
                      uint32_t *end) {
    scan->text = text;
    scan->text_bytes = bytes;
    scan->readable = readable;
    bl_status status = bl_scan_text(scan);
    if (status == BL_OK && scan->tokens.count >= BL_NO_PAIR)
        return BL_OUT_OF_MEMORY;
    *end = (uint32_t)scan->tokens.count;
    return status;
}

static uint32_t options_are_valid(const bl_encode_batch *batch) {
    return batch->truncation <= BL_TRUNCATION_ONLY_SECOND;
}

/* HF refuses a stride beyond what a window of a single text has room for, also when
 * nothing is cut. */
static uint32_t stride_fits(const bl_tokenizer *tokenizer, const bl_encode_batch *batch) {
    uint32_t added = tokenizer->templates[0].tokens;
    return batch->truncation == BL_TRUNCATION_NONE || batch->max_length < added ||
           batch->max_length - added >= batch->stride;
}

bl_status bl_tokenizer_encode_batch(bl_arena *arena, const bl_tokenizer *tokenizer,
                                    const bl_encode_batch *batch, bl_encoding *encoding) {
    *encoding = (bl_encoding){0};
    if (!options_are_valid(batch))
        return BL_BAD_ARGUMENT;
    if (!stride_fits(tokenizer, batch)) {
        encoding->problem = BL_ENCODE_STRIDE;
        return BL_BAD_ARGUMENT;
    }
    bl_scan state = start_scan(arena, tokenizer);
    uint32_t *ends = bl_arena_alloc_array(arena, batch->input_count, 2 * sizeof *ends);
    /* Prose has about 4.5 bytes a token. */
    if (!ends || bl_tokens_reserve(arena, &state.tokens, batch->text_bytes / 4 + 64) != BL_OK)
        return BL_OUT_OF_MEMORY;
    size_t at = 0;
    for (uint32_t i = 0; i < 2 * batch->input_count; i++) {
        size_t end = batch->ends[i];
        if (i % 2 == 1 && end == BL_NO_PAIR) {
            ends[i] = BL_NO_PAIR;
            continue;
        }
        if (end < at || end > batch->text_bytes)
            return BL_BAD_ARGUMENT;
        bl_status status =
            scan(&state, batch->texts + at, end - at, batch->text_bytes - at, &ends[i]);
        if (status != BL_OK) {
            encoding->problem = state.problem;
            encoding->problem_input = i / 2;
            return status;
        }
        at = end;
    }
    return bl_assemble(&state, batch, ends, encoding);
}
