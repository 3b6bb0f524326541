#include "abi_batch.h"

bl_status bl_wasm_batch_append(bl_arena *arena, bl_batch *batch, const bl_tokenizer *tokenizer,
                               const bl_encode_input *input, bl_text_usage *usage) {
    bl_encoding encoding;
    size_t mark = bl_arena_mark(arena);
    bl_status status = bl_tokenizer_encode(arena, tokenizer, input, &encoding);
    if (status == BL_OK) {
        usage->tokens = encoding.window_starts[1];
        usage->truncated = encoding.truncated;
        status = bl_batch_append(batch, encoding.ids, encoding.type_ids, usage->tokens);
    }
    bl_arena_reset(arena, mark);
    return status;
}
