#include "arena.h"

/* Under AddressSanitizer everything outside a live allocation is poisoned and
 * allocations stand a redzone apart, so that an overrun is reported. */
#if defined(__SANITIZE_ADDRESS__)
#define BL_ARENA_REDZONES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BL_ARENA_REDZONES 1
#endif
#endif

#ifdef BL_ARENA_REDZONES
#include <sanitizer/asan_interface.h>
static const size_t redzone = BL_ARENA_ALIGNMENT;
#else
static const size_t redzone = 0;
#endif

static void poison(const bl_arena *arena, size_t begin, size_t end) {
#ifdef BL_ARENA_REDZONES
    if (arena->base && end > begin)
        ASAN_POISON_MEMORY_REGION(arena->base + begin, end - begin);
#else
    (void)arena, (void)begin, (void)end;
#endif
}

static void unpoison(const bl_arena *arena, size_t begin, size_t bytes) {
#ifdef BL_ARENA_REDZONES
    if (arena->base)
        ASAN_UNPOISON_MEMORY_REGION(arena->base + begin, bytes);
#else
    (void)arena, (void)begin, (void)bytes;
#endif
}

/* Rounds up to the alignment and adds the redzone; 0 when that overflows. */
static size_t footprint(size_t bytes) {
    size_t limit = SIZE_MAX - BL_ARENA_ALIGNMENT - redzone;
    if (bytes > limit)
        return 0;
    size_t rounded = (bytes + BL_ARENA_ALIGNMENT - 1) & ~(size_t)(BL_ARENA_ALIGNMENT - 1);
    if (rounded == 0)
        rounded = BL_ARENA_ALIGNMENT;
    return rounded + redzone;
}

void bl_arena_init(bl_arena *arena, void *base, size_t capacity, bl_arena_grow grow) {
    *arena = (bl_arena){.base = base, .capacity = capacity, .grow = grow};
    poison(arena, 0, capacity);
}

bl_arena bl_arena_measure(void) {
    return (bl_arena){.capacity = SIZE_MAX};
}

bl_status bl_arena_reserve(bl_arena *arena, size_t bytes) {
    if (bytes <= arena->capacity - arena->top)
        return BL_OK;
    if (bytes > SIZE_MAX - arena->top || !arena->grow)
        return BL_OUT_OF_MEMORY;
    size_t before = arena->capacity;
    size_t capacity = arena->grow(arena, arena->top + bytes);
    if (capacity < arena->top + bytes)
        return BL_OUT_OF_MEMORY;
    arena->capacity = capacity;
    poison(arena, before, capacity);
    return BL_OK;
}

void *bl_arena_alloc(bl_arena *arena, size_t bytes) {
    size_t taken = footprint(bytes);
    if (arena->failed || taken == 0 || bl_arena_reserve(arena, taken) != BL_OK) {
        arena->failed = 1;
        return NULL;
    }
    size_t begin = arena->top;
    arena->top += taken;
    if (arena->top > arena->high_water)
        arena->high_water = arena->top;
    if (!arena->base)
        return NULL;
    unpoison(arena, begin, bytes);
    return arena->base + begin;
}

void *bl_arena_alloc_array(bl_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = 1;
        return NULL;
    }
    return bl_arena_alloc(arena, bytes);
}

bl_status bl_arena_status(const bl_arena *arena) {
    return arena->failed ? BL_OUT_OF_MEMORY : BL_OK;
}

size_t bl_arena_mark(const bl_arena *arena) {
    return arena->top;
}

void bl_arena_reset(bl_arena *arena, size_t mark) {
    if (mark < arena->floor)
        mark = arena->floor;
    if (mark < arena->top) {
        poison(arena, mark, arena->top);
        arena->top = mark;
    }
    arena->failed = 0;
}

void bl_arena_seal(bl_arena *arena) {
    arena->floor = arena->top;
}

void bl_arena_unseal(bl_arena *arena, size_t mark) {
    if (arena->top != arena->floor || mark > arena->floor)
        return;
    arena->floor = mark;
    bl_arena_reset(arena, mark);
}

void bl_arena_reuse(const bl_arena *arena, size_t begin, size_t end, bl_arena *piece) {
    bl_arena_init(piece, arena->base + begin, end - begin, NULL);
}
