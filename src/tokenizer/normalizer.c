#include "../unicode/utf8.h"
#include "byte_chars.h"
#include "internal.h"

static uint32_t flags_of(uint32_t code) {
    return bl_unicode_class_of(code)->flags;
}

static void remove_flagged(bl_chars *chars, uint32_t flag) {
    size_t kept = 0;
    for (size_t i = 0; i < chars->count; i++)
        if (!(flags_of(chars->items[i].code) & flag))
            chars->items[kept++] = chars->items[i];
    chars->count = kept;
}

/* BERT's clean_text: control characters go, white space becomes a space. */
static void clean(bl_chars *chars) {
    size_t kept = 0;
    for (size_t i = 0; i < chars->count; i++) {
        bl_char c = chars->items[i];
        uint32_t flags = flags_of(c.code);
        if (flags & BL_UNICODE_CONTROL)
            continue;
        if (flags & BL_UNICODE_WHITESPACE)
            c.code = ' ';
        chars->items[kept++] = c;
    }
    chars->count = kept;
}

/* BERT's handle_chinese_chars: a space on both sides, which belongs to the ideograph. */
static bl_status space_ideographs(bl_arena *arena, bl_chars *chars) {
    size_t ideographs = 0;
    for (size_t i = 0; i < chars->count; i++)
        ideographs += (flags_of(chars->items[i].code) & BL_UNICODE_IDEOGRAPH) != 0;
    if (ideographs == 0)
        return BL_OK;
    size_t count = chars->count + 2 * ideographs;
    if (bl_chars_reserve(arena, chars, count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_char *out = chars->items + count;
    for (size_t i = chars->count; i-- > 0;) {
        bl_char c = chars->items[i];
        if (flags_of(c.code) & BL_UNICODE_IDEOGRAPH) {
            *--out = (bl_char){' ', c.at};
            *--out = c;
            *--out = (bl_char){' ', c.at};
        } else {
            *--out = c;
        }
    }
    chars->count = count;
    return BL_OK;
}

/* Each byte of a character is aligned with all of it. */
static bl_status to_bytes(bl_arena *arena, bl_chars *chars, bl_chars *spare) {
    size_t count = 0;
    for (size_t i = 0; i < chars->count; i++)
        count += bl_utf8_length(chars->items[i].code);
    if (bl_chars_reserve(arena, spare, count) != BL_OK)
        return BL_OUT_OF_MEMORY;
    spare->count = 0;
    for (size_t i = 0; i < chars->count; i++) {
        uint8_t bytes[4];
        uint32_t length = bl_utf8_write(chars->items[i].code, bytes);
        for (uint32_t k = 0; k < length; k++)
            spare->items[spare->count++] = (bl_char){bl_byte_to_char(bytes[k]), chars->items[i].at};
    }
    bl_chars other = *chars;
    *chars = *spare;
    *spare = other;
    return BL_OK;
}

static void trim(bl_chars *chars, uint32_t left) {
    size_t begin = 0;
    size_t end = chars->count;
    if (left)
        while (begin < end && (flags_of(chars->items[begin].code) & BL_UNICODE_WHITESPACE))
            begin++;
    else
        while (end > begin && (flags_of(chars->items[end - 1].code) & BL_UNICODE_WHITESPACE))
            end--;
    for (size_t i = begin; begin > 0 && i < end; i++)
        chars->items[i - begin] = chars->items[i];
    chars->count = end - begin;
}

bl_status bl_normalize(const bl_tokenizer *tokenizer, bl_arena *arena, bl_chars *chars,
                       bl_chars *spare) {
    bl_status status = BL_OK;
    for (uint32_t i = 0; i < tokenizer->normalize_count && chars->count > 0; i++) {
        uint32_t op = tokenizer->normalize[i];
        switch (op) {
        case BL_NORMALIZE_CLEAN:
            clean(chars);
            break;
        case BL_NORMALIZE_IDEOGRAPHS:
            status = space_ideographs(arena, chars);
            break;
        case BL_NORMALIZE_STRIP_ACCENTS:
            remove_flagged(chars, BL_UNICODE_NONSPACING);
            break;
        case BL_NORMALIZE_STRIP_MARKS:
            remove_flagged(chars, BL_UNICODE_MARK);
            break;
        case BL_NORMALIZE_LOWER:
            status = bl_chars_lower(arena, chars, spare);
            break;
        case BL_NORMALIZE_TRIM_LEFT:
        case BL_NORMALIZE_TRIM_RIGHT:
            trim(chars, op == BL_NORMALIZE_TRIM_LEFT);
            break;
        case BL_NORMALIZE_TO_BYTES:
            status = to_bytes(arena, chars, spare);
            break;
        default:
            status = bl_chars_normalize(arena, chars, spare, (bl_normal_form)op);
            break;
        }
        if (status != BL_OK)
            return status;
    }
    return BL_OK;
}
