/* The blob to a tokenizer. Everything that JavaScript promised is checked again: a
 * damaged blob is BL_BAD_MODEL. */
#include <string.h>

#include "../unicode/utf8.h"
#include "blob_reader.h"
#include "internal.h"

/* The vocabulary's texts come first, so that their ends begin with the blob's. */
static void read_vocabulary(bl_blob_reader *reader, bl_vocab *vocab) {
    uint32_t count = bl_blob_count(reader, BL_BLOB_TOKENS_MAX, 1);
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

static void read_operations(bl_blob_reader *reader, bl_tokenizer *tokenizer) {
    tokenizer->normalize_count = bl_blob_count(reader, BL_BLOB_OPS_MAX, 1);
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++)
        tokenizer->normalize[i] = bl_blob_below(reader, BL_NORMALIZE_OP_COUNT);
    tokenizer->split_count = bl_blob_count(reader, BL_BLOB_OPS_MAX, 3);
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        uint32_t on = bl_blob_below(reader, BL_SPLIT_ON_COUNT);
        uint32_t how = bl_blob_below(reader, BL_SPLIT_HOW_COUNT);
        tokenizer->split[i] = (bl_split_op){on, how, bl_blob_number(reader), NULL};
    }
}

static bl_status read_patterns(bl_blob_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer) {
    uint32_t count = bl_blob_count(reader, BL_BLOB_PATTERNS_MAX, 1);
    bl_pattern *patterns = bl_arena_alloc_array(arena, count, sizeof *patterns);
    if (!patterns)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        bl_status status = bl_pattern_read(reader, &patterns[i]);
        if (status != BL_OK)
            return status;
    }
    for (uint32_t i = 0; i < tokenizer->split_count; i++) {
        bl_split_op *op = &tokenizer->split[i];
        if (op->on != BL_SPLIT_ON_PATTERN && op->on != BL_SPLIT_ON_OTHERS)
            continue;
        if (op->character >= count)
            return BL_BAD_MODEL;
        op->pattern = &patterns[op->character];
    }
    return BL_OK;
}

static void read_decoder(bl_blob_reader *reader, bl_tokenizer *tokenizer) {
    tokenizer->decode_count = bl_blob_count(reader, BL_BLOB_OPS_MAX, 2);
    if (tokenizer->decode_count == 0)
        reader->numbers.failed = 1;
    for (uint32_t i = 0; i < tokenizer->decode_count; i++) {
        uint32_t op = bl_blob_below(reader, BL_DECODE_OP_COUNT);
        uint32_t clean_up = bl_blob_number(reader);
        tokenizer->decode[i] = (bl_decode_step){op, clean_up, bl_blob_text(reader)};
    }
}

static bl_status read_added(bl_blob_reader *reader, bl_arena *arena, bl_vocab *vocab) {
    uint32_t count = bl_blob_count(reader, BL_BLOB_TOKENS_MAX, 2);
    bl_added *added = bl_arena_alloc_array(arena, count, sizeof *added);
    if (!added)
        return BL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        int32_t id = bl_blob_id(reader);
        uint32_t flags = bl_blob_below(reader, 2 * BL_ADDED_SPECIAL);
        bl_text content = bl_blob_text(reader);
        if (i > 0 && id <= added[i - 1].id)
            reader->numbers.failed = 1;
        added[i] = (bl_added){id, flags, content, content, 0};
    }
    vocab->added_count = count;
    vocab->added = added;
    return BL_OK;
}

/* Everything but the templates. */
static bl_status read_settings(bl_blob_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer) {
    bl_vocab *vocab = &tokenizer->vocab;
    read_vocabulary(reader, vocab);
    bl_pieces_read(reader, vocab, &tokenizer->pieces);
    read_operations(reader, tokenizer);
    bl_status status = read_patterns(reader, arena, tokenizer);
    if (status != BL_OK)
        return status;
    read_decoder(reader, tokenizer);
    status = read_added(reader, arena, vocab);
    return status == BL_OK && reader->numbers.failed ? BL_BAD_MODEL : status;
}

/* The surface of a template's token: none when it shows the text of its id. */
static int32_t read_surface(bl_blob_reader *reader, const bl_tokenizer *tokenizer, int32_t id,
                            bl_text *surfaces, uint32_t *count) {
    bl_text shown = bl_blob_text(reader);
    bl_text own;
    if (reader->numbers.failed)
        return -1;
    if (bl_tokenizer_id_to_token(tokenizer, id, &own) == BL_OK && own.length == shown.length &&
        memcmp(own.bytes, shown.bytes, own.length) == 0)
        return -1;
    surfaces[*count] = shown;
    return (int32_t)(*count)++;
}

static bl_status read_templates(bl_blob_reader *reader, bl_arena *arena, bl_tokenizer *tokenizer) {
    tokenizer->template_flags = bl_blob_number(reader);
    size_t texts = reader->text_count - reader->text;
    bl_text *surfaces = bl_arena_alloc_array(arena, texts, sizeof *surfaces);
    if (!surfaces)
        return BL_OUT_OF_MEMORY;
    tokenizer->surfaces = surfaces;
    for (uint32_t pair = 0; pair < 2; pair++) {
        bl_template *template = &tokenizer->templates[pair];
        template->count = bl_blob_count(reader, BL_BLOB_TEMPLATE_MAX, 3);
        bl_template_item *items = bl_arena_alloc_array(arena, template->count, sizeof *items);
        if (!items)
            return BL_OUT_OF_MEMORY;
        template->items = items;
        for (uint32_t i = 0; i < template->count; i++) {
            uint32_t kind = bl_blob_below(reader, BL_TEMPLATE_KIND_COUNT);
            int32_t type_id = bl_blob_id(reader);
            int32_t id = bl_blob_id(reader);
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
           op != BL_NORMALIZE_TRIM_RIGHT && op != BL_NORMALIZE_TO_BYTES;
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
        tokenizer->plain &= status != BL_OK || count == 1;
        tokenizer->ascii_tokens[i] = status == BL_OK && count > 0 ? scan.tokens.items[0].id : -1;
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
        tokenizer->plain &= simple && op->on <= BL_SPLIT_ON_CHARACTER;
    }
    if (!tokenizer->plain)
        return BL_OK;
    bl_status status = fill_ascii(arena, tokenizer);
    tokenizer->plain &= tokenizer->ascii[' '] == BL_ASCII_SPACE;
    return status;
}

/* The last operation makes bytes of words: a model may take them as they are. */
static uint32_t wants_bytes(const bl_tokenizer *tokenizer) {
    uint32_t count = tokenizer->split_count;
    return count > 0 && tokenizer->split[count - 1].on == BL_SPLIT_TO_BYTES;
}

/* Words are as they stand in the text when one pattern makes them. */
static void prepare_direct(bl_tokenizer *tokenizer) {
    uint32_t kind = tokenizer->pieces.kind;
    if (kind == BL_PIECES_BPE && tokenizer->pieces.bpe.takes_bytes)
        tokenizer->split_count--;
    const bl_split_op *op = tokenizer->split;
    uint32_t count = tokenizer->split_count;
    uint32_t prefixes = count > 0 && op->on == BL_SPLIT_PREFIX_SPACE;
    op += prefixes;
    uint32_t isolates = op->on == BL_SPLIT_ON_PATTERN && op->how == BL_SPLIT_ISOLATED;
    uint32_t drops = op->on == BL_SPLIT_ON_OTHERS && op->how == BL_SPLIT_REMOVED;
    if (count != prefixes + 1 || !(isolates || drops) || kind == BL_PIECES_WORDPIECE)
        return;
    tokenizer->direct_below = 0x100;
    for (uint32_t i = 0; i < tokenizer->normalize_count; i++) {
        if (tokenizer->normalize[i] != BL_NORMALIZE_NFC)
            return;
        tokenizer->direct_below = 0xCC; /* U+0300 begins with this byte, the first that NFC joins */
    }
    tokenizer->direct = op->pattern;
    tokenizer->direct_prefixes = prefixes;
    tokenizer->direct_drops = drops;
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
    tokenizer->cache_bits = BL_CACHE_BITS;
    if (tokenizer->pieces.kind == BL_PIECES_BPE)
        tokenizer->cache_bits = BL_CACHE_BITS_BPE;
    size_t words = (size_t)1 << tokenizer->cache_bits;
    tokenizer->cache = bl_arena_alloc_array(arena, words, sizeof *tokenizer->cache);
    tokenizer->short_words =
        bl_arena_alloc_array(arena, BL_SHORT_WORDS, sizeof *tokenizer->short_words);
    if (!tokenizer->cache || !tokenizer->short_words)
        return BL_OUT_OF_MEMORY;
    memset(tokenizer->cache, 0, words * sizeof *tokenizer->cache);
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
    bl_blob_reader reader;
    bl_status status = bl_blob_open(&reader, blob, blob_bytes);
    if (status == BL_OK)
        status = read_settings(&reader, arena, tokenizer);
    if (status == BL_OK)
        status = normalize_added(arena, tokenizer);
    if (status == BL_OK)
        status = read_templates(&reader, arena, tokenizer);
    bl_vocab *vocab = &tokenizer->vocab;
    if (status == BL_OK)
        status = bl_vocab_build(arena, vocab);
    if (status == BL_OK)
        status = bl_pieces_build(arena, vocab, wants_bytes(tokenizer), &tokenizer->pieces);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->raw, 0);
    if (status == BL_OK)
        status = bl_added_set_build(arena, vocab, &tokenizer->normalized, 1);
    prepare_direct(tokenizer);
    if (status == BL_OK && !tokenizer->direct)
        status = prepare_plain(arena, tokenizer);
    if (status == BL_OK)
        status = layout_cache(arena, tokenizer);
    if (status != BL_OK)
        return status;
    hide_special(vocab);
    *out = tokenizer;
    return BL_OK;
}
