#include "long_texts.h"

#include <string.h>

static uint32_t *edge_of(const bl_long_texts *set, uint32_t parent, uint8_t byte) {
    uint32_t mask = (1u << set->edge_bits) - 1;
    uint64_t mixed = ((uint64_t)parent << 8 | byte) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = (uint32_t)(mixed >> (64 - set->edge_bits));; i = (i + 1) & mask) {
        uint32_t state = set->edges[i];
        if (state == 0 || (set->parents[state] == parent && set->bytes[state] == byte))
            return &set->edges[i];
    }
}

/* The state of the longest suffix of `state` and a byte behind it. */
static uint32_t follow(const bl_long_texts *set, uint32_t state, uint8_t byte) {
    for (;;) {
        uint32_t next = *edge_of(set, state, byte);
        if (next != 0 || state == 0)
            return next;
        state = set->shorter[state];
    }
}

static bl_status allocate(bl_arena *arena, bl_long_texts *set, uint64_t states) {
    if (states > UINT32_MAX / 4)
        return BL_OUT_OF_MEMORY;
    set->edge_bits = 4; /* at most 2/3 full */
    while (2 * (UINT64_C(1) << set->edge_bits) < 3 * states)
        set->edge_bits++;
    size_t most = (size_t)states;
    size_t edges = (size_t)1 << set->edge_bits;
    set->parents = bl_arena_alloc_array(arena, most, sizeof *set->parents);
    set->bytes = bl_arena_alloc(arena, most);
    set->shorter = bl_arena_alloc_array(arena, most, sizeof *set->shorter);
    set->best = bl_arena_alloc_array(arena, most, sizeof *set->best);
    set->edges = bl_arena_alloc_array(arena, edges, sizeof *set->edges);
    if (bl_arena_status(arena) != BL_OK)
        return BL_OUT_OF_MEMORY;
    memset(set->edges, 0, edges * sizeof *set->edges);
    return BL_OK;
}

/* Adds the last byte of all texts, then the one before it, and so on: so states are numbered
 * by length. */
static void add_states(bl_long_texts *set, bl_long_text *texts, size_t count) {
    set->count = 1;
    set->parents[0] = set->shorter[0] = set->best[0] = set->bytes[0] = 0;
    for (size_t length = 1; count > 0; length++) {
        size_t longer = 0;
        for (size_t i = 0; i < count; i++) {
            bl_long_text item = texts[i];
            uint8_t byte = item.text.bytes[item.text.length - length];
            uint32_t *edge = edge_of(set, item.node, byte);
            if (*edge == 0) {
                *edge = set->count++;
                set->parents[*edge] = item.node;
                set->bytes[*edge] = byte;
                set->best[*edge] = 0;
            }
            item.node = *edge;
            if (length < item.text.length)
                texts[longer++] = item;
            else if (set->best[item.node] == 0)
                set->best[item.node] = item.value + 1;
        }
        count = longer;
    }
}

bl_status bl_long_texts_build(bl_arena *arena, bl_long_texts *set, bl_long_text *texts,
                              size_t count) {
    set->count = 0;
    uint64_t states = 1;
    for (size_t i = 0; i < count; i++) {
        states += texts[i].text.length;
        texts[i].node = 0;
    }
    if (count == 0)
        return BL_OK;
    if (allocate(arena, set, states) != BL_OK)
        return BL_OUT_OF_MEMORY;
    add_states(set, texts, count);
    for (uint32_t state = 1; state < set->count; state++) {
        uint32_t parent = set->parents[state];
        set->shorter[state] =
            parent == 0 ? 0 : follow(set, set->shorter[parent], set->bytes[state]);
        if (set->best[state] == 0)
            set->best[state] = set->best[set->shorter[state]];
    }
    return BL_OK;
}

void bl_long_texts_find(const bl_long_texts *set, const uint8_t *text, size_t bytes,
                        uint32_t *found) {
    uint32_t state = 0;
    for (size_t i = bytes; i-- > 0;) {
        state = follow(set, state, text[i]);
        found[i] = set->best[state];
    }
}
