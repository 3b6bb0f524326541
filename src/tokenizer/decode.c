#include <string.h>

#include "internal.h"

/* Spaces that tokenisation put in, as the WordPiece decoder takes them out again, in
 * this order. No replacement is longer than what it replaces. */
static const char *const clean_ups[][2] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

static size_t replace_all(uint8_t *text, size_t bytes, const char *from, const char *to) {
    size_t from_bytes = strlen(from);
    size_t to_bytes = strlen(to);
    size_t written = 0;
    for (size_t at = 0; at < bytes;) {
        if (from_bytes <= bytes - at && memcmp(text + at, from, from_bytes) == 0) {
            memcpy(text + written, to, to_bytes);
            written += to_bytes;
            at += from_bytes;
        } else {
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
    size_t bytes = 0;
    bl_text token;
    for (size_t i = 0; i < count; i++)
        if (shown(tokenizer, ids[i], skip_special_tokens, &token))
            bytes += token.length + 1;
    uint8_t *out = bl_arena_alloc(arena, bytes);
    if (!out)
        return BL_OUT_OF_MEMORY;
    uint32_t wordpiece = tokenizer->decoder == BL_DECODER_WORDPIECE;
    bl_text prefix = tokenizer->decoder_prefix;
    uint32_t first = 1;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        if (!shown(tokenizer, ids[i], skip_special_tokens, &token))
            continue;
        size_t begin = written;
        uint32_t joined = wordpiece && token.length >= prefix.length &&
                          memcmp(token.bytes, prefix.bytes, prefix.length) == 0;
        if (!first && joined) {
            token.bytes += prefix.length;
            token.length -= prefix.length;
        } else if (!first) {
            out[written++] = ' ';
        }
        memcpy(out + written, token.bytes, token.length);
        written += token.length;
        if (wordpiece && tokenizer->clean_up)
            written = begin + clean_up(out + begin, written - begin);
        first = 0;
    }
    *text = (bl_text){out, written};
    return BL_OK;
}
