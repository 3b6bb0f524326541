#include <string.h>

#include "internal.h"

/* Spaces that tokenisation put in, as the WordPiece decoder takes them out again, in
 * this order. No replacement is longer than what it replaces. */
static const char *const clean_ups[][2] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

/* `from` begins with a space. */
static size_t replace_all(uint8_t *text, size_t bytes, const char *from, const char *to) {
    size_t from_bytes = strlen(from);
    size_t to_bytes = strlen(to);
    size_t written = 0;
    for (size_t at = 0; at < bytes;) {
        const uint8_t *space = memchr(text + at, ' ', bytes - at);
        size_t plain = space ? (size_t)(space - text) - at : bytes - at;
        if (written < at)
            memmove(text + written, text + at, plain);
        at += plain;
        written += plain;
        if (from_bytes <= bytes - at && memcmp(text + at, from, from_bytes) == 0) {
            memcpy(text + written, to, to_bytes);
            written += to_bytes;
            at += from_bytes;
        } else if (at < bytes) {
            text[written++] = text[at++];
        }
    }
    return written;
}

static size_t clean_up(uint8_t *text, size_t bytes) {
    if (!memchr(text, ' ', bytes))
        return bytes;
    for (size_t i = 0; i < sizeof clean_ups / sizeof clean_ups[0]; i++)
        bytes = replace_all(text, bytes, clean_ups[i][0], clean_ups[i][1]);
    return bytes;
}

static uint32_t shown(const bl_tokenizer *tokenizer, int32_t id, uint32_t skip_special_tokens,
                      bl_text *text) {
    if (bl_tokenizer_id_to_token(tokenizer, id, text) != BL_OK)
        return 0;
    const bl_added *added = bl_vocab_added(&tokenizer->vocab, id);
    return !(skip_special_tokens && added && added->hidden);
}

bl_status bl_tokenizer_decode(bl_arena *arena, const bl_tokenizer *tokenizer, const int32_t *ids,
                              size_t count, uint32_t skip_special_tokens, bl_text *text) {
    bl_text *tokens = bl_arena_alloc_array(arena, count, sizeof(bl_text));
    if (!tokens)
        return BL_OUT_OF_MEMORY;
    size_t shown_count = 0;
    for (size_t i = 0; i < count; i++)
        shown_count += shown(tokenizer, ids[i], skip_special_tokens, &tokens[shown_count]);
    return bl_tokenizer_join(arena, tokenizer, tokens, shown_count, text);
}

bl_status bl_tokenizer_join(bl_arena *arena, const bl_tokenizer *tokenizer, const bl_text *tokens,
                            size_t count, bl_text *text) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(bytes, tokens[i].length + 1, &bytes))
            return BL_OUT_OF_MEMORY;
    uint8_t *out = bl_arena_alloc(arena, bytes);
    if (!out)
        return BL_OUT_OF_MEMORY;
    uint32_t wordpiece = tokenizer->decoder == BL_DECODER_WORDPIECE;
    bl_text prefix = tokenizer->decoder_prefix;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        bl_text token = tokens[i];
        size_t begin = written;
        uint32_t joined = wordpiece && token.length >= prefix.length &&
                          memcmp(token.bytes, prefix.bytes, prefix.length) == 0;
        if (i > 0 && joined) {
            token.bytes += prefix.length;
            token.length -= prefix.length;
        } else if (i > 0) {
            out[written++] = ' ';
        }
        memcpy(out + written, token.bytes, token.length);
        written += token.length;
        if (wordpiece && tokenizer->clean_up)
            written = begin + clean_up(out + begin, written - begin);
    }
    *text = (bl_text){out, written};
    return BL_OK;
}
