/* Small tokenizers, each odd in its own way, and how tests open and use them: memory ends where
 * it should, so that the sanitizers see what reads on. */
#ifndef BERTLET_TESTS_TOKENIZER_FIXTURE_H
#define BERTLET_TESTS_TOKENIZER_FIXTURE_H

#include <stdlib.h>

#include "../../src/bertlet.h"
#include "check.h"
#include "tokenizer_blob.h"

#define CAPACITY ((size_t)8 << 20)

static const char *const vocabulary[] = {
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
    "hello", "world", "un",    "##aff", "##able",
    "a",     "##b",   "e",     "##e",   "\xe6\x97\xa5",
    "!",     ",",     "'",     "s",     "internationalization",
};
#define VOCABULARY (sizeof vocabulary / sizeof vocabulary[0])

static const added_token added[] = {
    {0, BL_ADDED_SPECIAL, "[PAD]"},   {2, BL_ADDED_SPECIAL, "[CLS]"},
    {3, BL_ADDED_SPECIAL, "[SEP]"},   {4, BL_ADDED_SPECIAL | BL_ADDED_LSTRIP, "[MASK]"},
    {20, BL_ADDED_SINGLE_WORD, "ab"},
};

static const added_token normalized[] = {
    {4, BL_ADDED_SPECIAL | BL_ADDED_RSTRIP, "[MASK]"},
    {20, BL_ADDED_NORMALIZED | BL_ADDED_LSTRIP, "New \xc3\x89"},
    {21, BL_ADDED_NORMALIZED, "\x01"}, /* nothing of it is left */
    {22, BL_ADDED_NORMALIZED, ""},
};

/* White space that is a token, and takes more of it along. */
static const added_token spaces[] = {
    {20, BL_ADDED_RSTRIP, " "},
    {21, 0, "\t"},
    {22, BL_ADDED_NORMALIZED | BL_ADDED_RSTRIP, "\xc2\xa0"},
    {23, BL_ADDED_LSTRIP, " b"},
};

/* Without an unknown token; what its template names are other texts than its ids'. */
static const char *const few[] = {"hello", "a", "b", "c"};

/* Of tokens that are longer than those that are tried length by length. */
#define TEN(letter) letter letter letter letter letter letter letter letter letter letter
#define SEVENTY(letter)                                                                            \
    TEN(letter)                                                                                    \
    TEN(letter) TEN(letter) TEN(letter) TEN(letter) TEN(letter) TEN(letter)
static const char *const long_words[] = {
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "x", "##x", "##" SEVENTY("x"), "##" SEVENTY("x") "y", "y",
};

static const added_token long_tokens[] = {
    {20, 0, SEVENTY("a") "b"},
    {21, 0, SEVENTY("a")},
    {22, 0, "aab"},
    {23, BL_ADDED_NORMALIZED, SEVENTY("B") "c"},
    {24, BL_ADDED_NORMALIZED | BL_ADDED_RSTRIP, "BB"},
};

static blob small, other, spaced, bare, lengthy;

typedef struct fixture {
    bl_arena arena;
    void *memory;
    uint8_t *blob; /* exactly as long as it should be */
    bl_tokenizer *tokenizer;
} fixture;

static bl_status open_bytes(fixture *f, const uint8_t *bytes, size_t length, size_t capacity) {
    f->memory = aligned_alloc(64, capacity);
    f->blob = malloc(length ? length : 1);
    memcpy(f->blob, bytes, length);
    bl_arena_init(&f->arena, f->memory, capacity, NULL);
    return bl_tokenizer_create(&f->arena, f->blob, length, &f->tokenizer);
}

static void close_fixture(fixture *f) {
    bl_arena_init(&f->arena, NULL, 0, NULL);
    free(f->memory);
    free(f->blob);
}

static inline fixture open_blob(const blob *blob) {
    fixture f;
    CHECK_EQUAL(open_bytes(&f, blob->bytes, blob->length, CAPACITY), BL_OK);
    bl_arena_seal(&f.arena);
    return f;
}

/* Encodes from buffers that end where the texts end. */
/* One text, or a pair, with the settings of `batch`. Allocated apart, so that the sanitizer sees
 * what reads past its end. */
static inline bl_status encode(fixture *f, const char *text, size_t bytes, const char *pair,
                               bl_encode_batch batch, bl_encoding *encoding) {
    size_t pair_bytes = pair ? strlen(pair) : 0;
    uint8_t *copy = malloc(bytes + pair_bytes ? bytes + pair_bytes : 1);
    memcpy(copy, text, bytes);
    if (pair)
        memcpy(copy + bytes, pair, pair_bytes);
    uint32_t ends[2] = {(uint32_t)bytes, pair ? (uint32_t)(bytes + pair_bytes) : BL_NO_PAIR};
    batch.texts = copy;
    batch.text_bytes = bytes + pair_bytes;
    batch.ends = ends;
    batch.input_count = 1;
    bl_status status = bl_tokenizer_encode_batch(&f->arena, f->tokenizer, &batch, encoding);
    free(copy);
    return status;
}

static inline uint32_t equals(const int32_t *values, const int32_t *expected, size_t count) {
    return memcmp(values, expected, count * sizeof *values) == 0;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void make_blobs(void) {
    put_bert(&small, vocabulary, VOCABULARY, added, COUNT(added));
    put_bert(&other, vocabulary, VOCABULARY, normalized, COUNT(normalized));
    put_bert(&spaced, vocabulary, VOCABULARY, spaces, COUNT(spaces));
    put_bert(&bare, few, COUNT(few), NULL, 0);
    put_bert(&lengthy, long_words, COUNT(long_words), long_tokens, COUNT(long_tokens));
}

#endif
