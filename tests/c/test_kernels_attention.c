/* Attention of every set against double precision and against the scalar reference. */
#include "kernel_case.h"

/* q, k and v of `heads` heads side by side, as a fused matrix product leaves them; the
 * context likewise. */
typedef struct attention_case {
    uint32_t tokens, head_size, heads;
    size_t stride, context_stride;
    float *qkv, *context, *probabilities; /* [T][3][heads][d], [T][heads][d], [T][T] */
    void *scratch;
} attention_case;

static attention_case attention_case_new(uint32_t tokens, uint32_t head_size, uint32_t heads) {
    attention_case c = {.tokens = tokens, .head_size = head_size, .heads = heads};
    c.stride = stride_for(3 * heads * head_size);
    c.context_stride = stride_for(heads * head_size);
    c.qkv = random_floats(tokens * c.stride);
    c.context = exact_alloc(tokens * c.context_stride * sizeof(float));
    c.probabilities = exact_alloc((size_t)tokens * tokens * sizeof(float));
    c.scratch = exact_alloc(bl_attention_scratch_bytes(tokens, head_size));
    return c;
}

static void attention_case_free(attention_case *c) {
    free(c->qkv), free(c->context), free(c->probabilities), free(c->scratch);
}

static bl_attention_args args_of(attention_case *c, uint32_t head, int with_probabilities) {
    uint32_t width = c->heads * c->head_size;
    const float *q = c->qkv + head * c->head_size;
    return (bl_attention_args){
        .q = q,
        .k = q + width,
        .v = q + 2 * width,
        .qkv_stride = c->stride,
        .context = c->context + head * c->head_size,
        .context_stride = c->context_stride,
        .probabilities = with_probabilities ? c->probabilities : NULL,
        .scratch = c->scratch,
        .tokens = c->tokens,
        .queries = c->tokens,
        .head_size = c->head_size,
        .scale = 1.0f / sqrtf((float)c->head_size),
    };
}

static void fill_context(attention_case *c, float value) {
    for (size_t i = 0; i < c->tokens * c->context_stride; i++) {
        c->context[i] = value;
    }
}

/* One query's context and probabilities by definition; returns the largest error, in
 * units of what the rounding of float scores explains. */
static double query_error(const bl_attention_args *args, uint32_t query, double *weights) {
    double largest = -INFINITY, total = 0, worst = 0, size = 1;
    for (uint32_t key = 0; key < args->tokens; key++) {
        double score = 0, magnitude = 0;
        for (uint32_t i = 0; i < args->head_size; i++) {
            double product = (double)args->q[query * args->qkv_stride + i] *
                             args->k[key * args->qkv_stride + i] * args->scale;
            score += product;
            magnitude += fabs(product);
        }
        weights[key] = score;
        largest = fmax(largest, score);
        size = fmax(size, magnitude);
    }
    for (uint32_t key = 0; key < args->tokens; key++) {
        weights[key] = exp(weights[key] - largest);
        total += weights[key];
    }
    for (uint32_t i = 0; i < args->head_size; i++) {
        double sum = 0, magnitude = 1;
        for (uint32_t key = 0; key < args->tokens; key++) {
            double v = args->v[key * args->qkv_stride + i];
            sum += weights[key] / total * v;
            magnitude = fmax(magnitude, fabs(v));
        }
        double error = fabs(args->context[query * args->context_stride + i] - sum);
        worst = fmax(worst, error / magnitude);
    }
    for (uint32_t key = 0; args->probabilities && key < args->tokens; key++) {
        double p = args->probabilities[(size_t)query * args->tokens + key];
        worst = fmax(worst, fabs(p - weights[key] / total));
    }
    return worst / size;
}

static void check_case(const kernel_pair *pair, uint32_t tokens, uint32_t head_size,
                       uint32_t heads) {
    CHECK_CASE("%u tokens, %u heads of %u", tokens, heads, head_size);
    attention_case c = attention_case_new(tokens, head_size, heads);
    double *weights = exact_alloc(tokens * sizeof(double));
    size_t count = tokens * c.context_stride;
    float *reference = exact_alloc(count * sizeof(float));
    float *probabilities = exact_alloc((size_t)tokens * tokens * sizeof(float));
    for (uint32_t head = 0; head < heads; head++) {
        bl_attention_args args = args_of(&c, head, 1);
        pair->reference->attention(&args);
        memcpy(probabilities, c.probabilities, (size_t)tokens * tokens * sizeof(float));
    }
    memcpy(reference, c.context, count * sizeof(float));

    fill_context(&c, 777.0f);
    for (uint32_t head = 0; head < heads; head++) {
        bl_attention_args args = args_of(&c, head, 1);
        pair->tested->attention(&args);
        double worst = 0;
        for (uint32_t query = 0; query < tokens; query += 1 + tokens / 40) {
            worst = fmax(worst, query_error(&args, query, weights));
        }
        CHECK(worst <= 2e-6);
        /* The columns of heads to come are untouched. */
        uint32_t end = (head + 1) * head_size;
        for (uint32_t t = 0; t < tokens; t++) {
            for (uint32_t i = end; i < c.context_stride; i++) {
                CHECK_EQUAL(c.context[t * c.context_stride + i], 777.0f);
            }
        }
    }
    if (same_bits_promised(pair)) {
        CHECK(different_bits(c.context, reference, c.context_stride, tokens, heads * head_size) ==
              0);
        CHECK_EQUAL(different_bits(c.probabilities, probabilities, tokens, tokens, tokens), 0);
    }

    /* Again without probabilities, the heads in reverse order. */
    memcpy(reference, c.context, count * sizeof(float));
    fill_context(&c, 0.0f);
    for (uint32_t head = heads; head-- > 0;) {
        bl_attention_args args = args_of(&c, head, 0);
        pair->tested->attention(&args);
    }
    CHECK_EQUAL(different_bits(c.context, reference, c.context_stride, tokens, heads * head_size),
                0);

    /* Some of the queries: the same for each. */
    uint32_t some = (tokens + 2) / 3, skipped = tokens - some;
    fill_context(&c, 777.0f);
    for (uint32_t head = 0; head < heads; head++) {
        bl_attention_args args = args_of(&c, head, 0);
        args.q += skipped * args.qkv_stride;
        args.queries = some;
        pair->tested->attention(&args);
    }
    CHECK_EQUAL(different_bits(c.context, reference + skipped * c.context_stride, c.context_stride,
                               some, heads * head_size),
                0);
    CHECK(some == tokens || c.context[some * c.context_stride] == 777.0f);
    free(weights), free(reference), free(probabilities);
    attention_case_free(&c);
}

/* The place of a query among the 8 of its block changes nothing: equal queries have
 * equal results. */
static void check_equal_queries(const kernel_pair *pair) {
    attention_case c = attention_case_new(21, 13, 1);
    for (uint32_t t = 1; t < c.tokens; t++) {
        memcpy(c.qkv + t * c.stride, c.qkv, c.head_size * sizeof(float));
    }
    bl_attention_args args = args_of(&c, 0, 0);
    pair->tested->attention(&args);
    for (uint32_t t = 1; t < c.tokens; t++) {
        CHECK_EQUAL(different_bits(c.context, c.context + t * c.context_stride, c.context_stride, 1,
                                   c.head_size),
                    0);
    }
    attention_case_free(&c);
}

/* Scores that differ so much that all but one weight is 0, and scores too large for exp
 * without its shift. */
static void check_large_scores(const kernel_pair *pair) {
    attention_case c = attention_case_new(9, 4, 1);
    for (uint32_t t = 0; t < c.tokens; t++) {
        for (uint32_t i = 0; i < 4; i++) {
            c.qkv[t * c.stride + i] = 100.0f;
            c.qkv[t * c.stride + 4 + i] = t == 5 ? 50.0f : (float)t - 50.0f;
        }
    }
    bl_attention_args args = args_of(&c, 0, 1);
    pair->tested->attention(&args);
    for (uint32_t t = 0; t < c.tokens; t++) {
        CHECK(memcmp(c.context + t * c.context_stride, args.v + 5 * c.stride, 16) == 0);
        for (uint32_t key = 0; key < c.tokens; key++) {
            CHECK_EQUAL(c.probabilities[t * c.tokens + key], (key == 5 ? 1.0f : 0.0f));
        }
    }
    attention_case_free(&c);
}

/* With a window: what attention to the keys within it alone gives, zeros elsewhere; and chosen
 * queries get the bits that they have among all. */
static void check_window(const kernel_pair *pair, uint32_t tokens, uint32_t head_size,
                         uint32_t window) {
    attention_case c = attention_case_new(tokens, head_size, 1);
    double *weights = exact_alloc(tokens * sizeof(double));
    size_t count = tokens * c.context_stride, squares = (size_t)tokens * tokens;
    float *context = exact_alloc(count * sizeof(float));
    float *probabilities = exact_alloc(squares * sizeof(float));
    bl_attention_args args = args_of(&c, 0, 1);
    args.window = window;
    pair->reference->attention(&args);
    memcpy(context, c.context, count * sizeof(float));
    memcpy(probabilities, c.probabilities, squares * sizeof(float));
    fill_context(&c, 777.0f);
    pair->tested->attention(&args);
    if (same_bits_promised(pair)) {
        CHECK_EQUAL(different_bits(c.context, context, c.context_stride, tokens, head_size), 0);
        CHECK_EQUAL(different_bits(c.probabilities, probabilities, tokens, tokens, tokens), 0);
    }
    memcpy(context, c.context, count * sizeof(float));
    for (uint32_t query = 0; query < tokens; query++) {
        uint32_t begin = query > window ? query - window : 0;
        uint32_t end = query + window + 1 < tokens ? query + window + 1 : tokens;
        bl_attention_args seen = args_of(&c, 0, 0);
        seen.k += begin * seen.qkv_stride, seen.v += begin * seen.qkv_stride;
        seen.tokens = end - begin;
        CHECK(query_error(&seen, query, weights) <= 2e-6);
        for (uint32_t key = 0; key < tokens; key++) {
            float p = c.probabilities[(size_t)query * tokens + key];
            CHECK(key >= begin && key < end ? p >= 0 : p == 0);
        }
    }
    uint32_t *places = exact_alloc(tokens * sizeof(uint32_t)), some = 0;
    float *qkv = exact_alloc(tokens * c.stride * sizeof(float));
    for (uint32_t t = 0; t < tokens; t++) {
        if (random_below(3) == 0) {
            memcpy(qkv + some * c.stride, c.qkv + t * c.stride, c.stride * sizeof(float));
            places[some++] = t + 1000;
        }
    }
    bl_attention_args chosen = args_of(&c, 0, 0);
    chosen.window = window, chosen.q = qkv, chosen.queries = some;
    chosen.places = places, chosen.first_place = 1000;
    pair->tested->attention(&chosen);
    for (uint32_t q = 0; q < some; q++) {
        CHECK_EQUAL(different_bits(c.context + q * c.context_stride,
                                   context + (places[q] - 1000) * c.context_stride,
                                   c.context_stride, 1, head_size),
                    0);
    }
    free(weights), free(context), free(probabilities), free(places), free(qkv);
    attention_case_free(&c);
}

int main(void) {
    static const uint32_t cases[][3] = {
        /* tokens, head size, heads */
        {1, 1, 1},  {1, 32, 2}, {2, 5, 3},   {3, 7, 2},    {4, 8, 2},    {5, 5, 8},
        {7, 16, 1}, {8, 32, 3}, {9, 13, 2},  {12, 64, 2},  {17, 1, 5},   {33, 32, 2},
        {40, 3, 1}, {66, 9, 2}, {127, 5, 2}, {19, 256, 1}, {512, 32, 1}, {1030, 6, 1},
    };
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
            check_case(&kernel_pairs[i], cases[n][0], cases[n][1], cases[n][2]);
        }
        check_equal_queries(&kernel_pairs[i]);
        check_large_scores(&kernel_pairs[i]);
    }
    static const uint32_t lengths[] = {1, 2, 7, 8, 9, 31, 64, 103};
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        for (size_t t = 0; t < sizeof lengths / sizeof lengths[0]; t++) {
            check_window(&kernel_pairs[i], lengths[t], 6, 1);
            check_window(&kernel_pairs[i], lengths[t], 16, 4);
            check_window(&kernel_pairs[i], lengths[t], 9, 13);
            check_window(&kernel_pairs[i], lengths[t], 8, 200);
        }
    }
    return check_result();
}
