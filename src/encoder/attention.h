/* x = norm(x + attention(x)): the first sublayer of a layer, in three phases. */
#ifndef BERTLET_ATTENTION_H
#define BERTLET_ATTENTION_H

#include "state.h"

/* qkv = x Wqkv + b for a block of rows, or those columns of it that the phase is about; with
 * rotary positions (bl_architecture.positions) turned. */
void bl_attention_project(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                          uint32_t row_count);

/* context = softmax(q k^T / sqrt(head size)) v, for one head of one sequence. Each token sees all
 * of them, or in local layers those near it (bl_architecture.window). */
void bl_attention_run_head(const bl_encoder_state *state, const bl_workspace *work,
                           uint32_t sequence, uint32_t head);

/* x = norm(x + context Wo + b) for a block of rows. */
void bl_attention_finish(const bl_encoder_state *state, const bl_workspace *work, uint32_t row,
                         uint32_t row_count);

#endif
