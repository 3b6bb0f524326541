#include "unicode.h"

#include "tables.h"

/* Hangul syllables are computed: Unicode Standard, section 3.12. */
enum {
    HANGUL_BASE = 0xAC00,
    LEAD_BASE = 0x1100,
    LEAD_COUNT = 19,
    VOWEL_BASE = 0x1161,
    VOWEL_COUNT = 21,
    TAIL_BASE = 0x11A7, /* one before the first tail */
    TAIL_COUNT = 28,
};

uint32_t bl_unicode_lower(uint32_t code, uint32_t out[BL_UNICODE_LOWER_MAX]) {
    if (code == 0x130) { /* the only one that grows: i and a combining dot */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    uint32_t low = 0;
    uint32_t high = bl_unicode_lower_run_count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (bl_unicode_lower_runs[middle].first <= code)
            low = middle;
        else
            high = middle;
    }
    const bl_unicode_run *run = &bl_unicode_lower_runs[low];
    uint32_t inside =
        code >= run->first && code <= run->last && (code - run->first) % run->step == 0;
    out[0] = inside ? code + (uint32_t)run->distance : code;
    return 1;
}

static uint32_t read_entry(uint32_t entry, uint32_t *out) {
    const uint16_t *units = bl_unicode_pool + (entry >> 3);
    uint32_t length = entry & 7;
    if (length == 7)
        while (units[length] != 0)
            length++;
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t unit = units[i];
        if (unit >= 0xD800 && unit < 0xDC00)
            unit = 0x10000 + ((unit - 0xD800) << 10) + (uint32_t)(units[++i] - 0xDC00);
        out[count++] = unit;
    }
    return count;
}

/* `code` is in one of the runs: its flag says so. */
static uint32_t decompose_by(const bl_unicode_span *runs, uint32_t count, uint32_t code,
                             uint32_t *out) {
    uint32_t low = 0;
    uint32_t high = count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (runs[middle].first <= code)
            low = middle;
        else
            high = middle;
    }
    return read_entry(bl_unicode_decompose_entries[runs[low].entry + code - runs[low].first], out);
}

uint32_t bl_unicode_decompose(uint32_t code, uint32_t compatibility,
                              uint32_t out[BL_UNICODE_DECOMPOSE_MAX]) {
    if (bl_unicode_is_hangul(code)) {
        uint32_t index = code - HANGUL_BASE;
        uint32_t tail = index % TAIL_COUNT;
        out[0] = LEAD_BASE + index / (VOWEL_COUNT * TAIL_COUNT);
        out[1] = VOWEL_BASE + index % (VOWEL_COUNT * TAIL_COUNT) / TAIL_COUNT;
        out[2] = TAIL_BASE + tail;
        return tail ? 3 : 2;
    }
    uint32_t flags = bl_unicode_class_of(code)->flags;
    if (compatibility && (flags & BL_UNICODE_COMPATIBILITY))
        return decompose_by(bl_unicode_decompose_runs + bl_unicode_canonical_runs,
                            bl_unicode_compatibility_runs, code, out);
    if (flags & BL_UNICODE_CANONICAL)
        return decompose_by(bl_unicode_decompose_runs, bl_unicode_canonical_runs, code, out);
    out[0] = code;
    return 1;
}

/* Index of `key` in a sorted array, or `count`. */
static uint32_t find16(const uint16_t *keys, uint32_t count, uint32_t key) {
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && keys[low] == key ? low : count;
}

uint32_t bl_unicode_compose(uint32_t first, uint32_t second) {
    if (first - LEAD_BASE < LEAD_COUNT && second - VOWEL_BASE < VOWEL_COUNT)
        return HANGUL_BASE +
               ((first - LEAD_BASE) * VOWEL_COUNT + (second - VOWEL_BASE)) * TAIL_COUNT;
    if (bl_unicode_is_hangul(first) && (first - HANGUL_BASE) % TAIL_COUNT == 0 &&
        second - TAIL_BASE - 1 < TAIL_COUNT - 1)
        return first + (second - TAIL_BASE);
    uint32_t seconds = bl_unicode_compose_second_count;
    uint32_t group = find16(bl_unicode_compose_seconds, seconds, second);
    if (group < seconds) {
        uint32_t start = bl_unicode_compose_starts[group];
        uint32_t count = bl_unicode_compose_starts[group + 1] - start;
        uint32_t found = find16(bl_unicode_compose_firsts + start, count, first);
        if (found < count)
            return bl_unicode_compose_results[start + found];
    }
    for (uint32_t i = 0; i < bl_unicode_compose_other_count; i++)
        if (bl_unicode_compose_others[i][0] == first && bl_unicode_compose_others[i][1] == second)
            return bl_unicode_compose_others[i][2];
    return 0;
}
