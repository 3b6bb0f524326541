/* Texts of tokens that aren't their id's own: of added tokens that took spaces along, and of
 * a template that names a token otherwise. */
#include <string.h>

#include "../unicode/utf8.h"
#include "internal.h"

/* Keeps the text of a match, which is that of the next of scan->tokens. */
static bl_status keep_text(bl_scan *scan, bl_added_search *search, const bl_added_match *match) {
    size_t bytes = match->end - match->begin;
    size_t used = scan->surface_byte_count;
    bl_surface *surfaces =
        bl_grow(scan->arena, scan->surfaces, sizeof *surfaces, scan->surface_count,
                scan->surface_count + 1, &scan->surface_capacity);
    if (!surfaces)
        return BL_OUT_OF_MEMORY;
    scan->surfaces = surfaces;
    if (match->end != search->kept_end || match->begin < search->kept_begin) {
        if (bl_bytes_reserve(scan->arena, &scan->surface_bytes, used, used + bytes) != BL_OK)
            return BL_OUT_OF_MEMORY;
        memcpy(scan->surface_bytes.items + used, search->text + match->begin, bytes);
        scan->surface_byte_count = used + bytes;
        search->kept = (bl_surface){0, used, used + bytes, scan->surface_units, 0};
        scan->surface_units += bl_utf16_units(search->text + match->begin, bytes);
        search->kept.last_unit = scan->surface_units;
        search->kept_end = match->end;
    } else {
        size_t skipped = match->begin - search->kept_begin;
        search->kept.begin += skipped;
        search->kept.first_unit += bl_utf16_units(search->text + search->kept_begin, skipped);
    }
    search->kept_begin = match->begin;
    search->kept.token = scan->tokens.count;
    scan->surfaces[scan->surface_count++] = search->kept;
    return BL_OK;
}

bl_status bl_append_added(bl_scan *scan, bl_added_search *search, const bl_added_match *match,
                          uint32_t begin, uint32_t end) {
    if (bl_tokens_reserve(scan->arena, &scan->tokens, 1) != BL_OK)
        return BL_OUT_OF_MEMORY;
    bl_text own = match->token->pattern;
    size_t bytes = match->end - match->begin;
    if ((bytes != own.length || memcmp(search->text + match->begin, own.bytes, bytes) != 0) &&
        keep_text(scan, search, match) != BL_OK)
        return BL_OUT_OF_MEMORY;
    scan->tokens.items[scan->tokens.count++] = (bl_token){match->token->id, begin, end};
    return BL_OK;
}

int32_t bl_surface_of(const bl_scan *scan, size_t token) {
    size_t low = 0;
    size_t high = scan->surface_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scan->surfaces[middle].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan->surface_count && scan->surfaces[low].token == token ? (int32_t)low : -1;
}

bl_status bl_surfaces_write(const bl_scan *scan, bl_encoding *encoding) {
    const bl_tokenizer *tokenizer = scan->tokenizer;
    size_t own_count = tokenizer->surface_count;
    size_t bytes = scan->surface_byte_count;
    for (size_t i = 0; i < own_count; i++)
        bytes += tokenizer->surfaces[i].length;
    uint32_t *ranges =
        bl_arena_alloc_array(scan->arena, own_count + scan->surface_count, 2 * sizeof *ranges);
    uint8_t *out = bl_arena_alloc(scan->arena, bytes);
    if (!ranges || !out)
        return BL_OUT_OF_MEMORY;
    size_t at = 0;
    size_t unit = 0;
    for (size_t i = 0; i < own_count; i++) {
        bl_text text = tokenizer->surfaces[i];
        ranges[2 * i] = (uint32_t)unit;
        unit += bl_utf16_units(text.bytes, text.length);
        ranges[2 * i + 1] = (uint32_t)unit;
        memcpy(out + at, text.bytes, text.length);
        at += text.length;
    }
    if (scan->surface_byte_count > 0)
        memcpy(out + at, scan->surface_bytes.items, scan->surface_byte_count);
    for (size_t i = 0; i < scan->surface_count; i++) {
        ranges[2 * (own_count + i)] = (uint32_t)(unit + scan->surfaces[i].first_unit);
        ranges[2 * (own_count + i) + 1] = (uint32_t)(unit + scan->surfaces[i].last_unit);
    }
    encoding->surface_ranges = ranges;
    encoding->surface_bytes = out;
    encoding->surface_byte_count = (uint32_t)bytes;
    return BL_OK;
}
