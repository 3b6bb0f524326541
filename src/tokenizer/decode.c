/* Ids and texts of tokens to one text: the decoder's steps, each of which makes other texts of
 * the tokens' ones, and in the end all of them together. */
#include <string.h>

#include "../unicode/utf8.h"
#include "byte_chars.h"
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

/* The texts at hand, and where the next step writes. */
typedef struct texts {
    bl_text *items;
    size_t count;
    uint8_t *out;
    size_t written;
} texts;

static void write(texts *texts, const uint8_t *bytes, size_t count) {
    if (count > 0)
        memcpy(texts->out + texts->written, bytes, count);
    texts->written += count;
}

/* A token's text is what was written from `begin` on. */
static void end_text(texts *texts, size_t token, size_t begin) {
    texts->items[token] = (bl_text){texts->out + begin, texts->written - begin};
}

static uint32_t starts_with(bl_text text, bl_text prefix) {
    return text.length >= prefix.length && memcmp(text.bytes, prefix.bytes, prefix.length) == 0;
}

static void put_spaces(texts *texts, const bl_decode_step *step) {
    uint32_t wordpiece = step->op == BL_DECODE_WORDPIECE;
    for (size_t i = 0; i < texts->count; i++) {
        bl_text token = texts->items[i];
        size_t begin = texts->written;
        if (i > 0 && wordpiece && starts_with(token, step->text)) {
            token.bytes += step->text.length;
            token.length -= step->text.length;
        } else if (i > 0) {
            texts->out[texts->written++] = ' ';
        }
        write(texts, token.bytes, token.length);
        if (step->clean_up)
            texts->written = begin + clean_up(texts->out + begin, texts->written - begin);
        end_text(texts, i, begin);
    }
}

static void replace_suffix(texts *texts, const bl_decode_step *step) {
    bl_text suffix = step->text;
    for (size_t i = 0; i < texts->count; i++) {
        bl_text token = texts->items[i];
        size_t begin = texts->written;
        while (token.length > 0) {
            uint32_t found = suffix.length > 0 && starts_with(token, suffix);
            size_t taken = found ? suffix.length : 1;
            if (!found)
                texts->out[texts->written++] = token.bytes[0];
            else if (i + 1 < texts->count)
                texts->out[texts->written++] = ' ';
            token.bytes += taken;
            token.length -= taken;
        }
        end_text(texts, i, begin);
    }
}

/* The bytes that a token's characters stand for, or its own where one stands for none. */
static size_t bytes_of_token(bl_text token, uint8_t *out) {
    size_t count = 0;
    for (size_t at = 0; at < token.length;) {
        int32_t byte = bl_char_to_byte(bl_utf8_next(token.bytes, token.length, &at));
        if (byte < 0) {
            memcpy(out, token.bytes, token.length);
            return token.length;
        }
        out[count++] = (uint8_t)byte;
    }
    return count;
}

/* How many bytes at `at` are well-formed UTF-8 or, `*valid` 0, the beginning of it that becomes
 * one U+FFFD, as the Unicode standard advises. */
static size_t utf8_part(const uint8_t *text, size_t bytes, size_t at, uint32_t *valid) {
    size_t next = at;
    uint32_t code = bl_utf8_next(text, bytes, &next);
    *valid = code != BL_REPLACEMENT || next != at + 1;
    if (*valid)
        return next - at;
    uint8_t first = text[at];
    size_t left = bytes - at;
    if (first < 0xE0 || first > 0xF4 || left < 2)
        return 1;
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[at + 1] < low || text[at + 1] > high)
        return 1;
    return first >= 0xF0 && left > 2 && (text[at + 2] & 0xC0) == 0x80 ? 3 : 2;
}

/* All tokens become one. Their bytes may take three times as many where they are no UTF-8. */
static bl_status to_bytes(bl_arena *arena, texts *texts, size_t room) {
    uint8_t *bytes = bl_arena_alloc(arena, room);
    if (!bytes)
        return BL_OUT_OF_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < texts->count; i++)
        count += bytes_of_token(texts->items[i], bytes + count);
    for (size_t at = 0; at < count;) {
        uint32_t valid;
        size_t part = utf8_part(bytes, count, at, &valid);
        if (valid)
            write(texts, bytes + at, part);
        else
            texts->written += bl_utf8_write(BL_REPLACEMENT, texts->out + texts->written);
        at += part;
    }
    texts->count = 1;
    end_text(texts, 0, 0);
    return BL_OK;
}

static bl_status take_step(bl_arena *arena, texts *texts, const bl_decode_step *step) {
    size_t bytes = 0; /* and one more for each token */
    for (size_t i = 0; i < texts->count; i++)
        if (__builtin_add_overflow(bytes, texts->items[i].length + 1, &bytes))
            return BL_OUT_OF_MEMORY;
    size_t room;
    uint32_t growth = step->op == BL_DECODE_BYTE_LEVEL ? 3 : 1;
    if (__builtin_mul_overflow(bytes, growth, &room))
        return BL_OUT_OF_MEMORY;
    texts->out = bl_arena_alloc(arena, room);
    texts->written = 0;
    if (!texts->out)
        return BL_OUT_OF_MEMORY;
    switch ((bl_decode_op)step->op) {
    case BL_DECODE_SPACES:
    case BL_DECODE_WORDPIECE:
        put_spaces(texts, step);
        break;
    case BL_DECODE_BYTE_LEVEL:
        return texts->count > 0 ? to_bytes(arena, texts, bytes) : BL_OK;
    case BL_DECODE_SUFFIX:
        replace_suffix(texts, step);
        break;
    case BL_DECODE_OP_COUNT:
        break;
    }
    return BL_OK;
}

bl_status bl_tokenizer_join(bl_arena *arena, const bl_tokenizer *tokenizer, const bl_text *tokens,
                            size_t count, bl_text *text) {
    texts texts = {bl_arena_alloc_array(arena, count, sizeof *texts.items), count, NULL, 0};
    if (!texts.items)
        return BL_OUT_OF_MEMORY;
    memcpy(texts.items, tokens, count * sizeof *tokens);
    for (uint32_t i = 0; i < tokenizer->decode_count; i++) {
        bl_status status = take_step(arena, &texts, &tokenizer->decode[i]);
        if (status != BL_OK)
            return status;
    }
    /* Now the last step's texts stand end to end. */
    *text = (bl_text){texts.out, texts.written};
    return BL_OK;
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
