/* From text to a batch without leaving linear memory: the one place where tokenizer
 * and encoder meet. */
#ifndef BERTLET_ABI_BATCH_H
#define BERTLET_ABI_BATCH_H

#include "../src/bertlet.h"

/* What became of one text. */
typedef struct bl_text_usage {
    uint32_t tokens;    /* tokens appended */
    uint32_t truncated; /* tokens left out */
} bl_text_usage;

/* Tokenises `input` and appends its first window to the batch. `arena` is left as it
 * was. BL_BAD_ARGUMENT: the batch has no room for it. */
bl_status bl_wasm_batch_append(bl_arena *arena, bl_batch *batch, const bl_tokenizer *tokenizer,
                               const bl_encode_input *input, bl_text_usage *usage);

#endif
