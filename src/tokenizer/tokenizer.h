/* Text to token ids with character offsets, and back: what Hugging Face
 * `tokenizers` computes for a BERT tokenizer.json, id for id. */
#ifndef BERTLET_TOKENIZER_H
#define BERTLET_TOKENIZER_H

#include "../base/arena.h"

/* Constant, except for a cache of words that never changes a result: calls on one
 * tokenizer must not run at the same time. */
typedef struct bl_tokenizer bl_tokenizer;

typedef enum bl_truncation {
    BL_TRUNCATION_NONE = 0,
    BL_TRUNCATION_LONGEST_FIRST = 1,
    BL_TRUNCATION_ONLY_FIRST = 2,
    BL_TRUNCATION_ONLY_SECOND = 3
} bl_truncation;

/* The end of a text (or pair) that has none. */
#define BL_NO_PAIR UINT32_MAX

/* Many inputs at once. The texts stand end to end; input i has the text up to
 * ends[2 * i] and the pair up to ends[2 * i + 1], or no pair when that is BL_NO_PAIR. */
typedef struct bl_encode_batch {
    const uint8_t *texts; /* UTF-8, may contain NUL; malformed bytes count as U+FFFD */
    size_t text_bytes;
    const uint32_t *ends;
    uint32_t input_count;
    uint32_t add_special_tokens;
    uint32_t truncation; /* bl_truncation */
    uint32_t max_length; /* tokens, special tokens included; used when truncating */
    uint32_t stride;     /* tokens that consecutive windows share */
    uint32_t windows;    /* 0: the first window only; 1: the overflowing ones too */
} bl_encode_batch;

/* Why an input was refused. */
typedef enum bl_encode_problem {
    BL_ENCODE_FINE = 0,
    BL_ENCODE_NO_ROOM = 1,     /* max_length is less than the number of special tokens */
    BL_ENCODE_STRIDE = 2,      /* stride isn't less than the tokens that a window has room for */
    BL_ENCODE_NO_SECOND = 3,   /* ONLY_SECOND must cut, and there is no pair */
    BL_ENCODE_TOO_SHORT = 4,   /* the text that may be cut is too short to be cut enough */
    BL_ENCODE_NO_UNKNOWN = 5,  /* an unknown word, and the vocabulary has no unknown token */
    BL_ENCODE_MANY_WINDOWS = 6 /* more than BL_WINDOWS_MAX */
} bl_encode_problem;

/* Windows of one call: each becomes an object in JavaScript. */
#define BL_WINDOWS_MAX (1u << 20)

/* Windows stand end to end in flat arrays of `token_count` elements (all in the
 * arena that was passed): window w is [window_starts[w], window_starts[w + 1]).
 * The windows of input i are [input_windows[i], input_windows[i + 1]): first the
 * encoding itself, then what overflowed.
 *
 * A token's text is that of its id but for a few (an added token that took spaces
 * along, a template that names a token otherwise): then `surfaces` isn't NULL, and
 * a token with surfaces[t] >= 0 has the UTF-16
 * units surface_ranges[2 * s] to surface_ranges[2 * s + 1] of the text in surface_bytes,
 * s = surfaces[t]. */
typedef struct bl_encoding {
    uint32_t window_count;
    uint32_t token_count;
    uint32_t truncated;              /* tokens that the first windows leave out, all inputs */
    uint32_t problem;                /* bl_encode_problem, when a call fails */
    uint32_t problem_input;          /* and the input that has it */
    const uint32_t *window_starts;   /* window_count + 1 */
    const uint32_t *input_windows;   /* inputs + 1 */
    const uint32_t *input_truncated; /* tokens that the first window leaves out */
    const int32_t *ids;              /* followed by type_ids, special_mask, offsets: one block */
    const int32_t *type_ids;
    const int32_t *special_mask; /* 1: added by the post-processor */
    const uint32_t *offsets;     /* [token_count][2]: begin, end in UTF-16 units */
    const int32_t *surfaces;     /* or NULL */
    const uint32_t *surface_ranges;
    const uint8_t *surface_bytes;
    uint32_t surface_byte_count;
} bl_encoding;

typedef struct bl_text {
    const uint8_t *bytes; /* UTF-8 */
    size_t length;
} bl_text;

/* Builds a tokenizer from the blob that js/tokenizer/configuration.js writes (format:
 * blob.h). The blob is changed and used where it stands, and must outlive the tokenizer,
 * which lives in `arena`. BL_BAD_MODEL: the blob is damaged or contradicts itself. */
bl_status bl_tokenizer_create(bl_arena *arena, uint8_t *blob, size_t blob_bytes,
                              bl_tokenizer **tokenizer);

/* BL_BAD_ARGUMENT, BL_BAD_MODEL, BL_TOO_LONG: `encoding->problem` says why. Time is linear in the
 * bytes of the texts. */
bl_status bl_tokenizer_encode_batch(bl_arena *arena, const bl_tokenizer *tokenizer,
                                    const bl_encode_batch *batch, bl_encoding *encoding);

/* Ids to text: what `tokenizers` gives, clean-up included. Unknown ids are left out. */
bl_status bl_tokenizer_decode(bl_arena *arena, const bl_tokenizer *tokenizer, const int32_t *ids,
                              size_t count, uint32_t skip_special_tokens, bl_text *text);

/* Texts of tokens to one text, as the tokenizer's decoder joins them. */
bl_status bl_tokenizer_join(bl_arena *arena, const bl_tokenizer *tokenizer, const bl_text *tokens,
                            size_t count, bl_text *text);

/* Tokens of the vocabulary and added ones, each once. */
uint32_t bl_tokenizer_vocab_size(const bl_tokenizer *tokenizer);

/* -1: there is no such token. */
int32_t bl_tokenizer_token_to_id(const bl_tokenizer *tokenizer, const uint8_t *text, size_t bytes);

/* BL_BAD_ARGUMENT: there is no such id. The text belongs to the tokenizer. */
bl_status bl_tokenizer_id_to_token(const bl_tokenizer *tokenizer, int32_t id, bl_text *text);

#endif
