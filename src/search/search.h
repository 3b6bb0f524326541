/* Exhaustive search: the rows of a table that are nearest to a query by cosine. */
#ifndef BERTLET_SEARCH_H
#define BERTLET_SEARCH_H

#include "../base/arena.h"

/* The largest D: a row of floats has 64 MB. */
#define BL_MAX_DIMENSIONS (1u << 24)

/* How vectors of D dimensions stand in memory, row after row. */
typedef enum bl_precision {
    BL_PRECISION_FLOAT32 = 0, /* float[D] */
    BL_PRECISION_INT8 = 1,    /* int8[D] */
    BL_PRECISION_BINARY = 2   /* bits, 1 standing for +1 and 0 for -1, the last byte filled up with
                                 zeros in rows and query alike */
} bl_precision;

typedef struct bl_match {
    float score;       /* the cosine; 0 where a vector is zero */
    uint32_t position; /* of the row */
} bl_match;

typedef struct bl_search {
    uint32_t precision, dimensions;
    uint32_t limit;    /* how many matches are kept: k */
    uint32_t count;    /* matches so far */
    bl_match *matches; /* [limit]: a heap, the worst first; after bl_search_finish the best first */
    const void *query; /* as the kernels read it */
    float query_norm;  /* 1 for float rows: the copy has that length */
} bl_search;

/* Bytes of a row. */
size_t bl_search_row_bytes(uint32_t precision, uint32_t dimensions);

/* Begins a search. `query`: as a row is, but for int8 rows int16[D], each at most 4095. It is
 * copied. BL_BAD_ARGUMENT: a precision that is none, no dimensions or too many, k of 0. */
bl_status bl_search_create(bl_arena *arena, uint32_t precision, uint32_t dimensions,
                           const void *query, uint32_t limit, bl_search **search);

/* The Euclidean norm of each row, as bl_search_scan wants them; binary rows need none.
 * BL_BAD_ARGUMENT: a component or a norm that is not finite. */
bl_status bl_search_norms(uint32_t precision, uint32_t dimensions, const void *rows,
                          uint32_t row_count, float *norms);

/* Takes rows into the search; `first` is the position of the first. Of equal scores the lower
 * position is better, whatever order rows come in. */
void bl_search_scan(bl_search *search, const void *rows, const float *norms, uint32_t row_count,
                    uint32_t first);

/* Sorts the matches. */
void bl_search_finish(bl_search *search);

#endif
