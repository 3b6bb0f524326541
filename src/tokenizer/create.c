/* The blob to a tokenizer. Everything that JavaScript promised is checked again: a
 * damaged blob is BL_BAD_MODEL. */
#include <string.h>

#include "../base/bytes.h"
#include "../unicode/utf8.h"
#include "internal.h"

static bl_text read_text(bl_reader *reader) {
    size_t length = bl_read_u32(reader);
    const uint8_t *bytes = bl_read_bytes(reader, length);
    return (bl_text){bytes, bytes ? length : 0};
}

/* A count of entries that take at least `size` bytes each. */
static uint32_t read_count(bl_reader *reader, uint32_t most, size_t size) {
    uint32_t count = bl_read_u32(reader);
    if (count > most || count > reader->left / size) {
        reader->failed = 1;
        return 0;
    }
    return count;
}

static uint32_t read_below(bl_reader *reader, uint32_t bound) {
    uint32_t value = bl_read_u32(reader);
    if (value >= bound) {
        reader->failed = 1;
        return 0;
    }
    return value;
}

static void read_operations(bl_reader *reader, bl_tokenizer *tokenizer) {
    tokenizer->normalize_count = read_count(reader, BL_BLOB_OPS_MAX, 4);
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++)
        tokenizer->normalize[i] = read_below(reader, BL_NORMALIZE_OP_COUNT);
    tokenizer->split_count = read_count(reader, BL_BLOB_OPS_MAX, 12);
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        uint32_t on = read_below(reader, BL_SPLIT_ON_COUNT);
        uint32_t how = read_below(reader, BL_SPLIT_HOW_COUNT);
        tokenizer->split[i] = (bl_split_op){on, how, bl_read_u32(reader)};
    }
}

/* An id or -1 (`least` -1), or an id only (`least` 0). */
static int32_t read_id(bl_reader *reader, int32_t least) {
    int32_t id = (int32_t)bl_read_u32(reader);
    if (id < least) {
        reader->failed = 1;
        return 0;
    }
    return id;
}

static bl_status read_template(bl_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer,
                               uint32_t pair) {
    bl_template *template = &tokenizer->templates[pair];
    uint32_t count = read_count(reader, BL_BLOB_TEMPLATE_MAX, 16);
    bl_template_piece *pieces = bl_arena_alloc_array(arena, count, sizeof *pieces);
    if (!pieces)
        return BL_OUT_OF_MEMORY;
    template->tokens = 0;
    for (uint32_t i = 0; i < count; i++) {
        bl_template_piece *piece = &pieces[i];
        piece->kind = read_below(reader, BL_TEMPLATE_KIND_COUNT);
        piece->type_id = read_id(reader, 0);
        piece->id = read_id(reader, 0);
        piece->surface = read_id(reader, -1);
        if (piece->surface >= (int32_t)tokenizer->surface_count ||
            (!pair && piece->kind == BL_TEMPLATE_SECOND))
            reader->failed = 1;
        template->tokens += piece->kind == BL_TEMPLATE_TOKEN;
    }
    template->count = count;
    template->pieces = pieces;
    return BL_OK;
}

static bl_status read_added(bl_reader *reader, bl_arena *arena, bl_vocab *vocab) {
    uint32_t count = read_count(reader, BL_BLOB_TOKENS_MAX, 12);
    bl_added *added = bl_arena_alloc_array(arena, count, sizeof *added);
    if (!added)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        int32_t id = read_id(reader, 0);
        uint32_t flags = read_below(reader, 2 * BL_ADDED_SPECIAL);
        bl_text content = read_text(reader);
        if (i > 0 && id <= added[i - 1].id)
            reader->failed = 1;
        added[i] = (bl_added){id, flags, content, content, 0};
    }
    vocab->added_count = count;
    vocab->added = added;
    return BL_OK;
}

static void read_vocabulary(bl_reader *reader, bl_vocab *vocab) {
    uint32_t count = read_count(reader, BL_BLOB_TOKENS_MAX, 8);
    uint32_t pool_bytes = bl_read_u32(reader);
    vocab->ids = bl_read_array(reader, count, 4);
    vocab->ends = bl_read_array(reader, count, 4);
    vocab->pool = bl_read_bytes(reader, pool_bytes);
    if (reader->failed)
        return;
    int32_t last_id = 0;
    uint32_t last_end = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t id = (int32_t)bl_load_u32(vocab->ids + 4 * i);
        uint32_t end = bl_load_u32(vocab->ends + 4 * i);
        if (id < last_id || end < last_end || end > pool_bytes) {
            reader->failed = 1;
            return;
        }
        last_id = id;
        last_end = end;
    }
    vocab->count = count;
}

static bl_status read_blob(bl_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer) {
    bl_vocab *vocab = &tokenizer->vocab;
    if (bl_read_u32(reader) != BL_BLOB_MAGIC || bl_read_u32(reader) != BL_BLOB_VERSION ||
        bl_read_u32(reader) != 1)
        return BL_BAD_MODEL;
    read_operations(reader, tokenizer);
    vocab->max_chars = bl_read_u32(reader);
    vocab->unknown = read_id(reader, -1);
    vocab->prefix = read_text(reader);
    tokenizer->decoder = read_below(reader, BL_DECODER_COUNT);
    tokenizer->clean_up = bl_read_u32(reader);
    tokenizer->decoder_prefix = read_text(reader);
    tokenizer->surface_count = read_count(reader, BL_BLOB_TEMPLATE_MAX, 4);
    bl_text *surfaces = bl_arena_alloc_array(arena, tokenizer->surface_count, sizeof *surfaces);
    if (!surfaces)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < tokenizer->surface_count; i++)
        surfaces[i] = read_text(reader);
    tokenizer->surfaces = surfaces;
    tokenizer->template_flags = bl_read_u32(reader);
    bl_status status = read_template(reader, arena, tokenizer, 0);
    if (status == BL_OK)
        status = read_template(reader, arena, tokenizer, 1);
    if (status == BL_OK)
        status = read_added(reader, arena, vocab);
    if (status != BL_OK)
        return status;
    read_vocabulary(reader, vocab);
    return reader->failed || reader->left > 0 ? BL_BAD_MODEL : BL_OK;
}

/* The content of an added token as normalised text shows it; `out` may be NULL. */
static bl_status normalize_content(bl_arena *arena, const bl_tokenizer *tokenizer, bl_text content,
                                   uint8_t *out, size_t *length) {
    size_t mark = bl_arena_mark(arena);
    bl_chars chars = {0};
    bl_chars spare = {0};
    bl_status status = bl_chars_append_utf8(arena, &chars, content.bytes, content.length, 0);
    if (status == BL_OK)
        status = bl_normalize(tokenizer, arena, &chars, &spare);
    *length = 0;
    for (size_t i = 0; status == BL_OK && i < chars.count; i++) {
        uint32_t code = chars.items[i].code;
        *length += out ? bl_utf8_write(code, out + *length) : bl_utf8_length(code);
    }
    if (status == BL_OK)
        bl_arena_reset(arena, mark);
    return status;
}

/* Patterns of the added tokens that are searched in normalised text: measured first,
 * so that they lie below the scratch memory in which they are made. */
static bl_status normalize_added(bl_arena *arena, bl_tokenizer *tokenizer) {
    bl_vocab *vocab = &tokenizer->vocab;
    size_t total = 0;
    size_t length;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        if (!(vocab->added[i].flags & BL_ADDED_NORMALIZED))
            continue;
        bl_status status =
            normalize_content(arena, tokenizer, vocab->added[i].content, NULL, &length);
        if (status != BL_OK)
            return status;
        total += length;
    }
    uint8_t *pool = bl_arena_alloc(arena, total);
    if (!pool)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        bl_added *added = &vocab->added[i];
        if (!(added->flags & BL_ADDED_NORMALIZED))
            continue;
        bl_status status = normalize_content(arena, tokenizer, added->content, pool, &length);
        if (status != BL_OK)
            return status;
        added->pattern = (bl_text){pool, length};
        pool += length;
    }
    return BL_OK;
}

static uint32_t is_context_free(uint32_t op) {
    return op != BL_NORMALIZE_NFC && op != BL_NORMALIZE_NFKC && op != BL_NORMALIZE_TRIM_LEFT &&
           op != BL_NORMALIZE_TRIM_RIGHT;
}

/* What happens to one ASCII character, whatever stands around it. */
static uint32_t ascii_action(const bl_tokenizer *tokenizer, uint32_t *code) {
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++) {
        uint32_t flags = bl_unicode_class_of(*code)->flags;
        uint32_t op = tokenizer->normalize[i];
        if (op == BL_NORMALIZE_CLEAN && (flags & BL_UNICODE_CONTROL))
            return BL_ASCII_OTHER;
        if (op == BL_NORMALIZE_CLEAN && (flags & BL_UNICODE_WHITESPACE))
            *code = ' ';
        if (op == BL_NORMALIZE_LOWER && (flags & BL_UNICODE_LOWER))
            *code += 'a' - 'A';
    }
    uint32_t action = BL_ASCII_WORD;
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        const bl_split_op *op = &tokenizer->split[i];
        if (!bl_split_matches(op, *code))
            continue;
        if (op->how == BL_SPLIT_REMOVED)
            return BL_ASCII_SPACE;
        action = BL_ASCII_ALONE;
    }
    return action;
}

/* Text may go the fast way when every operation looks at one ASCII character at a time
 * and white space ends words. */
static void prepare_plain(bl_tokenizer *tokenizer) {
    tokenizer->plain = tokenizer->normalized.count == 0;
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++) {
        uint32_t op = tokenizer->normalize[i];
        tokenizer->plain &= is_context_free(op);
        tokenizer->lower |= op == BL_NORMALIZE_LOWER;
        tokenizer->breaks_at_ideographs |= op == BL_NORMALIZE_IDEOGRAPHS;
    }
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        const bl_split_op *op = &tokenizer->split[i];
        uint32_t simple = op->how == BL_SPLIT_REMOVED || op->how == BL_SPLIT_ISOLATED;
        tokenizer->plain &= simple && op->on != BL_SPLIT_ON_WORDS;
    }
    if (!tokenizer->plain)
        return;
    memset(tokenizer->ascii, BL_ASCII_OTHER, sizeof tokenizer->ascii);
    tokenizer->words_are_alphanumeric = 1;
    for (uint32_t i = 0; i < 128; i++) {
        uint32_t code = i;
        tokenizer->ascii[i] = (uint8_t)ascii_action(tokenizer, &code);
        uint8_t byte = (uint8_t)code;
        bl_token piece;
        size_t found = bl_vocab_pieces(&tokenizer->vocab, &byte, 1, 1, &piece);
        tokenizer->ascii_tokens[i] = found ? piece.id : -1;
        uint32_t alphanumeric = (i | 0x20) - 'a' < 26 || i - '0' < 10;
        tokenizer->words_are_alphanumeric &= (tokenizer->ascii[i] == BL_ASCII_WORD) == alphanumeric;
    }
    tokenizer->plain = tokenizer->ascii[' '] == BL_ASCII_SPACE;
}

bl_status bl_tokenizer_create(bl_arena *arena, const uint8_t *blob, size_t blob_bytes,
                              bl_tokenizer **out) {
    *out = NULL;
    bl_tokenizer *tokenizer = bl_arena_alloc(arena, sizeof *tokenizer);
    if (!tokenizer)
        return BL_OUT_OF_MEMORY;
    memset(tokenizer, 0, sizeof *tokenizer);
    bl_reader reader = {blob, blob_bytes, 0};
    bl_status status = read_blob(&reader, arena, tokenizer);
    if (status == BL_OK)
        status = normalize_added(arena, tokenizer);
    bl_vocab *vocab = &tokenizer->vocab;
    if (status == BL_OK)
        status = bl_vocab_build(arena, vocab);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->raw, 0);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->normalized, 1);
    if (status != BL_OK)
        return status;
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        bl_text shown = vocab->added[i].pattern;
        int64_t same = bl_vocab_find(vocab, BL_SET_ADDED, shown.bytes, shown.length);
        vocab->added[i].hidden = same >= 0 && (vocab->added[same].flags & BL_ADDED_SPECIAL);
    }
    prepare_plain(tokenizer);
    tokenizer->cache = bl_arena_alloc_array(arena, BL_CACHE_WORDS, sizeof *tokenizer->cache);
    if (!tokenizer->cache)
        return BL_OUT_OF_MEMORY;
    memset(tokenizer->cache, 0, BL_CACHE_WORDS * sizeof *tokenizer->cache);
    *out = tokenizer;
    return BL_OK;
}
