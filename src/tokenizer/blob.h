/* The tokenizer as JavaScript hands it to C: one flat blob, made by
 * js/tokenizer-config.js from tokenizer.json or vocab.txt. Little-endian; `text` is
 * a u32 length and that many bytes of UTF-8; nothing is aligned.
 *
 *   u32 magic, u32 version, u32 model (1: WordPiece)
 *   normalizer     u32 count, then so many u32 bl_normalize_op
 *   pre-tokenizer  u32 count, then so many { u32 bl_split_on, u32 bl_split_how, u32 character }
 *   WordPiece      u32 characters of the longest word that is split, i32 unknown id or -1,
 *                  text prefix of continuing pieces
 *   decoder        u32 bl_decoder, u32 clean up, text prefix
 *   surfaces       u32 count, then so many texts
 *   template       u32 bl_template_flag bits, then for a single text and for a pair:
 *                  u32 count, then so many { u32 bl_template_kind, u32 type id, i32 id,
 *                  i32 surface or -1 }
 *   added tokens   u32 count, then so many { i32 id, u32 bl_added_flag bits, text },
 *                  ids strictly ascending
 *   vocabulary     u32 count, u32 bytes of the pool, count × i32 ids (ascending),
 *                  count × u32 ends in the pool, the pool
 */
#ifndef BERTLET_TOKENIZER_BLOB_H
#define BERTLET_TOKENIZER_BLOB_H

#define BL_BLOB_MAGIC   0x4b4f5442u /* "BTOK" */
#define BL_BLOB_VERSION 1u

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
