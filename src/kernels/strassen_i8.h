/* int8 products with an eighth fewer multiplications: one level of Strassen's algorithm in
 * Winograd's form (Higham, Accuracy and Stability of Numerical Algorithms, section 23.1).
 * The rows x, their inputs and the outputs of w are cut in halves,
 *
 *   | x11 x12 |   | w11 w12 |   | y11 y12 |
 *   | x21 x22 | . | w21 w22 | = | y21 y22 |
 *
 *   s1 = x21 + x22   s2 = s1 - x11    s3 = x11 - x21    s4 = x12 - s2
 *   t1 = w12 - w11   t2 = w22 - t1    t3 = w22 - w12    t4 = w21 - t2
 *
 *   p = x11 w11      q = p + s2 t2    r = q + s3 t3     u = s1 t1
 *   y11 = p + x12 w21    y12 = q + u + s4 w22    y21 = r + x22 t4    y22 = r + u
 *
 * seven products of a quarter of the size, where eight are usual. In floats it would round
 * otherwise, and rows would mix; in integers it is exact. Packed activations are within
 * +-4095, also those of a row that is not finite, so s fits int16, and so does t. Sums may leave
 * int32 on the way and wrap: what comes out fits, so it is right modulo 2^32 and right. */
#ifndef BERTLET_STRASSEN_I8_H
#define BERTLET_STRASSEN_I8_H

#include "tiles.h"

/* Most rows of a block: its sums s are made once, the sums t of a panel once for it. */
#define STRASSEN_ROWS 128

enum { X11, X12, X21, X22, S1, S2, S3, S4, ROW_QUARTERS };
enum { W11, W21, W22, T1, T2, T3, T4, WEIGHT_QUARTERS };
enum { ZERO, P, Q, R, U, Y11, Y12, Y21, SUMS };

/* to = from + x w, in this order. */
typedef struct strassen_step {
    uint8_t x, w, from, to;
} strassen_step;

static const strassen_step strassen_steps[] = {
    {S1, T1, ZERO, U}, {X11, W11, ZERO, P}, {X12, W21, P, Y11}, {S2, T2, P, Q},
    {S4, W22, Q, Y12}, {S3, T3, Q, R},      {X22, T4, R, Y21},
};

#define STRASSEN_STEPS (sizeof strassen_steps / sizeof strassen_steps[0])

/* What is added up to an output, by row half and column half. */
static const uint8_t strassen_outputs[2][2][2] = {{{Y11, ZERO}, {Y12, U}}, {{Y21, ZERO}, {R, U}}};

typedef struct strassen_block {
    uint32_t row;                   /* the first one */
    uint32_t half;                  /* rows of a half, whole tiles */
    uint32_t groups;                /* pairs along a half of K */
    const int16_t *x[ROW_QUARTERS]; /* tiles [groups][4][2] */
    size_t x_step[ROW_QUARTERS];    /* elements from tile to tile */
    int16_t *w[WEIGHT_QUARTERS];    /* [groups][8][2] of one panel or a pair of panels */
    int32_t *sums[SUMS];            /* [half][8] */
} strassen_block;

BL_INLINE void *strassen_take(uint8_t **free, size_t bytes) {
    void *taken = *free;
    *free += bytes;
    return taken;
}

/* Where everything is; makes the sums s. */
BL_INLINE strassen_block strassen_begin(const bl_linear_job *job, uint32_t row, uint32_t rows) {
    strassen_block block = {.row = row, .half = rows / 2, .groups = job->groups / 2};
    uint8_t *free = job->scratch;
    size_t tile = (size_t)block.groups * 2 * BL_TILE, tiles = block.half / BL_TILE;
    for (uint32_t i = 0; i < WEIGHT_QUARTERS; i++) {
        block.w[i] = strassen_take(&free, (size_t)block.groups * 2 * BL_PANEL * sizeof(int16_t));
    }
    for (uint32_t i = 0; i < SUMS; i++) {
        block.sums[i] = strassen_take(&free, (size_t)block.half * BL_PANEL * sizeof(int32_t));
    }
    memset(block.sums[ZERO], 0, (size_t)block.half * BL_PANEL * sizeof(int32_t));
    for (uint32_t i = X11; i <= X22; i++) {
        uint32_t first = row + (i >= X21 ? block.half : 0);
        block.x[i] = (const int16_t *)bl_packed_row(job, first) + (i % 2 ? tile : 0);
        block.x_step[i] = tile * 2;
    }
    int16_t *s[4];
    for (uint32_t i = 0; i < 4; i++) {
        block.x[S1 + i] = s[i] = strassen_take(&free, tile * tiles * sizeof(int16_t));
        block.x_step[S1 + i] = tile;
    }
    for (size_t t = 0; t < tiles; t++) {
        size_t from = t * tile * 2, to = t * tile, end = to + tile;
        BL_ROLLED do {
            v128_t x11 = wasm_v128_load(block.x[X11] + from);
            v128_t x21 = wasm_v128_load(block.x[X21] + from);
            v128_t s1 = wasm_i16x8_add(x21, wasm_v128_load(block.x[X22] + from));
            v128_t s2 = wasm_i16x8_sub(s1, x11);
            wasm_v128_store(s[0] + to, s1);
            wasm_v128_store(s[1] + to, s2);
            wasm_v128_store(s[2] + to, wasm_i16x8_sub(x11, x21));
            wasm_v128_store(s[3] + to, wasm_i16x8_sub(wasm_v128_load(block.x[X12] + from), s2));
            from += 8;
            to += 8;
        }
        while (to != end)
            ;
    }
    return block;
}

/* Widens two panels, of the first and of the second half of the outputs, and makes their
 * sums t. */
BL_INLINE void strassen_prepare_panels(const strassen_block *block, const int8_t *first,
                                       const int8_t *second) {
    size_t half = (size_t)block->groups * 2 * BL_PANEL;
    BL_ROLLED for (size_t i = 0; i < half; i += 8) {
        v128_t w11 = wasm_i16x8_load8x8(first + i), w21 = wasm_i16x8_load8x8(first + half + i);
        v128_t w12 = wasm_i16x8_load8x8(second + i), w22 = wasm_i16x8_load8x8(second + half + i);
        v128_t t1 = wasm_i16x8_sub(w12, w11), t2 = wasm_i16x8_sub(w22, t1);
        wasm_v128_store(block->w[W11] + i, w11);
        wasm_v128_store(block->w[W21] + i, w21);
        wasm_v128_store(block->w[W22] + i, w22);
        wasm_v128_store(block->w[T1] + i, t1);
        wasm_v128_store(block->w[T2] + i, t2);
        wasm_v128_store(block->w[T3] + i, wasm_i16x8_sub(w22, w12));
        wasm_v128_store(block->w[T4] + i, wasm_i16x8_sub(w21, t2));
    }
}

/* One step for a tile of 4 rows x 8 columns. */
BL_INLINE void strassen_tile(const strassen_block *block, strassen_step step, uint32_t tile) {
    const int16_t *x = block->x[step.x] + tile * block->x_step[step.x];
    const int16_t *w = block->w[step.w], *end = w + (size_t)block->groups * 2 * BL_PANEL;
    size_t place = (size_t)tile * BL_TILE * BL_PANEL;
    v128_t sum[BL_TILE * 2];
    BL_UNROLLED for (uint32_t i = 0; i < BL_TILE * 2; i++) {
        sum[i] = wasm_v128_load(block->sums[step.from] + place + i * 4);
    }
    BL_ROLLED do {
        v128_t low = wasm_v128_load(w), high = wasm_v128_load(w + BL_PANEL);
        BL_UNROLLED for (uint32_t r = 0; r < BL_TILE; r++) {
            v128_t row = wasm_v128_load32_splat(x + r * 2);
            sum[r * 2] = wasm_i32x4_add(sum[r * 2], wasm_i32x4_dot_i16x8(row, low));
            sum[r * 2 + 1] = wasm_i32x4_add(sum[r * 2 + 1], wasm_i32x4_dot_i16x8(row, high));
        }
        x += BL_TILE * 2;
        w += BL_PANEL * 2;
    }
    while (w != end)
        ;
    BL_UNROLLED for (uint32_t i = 0; i < BL_TILE * 2; i++) {
        wasm_v128_store(block->sums[step.to] + place + i * 4, sum[i]);
    }
}

/* The outputs of one half of the rows in one panel, as floats. */
BL_INLINE void strassen_store(const strassen_block *block, const bl_linear_job *job, uint32_t row,
                              uint32_t panel, const uint8_t sums[2]) {
    const float *scales = bl_panel_scales(job, panel);
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    const int32_t *a = block->sums[sums[0]], *b = block->sums[sums[1]];
    for (uint32_t r = 0; r < block->half; r++) {
        v128_t row_scale = wasm_v128_load32_splat(job->rows->scales + row + r);
        float *out = job->out + (row + r) * job->stride + (size_t)panel * BL_PANEL;
        BL_UNROLLED for (uint32_t c = 0; c < BL_PANEL; c += 4) {
            v128_t scale = wasm_f32x4_mul(row_scale, wasm_v128_load(scales + c));
            v128_t sum = wasm_i32x4_add(wasm_v128_load(a + r * BL_PANEL + c),
                                        wasm_v128_load(b + r * BL_PANEL + c));
            wasm_v128_store(out + c,
                            wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum), scale),
                                           wasm_v128_load(bias + c)));
        }
    }
}

/* The rows [0, rows) in the panels [panel_begin, panel_begin + 2 * pairs). `rows` is a
 * multiple of 2 tiles, and the job has an even number of groups. */
BL_INLINE void strassen_run(const bl_linear_job *job, uint32_t rows, uint32_t panel_begin,
                            uint32_t pairs) {
    for (uint32_t row = 0; row < rows; row += STRASSEN_ROWS) {
        uint32_t count = rows - row < STRASSEN_ROWS ? rows - row : STRASSEN_ROWS;
        strassen_block block = strassen_begin(job, row, count);
        for (uint32_t panel = panel_begin; panel < panel_begin + pairs; panel++) {
            strassen_prepare_panels(&block, bl_panel_weights(job, panel),
                                    bl_panel_weights(job, panel + pairs));
            for (uint32_t i = 0; i < STRASSEN_STEPS; i++) {
                for (uint32_t tile = 0; tile < block.half / BL_TILE; tile++) {
                    strassen_tile(&block, strassen_steps[i], tile);
                }
            }
            for (uint32_t i = 0; i < 4; i++) {
                strassen_store(&block, job, row + i / 2 * block.half, panel + i % 2 * pairs,
                               strassen_outputs[i / 2][i % 2]);
            }
        }
    }
}

#endif
