/* The module's one arena: all of linear memory behind the stack and static data.
 * It is exported (see exports.txt), so that the module can be used without the
 * JavaScript loader. */
#include <stddef.h>
#include <stdint.h>

#include "../src/base/arena.h"

#define WASM_PAGE ((size_t)65536)

extern uint8_t __heap_base;

static bl_arena arena;

static size_t grow(bl_arena *self, size_t capacity) {
    size_t base = (size_t)self->base;
    if (capacity > SIZE_MAX - WASM_PAGE - base)
        return 0;
    size_t have = __builtin_wasm_memory_size(0);
    size_t pages = (base + capacity + WASM_PAGE - 1) / WASM_PAGE;
    if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == SIZE_MAX)
        return 0;
    return pages * WASM_PAGE - base;
}

bl_arena *bl_wasm_arena(void) {
    if (!arena.base) {
        size_t base =
            ((size_t)&__heap_base + BL_ARENA_ALIGNMENT - 1) & ~(size_t)(BL_ARENA_ALIGNMENT - 1);
        size_t end = __builtin_wasm_memory_size(0) * WASM_PAGE;
        bl_arena_init(&arena, (void *)base, end > base ? end - base : 0, grow);
        arena.pristine = 1;
    }
    return &arena;
}
