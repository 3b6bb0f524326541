/* Tokens of texts to windows: truncation, the post-processor's template, and what
 * overflows, in the order in which Hugging Face `tokenizers` merges it. */
#include <string.h>

#include "../unicode/utf8.h"
#include "internal.h"

/* The tokens of one text and the windows that truncation makes of them: variant 0 is
 * what stays, the others overflow. */
typedef struct part {
    size_t begin; /* in scan->tokens */
    size_t length;
    size_t limit; /* tokens of a window */
    size_t step;  /* between the begins of windows */
    uint32_t variants;
} part;

typedef struct plan {
    const bl_template *template;
    part parts[2];
    uint32_t special;
    uint32_t digits[BL_BLOB_TEMPLATE_MAX]; /* the variant of each item of the template */
} plan;

static void part_range(const part *part, uint32_t variant, size_t *begin, size_t *end) {
    if (part->limit == 0 && variant == 1) { /* nothing stays, everything overflows */
        *begin = 0;
        *end = part->length;
        return;
    }
    *begin = variant * part->step;
    *end = part->limit < part->length - *begin ? *begin + part->limit : part->length;
}

/* Cuts a text to `limit` tokens. */
static uint32_t cut(part *part, size_t limit, size_t stride) {
    if (limit >= part->length)
        return BL_ENCODE_FINE;
    part->limit = limit;
    if (limit == 0) {
        part->variants = 2;
        return BL_ENCODE_FINE;
    }
    if (stride >= limit)
        return BL_ENCODE_STRIDE;
    part->step = limit - stride;
    part->variants = 1 + (uint32_t)((part->length - limit + part->step - 1) / part->step);
    return BL_ENCODE_FINE;
}

static uint32_t cut_longest_first(plan *plan, uint32_t pair, size_t most, size_t stride) {
    part *first = &plan->parts[0];
    part *second = &plan->parts[1];
    if (!pair)
        return cut(first, most, stride);
    /* The shorter text stays whole when it has at most half of the room. */
    size_t shorter = first->length < second->length ? first->length : second->length;
    size_t longer = shorter;
    if (shorter <= most && most - shorter > shorter)
        longer = most - shorter;
    if (shorter + longer > most) {
        shorter = most / 2;
        longer = shorter + most % 2;
    }
    uint32_t swapped = first->length > second->length;
    uint32_t problem = cut(first, swapped ? longer : shorter, stride);
    return problem ? problem : cut(second, swapped ? shorter : longer, stride);
}

static uint32_t truncate(plan *plan, uint32_t pair, const bl_encode_batch *batch) {
    size_t added = plan->special ? plan->template->tokens : 0;
    if (batch->max_length < added)
        return BL_ENCODE_NO_ROOM;
    size_t most = batch->max_length - added;
    size_t total = plan->parts[0].length + plan->parts[1].length;
    if (total <= most)
        return BL_ENCODE_FINE;
    if (most == 0) {
        cut(&plan->parts[0], 0, 0);
        cut(&plan->parts[1], 0, 0);
        return BL_ENCODE_FINE;
    }
    if (batch->truncation == BL_TRUNCATION_LONGEST_FIRST)
        return cut_longest_first(plan, pair, most, batch->stride);
    uint32_t second = batch->truncation == BL_TRUNCATION_ONLY_SECOND;
    if (second && !pair)
        return BL_ENCODE_NO_SECOND;
    part *target = &plan->parts[second];
    if (target->length <= total - most)
        return BL_ENCODE_TOO_SHORT;
    return cut(target, target->length - (total - most), batch->stride);
}

static uint32_t make_plan(plan *plan, const bl_scan *scan, const bl_encode_batch *batch,
                          const uint32_t *ends, uint32_t input, size_t begin) {
    uint32_t pair = ends[2 * input + 1] != BL_NO_PAIR;
    size_t middle = ends[2 * input];
    size_t end = pair ? ends[2 * input + 1] : middle;
    plan->template = &scan->tokenizer->templates[pair];
    plan->special = batch->add_special_tokens;
    plan->parts[0] = (part){begin, middle - begin, SIZE_MAX, 0, 1};
    plan->parts[1] = (part){middle, end - middle, SIZE_MAX, 0, 1};
    return batch->truncation == BL_TRUNCATION_NONE ? BL_ENCODE_FINE : truncate(plan, pair, batch);
}

static uint32_t variants_of(const plan *plan, uint32_t item) {
    uint32_t kind = plan->template->items[item].kind;
    return kind == BL_TEMPLATE_TOKEN ? 1 : plan->parts[kind].variants;
}

/* Sets the digits from `item` on to the first combination. Behind digits that are all
 * 0 a item counts 1, 2, ..., 0; else 0, 1, 2, ...: the order of HF's merging. Returns
 * whether a digit isn't 0: the combination of zeros is the encoding itself. */
static uint32_t first_digits(plan *plan, uint32_t item, uint32_t others) {
    for (; item < plan->template->count; item++) {
        plan->digits[item] = !others && variants_of(plan, item) > 1;
        others |= plan->digits[item];
    }
    return others;
}

/* The next combination that overflows; 0 when there is none. */
static uint32_t next_digits(plan *plan) {
    uint32_t others = 0; /* digits before `item` that aren't 0 */
    for (uint32_t item = 0; item < plan->template->count; item++)
        others += plan->digits[item] != 0;
    for (uint32_t item = plan->template->count; item-- > 0;) {
        others -= plan->digits[item] != 0;
        uint32_t digit = plan->digits[item];
        uint32_t last = variants_of(plan, item) - 1;
        if (others ? digit == last : digit == 0)
            continue;
        plan->digits[item] = digit == last ? 0 : digit + 1;
        return first_digits(plan, item + 1, others | plan->digits[item]);
    }
    return 0;
}

static uint64_t window_length(const plan *plan) {
    uint64_t length = 0;
    for (uint32_t i = 0; i < plan->template->count; i++) {
        uint32_t kind = plan->template->items[i].kind;
        if (kind == BL_TEMPLATE_TOKEN) {
            length += plan->special != 0;
            continue;
        }
        size_t begin, end;
        part_range(&plan->parts[kind], plan->digits[i], &begin, &end);
        length += end - begin;
    }
    return length;
}

/* A text that is all space. */
typedef struct blank {
    const uint8_t *begin;
    const uint8_t *end;
    uint32_t count; /* of its characters */
} blank;

/* Where the windows go. */
typedef struct output {
    const bl_scan *scan;
    size_t count;
    int32_t *ids;
    int32_t *type_ids;
    int32_t *special_mask;
    uint32_t *offsets;
    int32_t *surfaces; /* NULL: none has one */
    blank blank;
} output;

static uint32_t is_space(uint32_t code) {
    return code == 0x120 || (bl_unicode_class_of(code)->flags & BL_UNICODE_WHITESPACE) != 0;
}

/* How many spaces a text of nothing else has, or 0. Of texts that share their end each counts
 * on from the one before it. */
static uint32_t count_blank(blank *known, bl_text text) {
    const uint8_t *end = text.bytes + text.length;
    if (end != known->end || text.bytes < known->begin) {
        uint32_t count = 0;
        for (size_t at = 0; at < text.length; count++)
            if (!is_space(bl_utf8_next(text.bytes, text.length, &at)))
                return 0;
        *known = (blank){text.bytes, end, count};
    }
    while (known->begin < text.bytes) {
        size_t at = 0;
        bl_utf8_next(known->begin, (size_t)(end - known->begin), &at);
        known->begin += at;
        known->count--;
    }
    return known->count;
}

static uint32_t is_wide(const bl_scan *scan, size_t token) {
    size_t low = 0;
    size_t high = scan->wide_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scan->wide[middle] < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan->wide_count && scan->wide[low] == token;
}

/* trim_offsets of post-processors: one character less for each space (or its stand-in U+0120)
 * at an end of the token's text. */
static void trim_offsets(output *out, size_t token, uint32_t is_first, uint32_t *offsets) {
    const bl_scan *scan = out->scan;
    bl_text text;
    int32_t surface = bl_surface_of(scan, token);
    if (surface >= 0) {
        const bl_surface *own = &scan->surfaces[surface];
        text = (bl_text){scan->surface_bytes.items + own->begin, own->end - own->begin};
    } else if (bl_tokenizer_id_to_token(scan->tokenizer, scan->tokens.items[token].id, &text) !=
               BL_OK) {
        return;
    }
    uint32_t leading = surface >= 0 ? count_blank(&out->blank, text) : 0;
    uint32_t trailing = leading;
    if (leading == 0) {
        for (size_t at = 0;
             at < text.length && is_space(bl_utf8_next(text.bytes, text.length, &at));)
            leading++;
        for (size_t at = text.length; at > 0 && is_space(bl_utf8_previous(text.bytes, 0, &at));)
            trailing++;
    }
    uint32_t own_prefix = scan->tokenizer->template_flags & BL_TEMPLATE_PREFIX_SPACE;
    uint32_t wide = leading > 0 && is_wide(scan, token);
    trailing += wide && trailing == leading;
    if (leading == 1 && own_prefix && (is_first || offsets[0] == 0))
        leading = 0;
    if (leading > 0)
        leading += wide;
    offsets[0] = offsets[0] + leading < offsets[1] ? offsets[0] + leading : offsets[1];
    if (trailing > 0 && offsets[1] >= trailing)
        offsets[1] = offsets[1] - trailing > offsets[0] ? offsets[1] - trailing : offsets[0];
}

/* What few tokenizers have: trimmed offsets, texts of their own. */
static void write_oddities(output *out, size_t begin, size_t end, size_t to) {
    const bl_scan *scan = out->scan;
    uint32_t trims = scan->tokenizer->template_flags & BL_TEMPLATE_TRIM_OFFSETS;
    for (size_t token = begin; token < end; token++, to++) {
        if (trims)
            trim_offsets(out, token, token == begin, &out->offsets[2 * to]);
        if (out->surfaces) {
            int32_t surface = bl_surface_of(scan, token);
            if (surface >= 0)
                surface += (int32_t)scan->tokenizer->surface_count;
            out->surfaces[to] = surface;
        }
    }
}

static void write_part(output *out, const part *part, uint32_t variant, int32_t type_id) {
    size_t begin, end;
    part_range(part, variant, &begin, &end);
    size_t count = end - begin;
    size_t to = out->count;
    if (count == 0)
        return;
    const bl_token *tokens = out->scan->tokens.items + part->begin + begin;
    for (size_t i = 0; i < count; i++) {
        out->ids[to + i] = tokens[i].id;
        out->offsets[2 * (to + i)] = tokens[i].begin;
        out->offsets[2 * (to + i) + 1] = tokens[i].end;
    }
    for (size_t i = 0; i < count; i++)
        out->type_ids[to + i] = type_id;
    for (size_t i = 0; i < count; i++)
        out->special_mask[to + i] = 0;
    if (out->surfaces || (out->scan->tokenizer->template_flags & BL_TEMPLATE_TRIM_OFFSETS))
        write_oddities(out, part->begin + begin, part->begin + end, to);
    out->count = to + count;
}

static void write_window(output *out, const plan *plan) {
    uint32_t flags = out->scan->tokenizer->template_flags;
    uint32_t overflow_is_0 = plan->special && (flags & BL_TEMPLATE_OVERFLOW_TYPE_0);
    for (uint32_t i = 0; i < plan->template->count; i++) {
        const bl_template_item *item = &plan->template->items[i];
        if (item->kind != BL_TEMPLATE_TOKEN) {
            /* The template types what stays; what overflows keeps the text's number. */
            int32_t type_id = item->type_id;
            if (plan->digits[i] > 0)
                type_id = overflow_is_0 ? 0 : (int32_t)item->kind;
            write_part(out, &plan->parts[item->kind], plan->digits[i], type_id);
        } else if (plan->special) {
            size_t to = out->count++;
            out->ids[to] = item->id;
            out->type_ids[to] = item->type_id;
            out->special_mask[to] = 1;
            out->offsets[2 * to] = out->offsets[2 * to + 1] = 0;
            if (out->surfaces)
                out->surfaces[to] = item->surface;
        }
    }
}

/* Tokens of all windows of a part together. All are full but the last one. */
static uint64_t part_total(const part *part) {
    if (part->limit >= part->length || part->limit == 0)
        return part->length;
    uint64_t full = part->variants - 1;
    return full * part->limit + (part->length - full * part->step);
}

/* Windows are all combinations of what the items of a template show: counted without going
 * through them, because there may be more than anybody could wait for. */
static bl_status count_windows(const plan *plan, uint64_t *windows, uint64_t *tokens) {
    uint64_t combinations = 1;
    for (uint32_t i = 0; i < plan->template->count; i++) {
        combinations *= variants_of(plan, i);
        if (combinations > BL_WINDOWS_MAX)
            return BL_TOO_LONG;
    }
    *windows += combinations;
    for (uint32_t i = 0; i < plan->template->count && *tokens <= INT32_MAX; i++) {
        uint32_t kind = plan->template->items[i].kind;
        if (kind == BL_TEMPLATE_TOKEN)
            *tokens += plan->special ? combinations : 0;
        else
            *tokens += part_total(&plan->parts[kind]) * (combinations / variants_of(plan, i));
    }
    return *windows > BL_WINDOWS_MAX ? BL_TOO_LONG : BL_OK;
}

/* Counts the windows and tokens of all inputs. */
static bl_status count_all(const bl_scan *scan, const bl_encode_batch *batch, const uint32_t *ends,
                           bl_encoding *encoding) {
    plan plan;
    uint64_t windows = 0;
    uint64_t tokens = 0;
    size_t begin = 0;
    for (uint32_t i = 0; i < batch->input_count; i++) {
        encoding->problem_input = i;
        encoding->problem = make_plan(&plan, scan, batch, ends, i, begin);
        if (encoding->problem)
            return BL_BAD_ARGUMENT;
        begin = plan.parts[1].begin + plan.parts[1].length;
        if (batch->windows) {
            if (count_windows(&plan, &windows, &tokens) != BL_OK) {
                encoding->problem = BL_ENCODE_MANY_WINDOWS;
                return BL_TOO_LONG;
            }
        } else {
            memset(plan.digits, 0, plan.template->count * sizeof *plan.digits);
            tokens += window_length(&plan);
            windows++;
        }
        if (windows > INT32_MAX || tokens > INT32_MAX)
            return BL_OUT_OF_MEMORY;
    }
    encoding->problem_input = 0;
    encoding->window_count = (uint32_t)windows;
    encoding->token_count = (uint32_t)tokens;
    return BL_OK;
}

bl_status bl_assemble(const bl_scan *scan, const bl_encode_batch *batch, const uint32_t *ends,
                      bl_encoding *encoding) {
    bl_status status = count_all(scan, batch, ends, encoding);
    if (status != BL_OK)
        return status;
    bl_arena *arena = scan->arena;
    size_t count = encoding->token_count;
    size_t inputs = batch->input_count;
    uint32_t *starts = bl_arena_alloc_array(arena, (size_t)encoding->window_count + 1, 4);
    uint32_t *input_windows = bl_arena_alloc_array(arena, inputs + 1, 4);
    uint32_t *input_truncated = bl_arena_alloc_array(arena, inputs, 4);
    int32_t *block = bl_arena_alloc_array(arena, count, 5 * sizeof *block);
    uint32_t has_surfaces = scan->surface_count > 0 || scan->tokenizer->surface_count > 0;
    int32_t *surfaces = has_surfaces ? bl_arena_alloc_array(arena, count, sizeof *surfaces) : NULL;
    if (!starts || !input_windows || !input_truncated || !block || (has_surfaces && !surfaces))
        return BL_OUT_OF_MEMORY;
    output out = {
        scan,     0,  block, block + count, block + 2 * count, (uint32_t *)(block + 3 * count),
        surfaces, {0}};
    plan plan;
    uint32_t window = 0;
    size_t begin = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        make_plan(&plan, scan, batch, ends, i, begin);
        begin = plan.parts[1].begin + plan.parts[1].length;
        memset(plan.digits, 0, plan.template->count * sizeof *plan.digits);
        input_windows[i] = window;
        starts[window++] = (uint32_t)out.count;
        write_window(&out, &plan);
        input_truncated[i] = 0;
        for (uint32_t k = 0; k < 2; k++) {
            const part *part = &plan.parts[k];
            if (part->limit < part->length)
                input_truncated[i] += (uint32_t)(part->length - part->limit);
        }
        encoding->truncated += input_truncated[i];
        uint32_t more = batch->windows && first_digits(&plan, 0, 0);
        for (; more; more = next_digits(&plan)) {
            starts[window++] = (uint32_t)out.count;
            write_window(&out, &plan);
        }
    }
    input_windows[inputs] = window;
    starts[window] = (uint32_t)out.count;
    encoding->window_starts = starts;
    encoding->input_windows = input_windows;
    encoding->input_truncated = input_truncated;
    encoding->ids = out.ids;
    encoding->type_ids = out.type_ids;
    encoding->special_mask = out.special_mask;
    encoding->offsets = out.offsets;
    encoding->surfaces = surfaces;
    return has_surfaces ? bl_surfaces_write(scan, encoding) : BL_OK;
}
