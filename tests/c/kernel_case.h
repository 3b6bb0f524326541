/* Random inputs for the kernel tests, and the sets that they compare. */
#ifndef BERTLET_TESTS_KERNEL_CASE_H
#define BERTLET_TESTS_KERNEL_CASE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/kernels/kernel_sets.h"
#include "../../src/kernels/pack_weights.h"
#include "check.h"

typedef struct kernel_pair {
    bl_dtype dtype;
    const bl_kernels *reference, *tested;
} kernel_pair;

#define KERNEL_PAIR(set, dtype, reference, used) {dtype, &reference, &set},
static const kernel_pair kernel_pairs[] = {BL_KERNEL_SETS(KERNEL_PAIR)};

#define KERNEL_PAIRS (sizeof kernel_pairs / sizeof kernel_pairs[0])

/* Does the set promise the reference's bits? A relaxed float product does not. */
static inline int same_bits_promised(const kernel_pair *pair) {
    return pair->tested != &bl_scalar_f32 &&
           (pair->dtype == BL_DTYPE_INT8 || strcmp(pair->tested->name, "relaxed") != 0);
}

static uint32_t random_state = 1;

static inline uint32_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static inline uint32_t random_below(uint32_t bound) {
    return (uint32_t)((uint64_t)random_bits() * bound >> 32);
}

/* -1..1, now and then (one in 64) -16..16: activations have outliers. */
static inline float random_float(void) {
    float x = (float)((int32_t)(random_bits() >> 8) - (1 << 23)) / (float)(1 << 23);
    return random_below(64) == 0 ? x * 16.0f : x;
}

/* Memory of exactly this size, so that the address sanitizer sees the first byte too
 * many; 64-byte aligned as an arena's. Never NULL. */
static inline void *exact_alloc(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes ? bytes : 1) != 0) {
        abort();
    }
    return memory;
}

static inline float *random_floats(size_t count) {
    float *values = exact_alloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++) {
        values[i] = random_float();
    }
    return values;
}

/* A row stride as the contract has it. */
static inline size_t stride_for(uint32_t width) {
    return ((size_t)width + 15) & ~(size_t)15;
}

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* How many of the first `width` columns differ in any bit. */
static inline uint32_t different_bits(const float *a, const float *b, size_t stride, uint32_t rows,
                                      uint32_t width) {
    uint32_t count = 0;
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t n = 0; n < width; n++) {
            count += bits_of(a[m * stride + n]) != bits_of(b[m * stride + n]);
        }
    }
    return count;
}

/* A linear layer in one format, packed. */
typedef struct linear_case {
    uint32_t rows, inputs, outputs;
    size_t in_stride, out_stride;
    float *x;     /* [rows][in_stride] */
    float *w;     /* [outputs][inputs], what the packed weights stand for */
    int8_t *w_i8; /* NULL for fp32 */
    float *bias, *scales;
    int32_t *sums;
    void *panels, *scratch;
    bl_weights weights;
} linear_case;

typedef struct packed_case {
    void *tiles;
    float *scales;
    bl_row_terms *terms;
    bl_packed_rows rows;
} packed_case;

static inline uint32_t panels_of(uint32_t outputs) {
    return (outputs + BL_PANEL - 1) / BL_PANEL;
}

/* The matrix is written in pieces of random height, as a loader does. */
static inline void pack_case_weights(linear_case *c, const bl_kernels *kernels) {
    size_t bytes = bl_packed_weights_bytes(kernels, c->inputs, c->outputs);
    c->panels = exact_alloc(bytes);
    memset(c->panels, 0, bytes);
    for (uint32_t n = 0; n < c->outputs;) {
        uint32_t count = 1 + random_below(c->outputs - n);
        size_t at = (size_t)n * c->inputs;
        if (kernels->group == 1) {
            bl_pack_weights_f32(c->w + at, count, c->inputs, n, c->panels);
        } else {
            bl_pack_weights_i8(c->w_i8 + at, count, c->inputs, n, kernels->group, c->panels,
                               kernels->group == 4 ? c->sums : NULL);
        }
        n += count;
    }
}

static inline linear_case linear_case_new(const bl_kernels *kernels, uint32_t rows, uint32_t inputs,
                                          uint32_t outputs) {
    linear_case c = {.rows = rows, .inputs = inputs, .outputs = outputs};
    c.in_stride = stride_for(inputs);
    c.out_stride = stride_for(outputs);
    c.x = random_floats(rows * c.in_stride);
    c.w = random_floats((size_t)outputs * inputs);
    c.bias = random_floats((size_t)panels_of(outputs) * BL_PANEL);
    for (uint32_t n = outputs; n < panels_of(outputs) * BL_PANEL; n++) {
        c.bias[n] = 0.0f;
    }
    if (kernels->group > 1) {
        c.w_i8 = exact_alloc((size_t)outputs * inputs);
        c.scales = exact_alloc(outputs * sizeof(float));
        c.sums = exact_alloc(outputs * sizeof(int32_t));
        CHECK_EQUAL(bl_quantize_rows_i8(c.w, outputs, inputs, c.w_i8, c.scales), 0);
    }
    pack_case_weights(&c, kernels);
    c.scratch = exact_alloc(bl_linear_scratch_bytes(kernels, rows, inputs));
    c.weights = (bl_weights){c.panels, c.scales, c.bias, kernels->group == 4 ? c.sums : NULL,
                             inputs,   outputs};
    return c;
}

static inline void linear_case_free(linear_case *c) {
    free(c->x), free(c->w), free(c->w_i8), free(c->bias), free(c->scales), free(c->sums);
    free(c->panels), free(c->scratch);
}

static inline packed_case packed_case_new(const bl_kernels *kernels, const float *x, size_t stride,
                                          uint32_t rows, uint32_t inputs) {
    packed_case p = {exact_alloc(bl_packed_rows_bytes(kernels, rows, inputs)),
                     exact_alloc(rows * sizeof(float)),
                     exact_alloc(rows * sizeof(bl_row_terms)),
                     {0}};
    memset(p.scales, 0, rows * sizeof(float));
    memset(p.terms, 0, rows * sizeof(bl_row_terms));
    kernels->pack_rows(x, stride, rows, inputs, p.tiles, kernels->group > 1 ? p.scales : NULL,
                       kernels->group == 4 ? p.terms : NULL);
    p.rows = (bl_packed_rows){p.tiles, p.scales, p.terms, rows};
    return p;
}

static inline void packed_case_free(packed_case *p) {
    free(p->tiles), free(p->scales), free(p->terms);
}

/* int8 with two bytes an activation; the upper digit stands 4 bytes before the lower one. */
static inline int has_digits(const bl_kernels *kernels) {
    return kernels->group == 4 && kernels->packed_row_element == 2;
}

/* Where input k of row m is in p.tiles, in elements. */
static inline size_t packed_index(const bl_kernels *kernels, const packed_case *p, uint32_t m,
                                  uint32_t k, uint32_t inputs) {
    uint32_t group = kernels->group, padded = (inputs + group - 1) / group * group;
    uint32_t first = m / BL_TILE * BL_TILE, left = p->rows.rows - first;
    uint32_t tile_rows = left < BL_TILE ? left : BL_TILE;
    size_t groups = (size_t)first * (padded / group) + (size_t)(k / group) * tile_rows + m - first;
    return groups * group * (has_digits(kernels) ? 2 : 1) + k % group;
}

/* The whole layer on rows [first, first + count) alone. */
static inline float *run_linear(const bl_kernels *kernels, const linear_case *c, uint32_t first,
                                uint32_t count) {
    packed_case p =
        packed_case_new(kernels, c->x + first * c->in_stride, c->in_stride, count, c->inputs);
    float *out = exact_alloc(count * c->out_stride * sizeof(float));
    kernels->linear(&p.rows, &c->weights, 0, panels_of(c->outputs), out, c->out_stride, c->scratch);
    packed_case_free(&p);
    return out;
}

#endif
