/* Where words start and which characters are gone, by hand; characters and marks in buffers
 * that end where they end. */
#include <stdlib.h>
#include <string.h>

#include "../../src/tokenizer/internal.h"
#include "check.h"

static const bl_split_op white = {BL_SPLIT_ON_WHITESPACE, BL_SPLIT_REMOVED, 0, NULL};

/* Marks as text: S a word starts here, _ the character is gone, . neither. */
static void check_split(const bl_split_op *ops, uint32_t count, const char *text,
                        const char *expected) {
    size_t length = strlen(text);
    static uint8_t memory[1 << 16];
    bl_arena arena;
    bl_arena_init(&arena, memory, sizeof memory, NULL);
    bl_tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    bl_char *chars = malloc(length ? length * sizeof *chars : 1);
    uint8_t *marks = malloc(length ? length : 1);
    memset(marks, 0xff, length ? length : 1);
    bl_scan scan = {.arena = &arena, .tokenizer = tokenizer, .marks = {marks, length}};
    tokenizer->split_count = count;
    memcpy(tokenizer->split, ops, count * sizeof *ops);
    for (size_t i = 0; i < length; i++)
        chars[i] = (bl_char){(uint8_t)text[i], (uint32_t)i << 1};
    const bl_char *split = chars;
    size_t count_after = length;
    CHECK(bl_split(&scan, &split, &count_after) == BL_OK && count_after == length);
    char got[64] = {0};
    for (size_t i = 0; i < length; i++)
        got[i] = marks[i] == 0               ? '.'
                 : marks[i] == BL_MARK_GONE  ? '_'
                 : marks[i] == BL_MARK_START ? 'S'
                                             : '?';
    if (!CHECK(strcmp(got, expected) == 0))
        fprintf(stderr, "%s: %s, not %s\n", text, got, expected);
    free(tokenizer);
    free(chars);
    free(marks);
}

/* A first character needs no mark: a word starts there anyway, as it does behind one that is
 * gone. */
static void test_hows(void) {
    static const char *const expected[][3] = {
        /* a--b    -a-     a-b */
        {".__.", "_._", "._."}, {".SSS", ".SS", ".SS"}, {".S.S", ".SS", ".SS"},
        {"..SS", ".S.", "..S"}, {".SS.", "..S", ".S."},
    };
    for (uint32_t how = 0; how < BL_SPLIT_HOW_COUNT; how++) {
        bl_split_op dash = {BL_SPLIT_ON_CHARACTER, how, '-', NULL};
        check_split(&dash, 1, "a--b", expected[how][0]);
        check_split(&dash, 1, "-a-", expected[how][1]);
        check_split(&dash, 1, "a-b", expected[how][2]);
        check_split(&dash, 1, "", "");
        check_split(&dash, 1, "-", how == BL_SPLIT_REMOVED ? "_" : ".");
    }
}

static void test_what(void) {
    check_split(&white, 1, " a\tb c ", "_._._._");
    bl_split_op alone = {BL_SPLIT_ON_PUNCTUATION, BL_SPLIT_ISOLATED, 0, NULL};
    check_split(&alone, 1, "a,b!!c", ".SSSSS");
    bl_split_op digits = {BL_SPLIT_ON_NUMERIC, BL_SPLIT_CONTIGUOUS, 0, NULL};
    check_split(&digits, 1, "ab12c3", "..S.SS");
    bl_split_op words = {BL_SPLIT_ON_WORDS, 0, 0, NULL};
    check_split(&words, 1, "ab--c1 _!", "S.S.S._SS");
    check_split(&words, 1, " a", "_S");
}

/* A later step sees the words of the ones before it, and doesn't join them. */
static void test_steps(void) {
    bl_split_op bert[] = {white, {BL_SPLIT_ON_PUNCTUATION, BL_SPLIT_ISOLATED, 0, NULL}};
    check_split(bert, 2, "a, b. c", ".S_.S_.");
    check_split(bert, 2, ", ,", "._.");
    bl_split_op merged[] = {{BL_SPLIT_ON_CHARACTER, BL_SPLIT_ISOLATED, '-', NULL},
                            {BL_SPLIT_ON_CHARACTER, BL_SPLIT_MERGED_WITH_PREVIOUS, '+', NULL}};
    check_split(merged, 2, "a+-+b", "..SSS");
    bl_split_op gone[] = {{BL_SPLIT_ON_CHARACTER, BL_SPLIT_REMOVED, '-', NULL}, white};
    check_split(gone, 2, "- -a", "___.");
    check_split(&white, 0, "a b", "...");
}

int main(void) {
    test_hows();
    test_what();
    test_steps();
    return check_result();
}
