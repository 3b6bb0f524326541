#include "layout.h"

#include "../src/bertlet.h"

static const bl_layout_entry entries[] = {
    BL_CONSTANT(BL_OK),
    BL_CONSTANT(BL_BAD_ARGUMENT),
    BL_CONSTANT(BL_OUT_OF_MEMORY),
    BL_CONSTANT(BL_BAD_MODEL),
    BL_CONSTANT(BL_UNSUPPORTED),
    BL_CONSTANT(BL_TOO_LONG),

    BL_STRUCT(bl_arena),
    BL_FIELD(bl_arena, capacity, u32),
    BL_FIELD(bl_arena, floor, u32),
    BL_FIELD(bl_arena, top, u32),
    BL_FIELD(bl_arena, high_water, u32),

    /* tokenizer */
    BL_STRUCT(bl_encode_input),
    BL_FIELD(bl_encode_input, text, ptr),
    BL_FIELD(bl_encode_input, text_bytes, u32),
    BL_FIELD(bl_encode_input, pair, ptr),
    BL_FIELD(bl_encode_input, pair_bytes, u32),
    BL_FIELD(bl_encode_input, add_special_tokens, u32),
    BL_FIELD(bl_encode_input, truncation, u32),
    BL_FIELD(bl_encode_input, max_length, u32),
    BL_FIELD(bl_encode_input, stride, u32),
    BL_FIELD(bl_encode_input, windows, u32),
    BL_STRUCT(bl_encoding),
    BL_FIELD(bl_encoding, window_count, u32),
    BL_FIELD(bl_encoding, token_count, u32),
    BL_FIELD(bl_encoding, truncated, u32),
    BL_FIELD(bl_encoding, window_starts, ptr),
    BL_FIELD(bl_encoding, ids, ptr),
    BL_FIELD(bl_encoding, type_ids, ptr),
    BL_FIELD(bl_encoding, special_mask, ptr),
    BL_FIELD(bl_encoding, offsets, ptr),
    BL_CONSTANT(BL_TRUNCATION_NONE),
    BL_CONSTANT(BL_TRUNCATION_LONGEST_FIRST),
    BL_CONSTANT(BL_TRUNCATION_ONLY_FIRST),
    BL_CONSTANT(BL_TRUNCATION_ONLY_SECOND),

    {NULL, 0},
};

const bl_layout_entry *bl_wasm_layout(void) {
    return entries;
}
