/* The tables that generate.py writes; private to src/unicode.
 *
 * Classes: a trie of three levels over the folded code point (see unicode.h).
 * Decompositions: runs of code points that all decompose, each pointing at its first
 * entry; an entry is (place in the pool << 3 | number of UTF-16 units), where 7 means
 * "up to a zero unit". The canonical runs come first, the compatibility runs behind. */
#ifndef BERTLET_UNICODE_TABLES_H
#define BERTLET_UNICODE_TABLES_H

#include "unicode.h"

/* Every `step`-th code point of [first, last] becomes itself + distance. */
typedef struct bl_unicode_run {
    uint32_t first;
    uint32_t last;
    uint32_t step;
    int32_t distance;
} bl_unicode_run;

typedef struct bl_unicode_span {
    uint32_t first;
    uint32_t entry;
} bl_unicode_span;

extern const bl_unicode_run bl_unicode_lower_runs[];
extern const uint32_t bl_unicode_lower_run_count;

/* The pairs with second character s: firsts[starts[s] .. starts[s + 1]), sorted. */
extern const uint16_t bl_unicode_compose_seconds[];
extern const uint16_t bl_unicode_compose_starts[];
extern const uint32_t bl_unicode_compose_second_count;
extern const uint16_t bl_unicode_compose_firsts[];
extern const uint16_t bl_unicode_compose_results[];
/* Pairs outside the first plane: first, second, result. */
extern const uint32_t bl_unicode_compose_others[][3];
extern const uint32_t bl_unicode_compose_other_count;

extern const bl_unicode_span bl_unicode_decompose_runs[];
extern const uint32_t bl_unicode_canonical_runs;
extern const uint32_t bl_unicode_compatibility_runs;
extern const uint16_t bl_unicode_decompose_entries[];
extern const uint16_t bl_unicode_pool[];

#endif
