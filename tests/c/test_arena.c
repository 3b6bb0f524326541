#include <stdlib.h>
#include <string.h>

#include "../../src/base/arena.h"
#include "check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define HAS_REDZONES 1
#endif
#endif

#define CAPACITY ((size_t)1 << 16)

static size_t grow_calls;

/* Grows within the block that the test owns, as linear memory does. */
static size_t grow_to_capacity(bl_arena *arena, size_t capacity) {
    (void)arena;
    grow_calls++;
    return capacity <= CAPACITY ? CAPACITY : 0;
}

static void test_alignment_and_reset(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    size_t mark = bl_arena_mark(&arena);
    for (size_t bytes = 0; bytes < 200; bytes += 7) {
        uint8_t *memory = bl_arena_alloc(&arena, bytes);
        CHECK(memory != NULL);
        CHECK_EQUAL((uintptr_t)memory % BL_ARENA_ALIGNMENT, 0);
        memset(memory, 0xa5, bytes);
    }
    size_t high = arena.top;
    bl_arena_reset(&arena, mark);
    CHECK_EQUAL(arena.top, mark);
    CHECK_EQUAL(arena.high_water, high);
}

static void test_failure_is_sticky(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, 1024, NULL);
    CHECK(bl_arena_alloc(&arena, 2048) == NULL);
    CHECK(bl_arena_alloc(&arena, 8) == NULL);
    CHECK_EQUAL(bl_arena_status(&arena), BL_OUT_OF_MEMORY);
    bl_arena_reset(&arena, 0);
    CHECK_EQUAL(bl_arena_status(&arena), BL_OK);
    CHECK(bl_arena_alloc(&arena, 8) != NULL);
    CHECK(bl_arena_alloc_array(&arena, SIZE_MAX / 2, 3) == NULL);
    bl_arena_reset(&arena, 0);
    CHECK(bl_arena_alloc(&arena, SIZE_MAX) == NULL);
    bl_arena_reset(&arena, 0);
    CHECK_EQUAL(bl_arena_reserve(&arena, 2048), BL_OUT_OF_MEMORY);
    CHECK_EQUAL(bl_arena_status(&arena), BL_OK);
}

static void test_growth(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, 0, grow_to_capacity);
    grow_calls = 0;
    CHECK_EQUAL(bl_arena_reserve(&arena, 10000), BL_OK);
    for (int i = 0; i < 50; i++)
        CHECK(bl_arena_alloc(&arena, 100) != NULL);
    CHECK_EQUAL(grow_calls, 1);
    CHECK_EQUAL(bl_arena_reserve(&arena, CAPACITY), BL_OUT_OF_MEMORY);
}

static void test_seal(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    uint8_t *weights = bl_arena_alloc(&arena, 100);
    weights[99] = 42;
    bl_arena_seal(&arena);
    size_t floor = arena.floor;
    bl_arena_alloc(&arena, 100);
    bl_arena_reset(&arena, 0);
    CHECK_EQUAL(arena.top, floor);
    CHECK_EQUAL(weights[99], 42);
}

static void test_unseal(void *base) {
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    uint8_t *weights = bl_arena_alloc(&arena, 100);
    weights[99] = 42;
    size_t begin = bl_arena_mark(&arena);
    bl_arena_alloc(&arena, 1000);
    bl_arena_seal(&arena);
    bl_arena_alloc(&arena, 8);
    bl_arena_unseal(&arena, begin); /* not below what is in use */
    CHECK(arena.floor > begin);
    bl_arena_reset(&arena, 0);
    bl_arena_unseal(&arena, CAPACITY);
    CHECK(arena.top > begin && arena.floor == arena.top);
    bl_arena_unseal(&arena, begin);
    CHECK(arena.floor == begin && arena.top == begin);
    CHECK_EQUAL(weights[99], 42);
}

static void test_reuse(void *base) {
    bl_arena arena, piece;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    bl_arena_alloc(&arena, 100);
    size_t begin = bl_arena_mark(&arena);
    bl_arena_alloc(&arena, 1000);
    size_t end = bl_arena_mark(&arena);
    uint8_t *after = bl_arena_alloc(&arena, 100);
    bl_arena_seal(&arena);
    memset(after, 42, 100);
    bl_arena_reuse(&arena, begin, end, &piece);
    uint8_t *memory = bl_arena_alloc(&piece, 1000);
    CHECK(memory == arena.base + begin);
    CHECK_EQUAL(bl_arena_mark(&piece), end - begin);
    memset(memory, 7, 1000);
    CHECK(bl_arena_alloc(&piece, 1) == NULL);
    CHECK_EQUAL(bl_arena_status(&piece), BL_OUT_OF_MEMORY);
    for (int i = 0; i < 100; i++)
        CHECK_EQUAL(after[i], 42);
}

static void test_measure(void *base) {
    bl_arena measure = bl_arena_measure(), arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    for (size_t bytes = 1; bytes < 500; bytes += 61) {
        CHECK(bl_arena_alloc(&measure, bytes) == NULL);
        CHECK(bl_arena_alloc(&arena, bytes) != NULL);
    }
    CHECK_EQUAL(bl_arena_status(&measure), BL_OK);
    CHECK_EQUAL(measure.top, arena.top);
    CHECK(bl_arena_alloc(&measure, SIZE_MAX - 10) == NULL);
    CHECK_EQUAL(bl_arena_status(&measure), BL_OUT_OF_MEMORY);
}

static void test_redzones(void *base) {
#ifdef HAS_REDZONES
    bl_arena arena;
    bl_arena_init(&arena, base, CAPACITY, NULL);
    uint8_t *first = bl_arena_alloc(&arena, 30), *second = bl_arena_alloc(&arena, 30);
    CHECK(!__asan_address_is_poisoned(first + 29));
    CHECK(__asan_address_is_poisoned(first + 30));
    CHECK(second - first >= 128);
    bl_arena_reset(&arena, 0);
    CHECK(__asan_address_is_poisoned(first));
    ASAN_UNPOISON_MEMORY_REGION(base, CAPACITY);
#else
    (void)base;
#endif
}

int main(void) {
    void *base = aligned_alloc(BL_ARENA_ALIGNMENT, CAPACITY);
    test_alignment_and_reset(base);
    test_failure_is_sticky(base);
    test_growth(base);
    test_seal(base);
    test_unseal(base);
    test_reuse(base);
    test_measure(base);
    test_redzones(base);
    free(base);
    return check_result();
}
