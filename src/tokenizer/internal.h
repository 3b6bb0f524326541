/* What the files of the tokenizer share; private to src/tokenizer. Each uses those below it:
 *
 *   encode.c      inputs -> texts -> tokens by scan.c -> windows by assemble.c
 *   scan.c        a text -> sections between added tokens; plain ones to words at once
 *   direct.c      sections whose words are a pattern's matches, straight from the text
 *   exact.c       other sections, character by character: normalizer.c, splitter.c -> words
 *   added.c       the added tokens of a text, surfaces.c the texts that these have there
 *   words.h       a word -> tokens, those that were kept or
 *   pieces.h      what a model makes of it: wordpiece.c, bpe.c
 *   pattern.h     the patterns of splitter.c and direct.c
 *   vocab.h       all tokens by text and by id
 *   buffers.h     arrays that grow; long_texts.h finds tokens too long to be tried by length
 */
#ifndef BERTLET_TOKENIZER_INTERNAL_H
#define BERTLET_TOKENIZER_INTERNAL_H

#include "../unicode/chars.h"
#include "blob.h"
#include "pattern.h"
#include "pieces.h"
#include "tokenizer.h"

/* Added tokens that are searched in one kind of text, sorted by their bytes. */
typedef struct bl_added_set {
    uint32_t count;            /* also long ones */
    uint32_t *sorted;          /* indices of bl_vocab.added, without long ones */
    uint32_t first_begin[257]; /* those whose pattern starts with byte b */
    uint32_t first_bytes;      /* how many bytes start a pattern */
    uint8_t only_first;        /* that byte, when there is one */
    bl_long_texts long_ones;   /* by index of bl_vocab.added */
} bl_added_set;

typedef struct bl_split_op {
    uint32_t on;
    uint32_t how;
    uint32_t character;
    bl_pattern *pattern; /* NULL: on something else */
} bl_split_op;

typedef struct bl_decode_step {
    uint32_t op; /* bl_decode_op */
    uint32_t clean_up;
    bl_text text;
} bl_decode_step;

/* A text, its pair, or a token. */
typedef struct bl_template_item {
    uint32_t kind; /* bl_template_kind */
    int32_t type_id;
    int32_t id;
    int32_t surface;
} bl_template_item;

typedef struct bl_template {
    uint32_t count;
    uint32_t tokens; /* items that are tokens */
    const bl_template_item *items;
} bl_template;

/* What an ASCII byte does to plain text; every other byte is BL_ASCII_OTHER. */
typedef enum bl_ascii_action {
    BL_ASCII_WORD = 0,
    BL_ASCII_SPACE = 1, /* ends a word and is gone */
    BL_ASCII_ALONE = 2, /* a word by itself */
    BL_ASCII_OTHER = 3  /* needs the exact way */
} bl_ascii_action;

/* A word of at most 16 bytes, as two numbers with zeros behind it. */
typedef struct bl_word16 {
    uint64_t low;
    uint64_t high;
} bl_word16;

#define BL_CACHED_PIECES 6

/* Such a word, normalised, and its pieces; for those that are no bl_short_word. */
typedef struct bl_cached_word {
    bl_word16 word;
    uint8_t bytes; /* 0: empty */
    uint8_t count;
    uint8_t ends[BL_CACHED_PIECES];
    int32_t ids[BL_CACHED_PIECES];
} bl_cached_word;

/* Those of BPE have a space in front, and cost more to make again. */
#define BL_CACHE_BITS     11
#define BL_CACHE_BITS_BPE 12

/* A word of at most 8 bytes, normalised, and its one or two pieces, when their ids fit: most
 * words, so that many are kept in little memory. Above the ids stand the word's bytes (0:
 * empty) and where the second piece begins (0: there is none). */
typedef struct bl_short_word {
    uint64_t word;
    uint32_t first;
    uint32_t second;
} bl_short_word;

#define BL_SHORT_BITS    14
#define BL_SHORT_WORDS   (1u << BL_SHORT_BITS)
#define BL_SHORT_ID_BITS 28

struct bl_tokenizer {
    uint32_t normalize_count;
    uint32_t normalize[BL_BLOB_OPS_MAX];
    uint32_t split_count;
    bl_split_op split[BL_BLOB_OPS_MAX];
    bl_vocab vocab;
    bl_pieces pieces;
    bl_added_set raw;        /* searched in the text as given */
    bl_added_set normalized; /* searched in normalised text */
    uint32_t decode_count;
    bl_decode_step decode[BL_BLOB_OPS_MAX];
    uint32_t template_flags;
    bl_template templates[2]; /* a single text, a pair */
    uint32_t surface_count;
    const bl_text *surfaces;
    bl_pattern *direct;       /* words are its matches, as they stand in the text (direct.c) */
    uint32_t direct_prefixes; /* ... sections get a space in front */
    uint32_t direct_drops;    /* ... what lies between matches is gone */
    uint32_t direct_below;    /* ... where all bytes are less: no normalizer changes that */
    uint32_t plain;           /* ASCII text may go the fast way */
    uint32_t lower;           /* ... and is lower-cased on it */
    uint32_t breaks_at_ideographs;
    uint32_t words_are_alphanumeric; /* of ASCII, BL_ASCII_WORD are the letters and digits */
    uint8_t ascii[256];              /* bl_ascii_action */
    int32_t ascii_tokens[128];       /* ids of BL_ASCII_ALONE; -1: unknown, and there is no token */
    bl_cached_word *cache;
    uint32_t cache_bits;
    bl_short_word *short_words;
};

/* The text of an added token that took spaces along. Where the spaces are tokens, too, many
 * texts are ends of one: they share its bytes. */
typedef struct bl_surface {
    size_t token; /* index into bl_scan.tokens */
    size_t begin; /* in bl_scan.surface_bytes */
    size_t end;
    size_t first_unit; /* the same in UTF-16 units */
    size_t last_unit;
} bl_surface;

/* A byte of a text, and what starts with it: its UTF-16 unit, or a character. */
typedef struct bl_text_place {
    size_t byte;
    size_t number;
} bl_text_place;

/* The state of one call: buffers that its texts share, and the text at hand. */
typedef struct bl_scan {
    bl_arena *arena;
    const bl_tokenizer *tokenizer;
    bl_tokens tokens;
    bl_surface *surfaces;
    size_t surface_count;
    size_t surface_capacity;
    bl_bytes surface_bytes;
    size_t surface_byte_count;
    size_t surface_units; /* UTF-16 units of these bytes */
    bl_chars chars;
    bl_chars spare;
    bl_bytes marks; /* of the splitter, one per character */
    bl_bytes marks_spare;
    bl_chars expanded; /* what the splitter made of characters */
    bl_chars expanded_spare;
    bl_bytes direct; /* a section with a space in front */
    bl_bpe_scratch bpe;
    uint32_t *wide; /* tokens that begin with a space which stands for two units */
    size_t wide_count;
    size_t wide_capacity;
    bl_bytes word;
    bl_bytes normal; /* normalised text that is searched for added tokens */
    bl_found found_in_text;
    bl_found found_in_normal;
    bl_found found_in_word;
    uint32_t problem; /* bl_encode_problem */
    const uint8_t *text;
    size_t text_bytes;
    size_t readable;     /* bytes that may be read at `text`, at least text_bytes */
    bl_text_place front; /* the last place of the text whose unit is known ... */
    bl_text_place back;  /* ... and where the last added token began */
} bl_scan;

/* normalizer.c: all operations on `scan->chars`. */
bl_status bl_normalize(const bl_tokenizer *tokenizer, bl_arena *arena, bl_chars *chars,
                       bl_chars *spare);

/* splitter.c: bit 0 of a mark: a word starts here; bit 1: the character is gone. */
#define BL_MARK_START 1
#define BL_MARK_GONE  2
uint32_t bl_split_matches(const bl_split_op *op, uint32_t code);
/* Marks in scan->marks; the characters may be others afterwards. */
bl_status bl_split(bl_scan *scan, const bl_char **chars, size_t *count);

/* added.c */
bl_status bl_added_set_build(bl_arena *arena, const bl_vocab *vocab, bl_added_set *set,
                             uint32_t normalized);

/* A text that is searched from its begin to its end. */
typedef struct bl_added_search {
    const bl_vocab *vocab;
    const bl_added_set *set;
    const uint8_t *text;
    size_t bytes;
    const uint32_t *found; /* of set->long_ones in the text, or NULL */
    size_t next;           /* where the next match may begin */
    size_t done;           /* where the last token ended */
    size_t space_begin;    /* white space that was stepped over: a token that ends in it */
    size_t space_end;      /* needn't do so again */
    bl_surface kept;       /* the last one of this text ... */
    size_t kept_begin;     /* ... and where it stands here */
    size_t kept_end;
} bl_added_search;

typedef struct bl_added_match {
    const bl_added *token;
    size_t begin; /* bytes, with the spaces that the token strips */
    size_t end;
} bl_added_match;

/* The next token; 0: there is none. Its begin may lie before the end of the one before it,
 * when that one took spaces along which are a token, too. */
uint32_t bl_added_next(bl_added_search *search, bl_added_match *match);

/* scan.c: appends the tokens of `scan->text`. */
bl_status bl_scan_text(bl_scan *scan);
/* The UTF-16 unit that byte `at` of the text starts. */
size_t bl_scan_unit_at(bl_scan *scan, size_t at);
/* Notes a token that begins with a space which stands for a character of two units. */
bl_status bl_note_wide(bl_scan *scan, size_t token);
/* direct.c: appends the tokens of a section whose words need no other form. Sets `*done` to 0
 * where they do. */
bl_status bl_scan_direct(bl_scan *scan, size_t begin, size_t end, uint32_t *done);
/* exact.c: appends the tokens of a section of the text, the exact way. */
bl_status bl_scan_exact(bl_scan *scan, size_t begin, size_t end, size_t unit, size_t *end_unit);
/* surfaces.c: appends a token that was found, and keeps its text where it isn't the token's own;
 * begin and end are units of the scan's text. */
bl_status bl_append_added(bl_scan *scan, bl_added_search *search, const bl_added_match *match,
                          uint32_t begin, uint32_t end);
/* The surface of token number `token` among the scan's, or -1. */
int32_t bl_surface_of(const bl_scan *scan, size_t token);
/* The texts that encoding->surfaces points at: the template's, then the scan's. */
bl_status bl_surfaces_write(const bl_scan *scan, bl_encoding *encoding);

/* assemble.c: tokens -> windows. `batch` gives count and options. `ends` has two numbers
 * for each input: where the tokens of its text end in scan->tokens, and those of its
 * pair, or BL_NO_PAIR. */
bl_status bl_assemble(const bl_scan *scan, const bl_encode_batch *batch, const uint32_t *ends,
                      bl_encoding *encoding);

#endif
