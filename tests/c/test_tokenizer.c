/* The tokenizer natively, under the sanitizers: contracts, bounds of texts. What it computes is
 * compared with Hugging Face in tests/tokenizer/tokenizer.test.js. */
#include "tokenizer_fixture.h"

static void test_words(void) {
    fixture f = open_blob(&small);
    bl_encoding e;
    const char *text = "Hello, UNAFFABLE w\xc3\xb6rld\xe6\x97\xa5!";
    CHECK(encode(&f, text, strlen(text), NULL, (bl_encode_batch){.add_special_tokens = 1}, &e) ==
          BL_OK);
    CHECK(e.window_count == 1 && e.token_count == 10 && e.truncated == 0);
    CHECK(equals(e.ids, (int32_t[]){2, 5, 16, 7, 8, 9, 6, 14, 15, 3}, 10));
    CHECK(equals(e.special_mask, (int32_t[]){1, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 10));
    CHECK(equals((const int32_t *)e.offsets,
                 (int32_t[]){0, 0, 0, 5, 5, 6, 7, 9, 9, 12, 12, 16, 17, 22, 22, 23, 23, 24, 0, 0},
                 20));
    CHECK(e.type_ids == e.ids + 10 && e.special_mask == e.ids + 20);
    CHECK_EQUAL(encode(&f, "internationalization Internationalizations", 42, NULL,
                       (bl_encode_batch){0}, &e),
                BL_OK);
    CHECK(e.token_count == 2 && equals(e.ids, (int32_t[]){19, 1}, 2));
    CHECK_EQUAL(encode(&f, "", 0, NULL, (bl_encode_batch){.add_special_tokens = 1}, &e), BL_OK);
    CHECK_EQUAL(e.token_count, 2);
    CHECK_EQUAL(encode(&f, "", 0, NULL, (bl_encode_batch){0}, &e), BL_OK);
    CHECK(e.token_count == 0 && e.window_count == 1);
    close_fixture(&f);
}

static void test_added(void) {
    fixture f = open_blob(&small);
    bl_encoding e;
    const char *text = "ab aab  [MASK]ab";
    CHECK_EQUAL(encode(&f, text, strlen(text), NULL, (bl_encode_batch){0}, &e), BL_OK);
    CHECK(e.token_count == 4 && equals(e.ids, (int32_t[]){20, 1, 4, 20}, 4));
    CHECK(e.surfaces && equals(e.surfaces, (int32_t[]){-1, -1, 0, -1}, 4));
    CHECK(e.surface_ranges[0] == 0 && e.surface_ranges[1] == 8 && e.surface_byte_count == 8);
    CHECK(memcmp(e.surface_bytes, "  [MASK]", 8) == 0);
    close_fixture(&f);
    f = open_blob(&other);
    text = "a \xcc\x81 new  e\xcc\x81, NEW \xc3\xa9 hello";
    CHECK_EQUAL(encode(&f, text, strlen(text), NULL, (bl_encode_batch){0}, &e), BL_OK);
    CHECK_EQUAL(e.token_count, 6);
    CHECK(equals(e.ids, (int32_t[]){10, 1, 12, 16, 20, 5}, 6));
    close_fixture(&f);
}

/* Texts that share bytes: each begins in the one before it, and all end at once. */
static void test_shared_texts(void) {
    fixture f = open_blob(&spaced);
    bl_encoding e;
    CHECK_EQUAL(encode(&f, "a  \xe3\x80\x80 \te", 9, NULL, (bl_encode_batch){0}, &e), BL_OK);
    CHECK(e.token_count == 6 && equals(e.ids, (int32_t[]){10, 20, 20, 20, 21, 12}, 6));
    CHECK(equals((const int32_t *)e.offsets, (int32_t[]){0, 1, 1, 6, 2, 6, 4, 6, 5, 6, 6, 7}, 12));
    CHECK(equals(e.surfaces, (int32_t[]){-1, 0, 1, 2, -1, -1}, 6));
    CHECK(equals((const int32_t *)e.surface_ranges, (int32_t[]){0, 5, 1, 5, 3, 5}, 6));
    CHECK(e.surface_byte_count == 7 && memcmp(e.surface_bytes, "  \xe3\x80\x80 \t", 7) == 0);
    close_fixture(&f);
}

static void test_few_words(void) {
    fixture f = open_blob(&bare);
    bl_encoding e;
    CHECK_EQUAL(encode(&f, "a", 1, NULL, (bl_encode_batch){.add_special_tokens = 1}, &e), BL_OK);
    CHECK(equals(e.ids, (int32_t[]){2, 1, 3}, 3) && equals(e.surfaces, (int32_t[]){0, -1, 1}, 3));
    CHECK(equals((const int32_t *)e.surface_ranges, (int32_t[]){0, 5, 5, 10}, 4));
    CHECK(e.surface_byte_count == 25 && memcmp(e.surface_bytes, "[CLS][SEP]", 10) == 0);
    CHECK_EQUAL(encode(&f, "a no", 4, NULL, (bl_encode_batch){0}, &e), BL_BAD_MODEL);
    CHECK_EQUAL(e.problem, BL_ENCODE_NO_UNKNOWN);
    CHECK_EQUAL(encode(&f, "a", 1, "n\xc3\xb6", (bl_encode_batch){0}, &e), BL_BAD_MODEL);
    CHECK_EQUAL(e.problem, BL_ENCODE_NO_UNKNOWN);
    CHECK_EQUAL(encode(&f, "a !", 3, NULL, (bl_encode_batch){0}, &e), BL_BAD_MODEL);
    uint32_t ends[] = {1, BL_NO_PAIR, 3, BL_NO_PAIR};
    bl_encode_batch batch = {
        .texts = (const uint8_t *)"ano", .text_bytes = 3, .ends = ends, .input_count = 2};
    CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), BL_BAD_MODEL);
    CHECK(e.problem == BL_ENCODE_NO_UNKNOWN && e.problem_input == 1);
    close_fixture(&f);
}

/* The longest that starts at a place, whatever begins like it. */
static void test_long_tokens(void) {
    fixture f = open_blob(&lengthy);
    bl_encoding e;
    static const char text[] = "x" SEVENTY("x") "y " SEVENTY("a") "aab " SEVENTY("b") "c bb  y";
    CHECK_EQUAL(encode(&f, text, sizeof text - 1, NULL, (bl_encode_batch){0}, &e), BL_OK);
    CHECK(e.token_count == 7 && equals(e.ids, (int32_t[]){4, 7, 21, 22, 23, 24, 8}, 7));
    close_fixture(&f);
}

static void test_windows(void) {
    fixture f = open_blob(&small);
    bl_encoding e;
    bl_encode_batch input = {.add_special_tokens = 1,
                             .truncation = BL_TRUNCATION_LONGEST_FIRST,
                             .max_length = 5,
                             .stride = 1,
                             .windows = 1};
    CHECK_EQUAL(encode(&f, "a a a a a a", 11, NULL, input, &e), BL_OK);
    CHECK(e.window_count == 3 && e.truncated == 3);
    CHECK(e.window_starts[1] == 5 && e.window_starts[3] == e.token_count);
    CHECK(e.input_windows[0] == 0 && e.input_windows[1] == 3 && e.input_truncated[0] == 3);
    input.windows = 0;
    CHECK_EQUAL(encode(&f, "a a a a a a", 11, NULL, input, &e), BL_OK);
    CHECK(e.window_count == 1 && e.token_count == 5 && e.truncated == 3);
    input.max_length = 1;
    CHECK_EQUAL(encode(&f, "a", 1, NULL, input, &e), BL_BAD_ARGUMENT);
    CHECK_EQUAL(e.problem, BL_ENCODE_NO_ROOM);
    input.max_length = 5;
    input.stride = 3;
    CHECK_EQUAL(encode(&f, "a a a a a a", 11, NULL, input, &e), BL_BAD_ARGUMENT);
    CHECK_EQUAL(e.problem, BL_ENCODE_STRIDE);
    input.stride = 0;
    input.truncation = BL_TRUNCATION_ONLY_SECOND;
    CHECK_EQUAL(encode(&f, "a a a a a a", 11, NULL, input, &e), BL_BAD_ARGUMENT);
    CHECK_EQUAL(e.problem, BL_ENCODE_NO_SECOND);
    CHECK_EQUAL(encode(&f, "a a a a a a", 11, "a", input, &e), BL_BAD_ARGUMENT);
    CHECK_EQUAL(e.problem, BL_ENCODE_TOO_SHORT);
    close_fixture(&f);
}

/* Windows are all combinations of what a template's pieces show. */
static void test_combinations(void) {
    blob *repeated = malloc(sizeof *repeated);
    for (uint32_t times = 1; times <= 22; times += times < 3 ? 1 : 19) {
        *repeated = small;
        put_repeats(repeated, times);
        fixture f = open_blob(repeated);
        bl_encoding e;
        bl_encode_batch input = {
            .truncation = BL_TRUNCATION_LONGEST_FIRST, .max_length = 2, .windows = 1};
        bl_status status = encode(&f, "a a a", 5, NULL, input, &e);
        if (times > 20) { /* more than four million windows */
            CHECK(status == BL_TOO_LONG && e.problem == BL_ENCODE_MANY_WINDOWS);
        } else {
            CHECK(status == BL_OK && e.window_count == 1u << times);
            CHECK_EQUAL(e.window_starts[e.window_count], e.token_count);
            /* Each piece shows two tokens in one half of the windows, and one in the other. */
            CHECK_EQUAL(e.token_count, 3 * times << (times - 1));
        }
        input.windows = 0;
        CHECK_EQUAL(encode(&f, "a a a", 5, NULL, input, &e), BL_OK);
        CHECK(e.window_count == 1 && e.token_count == 2 * times);
        close_fixture(&f);
    }
    free(repeated);
}

/* Refused whatever the text is; the same for one text and for many. */
static void test_refused_options(void) {
    static const struct {
        uint32_t truncation, max_length, stride, problem;
        bl_status status;
    } cases[] = {
        {BL_TRUNCATION_ONLY_SECOND + 1, 9, 0, BL_ENCODE_FINE, BL_BAD_ARGUMENT},
        {UINT32_MAX, 9, 0, BL_ENCODE_FINE, BL_BAD_ARGUMENT},
        {BL_TRUNCATION_ONLY_FIRST, 9, 7, BL_ENCODE_FINE, BL_OK},
        {BL_TRUNCATION_ONLY_FIRST, 9, 8, BL_ENCODE_STRIDE, BL_BAD_ARGUMENT},
        {BL_TRUNCATION_NONE, 9, 8, BL_ENCODE_FINE, BL_OK},
        {BL_TRUNCATION_ONLY_FIRST, 2, 1, BL_ENCODE_STRIDE, BL_BAD_ARGUMENT},
        {BL_TRUNCATION_ONLY_FIRST, 1, 9, BL_ENCODE_NO_ROOM, BL_BAD_ARGUMENT},
    };
    fixture f = open_blob(&small);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bl_encoding e;
        bl_encode_batch input = {.add_special_tokens = 1,
                                 .truncation = cases[i].truncation,
                                 .max_length = cases[i].max_length,
                                 .stride = cases[i].stride};
        CHECK_EQUAL(encode(&f, "a", 1, NULL, input, &e), cases[i].status);
        CHECK_EQUAL(e.problem, cases[i].problem);
        uint32_t ends[] = {1, BL_NO_PAIR};
        bl_encode_batch batch = {.texts = (const uint8_t *)"a",
                                 .text_bytes = 1,
                                 .ends = ends,
                                 .input_count = 1,
                                 .add_special_tokens = 1,
                                 .truncation = cases[i].truncation,
                                 .max_length = cases[i].max_length,
                                 .stride = cases[i].stride};
        CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), cases[i].status);
        CHECK_EQUAL(e.problem, cases[i].problem);
    }
    close_fixture(&f);
}

static void test_batch(void) {
    fixture f = open_blob(&small);
    static const char texts[] = "hello world"
                                ""
                                "a"
                                "unaffable!"
                                "e";
    uint32_t ends[] = {11, BL_NO_PAIR, 11, 12, 22, 23};
    bl_encode_batch batch = {.texts = (const uint8_t *)texts,
                             .text_bytes = strlen(texts),
                             .ends = ends,
                             .input_count = 3,
                             .add_special_tokens = 1};
    bl_encoding e;
    CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), BL_OK);
    CHECK(e.window_count == 3 && e.input_windows[3] == 3);
    CHECK(equals(e.ids, (int32_t[]){2, 5, 6, 3, 2, 3, 10, 3, 2, 7, 8, 9, 15, 3, 12, 3}, 16));
    ends[2] = 10; /* backwards */
    CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), BL_BAD_ARGUMENT);
    ends[2] = 11;
    ends[5] = 24; /* behind the texts */
    CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), BL_BAD_ARGUMENT);
    batch.input_count = 0;
    CHECK_EQUAL(bl_tokenizer_encode_batch(&f.arena, f.tokenizer, &batch, &e), BL_OK);
    CHECK(e.window_count == 0 && e.token_count == 0);
    close_fixture(&f);
}

static void test_texts_of_ids(void) {
    fixture f = open_blob(&other);
    bl_text text;
    static const int32_t ids[] = {4, 5, 16, 7, 8, 9, 17, 18, 999, -1, 20, 15};
    CHECK_EQUAL(bl_tokenizer_decode(&f.arena, f.tokenizer, ids, 12, 0, &text), BL_OK);
    static const char all[] = "[MASK] hello, unaffable ' s new e!";
    CHECK(text.length == strlen(all) && memcmp(text.bytes, all, text.length) == 0);
    CHECK_EQUAL(bl_tokenizer_decode(&f.arena, f.tokenizer, ids, 2, 1, &text), BL_OK);
    CHECK(text.length == 5 && memcmp(text.bytes, "hello", 5) == 0);
    CHECK_EQUAL(bl_tokenizer_decode(&f.arena, f.tokenizer, ids, 0, 0, &text), BL_OK);
    CHECK_EQUAL(text.length, 0);
    static const bl_text pieces[] = {{(const uint8_t *)"##un", 4},
                                     {(const uint8_t *)"##known", 7},
                                     {(const uint8_t *)"#", 1},
                                     {(const uint8_t *)"!", 1}};
    CHECK_EQUAL(bl_tokenizer_join(&f.arena, f.tokenizer, pieces, 4, &text), BL_OK);
    CHECK(text.length == 12 && memcmp(text.bytes, "##unknown #!", 12) == 0);
    CHECK_EQUAL(bl_tokenizer_join(&f.arena, f.tokenizer, pieces, 0, &text), BL_OK);
    CHECK_EQUAL(text.length, 0);
    CHECK_EQUAL(bl_tokenizer_vocab_size(f.tokenizer), VOCABULARY + 3);
    CHECK_EQUAL(bl_tokenizer_token_to_id(f.tokenizer, (const uint8_t *)"##aff", 5), 8);
    CHECK_EQUAL(bl_tokenizer_token_to_id(f.tokenizer, (const uint8_t *)"New \xc3\x89", 6), 20);
    CHECK_EQUAL(bl_tokenizer_token_to_id(f.tokenizer, (const uint8_t *)"aff", 3), -1);
    CHECK_EQUAL(bl_tokenizer_id_to_token(f.tokenizer, 20, &text), BL_OK);
    CHECK(text.length == 5 && memcmp(text.bytes, "new e", 5) == 0);
    CHECK_EQUAL(bl_tokenizer_id_to_token(f.tokenizer, -1, &text), BL_BAD_ARGUMENT);
    CHECK_EQUAL(bl_tokenizer_id_to_token(f.tokenizer, 23, &text), BL_BAD_ARGUMENT);
    close_fixture(&f);
}

static uint32_t random_state = 1;

static uint32_t next_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* Bytes that are mostly no UTF-8, each text in a buffer of its own size. */
static void test_any_bytes(void) {
    static const char *const pieces[] = {
        "a",    "b",        "[MASK]",     "[M",         "\xcc\x81", "\xe6", "\xe6\x97", "\xf0\x9f",
        "\xff", "\x80",     " ",          "\xc3\x89",   "\x01",     "ab",   "new ",     "  ",
        "\t",   "\xc2\xa0", SEVENTY("a"), SEVENTY("x"), "x",        "B"};
    const blob *blobs[] = {&small, &other, &spaced, &lengthy};
    for (int which = 0; which < 4; which++) {
        fixture f = open_blob(blobs[which]);
        size_t mark = bl_arena_mark(&f.arena);
        for (int i = 0; i < 3000; i++) {
            char text[4096];
            size_t bytes = 0;
            for (uint32_t k = next_random() % 40; k > 0; k--) {
                const char *piece = pieces[next_random() % COUNT(pieces)];
                memcpy(text + bytes, piece, strlen(piece));
                bytes += strlen(piece);
            }
            bl_encoding e;
            CHECK_EQUAL(encode(&f, text, bytes, i % 2 ? "ab" : NULL, (bl_encode_batch){0}, &e),
                        BL_OK);
            for (uint32_t t = 0; t < e.token_count; t++) {
                CHECK(e.offsets[2 * t] < e.offsets[2 * t + 1]);
                CHECK(e.offsets[2 * t + 1] <= bytes + 2);
            }
            bl_arena_reset(&f.arena, mark);
        }
        close_fixture(&f);
    }
}

int main(void) {
    make_blobs();
    test_words();
    test_added();
    test_shared_texts();
    test_few_words();
    test_long_tokens();
    test_windows();
    test_combinations();
    test_refused_options();
    test_batch();
    test_texts_of_ids();
    test_any_bytes();
    return check_result();
}
