/* The blob to a tokenizer. Everything that JavaScript promised is checked again: a
 * damaged blob is BL_BAD_MODEL. */
#include <string.h>

#include "../base/bytes.h"
#include "../unicode/utf8.h"
#include "internal.h"

/* The numbers and texts of a blob, each read in order. */
typedef struct blob_reader {
    bl_reader numbers;
    const uint8_t *ends; /* u32, of the texts in the pool */
    const uint8_t *pool;
    uint32_t text_count;
    uint32_t text; /* the next one */
} blob_reader;

static uint32_t read_number(blob_reader *reader) {
    return bl_read_u32(&reader->numbers);
}

/* A count of entries of `size` numbers each. */
static uint32_t read_count(blob_reader *reader, uint32_t most, size_t size) {
    uint32_t count = read_number(reader);
    if (count > most || count > reader->numbers.left / (4 * size)) {
        reader->numbers.failed = 1;
        return 0;
    }
    return count;
}

static uint32_t read_below(blob_reader *reader, uint32_t bound) {
    uint32_t value = read_number(reader);
    if (value >= bound) {
        reader->numbers.failed = 1;
        return 0;
    }
    return value;
}

/* Type ids are such numbers, too. */
static int32_t read_id(blob_reader *reader) {
    return (int32_t)read_below(reader, (uint32_t)INT32_MAX + 1);
}

static bl_text read_text(blob_reader *reader) {
    if (reader->text >= reader->text_count) {
        reader->numbers.failed = 1;
        return (bl_text){reader->pool, 0};
    }
    size_t at = 4 * (size_t)reader->text++;
    uint32_t begin = at ? bl_load_u32(reader->ends + at - 4) : 0;
    return (bl_text){reader->pool + begin, bl_load_u32(reader->ends + at) - begin};
}

static void store_u32(uint8_t *at, size_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Turns the lengths of texts in UTF-16 units into their ends in the pool, in bytes, where
 * they stand. 0: that isn't what the pool has, or it isn't UTF-8. */
static uint32_t find_ends(uint8_t *lengths, uint32_t count, const uint8_t *pool, size_t bytes) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t units = bl_load_u32(lengths + 4 * i);
        while (units > 0 && at < bytes) {
            size_t begin = at;
            uint32_t code = bl_utf8_next(pool, bytes, &at);
            uint32_t own = code > 0xffff ? 2 : 1;
            uint32_t is_malformed = code == BL_REPLACEMENT && at == begin + 1;
            if (own > units || is_malformed)
                return 0;
            units -= own;
        }
        if (units > 0)
            return 0;
        store_u32(lengths + 4 * i, at);
    }
    return at == bytes;
}

static bl_status open_blob(blob_reader *reader, uint8_t *blob, size_t blob_bytes) {
    bl_reader all = {blob, blob_bytes, 0};
    uint32_t version = bl_read_u32(&all);
    uint32_t number_count = bl_read_u32(&all);
    reader->text_count = bl_read_u32(&all);
    const uint8_t *numbers = bl_read_array(&all, number_count, 4);
    const uint8_t *lengths = bl_read_array(&all, reader->text_count, 4);
    if (version != BL_BLOB_VERSION || all.failed)
        return BL_BAD_MODEL;
    reader->numbers = (bl_reader){numbers, 4 * (size_t)number_count, 0};
    reader->ends = lengths;
    reader->pool = all.at;
    reader->text = 0;
    uint8_t *ends = blob + (lengths - blob);
    return find_ends(ends, reader->text_count, all.at, all.left) ? BL_OK : BL_BAD_MODEL;
}

/* The vocabulary's texts come first, so that their ends begin with the blob's. */
static void read_vocabulary(blob_reader *reader, bl_vocab *vocab) {
    uint32_t count = read_count(reader, BL_BLOB_TOKENS_MAX, 1);
    if (count > reader->text_count)
        reader->numbers.failed = 1;
    if (reader->numbers.failed)
        return;
    vocab->ids = bl_read_array(&reader->numbers, count, 4);
    vocab->ends = reader->ends;
    vocab->pool = reader->pool;
    vocab->count = reader->text = count;
    int32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t id = (int32_t)bl_load_u32(vocab->ids + 4 * i);
        if (id < last)
            reader->numbers.failed = 1;
        last = id;
    }
}

static void read_operations(blob_reader *reader, bl_tokenizer *tokenizer) {
    tokenizer->normalize_count = read_count(reader, BL_BLOB_OPS_MAX, 1);
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++)
        tokenizer->normalize[i] = read_below(reader, BL_NORMALIZE_OP_COUNT);
    tokenizer->split_count = read_count(reader, BL_BLOB_OPS_MAX, 3);
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        uint32_t on = read_below(reader, BL_SPLIT_ON_COUNT);
        uint32_t how = read_below(reader, BL_SPLIT_HOW_COUNT);
        tokenizer->split[i] = (bl_split_op){on, how, read_number(reader)};
    }
}

static bl_status read_added(blob_reader *reader, bl_arena *arena, bl_vocab *vocab) {
    uint32_t count = read_count(reader, BL_BLOB_TOKENS_MAX, 2);
    bl_added *added = bl_arena_alloc_array(arena, count, sizeof *added);
    if (!added)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        int32_t id = read_id(reader);
        uint32_t flags = read_below(reader, 2 * BL_ADDED_SPECIAL);
        bl_text content = read_text(reader);
        if (i > 0 && id <= added[i - 1].id)
            reader->numbers.failed = 1;
        added[i] = (bl_added){id, flags, content, content, 0};
    }
    vocab->added_count = count;
    vocab->added = added;
    return BL_OK;
}

/* What a model takes from the blob. */
static void read_pieces(blob_reader *reader, bl_tokenizer *tokenizer, bl_text *unknown) {
    bl_vocab *vocab = &tokenizer->vocab;
    bl_pieces *pieces = &tokenizer->pieces;
    pieces->kind = read_below(reader, BL_PIECES_KIND_COUNT);
    switch ((bl_pieces_kind)pieces->kind) {
    case BL_PIECES_WORDPIECE:
        pieces->longest_word = read_number(reader);
        *unknown = read_text(reader);
        vocab->has_prefix = 1;
        vocab->prefix = read_text(reader);
        break;
    case BL_PIECES_KIND_COUNT:
        break;
    }
}

/* Everything but the templates. */
static bl_status read_settings(blob_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer,
                               bl_text *unknown) {
    bl_vocab *vocab = &tokenizer->vocab;
    read_vocabulary(reader, vocab);
    read_pieces(reader, tokenizer, unknown);
    read_operations(reader, tokenizer);
    tokenizer->decoder = read_below(reader, BL_DECODER_COUNT);
    tokenizer->clean_up = read_number(reader);
    tokenizer->decoder_prefix = read_text(reader);
    bl_status status = read_added(reader, arena, vocab);
    return status == BL_OK && reader->numbers.failed ? BL_BAD_MODEL : status;
}

/* The surface of a template's token: none when it shows the text of its id. */
static int32_t read_surface(blob_reader *reader, const bl_tokenizer *tokenizer, int32_t id,
                            bl_text *surfaces, uint32_t *count) {
    bl_text shown = read_text(reader);
    bl_text own;
    if (reader->numbers.failed)
        return -1;
    if (bl_tokenizer_id_to_token(tokenizer, id, &own) == BL_OK && own.length == shown.length &&
        memcmp(own.bytes, shown.bytes, own.length) == 0)
        return -1;
    surfaces[*count] = shown;
    return (int32_t)(*count)++;
}

static bl_status read_templates(blob_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer) {
    tokenizer->template_flags = read_number(reader);
    size_t texts = reader->text_count - reader->text;
    bl_text *surfaces = bl_arena_alloc_array(arena, texts, sizeof *surfaces);
    if (!surfaces)
        return BL_OUT_OF_MEMORY;
    tokenizer->surfaces = surfaces;
    for (uint32_t pair = 0; pair < 2; pair++) {
        bl_template *template = &tokenizer->templates[pair];
        template->count = read_count(reader, BL_BLOB_TEMPLATE_MAX, 3);
        bl_template_item *items = bl_arena_alloc_array(arena, template->count, sizeof *items);
        if (!items)
            return BL_OUT_OF_MEMORY;
        template->items = items;
        for (uint32_t i = 0; i < template->count; i++) {
            uint32_t kind = read_below(reader, BL_TEMPLATE_KIND_COUNT);
            int32_t type_id = read_id(reader);
            int32_t id = read_id(reader);
            int32_t surface = -1;
            if (kind == BL_TEMPLATE_TOKEN) {
                template->tokens++;
                surface = read_surface(reader, tokenizer, id, surfaces, &tokenizer->surface_count);
            } else if (kind == BL_TEMPLATE_SECOND && !pair) {
                return BL_BAD_MODEL;
            }
            items[i] = (bl_template_item){kind, type_id, id, surface};
        }
    }
    uint32_t at_end = reader->numbers.left == 0 && reader->text == reader->text_count;
    return at_end && !reader->numbers.failed ? BL_OK : BL_BAD_MODEL;
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

/* The tokens of ASCII characters that are words by themselves, and what all of them do. */
static bl_status fill_ascii(bl_arena *arena, bl_tokenizer *tokenizer) {
    size_t mark = bl_arena_mark(arena);
    bl_scan scan = {.arena = arena, .tokenizer = tokenizer};
    memset(tokenizer->ascii, BL_ASCII_OTHER, sizeof tokenizer->ascii);
    tokenizer->words_are_alphanumeric = 1;
    for (uint32_t i = 0; i < 128; i++) {
        uint32_t code = i;
        tokenizer->ascii[i] = (uint8_t)ascii_action(tokenizer, &code);
        uint8_t byte = (uint8_t)code;
        size_t count;
        bl_status status = bl_pieces_find(&scan, &byte, 1, 1, &count);
        if (status == BL_OUT_OF_MEMORY)
            return status;
        tokenizer->ascii_tokens[i] = status == BL_OK ? scan.tokens.items[0].id : -1;
        uint32_t alphanumeric = (i | 0x20) - 'a' < 26 || i - '0' < 10;
        tokenizer->words_are_alphanumeric &= (tokenizer->ascii[i] == BL_ASCII_WORD) == alphanumeric;
    }
    bl_arena_reset(arena, mark);
    return BL_OK;
}

/* Text may go the fast way when every operation looks at one ASCII character at a time
 * and white space ends words. */
static bl_status prepare_plain(bl_arena *arena, bl_tokenizer *tokenizer) {
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
        return BL_OK;
    bl_status status = fill_ascii(arena, tokenizer);
    tokenizer->plain = tokenizer->ascii[' '] == BL_ASCII_SPACE;
    return status;
}

/* Added tokens that are left out of decoded text when special tokens are. */
static void hide_special(bl_vocab *vocab) {
    for (uint32_t i = 0; i < vocab->added_count; i++) {
        bl_text shown = vocab->added[i].pattern;
        int64_t same = bl_vocab_find(vocab, BL_SET_ADDED, shown.bytes, shown.length);
        vocab->added[i].hidden = same >= 0 && (vocab->added[same].flags & BL_ADDED_SPECIAL);
    }
}

static bl_status layout_cache(bl_arena *arena, bl_tokenizer *tokenizer) {
    tokenizer->cache = bl_arena_alloc_array(arena, BL_CACHE_WORDS, sizeof *tokenizer->cache);
    tokenizer->short_words =
        bl_arena_alloc_array(arena, BL_SHORT_WORDS, sizeof *tokenizer->short_words);
    if (!tokenizer->cache || !tokenizer->short_words)
        return BL_OUT_OF_MEMORY;
    memset(tokenizer->cache, 0, BL_CACHE_WORDS * sizeof *tokenizer->cache);
    memset(tokenizer->short_words, 0, BL_SHORT_WORDS * sizeof *tokenizer->short_words);
    return BL_OK;
}

bl_status bl_tokenizer_create(bl_arena *arena, uint8_t *blob, size_t blob_bytes,
                              bl_tokenizer **out) {
    *out = NULL;
    bl_tokenizer *tokenizer = bl_arena_alloc(arena, sizeof *tokenizer);
    if (!tokenizer)
        return BL_OUT_OF_MEMORY;
    memset(tokenizer, 0, sizeof *tokenizer);
    blob_reader reader;
    bl_status status = open_blob(&reader, blob, blob_bytes);
    bl_text unknown = {0};
    if (status == BL_OK)
        status = read_settings(&reader, arena, tokenizer, &unknown);
    if (status == BL_OK)
        status = normalize_added(arena, tokenizer);
    if (status == BL_OK)
        status = read_templates(&reader, arena, tokenizer);
    bl_vocab *vocab = &tokenizer->vocab;
    if (status == BL_OK)
        status = bl_vocab_build(arena, vocab);
    if (status == BL_OK)
        status = bl_pieces_build(arena, vocab, unknown, &tokenizer->pieces);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->raw, 0);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->normalized, 1);
    if (status == BL_OK)
        status = prepare_plain(arena, tokenizer);
    if (status == BL_OK)
        status = layout_cache(arena, tokenizer);
    if (status != BL_OK)
        return status;
    hide_special(vocab);
    *out = tokenizer;
    return BL_OK;
}
