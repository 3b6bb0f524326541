#include "wordpiece.h"

/* Pieces behind a word's begin are looked for at many of its bytes. Each time takes as many
 * steps as the longest has bytes: so those that are long are found in another way. */
static bl_status build_long_ones(bl_arena *arena, const bl_vocab *vocab, bl_wordpiece *wordpiece,
                                 size_t count) {
    bl_long_text *texts = bl_arena_alloc_array(arena, count, sizeof *texts);
    if (!texts)
        return BL_OUT_OF_MEMORY;
    size_t at = 0;
    for (uint32_t i = vocab->count; at < count && i-- > 0;) { /* the last of equal ones counts */
        if (!bl_vocab_continues(vocab, i))
            continue;
        bl_text text = bl_vocab_text(vocab, BL_SET_CONTINUES, i);
        if (text.length > BL_LONG_TEXT)
            texts[at++] = (bl_long_text){text, i, 0};
    }
    return bl_long_texts_build(arena, &wordpiece->long_ones, texts, count);
}

static void note_length(bl_wordpiece *wordpiece, bl_token_set set, bl_text text) {
    if (text.length == 0)
        return;
    uint32_t *longest = &wordpiece->longest[set][text.bytes[0]];
    if (text.length > *longest)
        *longest = (uint32_t)text.length;
}

bl_status bl_wordpiece_build(bl_arena *arena, const bl_vocab *vocab, bl_wordpiece *wordpiece) {
    size_t long_count = 0;
    for (uint32_t i = 0; i < vocab->count; i++) {
        note_length(wordpiece, BL_SET_WHOLE, bl_vocab_text(vocab, BL_SET_WHOLE, i));
        if (!bl_vocab_continues(vocab, i))
            continue;
        bl_text text = bl_vocab_text(vocab, BL_SET_CONTINUES, i);
        if (text.length > BL_LONG_TEXT)
            long_count++;
        else
            note_length(wordpiece, BL_SET_CONTINUES, text);
    }
    uint32_t longest = 0;
    for (uint32_t i = 0; i < 2 * 256; i++)
        if (wordpiece->longest[i / 256][i % 256] > longest)
            longest = wordpiece->longest[i / 256][i % 256];
    wordpiece->hashes = bl_arena_alloc_array(arena, longest / 8 + 1, sizeof *wordpiece->hashes);
    if (!wordpiece->hashes)
        return BL_OUT_OF_MEMORY;
    return build_long_ones(arena, vocab, wordpiece, long_count);
}

static uint32_t starts_character(uint8_t byte) {
    return (byte & 0xC0) != 0x80;
}

size_t bl_wordpiece_find(const bl_wordpiece *wordpiece, const bl_vocab *vocab, const uint8_t *word,
                         size_t bytes, const uint32_t *long_ones, bl_token *tokens) {
    uint64_t *hashes = wordpiece->hashes; /* of the eights at the begin of what is left */
    size_t count = 0;
    for (size_t start = 0; start < bytes;) {
        bl_token_set set = start == 0 ? BL_SET_WHOLE : BL_SET_CONTINUES;
        const uint8_t *text = word + start;
        size_t left = bytes - start;
        size_t longest = wordpiece->longest[set][text[0]];
        if (longest > left)
            longest = left;
        int64_t found = -1;
        size_t length = longest + 1;
        if (long_ones && long_ones[start] && start > 0) {
            found = long_ones[start] - 1;
            length = bl_vocab_text(vocab, set, (uint32_t)found).length;
            longest = 0;
        }
        hashes[0] = bl_hash_seed(set);
        for (size_t i = 0; 8 * (i + 1) < longest; i++)
            hashes[i + 1] = bl_hash_eight(hashes[i], bl_load_few(text + 8 * i, 8));
        while (found < 0 && --length > 0) {
            if (length < left && !starts_character(text[length]))
                continue;
            size_t eights = (length - 1) / 8;
            uint64_t last = bl_load_few(text + 8 * eights, length - 8 * eights);
            uint32_t hash = (uint32_t)bl_hash_eight(hashes[eights], last);
            found = bl_vocab_find_hashed(vocab, set, hash, text, length);
        }
        if (found < 0)
            return 0;
        tokens[count++] =
            (bl_token){bl_vocab_id(vocab, found), (uint32_t)start, (uint32_t)(start + length)};
        start += length;
    }
    return count;
}
