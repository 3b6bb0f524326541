#include "chars.h"

#include <string.h>

#include "utf8.h"

bl_status bl_chars_reserve(bl_arena *arena, bl_chars *chars, size_t capacity) {
    if (capacity <= chars->capacity)
        return BL_OK;
    size_t grown = chars->capacity < 128 ? 256 : 2 * chars->capacity;
    if (grown < capacity)
        grown = capacity;
    bl_char *items = bl_arena_alloc_array(arena, grown, sizeof *items);
    if (!items)
        return BL_OUT_OF_MEMORY;
    if (chars->count > 0)
        memcpy(items, chars->items, chars->count * sizeof *items);
    chars->items = items;
    chars->capacity = grown;
    return BL_OK;
}

size_t bl_chars_write_utf8(const bl_char *chars, size_t count, uint8_t *out) {
    size_t written = 0;
    for (size_t i = 0; i < count; i++)
        written += bl_utf8_write(chars[i].code, out + written);
    return written;
}

bl_status bl_chars_append_utf8(bl_arena *arena, bl_chars *chars, const uint8_t *text, size_t bytes,
                               uint32_t begin) {
    if (bytes == 0) /* there may be no array yet */
        return BL_OK;
    bl_status status = bl_chars_reserve(arena, chars, chars->count + bytes);
    if (status != BL_OK)
        return status;
    bl_char *items = chars->items;
    size_t count = chars->count; /* the difference of pointers would be signed */
    for (size_t i = 0; i < bytes; count++) {
        uint32_t code = bl_utf8_next(text, bytes, &i);
        uint32_t astral = code >= 0x10000;
        items[count] = (bl_char){code, begin << 1 | astral};
        begin += 1 + astral;
    }
    chars->count = count;
    return BL_OK;
}

static void swap(bl_chars *a, bl_chars *b) {
    bl_chars other = *a;
    *a = *b;
    *b = other;
}

bl_status bl_chars_lower(bl_arena *arena, bl_chars *chars, bl_chars *spare) {
    size_t i = 0;
    uint32_t lowered[BL_UNICODE_LOWER_MAX];
    /* In place, until one character becomes two. */
    for (; i < chars->count; i++) {
        uint32_t code = chars->items[i].code;
        if (!(bl_unicode_class_of(code)->flags & BL_UNICODE_LOWER))
            continue;
        if (bl_unicode_lower(code, lowered) > 1)
            break;
        chars->items[i].code = lowered[0];
    }
    if (i == chars->count)
        return BL_OK;
    size_t most = chars->count + (chars->count - i) * (BL_UNICODE_LOWER_MAX - 1);
    spare->count = 0;
    bl_status status = bl_chars_reserve(arena, spare, most);
    if (status != BL_OK)
        return status;
    memcpy(spare->items, chars->items, i * sizeof *spare->items);
    size_t kept = i;
    for (; i < chars->count; i++) {
        bl_char c = chars->items[i];
        lowered[0] = c.code;
        uint32_t count = 1;
        if (bl_unicode_class_of(c.code)->flags & BL_UNICODE_LOWER)
            count = bl_unicode_lower(c.code, lowered);
        for (uint32_t k = 0; k < count; k++)
            spare->items[kept++] = (bl_char){lowered[k], c.at};
    }
    spare->count = kept;
    swap(chars, spare);
    return BL_OK;
}

/* While a normal form is made, `at` says which characters of the input this one stands for. 0:
 * the next one. 1: none, it was added behind the one before it. -n: the next one and n more. */
static int32_t change_of(bl_char c) {
    return (int32_t)c.at;
}

static uint32_t combining(uint32_t code) {
    return bl_unicode_class_of(code)->combining;
}

/* Sorts marks by combining class, equal ones stay in order. Few: by insertion; many
 * (hostile text): by counting, so that time stays linear. */
static bl_status sort_marks(bl_arena *arena, bl_char *marks, size_t count) {
    if (count < 2)
        return BL_OK;
    if (count <= 32) {
        for (size_t i = 1; i < count; i++) {
            bl_char mark = marks[i];
            uint32_t class = combining(mark.code);
            size_t k = i;
            for (; k > 0 && combining(marks[k - 1].code) > class; k--)
                marks[k] = marks[k - 1];
            marks[k] = mark;
        }
        return BL_OK;
    }
    size_t before = bl_arena_mark(arena);
    bl_char *sorted = bl_arena_alloc_array(arena, count, sizeof *sorted);
    if (!sorted)
        return BL_OUT_OF_MEMORY;
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++)
        starts[combining(marks[i].code) + 1]++;
    for (size_t class = 0; class < 256; class ++)
        starts[class + 1] += starts[class];
    for (size_t i = 0; i < count; i++)
        sorted[starts[combining(marks[i].code)]++] = marks[i];
    memcpy(marks, sorted, count * sizeof *marks);
    bl_arena_reset(arena, before);
    return BL_OK;
}

/* Decomposes into `out`; the last `out->count - pending` characters are marks in the
 * order of the text until a character of class 0 ends the run. */
static bl_status decompose(bl_arena *arena, const bl_chars *in, bl_chars *out,
                           uint32_t compatibility) {
    size_t pending = 0;
    uint32_t parts[BL_UNICODE_DECOMPOSE_MAX];
    out->count = 0;
    for (size_t i = 0; i < in->count; i++) {
        uint32_t count = 1;
        parts[0] = in->items[i].code;
        if (parts[0] >= 0x80)
            count = bl_unicode_decompose(parts[0], compatibility, parts);
        if (out->count + count > out->capacity &&
            bl_chars_reserve(arena, out, out->count + count) != BL_OK)
            return BL_OUT_OF_MEMORY;
        for (uint32_t k = 0; k < count; k++) {
            if (parts[k] < 0x80 || combining(parts[k]) == 0) {
                if (sort_marks(arena, out->items + pending, out->count - pending) != BL_OK)
                    return BL_OUT_OF_MEMORY;
                pending = out->count + 1;
            }
            out->items[out->count++] = (bl_char){parts[k], k > 0};
        }
    }
    if (out->count > pending)
        return sort_marks(arena, out->items + pending, out->count - pending);
    return BL_OK;
}

/* Composes in place (Unicode Standard, section 3.11). A composite counts as what its
 * parts counted together, one less for the part that is gone. */
static void compose(bl_chars *chars) {
    bl_char *items = chars->items;
    size_t count = 0;
    size_t starter = SIZE_MAX; /* where the last character of class 0 stands */
    uint32_t last = 0;         /* class of the last mark kept behind it; 0: none */
    for (size_t i = 0; i < chars->count; i++) {
        bl_char c = items[i];
        uint32_t class = combining(c.code);
        if (starter != SIZE_MAX && (last == 0 || last < class)) {
            uint32_t composite = bl_unicode_compose(items[starter].code, c.code);
            if (composite) {
                int32_t change = change_of(items[starter]) + change_of(c) - 1;
                items[starter] = (bl_char){composite, (uint32_t)change};
                continue;
            }
        }
        if (class == 0) {
            starter = count;
            last = 0;
        } else if (starter != SIZE_MAX) {
            last = class;
        }
        items[count++] = c;
    }
    chars->count = count;
}

/* Whether a character changes, moves, or may be composed with the one before it. */
static uint32_t may_change(uint32_t code, uint32_t flags_that_change) {
    if (code < 0x80)
        return 0;
    const bl_unicode_class *class = bl_unicode_class_of(code);
    return (class->flags & flags_that_change) || class->combining || bl_unicode_is_hangul(code);
}

bl_status bl_chars_normalize(bl_arena *arena, bl_chars *chars, bl_chars *spare,
                             bl_normal_form form) {
    uint32_t compatibility = form == BL_NFKD || form == BL_NFKC;
    uint32_t flags = BL_UNICODE_CANONICAL | (compatibility ? BL_UNICODE_COMPATIBILITY : 0);
    size_t same = 0;
    if (form == BL_NFD || form == BL_NFKD)
        while (same < chars->count && !may_change(chars->items[same].code, flags))
            same++;
    if (same == chars->count)
        return BL_OK;
    bl_status status = decompose(arena, chars, spare, compatibility);
    if (status != BL_OK)
        return status;
    if (form == BL_NFC || form == BL_NFKC)
        compose(spare);
    size_t next = 0; /* the first character of the input that is not consumed */
    for (size_t i = 0; i < spare->count; i++) {
        int32_t change = change_of(spare->items[i]);
        size_t source = change > 0 && next > 0 ? next - 1 : next;
        if (source >= chars->count)
            source = chars->count - 1;
        spare->items[i].at = chars->items[source].at;
        if (change <= 0)
            next += 1 + (size_t)-change;
    }
    swap(chars, spare);
    return BL_OK;
}
