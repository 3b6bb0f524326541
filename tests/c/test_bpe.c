/* Byte-pair encoding of words by hand: which pair goes first, what is unknown, and text that is
 * no UTF-8, which JavaScript never hands over. */
#include <stdlib.h>

#include "../../src/tokenizer/byte_chars.h"
#include "../../src/tokenizer/tokenizer.h"
#include "../../src/unicode/utf8.h"
#include "check.h"
#include "tokenizer_blob.h"

typedef struct merge {
    uint32_t left, right, both;
} merge;

static void put_bpe(blob *blob, uint32_t flags, const merge *merges, uint32_t count) {
    put(blob, BL_PIECES_BPE);
    put(blob, flags);
    put(blob, count);
    for (uint32_t i = 0; i < count; i++)
        put(blob, merges[i].left), put(blob, merges[i].right), put(blob, merges[i].both);
    put_text(blob, "?");
    put_text(blob, "");
    put_text(blob, "");
}

/* No decoder but spaces, no added token, no template around a text. */
static void put_rest(blob *blob) {
    put(blob, 1), put(blob, BL_DECODE_SPACES), put(blob, 0);
    put_text(blob, "");
    put(blob, 0);
    put(blob, 0);
    put(blob, 1), put_piece(blob, BL_TEMPLATE_FIRST, 0, 0);
    put(blob, 2), put_piece(blob, BL_TEMPLATE_FIRST, 0, 0),
        put_piece(blob, BL_TEMPLATE_SECOND, 1, 0);
    write_blob(blob);
}

/* Ids and offsets as text: "id@begin-end " for each token. */
static void encode(blob *blob, const char *text, size_t bytes, char *out, size_t room) {
    static uint8_t memory[8 << 20];
    bl_arena arena;
    bl_arena_init(&arena, memory, sizeof memory, NULL);
    bl_tokenizer *tokenizer;
    *out = 0;
    uint8_t *copy = malloc(blob->length);
    memcpy(copy, blob->bytes, blob->length);
    uint32_t ends[] = {(uint32_t)bytes, BL_NO_PAIR};
    bl_encode_batch batch = {
        .texts = (const uint8_t *)text, .text_bytes = bytes, .ends = ends, .input_count = 1};
    bl_encoding e;
    if (CHECK(bl_tokenizer_create(&arena, copy, blob->length, &tokenizer) == BL_OK) &&
        CHECK(bl_tokenizer_encode_batch(&arena, tokenizer, &batch, &e) == BL_OK))
        for (uint32_t i = 0; i < e.token_count; i++) {
            size_t used = strlen(out);
            snprintf(out + used, room - used, "%d@%u-%u ", e.ids[i], e.offsets[2 * i],
                     e.offsets[2 * i + 1]);
        }
    free(copy);
}

static void check_encoding(blob *blob, const char *text, const char *expected) {
    char got[256];
    encode(blob, text, strlen(text), got, sizeof got);
    if (!CHECK(strcmp(got, expected) == 0))
        fprintf(stderr, "%s: %s, not %s\n", text, got, expected);
}

enum { UNKNOWN, A, B, C, AB, BC, ABC, AA, AAAA };

/* Words of letters, as they stand. */
static blob *letters(uint32_t flags, const merge *merges, uint32_t count) {
    static const char *const tokens[] = {"?", "a", "b", "c", "ab", "bc", "abc", "aa", "aaaa"};
    blob *blob = calloc(1, sizeof *blob);
    put(blob, 9);
    for (uint32_t i = 0; i < 9; i++) {
        put(blob, i);
        put_text(blob, tokens[i]);
    }
    put_bpe(blob, flags, merges, count);
    put(blob, 0), put(blob, 0), put(blob, 0); /* normalizers, pre-tokenizers, patterns */
    put_rest(blob);
    return blob;
}

static void test_order(void) {
    static const merge merges[] = {
        {B, C, BC}, {A, B, AB}, {AB, C, ABC}, {A, A, AA}, {AA, AA, AAAA}};
    blob *blob = letters(0, merges, 5);
    check_encoding(blob, "abc", "1@0-1 5@1-3 "); /* b c comes before a b */
    check_encoding(blob, "abab", "4@0-2 4@2-4 ");
    check_encoding(blob, "aaa", "7@0-2 1@2-3 "); /* of equal pairs the first */
    check_encoding(blob, "aaaaa", "8@0-4 1@4-5 ");
    check_encoding(blob, "aaaaaaaaaaaaaaaaaaaa", "8@0-4 8@4-8 8@8-12 8@12-16 8@16-20 ");
    check_encoding(blob, "", "");
    free(blob);
    blob = letters(0, merges + 1, 2);
    check_encoding(blob, "abc", "6@0-3 ");
    free(blob);
    blob = letters(BL_BPE_IGNORE_MERGES, NULL, 0);
    check_encoding(blob, "abc", "6@0-3 ");
    check_encoding(blob, "abca", "1@0-1 2@1-2 3@2-3 1@3-4 ");
    free(blob);
}

/* What is left out still counts for the places behind it: so has `tokenizers`. */
static void test_unknown(void) {
    static const merge merges[] = {{A, B, AB}};
    blob *blob = letters(0, merges, 1);
    check_encoding(blob, "axb", "4@0-2 ");
    check_encoding(blob, "xx", "");
    free(blob);
    blob = letters(BL_BPE_HAS_UNKNOWN, merges, 1);
    check_encoding(blob, "axxb", "1@0-1 0@1-2 0@2-3 2@3-4 ");
    free(blob);
    blob = letters(BL_BPE_HAS_UNKNOWN | BL_BPE_FUSE_UNKNOWN, merges, 1);
    check_encoding(blob, "axxb", "1@0-1 0@1-3 2@3-4 ");
    free(blob);
}

/* Any text, byte by byte: each match of one class is a word, or the whole text is. */
static blob *byte_level(uint32_t has_pattern) {
    static char names[256][8];
    blob *blob = calloc(1, sizeof *blob);
    put(blob, 256);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t length = bl_utf8_write(bl_byte_to_char((uint8_t)i), (uint8_t *)names[i]);
        names[i][length] = 0;
        put(blob, i);
        put_text(blob, names[i]);
    }
    put_bpe(blob, 0, NULL, 0);
    put(blob, 0);
    put(blob, has_pattern + 1);
    if (has_pattern)
        put(blob, BL_SPLIT_ON_PATTERN), put(blob, BL_SPLIT_ISOLATED), put(blob, 0);
    put(blob, BL_SPLIT_TO_BYTES), put(blob, BL_SPLIT_ISOLATED), put(blob, 0);
    put(blob, has_pattern);
    if (has_pattern) {
        put(blob, 1), put(blob, 0), put(blob, 0), put(blob, 1), put(blob, 0); /* any character */
        put(blob, 1), put(blob, 1);
        put(blob, BL_PATTERN_CLASS), put(blob, 1), put(blob, UINT32_MAX), put(blob, 0);
    }
    put_rest(blob);
    return blob;
}

static void test_bytes(void) {
    for (uint32_t has_pattern = 0; has_pattern < 2; has_pattern++) {
        blob *blob = byte_level(has_pattern);
        check_encoding(blob, "a b", "97@0-1 32@1-2 98@2-3 ");
        /* A character of several tokens is the place of each. */
        check_encoding(blob, "\xc3\xa9!", "195@0-1 169@0-1 33@1-2 ");
        check_encoding(blob, "\xf0\x9f\x99\x82!", "240@0-2 159@0-2 153@0-2 130@0-2 33@2-3 ");
        /* What is no UTF-8 counts as U+FFFD, byte by byte. */
        check_encoding(blob, "a\xff", "97@0-1 239@1-2 191@1-2 189@1-2 ");
        check_encoding(blob, "\xe2\x82", "239@0-1 191@0-1 189@0-1 239@1-2 191@1-2 189@1-2 ");
        free(blob);
    }
}

int main(void) {
    test_order();
    test_unknown();
    test_bytes();
    return check_result();
}
