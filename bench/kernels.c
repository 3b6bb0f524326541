/* The module's own kernels, run by themselves on made-up data, so that the bench can
 * time each. One job at a time: prepare, then run as often as wanted. */
#include "../src/kernels/kernels.h"

#define ALIGNMENT 64
#define PAGE      65536

#define EXPORT(name) __attribute__((export_name(#name)))

extern uint8_t __heap_base;

static size_t top;

static const bl_kernels *kernels;
static bl_weights weights;
static bl_packed_rows packed;
static float *rows, *residual, *out;
static void *scratch;
static size_t row_stride, out_stride;
static uint32_t width, heads, head_size;

static size_t round_up(size_t value, size_t step) {
    return (value + step - 1) / step * step;
}

/* Fresh memory, zeroed by the engine or filled by whoever asks. NULL: none left. */
static void *take(size_t bytes) {
    if (top == 0)
        top = round_up((size_t)&__heap_base, ALIGNMENT);
    size_t begin = top;
    top = round_up(begin + bytes, ALIGNMENT);
    size_t have = __builtin_wasm_memory_size(0), need = (top + PAGE - 1) / PAGE;
    if (need > have && __builtin_wasm_memory_grow(0, need - have) == (size_t)-1)
        return NULL;
    return (void *)begin;
}

static uint32_t random_state;

static uint32_t next_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* In -1..1. */
static float next_float(void) {
    return (float)(int32_t)(next_random() & 0xffff) / 32768.0f - 1.0f;
}

static float *take_floats(size_t count, float factor) {
    float *values = take(count * sizeof(float));
    for (size_t i = 0; values && i < count; i++)
        values[i] = next_float() * factor;
    return values;
}

static void begin(void) {
    top = 0;
    random_state = 1;
}

/* A linear layer of `outputs` x `inputs` over `row_count` rows, and its packing.
 * 0: this build has no kernels for the dtype, or no memory is left. */
EXPORT(bench_prepare_linear)
uint32_t bench_prepare_linear(uint32_t dtype, uint32_t row_count, uint32_t outputs,
                              uint32_t inputs) {
    begin();
    kernels = bl_kernels_select((bl_dtype)dtype);
    if (!kernels)
        return 0;
    size_t columns = round_up(outputs, BL_PANEL), depth = round_up(inputs, kernels->group);
    uint8_t *panels = take(columns * depth * kernels->packed_weight_element);
    float *scales = take_floats(columns, 0.01f);
    int32_t *sums = take(columns * sizeof(int32_t));
    float *bias = take_floats(columns, 0.1f);
    row_stride = round_up(inputs, 16);
    out_stride = round_up(outputs, 16);
    width = inputs;
    rows = take_floats(row_count * row_stride, 1);
    out = take_floats(row_count * out_stride, 0);
    void *tiles = take(row_count * depth * kernels->packed_row_element);
    float *row_scales = take_floats(row_count, 0);
    bl_row_terms *terms = take(row_count * sizeof(bl_row_terms));
    scratch = take(bl_linear_scratch_bytes(kernels, row_count, inputs));
    if (!scratch)
        return 0;
    for (size_t i = 0; i < columns * depth; i++) {
        if (dtype == BL_DTYPE_FP32)
            ((float *)panels)[i] = next_float() * 0.1f;
        else
            panels[i] = (uint8_t)(int8_t)((int32_t)(next_random() % 255) - 127);
    }
    for (size_t i = 0; i < columns; i++)
        sums[i] = (int32_t)(next_random() & 0xff);
    weights =
        (bl_weights){panels, dtype == BL_DTYPE_FP32 ? NULL : scales, bias, sums, inputs, outputs};
    packed = (bl_packed_rows){tiles, row_scales, terms, row_count};
    kernels->pack_rows(rows, row_stride, row_count, inputs, tiles, row_scales, terms);
    return 1;
}

EXPORT(bench_run_linear)
void bench_run_linear(uint32_t times) {
    uint32_t panels = (weights.outputs + BL_PANEL - 1) / BL_PANEL;
    for (uint32_t i = 0; i < times; i++)
        kernels->linear(&packed, &weights, 0, panels, out, out_stride, scratch);
}

/* Packing the activations that bench_prepare_linear made. */
EXPORT(bench_run_pack_rows)
void bench_run_pack_rows(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        kernels->pack_rows(rows, row_stride, packed.rows, width, (void *)packed.tiles,
                           (float *)packed.scales, (bl_row_terms *)packed.terms);
}

/* Rows for the kernels below; for attention they hold q, k and v side by side. */
EXPORT(bench_prepare_rows)
uint32_t bench_prepare_rows(uint32_t dtype, uint32_t row_count, uint32_t columns) {
    begin();
    kernels = bl_kernels_select((bl_dtype)dtype);
    row_stride = round_up(columns, 16);
    width = columns;
    packed.rows = row_count;
    rows = take_floats(row_count * row_stride, 2);
    residual = take_floats(row_count * row_stride, 1);
    return kernels && residual;
}

/* Rows that the activation leaves as they are, so that working in place gives the same
 * each time; the kernel has no branch that depends on values. */
EXPORT(bench_prepare_activate)
uint32_t bench_prepare_activate(uint32_t dtype, uint32_t row_count, uint32_t columns) {
    uint32_t done = bench_prepare_rows(dtype, row_count, columns);
    for (size_t i = 0; done && i < row_count * row_stride; i++)
        rows[i] = 8;
    return done;
}

EXPORT(bench_run_activate)
void bench_run_activate(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        kernels->activate(rows, row_stride, packed.rows, width, BL_ACTIVATION_GELU);
}

EXPORT(bench_run_layer_norm)
void bench_run_layer_norm(uint32_t times) {
    const float *gamma = residual, *beta = residual + row_stride;
    for (uint32_t i = 0; i < times; i++)
        kernels->layer_norm(rows, residual, row_stride, packed.rows, width, gamma, beta, 1e-12f);
}

EXPORT(bench_prepare_attention)
uint32_t bench_prepare_attention(uint32_t dtype, uint32_t tokens, uint32_t head_count,
                                 uint32_t size) {
    if (!bench_prepare_rows(dtype, tokens, 3 * head_count * size))
        return 0;
    heads = head_count;
    head_size = size;
    out_stride = round_up(head_count * size, 16);
    out = take_floats(tokens * out_stride, 0);
    scratch = take(bl_attention_scratch_bytes(tokens, size));
    return scratch != NULL;
}

/* All heads of one sequence. */
EXPORT(bench_run_attention)
void bench_run_attention(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        for (uint32_t head = 0; head < heads; head++) {
            const float *q = rows + head * head_size;
            bl_attention_args args = {
                .q = q,
                .k = q + heads * head_size,
                .v = q + 2 * (size_t)heads * head_size,
                .qkv_stride = row_stride,
                .context = out + head * head_size,
                .context_stride = out_stride,
                .scratch = scratch,
                .tokens = packed.rows,
                .queries = packed.rows,
                .head_size = head_size,
                .scale = 0.1f,
            };
            kernels->attention(&args);
        }
    }
}
