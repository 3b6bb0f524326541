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
 *                  WordLevel: * unknown token
 *                  BPE: bl_bpe_flag bits, count of merges, then so many { left id, right id,
 *                  id of both }, first the one that is done first; * unknown token, prefix of
 *                  continuing characters, suffix of a word's last one
 *   normalizer     count, then so many bl_normalize_op
 *   pre-tokenizer  count, then so many { bl_split_on, bl_split_how, character or pattern }
 *   patterns       count, then so many, each as pattern_read.c describes it
 *   decoder        count, at least one, then so many { bl_decode_op, clean up }; * the text
 *                  of each
 *   added tokens   count, then so many { id, bl_added_flag bits }, ids strictly ascending;
 *                  * as many contents
 *   template       bl_template_flag bits, then for a single text and for a pair: count,
 *                  then so many { bl_template_kind, type id, id }; * for each
 *                  BL_TEMPLATE_TOKEN the text that it shows
 */
#ifndef BERTLET_TOKENIZER_BLOB_H
#define BERTLET_TOKENIZER_BLOB_H

#define BL_BLOB_VERSION 4u

/* How a word is cut into tokens. */
typedef enum bl_pieces_kind {
    BL_PIECES_WORDPIECE = 0,
    BL_PIECES_WORDLEVEL = 1,
    BL_PIECES_BPE = 2,
    BL_PIECES_KIND_COUNT = 3
} bl_pieces_kind;

typedef enum bl_bpe_flag {
    BL_BPE_HAS_UNKNOWN = 1,   /* else what isn't in the vocabulary is left out */
    BL_BPE_FUSE_UNKNOWN = 2,  /* unknown characters side by side are one token */
    BL_BPE_BYTE_FALLBACK = 4, /* unknown characters become tokens such as <0x0A> */
    BL_BPE_IGNORE_MERGES = 8  /* a word that is a token stays whole */
} bl_bpe_flag;

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
    BL_NORMALIZE_TO_BYTES = 11, /* bytes become the characters that stand for them */
    BL_NORMALIZE_OP_COUNT = 12
} bl_normalize_op;

typedef enum bl_split_on {
    BL_SPLIT_ON_WHITESPACE = 0,
    BL_SPLIT_ON_PUNCTUATION = 1,
    BL_SPLIT_ON_NUMERIC = 2,
    BL_SPLIT_ON_CHARACTER = 3,
    BL_SPLIT_ON_WORDS = 4, /* \w+|[^\w\s]+: runs of one kind, spaces removed */
    BL_SPLIT_ON_PATTERN = 5,
    BL_SPLIT_ON_OTHERS = 6,    /* what lies between a pattern's matches */
    BL_SPLIT_ON_EVERY = 7,     /* each character is a word by itself */
    BL_SPLIT_PREFIX_SPACE = 8, /* words get a space in front, where they have none */
    BL_SPLIT_TO_BYTES = 9,     /* bytes become the characters that stand for them */
    BL_SPLIT_ON_COUNT = 10
} bl_split_on;

/* Elements of a pattern (pattern.h). */
typedef enum bl_pattern_kind {
    BL_PATTERN_CLASS = 0,
    BL_PATTERN_POSSESSIVE = 1, /* gives nothing back that it took */
    BL_PATTERN_AHEAD = 2,
    BL_PATTERN_NOT_AHEAD = 3,
    BL_PATTERN_GROUP = 4,
    BL_PATTERN_KIND_COUNT = 5
} bl_pattern_kind;

typedef enum bl_split_how {
    BL_SPLIT_REMOVED = 0,
    BL_SPLIT_ISOLATED = 1,
    BL_SPLIT_CONTIGUOUS = 2,
    BL_SPLIT_MERGED_WITH_PREVIOUS = 3,
    BL_SPLIT_MERGED_WITH_NEXT = 4,
    BL_SPLIT_HOW_COUNT = 5
} bl_split_how;

/* What tokens go through, one step after the other, before they are put together. */
typedef enum bl_decode_op {
    BL_DECODE_SPACES = 0,    /* a space in front of all but the first */
    BL_DECODE_WORDPIECE = 1, /* the same, or the text taken away in front; clean-up */
    BL_DECODE_BYTE_LEVEL = 2,
    BL_DECODE_SUFFIX = 3, /* the text becomes a space, and nothing in the last token; without a
                             text: nothing changes */
    BL_DECODE_OP_COUNT = 4
} bl_decode_op;

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
#define BL_BLOB_PATTERNS_MAX 32u
#define BL_BLOB_TEMPLATE_MAX 256u
#define BL_BLOB_TOKENS_MAX   (1u << 24)

#endif
