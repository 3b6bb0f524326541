/* The tokenizer as JavaScript hands it to C: one flat blob, made by
 * js/tokenizer/blob.js from tokenizer.json or vocab.txt. Little-endian, not aligned:
 *
 *   u32 version, u32 count of the numbers, u32 count of the texts, the numbers (u32),
 *   u32 for each text: its length in UTF-16 units, the texts end to end (UTF-8)
 *
 * Numbers and texts (marked *) are both read in this order:
 *
 *   vocabulary     count, then so many ids, ascending; * as many tokens
 *   model          bl_pieces_kind, then of
 *                  WordPiece: characters of the longest word that is split; * unknown token,
 *                  prefix of continuing pieces
 *   normalizer     count, then so many bl_normalize_op
 *   pre-tokenizer  count, then so many { bl_split_on, bl_split_how, character }
 *   decoder        bl_decoder, clean up; * prefix
 *   added tokens   count, then so many { id, bl_added_flag bits }, ids strictly ascending;
 *                  * as many contents
 *   template       bl_template_flag bits, then for a single text and for a pair: count,
 *                  then so many { bl_template_kind, type id, id }; * for each
 *                  BL_TEMPLATE_TOKEN the text that it shows
 */
#ifndef BERTLET_TOKENIZER_BLOB_H
#define BERTLET_TOKENIZER_BLOB_H

#define BL_BLOB_VERSION 3u

/* How a word is cut into tokens. */
typedef enum bl_pieces_kind { BL_PIECES_WORDPIECE = 0, BL_PIECES_KIND_COUNT = 1 } bl_pieces_kind;

typedef enum bl_normalize_op {
    BL_NORMALIZE_NFD = 0, /* these four as in bl_normal_form */
    BL_NORMALIZE_NFC = 1,
    BL_NORMALIZE_NFKD = 2,
    BL_NORMALIZE_NFKC = 3,
    BL_NORMALIZE_CLEAN = 4,         /* BERT's clean_text */
    BL_NORMALIZE_IDEOGRAPHS = 5,    /* BERT's handle_chinese_chars */
    BL_NORMALIZE_STRIP_ACCENTS = 6, /* BERT's, after NFD */
    BL_NORMALIZE_STRIP_MARKS = 7,   /* the StripAccents normalizer */
    BL_NORMALIZE_LOWER = 8,
    BL_NORMALIZE_TRIM_LEFT = 9,
    BL_NORMALIZE_TRIM_RIGHT = 10,
    BL_NORMALIZE_OP_COUNT = 11
} bl_normalize_op;

typedef enum bl_split_on {
    BL_SPLIT_ON_WHITESPACE = 0,
    BL_SPLIT_ON_PUNCTUATION = 1,
    BL_SPLIT_ON_NUMERIC = 2,
    BL_SPLIT_ON_CHARACTER = 3,
    BL_SPLIT_ON_WORDS = 4, /* \w+|[^\w\s]+: runs of one kind, spaces removed */
    BL_SPLIT_ON_COUNT = 5
} bl_split_on;

typedef enum bl_split_how {
    BL_SPLIT_REMOVED = 0,
    BL_SPLIT_ISOLATED = 1,
    BL_SPLIT_CONTIGUOUS = 2,
    BL_SPLIT_MERGED_WITH_PREVIOUS = 3,
    BL_SPLIT_MERGED_WITH_NEXT = 4,
    BL_SPLIT_HOW_COUNT = 5
} bl_split_how;

typedef enum bl_decoder {
    BL_DECODER_SPACES = 0, /* none: tokens joined by spaces */
    BL_DECODER_WORDPIECE = 1,
    BL_DECODER_COUNT = 2
} bl_decoder;

typedef enum bl_template_kind {
    BL_TEMPLATE_FIRST = 0,
    BL_TEMPLATE_SECOND = 1,
    BL_TEMPLATE_TOKEN = 2,
    BL_TEMPLATE_KIND_COUNT = 3
} bl_template_kind;

typedef enum bl_template_flag {
    BL_TEMPLATE_TRIM_OFFSETS = 1,   /* offsets leave out spaces at a token's ends ... */
    BL_TEMPLATE_PREFIX_SPACE = 2,   /* ... but for one at the text's begin */
    BL_TEMPLATE_OVERFLOW_TYPE_0 = 4 /* overflowing parts have type 0 among special tokens */
} bl_template_flag;

typedef enum bl_added_flag {
    BL_ADDED_SINGLE_WORD = 1,
    BL_ADDED_LSTRIP = 2,
    BL_ADDED_RSTRIP = 4,
    BL_ADDED_NORMALIZED = 8,
    BL_ADDED_SPECIAL = 16
} bl_added_flag;

/* Bounds that keep a damaged blob from costing much. */
#define BL_BLOB_OPS_MAX      32u
#define BL_BLOB_TEMPLATE_MAX 256u
#define BL_BLOB_TOKENS_MAX   (1u << 24)

#endif
