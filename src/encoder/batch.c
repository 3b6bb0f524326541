#include <string.h>

#include "encoder.h"

bl_status bl_batch_create(bl_arena *arena, uint32_t sequences, uint32_t tokens, bl_batch *batch) {
    *batch = (bl_batch){
        .sequence_capacity = sequences,
        .token_capacity = tokens,
        .starts = bl_arena_alloc_array(arena, (size_t)sequences + 1, sizeof(uint32_t)),
        .ids = bl_arena_alloc_array(arena, tokens, sizeof(int32_t)),
        .type_ids = bl_arena_alloc_array(arena, tokens, sizeof(int32_t)),
    };
    bl_status status = bl_arena_status(arena);
    if (status == BL_OK)
        batch->starts[0] = 0;
    return status;
}

bl_status bl_batch_append(bl_batch *batch, const int32_t *ids, const int32_t *type_ids,
                          uint32_t count) {
    if (batch->sequence_count == batch->sequence_capacity ||
        count > batch->token_capacity - batch->token_count)
        return BL_BAD_ARGUMENT;
    memcpy(batch->ids + batch->token_count, ids, count * sizeof(int32_t));
    memcpy(batch->type_ids + batch->token_count, type_ids, count * sizeof(int32_t));
    batch->token_count += count;
    batch->starts[++batch->sequence_count] = batch->token_count;
    return BL_OK;
}
