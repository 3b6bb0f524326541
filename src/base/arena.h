/* A memory arena: the only source of memory in the core.
 *
 * Allocation pushes at the top; `mark` and `reset` give scratch memory back in
 * one step. What lies below `floor` is permanent (weights, vocabulary): `seal`
 * raises the floor to the top, and no reset goes below it.
 *
 *   size     run the layout code on a measuring arena (bl_arena_measure)
 *   reserve  bl_arena_reserve(arena, measured.top) grows the memory at most once
 *   check    allocate all, then ask bl_arena_status once: failure is sticky
 *   reset    bl_arena_reset(arena, mark)
 *
 * Permanent memory that is no longer needed is given back by bl_arena_unseal at the floor, and
 * further down used again by bl_arena_reuse.
 */
#ifndef BERTLET_ARENA_H
#define BERTLET_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* Alignment of every allocation, in bytes: one cache line. */
#define BL_ARENA_ALIGNMENT 64

typedef struct bl_arena bl_arena;

/* Makes at least `capacity` bytes usable from `arena->base`, which may not move.
 * Returns the new capacity, or 0 when that is impossible. */
typedef size_t (*bl_arena_grow)(bl_arena *arena, size_t capacity);

struct bl_arena {
    uint8_t *base; /* aligned to BL_ARENA_ALIGNMENT; NULL measures only */
    size_t capacity;
    size_t floor;      /* end of the permanent region */
    size_t top;        /* end of what is allocated */
    size_t high_water; /* largest `top` so far */
    bl_arena_grow grow;
    uint32_t failed;   /* sticky: set by the first allocation that failed */
    uint32_t pristine; /* what was never allocated holds zeros, as linear memory does */
};

/* Takes over `capacity` bytes at `base` (owned by the caller, aligned to 64).
 * `grow` may be NULL: then the capacity is fixed. */
void bl_arena_init(bl_arena *arena, void *base, size_t capacity, bl_arena_grow grow);

/* An arena without memory: allocations return NULL and only add up in `top`. */
bl_arena bl_arena_measure(void);

/* `bytes` bytes aligned to 64, not cleared; 0 bytes give a valid pointer.
 * NULL, and the sticky failure flag, when there is no room. */
void *bl_arena_alloc(bl_arena *arena, size_t bytes);

/* `count` elements of `size` bytes; a product that overflows fails like no room. */
void *bl_arena_alloc_array(bl_arena *arena, size_t count, size_t size);

/* Makes room for `bytes` more above the top, growing at most once.
 * BL_OUT_OF_MEMORY leaves the arena as it was and does not set the flag. */
bl_status bl_arena_reserve(bl_arena *arena, size_t bytes);

/* BL_OUT_OF_MEMORY once any allocation since the last reset has failed. */
bl_status bl_arena_status(const bl_arena *arena);

/* A place to come back to with bl_arena_reset. */
size_t bl_arena_mark(const bl_arena *arena);

/* Frees everything allocated after `mark` (never below the floor) and clears the
 * failure flag. */
void bl_arena_reset(bl_arena *arena, size_t mark);

/* Everything allocated so far becomes permanent. */
void bl_arena_seal(bl_arena *arena);

/* Lowers the floor to `mark`, where nothing is allocated above it: what was permanent from there
 * on is free. */
void bl_arena_unseal(bl_arena *arena, size_t mark);

/* Makes `piece` an arena of the permanent bytes [begin, end) of another one, whose content
 * nobody needs any more. Both are marks of that arena. */
void bl_arena_reuse(const bl_arena *arena, size_t begin, size_t end, bl_arena *piece);

#endif
