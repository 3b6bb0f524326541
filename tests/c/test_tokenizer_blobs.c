/* Blobs that are damaged or contradict themselves, and too little memory: a status, and nothing
 * is read or written that isn't there. */
#include "tokenizer_fixture.h"

static void use(fixture *f) {
    bl_encoding e;
    bl_text text;
    const char *words = "Hello ab unaffable [MASK] \xe6\x97\xa5 New \xc3\x89 internationalization";
    bl_encode_batch input = {.add_special_tokens = 1,
                             .truncation = BL_TRUNCATION_LONGEST_FIRST,
                             .max_length = 9,
                             .windows = 1};
    bl_status status = encode(f, words, strlen(words), "a b", input, &e);
    CHECK(status == BL_OK || status == BL_OUT_OF_MEMORY || status == BL_BAD_MODEL);
    if (status == BL_OK)
        bl_tokenizer_decode(&f->arena, f->tokenizer, e.ids, e.token_count, 1, &text);
    static const char spaces_and_marks[] = "a                    \t\xc2\xa0 \xc2\xa0  e\xcc\x81 b";
    uint32_t ends[] = {4, 9, sizeof spaces_and_marks - 1, BL_NO_PAIR};
    bl_encode_batch batch = {.texts = (const uint8_t *)spaces_and_marks,
                             .text_bytes = sizeof spaces_and_marks - 1,
                             .ends = ends,
                             .input_count = 2};
    status = bl_tokenizer_encode_batch(&f->arena, f->tokenizer, &batch, &e);
    CHECK(status == BL_OK || status == BL_OUT_OF_MEMORY || status == BL_BAD_MODEL);
}

/* Where the numbers of put_bert stand. */
enum {
    AT_VOCABULARY = 0,
    AT_IDS = 1,
    AT_OPERATIONS = 3 + VOCABULARY, /* behind the model and its longest word */
    AT_SPLITS = AT_OPERATIONS + 6,
    AT_PATTERNS = AT_SPLITS + 7,
    AT_DECODER = AT_PATTERNS + 1,
    AT_ADDED = AT_DECODER + 3,
    AT_TEMPLATES = AT_ADDED + 1 + 2 * COUNT(added),
    AT_PAIR = AT_TEMPLATES + 2 + 3 * 3,
};

static bl_status status_of(blob *changed) {
    fixture f;
    changed->length = 0;
    write_blob(changed);
    bl_status status = open_bytes(&f, changed->bytes, changed->length, 2 << 20);
    if (status == BL_OK)
        use(&f);
    close_fixture(&f);
    return status;
}

/* One number that cannot be. */
static void test_wrong_numbers(void) {
    static const struct {
        uint32_t at, value;
        bl_status status;
    } cases[] = {
        {AT_VOCABULARY, VOCABULARY - 1, BL_BAD_MODEL},
        {AT_VOCABULARY, VOCABULARY + 1, BL_BAD_MODEL},
        {AT_VOCABULARY, BL_BLOB_TOKENS_MAX + 1, BL_BAD_MODEL},
        {AT_VOCABULARY, UINT32_MAX, BL_BAD_MODEL},
        {AT_IDS + 7, 6, BL_OK}, /* two of one id */
        {AT_IDS + 7, 5, BL_BAD_MODEL},
        {AT_IDS + 7, UINT32_MAX, BL_BAD_MODEL},
        {AT_OPERATIONS, BL_BLOB_OPS_MAX + 1, BL_BAD_MODEL},
        {AT_OPERATIONS + 1, BL_NORMALIZE_OP_COUNT, BL_BAD_MODEL},
        {AT_OPERATIONS + 5, BL_NORMALIZE_OP_COUNT - 1, BL_OK},
        {AT_SPLITS, BL_BLOB_OPS_MAX + 1, BL_BAD_MODEL},
        {AT_SPLITS + 1, BL_SPLIT_ON_COUNT, BL_BAD_MODEL},
        {AT_SPLITS + 2, BL_SPLIT_HOW_COUNT, BL_BAD_MODEL},
        {AT_SPLITS + 1, BL_SPLIT_ON_PATTERN, BL_BAD_MODEL}, /* and there is none */
        {AT_SPLITS + 1, BL_SPLIT_PREFIX_SPACE, BL_OK},
        {AT_SPLITS + 4, BL_SPLIT_TO_BYTES, BL_OK},
        {AT_PATTERNS, 1, BL_BAD_MODEL},
        {AT_PATTERNS, UINT32_MAX, BL_BAD_MODEL},
        {AT_DECODER, 0, BL_BAD_MODEL},
        {AT_DECODER, 2, BL_BAD_MODEL},
        {AT_DECODER + 1, BL_DECODE_OP_COUNT, BL_BAD_MODEL},
        {AT_DECODER + 1, BL_DECODE_BYTE_LEVEL, BL_OK},
        {AT_ADDED, COUNT(added) - 1, BL_BAD_MODEL},
        {AT_ADDED, COUNT(added) + 1, BL_BAD_MODEL},
        {AT_ADDED, UINT32_MAX, BL_BAD_MODEL},
        {AT_ADDED + 1, INT32_MAX, BL_BAD_MODEL}, /* not ascending */
        {AT_ADDED + 3, 0, BL_BAD_MODEL},         /* one id twice */
        {AT_ADDED + 2, 2 * BL_ADDED_SPECIAL, BL_BAD_MODEL},
        {AT_TEMPLATES + 1, 2, BL_BAD_MODEL},
        {AT_TEMPLATES + 1, BL_BLOB_TEMPLATE_MAX + 1, BL_BAD_MODEL},
        {AT_TEMPLATES + 2, BL_TEMPLATE_KIND_COUNT, BL_BAD_MODEL},
        {AT_TEMPLATES + 3, (uint32_t)INT32_MAX + 1, BL_BAD_MODEL},
        {AT_TEMPLATES + 4, (uint32_t)INT32_MAX + 1, BL_BAD_MODEL},
        {AT_TEMPLATES + 5, BL_TEMPLATE_SECOND, BL_BAD_MODEL}, /* of a single text */
        {AT_PAIR + 4, BL_TEMPLATE_SECOND, BL_OK},
        {AT_PAIR, 6, BL_BAD_MODEL},
    };
    blob *changed = malloc(sizeof *changed);
    for (size_t i = 0; i < COUNT(cases); i++) {
        *changed = small;
        changed->numbers[cases[i].at] = cases[i].value;
        if (!CHECK_EQUAL(status_of(changed), cases[i].status))
            fprintf(stderr, "number %u as %u\n", cases[i].at, cases[i].value);
    }
    free(changed);
}

/* As many numbers and texts as are read, no more and no fewer; whole texts. */
static void test_wrong_counts(void) {
    blob *changed = malloc(sizeof *changed);
    *changed = small;
    CHECK_EQUAL(status_of(changed), BL_OK);
    changed->number_count--;
    CHECK_EQUAL(status_of(changed), BL_BAD_MODEL);
    changed->number_count += 2;
    CHECK_EQUAL(status_of(changed), BL_BAD_MODEL);
    for (uint32_t texts = 0; texts <= small.text_count + 1; texts++) {
        *changed = small;
        changed->texts[small.text_count] = "more";
        changed->text_count = texts;
        CHECK_EQUAL(status_of(changed), (texts == small.text_count ? BL_OK : BL_BAD_MODEL));
    }
    *changed = small;
    changed->texts[5] = "hell\xf0\x9f\x99\x82"; /* counted as one unit, which is two */
    CHECK_EQUAL(status_of(changed), BL_BAD_MODEL);
    for (int32_t more = -1; more <= 1; more++) {
        *changed = small;
        changed->length = 0;
        write_blob(changed);
        changed->bytes[12 + 4 * changed->number_count] += (uint8_t)more; /* units of a text */
        fixture f;
        bl_status status = open_bytes(&f, changed->bytes, changed->length, 2 << 20);
        CHECK_EQUAL(status, (more == 0 ? BL_OK : BL_BAD_MODEL));
        close_fixture(&f);
    }
    free(changed);
}

/* Every length, and every byte changed in three ways. */
static void test_damaged_blobs(void) {
    const blob *blobs[] = {&small, &other};
    for (int which = 0; which < 2; which++) {
        blob copy = *blobs[which];
        fixture f;
        for (size_t length = 0; length < copy.length; length++) {
            CHECK_EQUAL(open_bytes(&f, copy.bytes, length, 2 << 20), BL_BAD_MODEL);
            close_fixture(&f);
        }
        copy.bytes[copy.length] = 0;
        CHECK_EQUAL(open_bytes(&f, copy.bytes, copy.length + 1, 2 << 20), BL_BAD_MODEL);
        close_fixture(&f);
        for (size_t at = 0; at < copy.length; at++) {
            static const uint8_t flips[] = {0x01, 0x80, 0xff};
            for (int i = 0; i < 3; i++) {
                copy.bytes[at] ^= flips[i];
                bl_status status = open_bytes(&f, copy.bytes, copy.length, 2 << 20);
                CHECK(status == BL_OK || status == BL_BAD_MODEL || status == BL_OUT_OF_MEMORY);
                if (status == BL_OK)
                    use(&f);
                close_fixture(&f);
                copy.bytes[at] ^= flips[i];
            }
        }
    }
}

/* Texts of the pool are UTF-8: else a token's offsets could lie beyond the text. */
static void test_malformed_pool(void) {
    static const char *const malformed[] = {"\xf0",     "\xc3",         "x\xc0",           "\xff",
                                            "\xe6\x97", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    static blob broken;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        fixture f;
        added_token token = {20, 0, malformed[i]};
        put_bert(&broken, vocabulary, VOCABULARY, &token, 1);
        CHECK_EQUAL(open_bytes(&f, broken.bytes, broken.length, 2 << 20), BL_BAD_MODEL);
        close_fixture(&f);
    }
    fixture f;
    added_token token = {20, 0, "\xef\xbf\xbd"}; /* U+FFFD itself is no fault */
    put_bert(&broken, vocabulary, VOCABULARY, &token, 1);
    CHECK_EQUAL(open_bytes(&f, broken.bytes, broken.length, 2 << 20), BL_OK);
    close_fixture(&f);
}

/* A model that this build doesn't know: its number stands behind the vocabulary. */
static void test_unknown_model(void) {
    blob copy = small;
    size_t at = 3 * 4 + 4 * (1 + VOCABULARY);
    CHECK_EQUAL(copy.bytes[at], BL_PIECES_WORDPIECE);
    copy.bytes[at] = BL_PIECES_KIND_COUNT;
    fixture f;
    CHECK_EQUAL(open_bytes(&f, copy.bytes, copy.length, CAPACITY), BL_BAD_MODEL);
    close_fixture(&f);
}

/* Whatever the arena holds, a call works or says that memory is short. */
static void test_little_memory(void) {
    const blob *blobs[] = {&other, &spaced, &bare, &lengthy};
    for (int which = 0; which < 4; which++) {
        const blob *blob = blobs[which];
        fixture f;
        uint32_t opened = 0;
        /* What comes first is small, the caches at the end are not. */
        for (size_t capacity = 64; capacity < 700000; capacity += capacity < 20000 ? 64 : 4096) {
            bl_status status = open_bytes(&f, blob->bytes, blob->length, capacity);
            CHECK(status == BL_OK || status == BL_OUT_OF_MEMORY);
            if (status == BL_OK) {
                opened++;
                use(&f);
            }
            close_fixture(&f);
        }
        CHECK(opened > 0);
        CHECK_EQUAL(open_bytes(&f, blob->bytes, blob->length, CAPACITY), BL_OK);
        size_t top = f.arena.top;
        for (size_t extra = 0; extra < 40000; extra += 64) {
            bl_arena_reset(&f.arena, top);
            f.arena.capacity = top + extra;
            use(&f);
        }
        close_fixture(&f);
    }
}

int main(void) {
    make_blobs();
    test_wrong_numbers();
    test_wrong_counts();
    test_malformed_pool();
    test_damaged_blobs();
    test_little_memory();
    test_unknown_model();
    return check_result();
}
