/* Long texts in another text, against the plain way: each of them tried at each byte. */
#include <stdlib.h>
#include <string.h>

#include "../../src/tokenizer/long_texts.h"
#include "check.h"

#define CAPACITY ((size_t)1 << 20)

static bl_arena arena;
static uint32_t random_state = 1;

static uint32_t next_random(uint32_t below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

/* Few letters, so that texts are found in one another. In a buffer that ends where it ends. */
static bl_text make_text(size_t length) {
    uint8_t *bytes = malloc(length ? length : 1);
    uint32_t letters = 1 + next_random(3);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)('a' + next_random(letters));
    return (bl_text){bytes, length};
}

static uint32_t longest_at(const bl_text *texts, size_t count, bl_text text, size_t at) {
    uint32_t best = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = texts[i].length;
        uint32_t is_longer = best == 0 || length > texts[best - 1].length;
        if (is_longer && length <= text.length - at &&
            memcmp(text.bytes + at, texts[i].bytes, length) == 0)
            best = (uint32_t)i + 1;
    }
    return best;
}

static void test_random(void) {
    for (int round = 0; round < 3000; round++) {
        bl_text texts[12];
        bl_long_text items[12];
        size_t count = 1 + next_random(12);
        for (size_t i = 0; i < count; i++) {
            texts[i] = make_text(1 + next_random(9));
            items[i] = (bl_long_text){texts[i], (uint32_t)i, 77};
        }
        bl_text text = make_text(next_random(60));
        uint32_t *found = malloc((text.length ? text.length : 1) * sizeof *found);
        bl_long_texts set;
        CHECK_EQUAL(bl_long_texts_build(&arena, &set, items, count), BL_OK);
        CHECK(set.count > 1);
        bl_long_texts_find(&set, text.bytes, text.length, found);
        for (size_t at = 0; at < text.length; at++)
            CHECK_EQUAL(found[at], longest_at(texts, count, text, at));
        bl_arena_reset(&arena, 0);
        free(found);
        free((void *)text.bytes);
        for (size_t i = 0; i < count; i++)
            free((void *)texts[i].bytes);
    }
}

static void test_none(void) {
    bl_long_texts set = {.count = 5};
    CHECK_EQUAL(bl_long_texts_build(&arena, &set, NULL, 0), BL_OK);
    CHECK(set.count == 0 && arena.top == 0);
}

static void test_little_memory(void) {
    static const uint8_t bytes[] = "abcabcabdabcabcabd";
    for (size_t capacity = 0; capacity < 4096; capacity += 64) {
        bl_long_text items[] = {{{bytes, 18}, 3, 0}, {{bytes, 9}, 4, 0}};
        bl_long_texts set;
        arena.capacity = capacity;
        bl_status status = bl_long_texts_build(&arena, &set, items, 2);
        CHECK(status == BL_OK || (status == BL_OUT_OF_MEMORY && capacity < 2048));
        bl_arena_reset(&arena, 0);
    }
    arena.capacity = CAPACITY;
    bl_long_text huge[] = {{{bytes, UINT32_MAX}, 0, 0}};
    bl_long_texts set;
    CHECK_EQUAL(bl_long_texts_build(&arena, &set, huge, 1), BL_OUT_OF_MEMORY);
    bl_arena_reset(&arena, 0);
}

int main(void) {
    void *memory = aligned_alloc(64, CAPACITY);
    bl_arena_init(&arena, memory, CAPACITY, NULL);
    test_random();
    test_none();
    test_little_memory();
    bl_arena_init(&arena, NULL, 0, NULL);
    free(memory);
    return check_result();
}
