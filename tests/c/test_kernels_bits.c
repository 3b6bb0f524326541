/* int8 gives the same bits on every machine: what a small chain through all kernels of
 * the int8 sets comes to is written down here. Whoever changes it changes the results
 * of every int8 model, and says so in the change log. */
#include "kernel_case.h"

#define EXPECTED 0xb583283au

static uint32_t digest_of(uint32_t digest, const float *values, size_t stride, uint32_t rows,
                          uint32_t width) {
    for (uint32_t m = 0; m < rows; m++) {
        for (uint32_t k = 0; k < width; k++) {
            uint32_t bits = bits_of(values[m * stride + k]);
            for (uint32_t byte = 0; byte < 4; byte++) {
                digest = (digest ^ (bits >> (byte * 8) & 255)) * 16777619u; /* FNV-1a */
            }
        }
    }
    return digest;
}

/* Attention on three heads, a linear layer, layer norm, an activation; `digest` goes on. */
static uint32_t chain(const bl_kernels *kernels, uint32_t digest, uint32_t rows,
                      bl_activation activation) {
    enum { head_size = 13, heads = 3, width = head_size * heads };
    linear_case qkv = linear_case_new(kernels, rows, width, 3 * width);
    linear_case dense = linear_case_new(kernels, rows, width, 45);
    float *gamma = random_floats(45), *beta = random_floats(45);
    float *projected = run_linear(kernels, &qkv, 0, rows);
    void *scratch = exact_alloc(bl_attention_scratch_bytes(rows, head_size));
    for (uint32_t head = 0; head < heads; head++) {
        const float *q = projected + head * head_size;
        kernels->attention(&(bl_attention_args){.q = q,
                                                .k = q + width,
                                                .v = q + 2 * width,
                                                .qkv_stride = qkv.out_stride,
                                                .context = dense.x + head * head_size,
                                                .context_stride = dense.in_stride,
                                                .scratch = scratch,
                                                .tokens = rows,
                                                .queries = rows,
                                                .head_size = head_size,
                                                .scale = 0.25f});
    }
    float *out = run_linear(kernels, &dense, 0, rows);
    kernels->layer_norm(out, NULL, dense.out_stride, rows, 45, gamma, beta, 1e-12f);
    kernels->activate(out, dense.out_stride, rows, 45, activation);
    digest = digest_of(digest, projected, qkv.out_stride, rows, 3 * width);
    digest = digest_of(digest, dense.x, dense.in_stride, rows, width);
    digest = digest_of(digest, out, dense.out_stride, rows, 45);
    linear_case_free(&qkv);
    linear_case_free(&dense);
    free(gamma), free(beta), free(projected), free(scratch), free(out);
    return digest;
}

static uint32_t digest_of_set(const bl_kernels *kernels) {
    uint32_t digest = 2166136261u;
    random_state = 20240229;
    for (uint32_t rows = 1; rows <= 40; rows++) {
        digest = chain(kernels, digest, rows, (bl_activation)(rows % 5));
    }
    return digest;
}

int main(void) {
    for (size_t i = 0; i < KERNEL_PAIRS; i++) {
        if (kernel_pairs[i].dtype == BL_DTYPE_INT8) {
            CHECK_EQUAL(digest_of_set(kernel_pairs[i].reference), EXPECTED);
            CHECK_EQUAL(digest_of_set(kernel_pairs[i].tested), EXPECTED);
        }
    }
    fprintf(stderr, "int8 digest: %08x\n", (unsigned)digest_of_set(&bl_simd128_i8));
    return check_result();
}
