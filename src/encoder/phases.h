/* The phases of a forward pass: the embeddings, then for each layer
 *
 *   qkv = x Wqkv + b                     all rows
 *   context = attention(q, k, v)         each sequence, each head
 *   x = norm(x + context Wo + b)         all rows, a block at a time:
 *   x = norm(x + act(x Wi + b) Wd + b)   the block's intermediate stays in cache
 *
 * Each is cut into units, a block of rows or a head: units share nothing that they write, so
 * that they may be computed at the same time, in any order. */
#ifndef BERTLET_PHASES_H
#define BERTLET_PHASES_H

#include "state.h"

/* Begins a phase: none of its units is done. */
void bl_phase_open(bl_encoder_state *state, bl_phase phase);

/* After the last unit of a phase: begins the next one, of the next layer if need be. */
void bl_phase_close(bl_encoder_state *state);

/* Computes a unit of the phase under way. */
void bl_phase_run_unit(const bl_encoder_state *state, const bl_workspace *work, uint32_t unit);

/* About how many multiply-adds it takes. */
uint64_t bl_phase_measure_unit(const bl_encoder_state *state, uint32_t unit);

#endif
