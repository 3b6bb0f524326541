/* Normal forms and lower case with their alignment, and UTF-8. */
#include <stdlib.h>
#include <string.h>

#include "../../src/unicode/chars.h"
#include "../../src/unicode/utf8.h"
#include "check.h"

#define CAPACITY ((size_t)64 << 20)

static bl_arena arena;

static void normalize(const uint32_t *codes, size_t count, bl_normal_form form, bl_chars *out) {
    bl_chars spare = {0};
    *out = (bl_chars){0};
    CHECK_EQUAL(bl_chars_reserve(&arena, out, count), BL_OK);
    for (size_t i = 0; i < count; i++)
        out->items[i] = (bl_char){codes[i], (uint32_t)i << 1};
    out->count = count;
    CHECK_EQUAL(bl_chars_normalize(&arena, out, &spare, form), BL_OK);
}

/* `at`: the number of the input character that each belongs to. */
static void check_form(bl_normal_form form, const uint32_t *codes, size_t count,
                       const uint32_t *expected, const uint32_t *at, size_t expected_count) {
    bl_chars out;
    normalize(codes, count, form, &out);
    if (!CHECK_EQUAL(out.count, expected_count))
        return;
    for (size_t i = 0; i < expected_count; i++) {
        CHECK_EQUAL(out.items[i].code, expected[i]);
        CHECK_EQUAL(bl_char_begin(out.items[i]), at[i]);
    }
}

#define FORM(form, codes, expected, at)                                                            \
    check_form(form, codes, sizeof(codes) / 4, expected, at, sizeof(expected) / 4)

static void test_forms(void) {
    uint32_t composed[] = {'x', 0x1EC7, 0xD55C, 0x344};
    uint32_t decomposed[] = {'x', 'e', 0x323, 0x302, 0x1112, 0x1161, 0x11AB, 0x308, 0x301};
    uint32_t sources[] = {0, 1, 1, 1, 2, 2, 2, 3, 3};
    FORM(BL_NFD, composed, decomposed, sources);

    /* Marks are sorted; the first one consumes the first place of the text. */
    uint32_t marks[] = {'a', 0x315, 0x300, 0x316};
    uint32_t sorted[] = {'a', 0x316, 0x300, 0x315};
    uint32_t in_order[] = {0, 1, 2, 3};
    FORM(BL_NFD, marks, sorted, in_order);

    /* A composite belongs to its first part; what is composed away is skipped there. */
    uint32_t parts[] = {'e', 0x302, 0x323, 'q', 0x307, 0x1112, 0x1161, 0x11AB};
    uint32_t whole[] = {0x1EC7, 'q', 0x307, 0xD55C};
    uint32_t firsts[] = {0, 3, 4, 5};
    FORM(BL_NFC, parts, whole, firsts);

    uint32_t ligature[] = {0xFB01, 0xFDFA, 0x1D400};
    bl_chars out;
    normalize(ligature, 3, BL_NFKC, &out);
    CHECK_EQUAL(out.count, 2 + 18 + 1);
    CHECK(out.items[0].code == 'f' && out.items[1].code == 'i' && out.items[20].code == 'A');
    CHECK(bl_char_begin(out.items[19]) == 1 && bl_char_begin(out.items[20]) == 2);

    /* Beyond the first plane. */
    uint32_t astral[] = {0x11099, 0x110BA, 0x1D15F};
    uint32_t composed_astral[] = {0x1109A, 0x1D158, 0x1D165};
    uint32_t astral_sources[] = {0, 2, 2};
    FORM(BL_NFC, astral, composed_astral, astral_sources);

    /* Hangul that doesn't compose: a tail base is no tail. */
    uint32_t jamo[] = {0xC8E0, 0x11A7};
    uint32_t own[] = {0, 1};
    FORM(BL_NFC, jamo, jamo, own);

    normalize(marks, 0, BL_NFC, &out);
    CHECK_EQUAL(out.count, 0);
}

/* A run of marks as long as a text must not cost its square. */
static void test_many_marks(void) {
    enum { COUNT = 400001 };
    uint32_t *codes = malloc(COUNT * sizeof *codes);
    codes[0] = 'a';
    for (size_t i = 1; i < COUNT; i++)
        codes[i] = i % 2 ? 0x301 : 0x323;
    bl_chars out;
    normalize(codes, COUNT, BL_NFD, &out);
    CHECK_EQUAL(out.count, COUNT);
    CHECK(out.items[1].code == 0x323 && out.items[200000].code == 0x323);
    CHECK(out.items[200001].code == 0x301 && out.items[COUNT - 1].code == 0x301);
    free(codes);
}

static void test_lower(void) {
    static const char text[] = "A\xc4\xb0\xce\xa3\xe1\xba\x9e\xf0\x90\x90\x80!";
    bl_chars chars = {0}, spare = {0};
    CHECK_EQUAL(bl_chars_append_utf8(&arena, &chars, (const uint8_t *)text, strlen(text), 10),
                BL_OK);
    CHECK_EQUAL(chars.count, 6);
    CHECK_EQUAL(bl_chars_lower(&arena, &chars, &spare), BL_OK);
    uint32_t expected[] = {'a', 'i', 0x307, 0x3C3, 0xDF, 0x10428, '!'};
    uint32_t begins[] = {10, 11, 11, 12, 13, 14, 16};
    CHECK_EQUAL(chars.count, 7);
    for (size_t i = 0; i < 7; i++) {
        CHECK_EQUAL(chars.items[i].code, expected[i]);
        CHECK_EQUAL(bl_char_begin(chars.items[i]), begins[i]);
    }
    CHECK_EQUAL(bl_char_end(chars.items[5]), 16);
}

/* Whatever the arena holds, it is enough or too little. */
static void test_little_memory(void) {
    static const char text[] = "\xc4\xb0"
                               "a\xcc\x95\xcc\x80\xd6\xae\xcc\x80\xef\xb7\xba"
                               "\xec\xa3\xa0";
    char long_text[40 * sizeof text];
    size_t bytes = 0;
    for (int i = 0; i < 40; i++, bytes += sizeof text - 1)
        memcpy(long_text + bytes, text, sizeof text - 1);
    size_t full = arena.capacity, enough = 0;
    bl_arena_reset(&arena, 0);
    for (size_t capacity = 0; capacity < 80000; capacity += 64) {
        for (uint32_t form = BL_NFD; form <= BL_NFKC + 1; form++) {
            bl_chars chars = {0}, spare = {0};
            arena.capacity = capacity;
            bl_status status =
                bl_chars_append_utf8(&arena, &chars, (const uint8_t *)long_text, bytes, 0);
            if (status == BL_OK && form <= BL_NFKC)
                status = bl_chars_normalize(&arena, &chars, &spare, (bl_normal_form)form);
            else if (status == BL_OK)
                status = bl_chars_lower(&arena, &chars, &spare);
            CHECK(status == BL_OK || status == BL_OUT_OF_MEMORY);
            enough += status == BL_OK;
            bl_arena_reset(&arena, 0);
        }
    }
    CHECK(enough > 0);
    arena.capacity = full;
}

static uint32_t flags(uint32_t code) {
    return bl_unicode_class_of(code)->flags;
}

static void test_classes(void) {
    CHECK(flags('!') & BL_UNICODE_PUNCTUATION);
    CHECK(!(flags(0x2E43) & BL_UNICODE_PUNCTUATION)); /* newer than the reference's tables */
    CHECK(flags(0x1C89) & BL_UNICODE_LOWER);
    CHECK(flags(0) & BL_UNICODE_CONTROL && flags(0xFFFD) & BL_UNICODE_CONTROL);
    CHECK(flags('\t') == BL_UNICODE_WHITESPACE && flags(0x3000) & BL_UNICODE_WHITESPACE);
    CHECK(flags(0x4E00) & BL_UNICODE_IDEOGRAPH && flags(0x2F800) & BL_UNICODE_IDEOGRAPH);
    CHECK(flags(0xE0001) & BL_UNICODE_CONTROL && flags(0xF0000) & BL_UNICODE_CONTROL);
    CHECK(flags(0x10FFFD) & BL_UNICODE_CONTROL && flags(0x10FFFF) == flags(0xFFFFF));
    CHECK(flags(0x50000) == 0 && flags(0x110000) == 0 && flags(UINT32_MAX) == 0);
    CHECK_EQUAL(bl_unicode_class_of(0x345)->combining, 240);
    uint32_t out[BL_UNICODE_DECOMPOSE_MAX];
    for (uint32_t code = 0; code < 0x110000; code++) {
        uint32_t count = bl_unicode_decompose(code, 1, out);
        CHECK(count >= 1 && count <= BL_UNICODE_DECOMPOSE_MAX);
        CHECK(count <= BL_UNICODE_DECOMPOSE_MAX && out[count - 1] < 0x110000);
        count = bl_unicode_lower(code, out);
        CHECK(count >= 1 && count <= BL_UNICODE_LOWER_MAX);
    }
}

static void test_utf8(void) {
    uint8_t bytes[4];
    for (uint32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 7) {
        if (code >= 0xD800 && code < 0xE000)
            continue;
        uint32_t length = bl_utf8_write(code, bytes);
        CHECK_EQUAL(length, bl_utf8_length(code));
        size_t at = 0;
        CHECK(bl_utf8_next(bytes, length, &at) == code && at == length);
        CHECK(bl_utf8_previous(bytes, 0, &at) == code && at == 0);
        CHECK_EQUAL(bl_utf16_units(bytes, length), (code < 0x10000 ? 1u : 2u));
    }
    static const char *const broken[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xff"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t length = strlen(broken[i]);
        size_t at = 0;
        CHECK(bl_utf8_next((const uint8_t *)broken[i], length, &at) == BL_REPLACEMENT && at == 1);
        at = length;
        CHECK_EQUAL(bl_utf8_previous((const uint8_t *)broken[i], 0, &at), BL_REPLACEMENT);
        CHECK_EQUAL(at, length - 1);
        CHECK_EQUAL(bl_utf16_units((const uint8_t *)broken[i], length), length);
    }
    /* Cut off at the end of a buffer: nothing behind it is read. */
    for (size_t length = 1; length < 4; length++) {
        uint8_t *cut = malloc(length);
        memcpy(cut, "\xf0\x9f\x99", length);
        size_t at = 0;
        CHECK(bl_utf8_next(cut, length, &at) == BL_REPLACEMENT && at == 1);
        free(cut);
    }
}

int main(void) {
    void *memory = aligned_alloc(64, CAPACITY);
    bl_arena_init(&arena, memory, CAPACITY, NULL);
    test_forms();
    test_many_marks();
    test_lower();
    test_little_memory();
    test_classes();
    test_utf8();
    bl_arena_init(&arena, NULL, 0, NULL);
    free(memory);
    return check_result();
}
