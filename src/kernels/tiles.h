/* What the linear kernels with vectors share: how the output is cut into tiles.
 *
 * A tile is 4 rows x 8 columns: its 8 sums, 2 weights, 1 activation and 1 product fit
 * the 15 vector registers that engines have on x64; more rows or columns spill. The
 * 1 to 3 rows left over are tiles of their own. One or two rows have too few sums to
 * hide the latency of an addition, so these take two panels at once.
 *
 * Where a sum takes up its product in the same instruction, no register is needed for the
 * product, and the latency is that of the whole instruction: 8 sums are just too few. These
 * kernels have tall tiles, 6 rows x 8 columns.
 *
 * Everything is inlined into one function a format, K innermost: engines unroll small
 * loops by how deep they are nested. */
#ifndef BERTLET_TILES_H
#define BERTLET_TILES_H

#include "kernels.h"
#include "wasm_simd.h"

/* One call of a linear kernel. */
typedef struct bl_linear_job {
    const bl_packed_rows *rows;
    const bl_weights *weights;
    float *out;
    size_t stride;
    size_t row_unit;          /* bytes of a packed row's share of a group along K */
    size_t row_bytes;         /* of a packed row */
    size_t panel_bytes;       /* of a panel of packed weights */
    uint32_t groups;          /* steps along K */
    uint32_t least_tall_rows; /* fewer rows make no tall tiles */
    uint32_t panel_end;       /* tall tiles read ahead in the next panel before it; 0: never */
    void *scratch;
    float last_scales[BL_PANEL]; /* of a last panel that is not full, filled up */
    int32_t last_sums[BL_PANEL];
} bl_linear_job;

/* A tall tile is a tile of packed rows and half of the one below or above it. */
#define BL_TALL 6

/* Computes and stores `rows` rows x `panels` panels (1; or 2 where rows <= 2) from `panel`
 * on. The rows begin with `row`; the last two of a tall tile are `pair` and `pair` + 1,
 * which is an even row. `w`: the weights of the first panel. The two counts are constants
 * where it is called. */
typedef void (*bl_tile_kernel)(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                               uint32_t row, uint32_t pair, uint32_t panel, const void *w);

/* The sums of a tile, [row][panel][half panel]. */
#define BL_TILE_SUMS 12

/* Row r of a tile. */
BL_INLINE uint32_t bl_tile_row(uint32_t r, uint32_t row, uint32_t pair) {
    return r < BL_TILE ? row + r : pair + (r - BL_TILE);
}

/* Bytes of a group along K in most formats: one of a splatted load. */
#define BL_UNIT 4

/* Bytes of a cache line, or fewer. */
#define BL_LINE 64

/* Where the packed row begins, and how far its next group along K is. */
BL_INLINE const uint8_t *bl_packed_row(const bl_linear_job *job, uint32_t row) {
    const uint8_t *tiles = job->rows->tiles;
    return tiles + row / BL_TILE * BL_TILE * job->row_bytes + row % BL_TILE * job->row_unit;
}

BL_INLINE size_t bl_packed_row_step(const bl_linear_job *job, uint32_t row) {
    uint32_t left = job->rows->rows - row / BL_TILE * BL_TILE;
    return (left < BL_TILE ? left : BL_TILE) * job->row_unit;
}

BL_INLINE const void *bl_panel_weights(const bl_linear_job *job, uint32_t panel) {
    return (const uint8_t *)job->weights->panels + panel * job->panel_bytes;
}

/* A call for a format with `group` inputs in a step along K, which are `row_unit` bytes of a
 * packed row, and `element` bytes a weight. */
BL_INLINE bl_linear_job bl_linear_job_for(const bl_packed_rows *rows, const bl_weights *weights,
                                          float *out, size_t stride, uint32_t group,
                                          size_t row_unit, size_t element) {
    uint32_t groups = weights->inputs / group + (weights->inputs % group != 0);
    return (bl_linear_job){.rows = rows,
                           .weights = weights,
                           .out = out,
                           .stride = stride,
                           .row_unit = row_unit,
                           .row_bytes = groups * row_unit,
                           .panel_bytes = groups * group * BL_PANEL * element,
                           .groups = groups};
}

/* The scales and the sums of the int8 weights in a panel. There are N of them and no
 * more, so those of a last panel in part are copied once a call. */
static inline void bl_copy_last_scales(bl_linear_job *job) {
    const bl_weights *weights = job->weights;
    uint32_t left = weights->outputs % BL_PANEL, first = weights->outputs - left;
    for (uint32_t i = 0; i < BL_PANEL; i++) {
        job->last_scales[i] = i < left ? weights->scales[first + i] : 0.0f;
        job->last_sums[i] = i < left && weights->sums ? weights->sums[first + i] : 0;
    }
}

BL_INLINE const float *bl_panel_scales(const bl_linear_job *job, uint32_t panel) {
    return panel == job->weights->outputs / BL_PANEL
               ? job->last_scales
               : job->weights->scales + (size_t)panel * BL_PANEL;
}

BL_INLINE const int32_t *bl_panel_sums(const bl_linear_job *job, uint32_t panel) {
    return panel == job->weights->outputs / BL_PANEL
               ? job->last_sums
               : job->weights->sums + (size_t)panel * BL_PANEL;
}

/* out = sums x scales + bias, for a tile as bl_tile_kernel has it. */
BL_INLINE void bl_store_tile_i32(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                                 uint32_t row, uint32_t pair, uint32_t panel,
                                 const v128_t sum[BL_TILE_SUMS]) {
    const float *bias = job->weights->bias + (size_t)panel * BL_PANEL;
    float *out = job->out + (size_t)panel * BL_PANEL;
    BL_UNROLLED for (uint32_t c = 0; c < panels * 2; c++) {
        v128_t weight_scale = wasm_v128_load(bl_panel_scales(job, panel + c / 2) + c % 2 * 4);
        v128_t b = wasm_v128_load(bias + c * 4);
        BL_UNROLLED for (uint32_t r = 0; r < rows; r++) {
            uint32_t m = bl_tile_row(r, row, pair);
            v128_t scale =
                wasm_f32x4_mul(wasm_v128_load32_splat(job->rows->scales + m), weight_scale);
            v128_t x = wasm_f32x4_convert_i32x4(sum[r * panels * 2 + c]);
            wasm_v128_store(out + m * job->stride + c * 4,
                            wasm_f32x4_add(wasm_f32x4_mul(x, scale), b));
        }
    }
}

/* Packed rows are read again for every panel, so they must stay in the second-level
 * cache: how many to take at a time, a multiple of BL_TILE; blocks of nearly equal
 * size. */
static inline uint32_t bl_row_block(const bl_linear_job *job) {
    uint32_t rows = job->rows->rows;
    size_t cached = (256u * 1024u) / job->row_bytes;
    if (cached < 32) {
        cached = 32;
    }
    uint32_t blocks = (uint32_t)((rows + cached - 1) / cached);
    uint32_t block = (rows + blocks - 1) / blocks;
    return (block + BL_TILE - 1) / BL_TILE * BL_TILE;
}

/* Fewer rows have no time in which the next panel could come. */
#define BL_LEAST_AHEAD_ROWS 32

/* What each of the tall tiles of a panel touches in the next one before it begins. */
typedef struct bl_ahead {
    const uint8_t *from, *end;
    size_t share;
} bl_ahead;

BL_INLINE bl_ahead bl_next_panel(const bl_linear_job *job, uint32_t rows, uint32_t panel) {
    bl_ahead ahead = {bl_panel_weights(job, panel + 1), NULL, 0};
    size_t tiles = rows / BL_TALL + 1;
    ahead.end = ahead.from;
    if (panel + 1 < job->panel_end && rows >= BL_LEAST_AHEAD_ROWS) {
        ahead.end += job->panel_bytes;
        ahead.share = (job->panel_bytes / tiles + BL_LINE - 1) / BL_LINE * BL_LINE;
    }
    return ahead;
}

/* Weights that are read for the first time make whoever needs them wait; these reads wait
 * while the tile is computed. */
BL_INLINE void bl_touch(bl_ahead *ahead) {
    const uint8_t *end = ahead->from + ahead->share;
    for (end = end < ahead->end ? end : ahead->end; ahead->from < end; ahead->from += BL_LINE) {
        (void)*(const volatile uint8_t *)ahead->from;
    }
}

/* The tiles of 4 and 6 rows among the rows [first, last) in one panel; `tall` may be NULL.
 * Returns the first row left over. */
BL_INLINE uint32_t bl_whole_tiles(bl_tile_kernel whole, bl_tile_kernel tall,
                                  const bl_linear_job *job, uint32_t first, uint32_t last,
                                  uint32_t panel, const void *w) {
    if (tall && job->rows->rows >= job->least_tall_rows) {
        /* Three packed tiles make two tall ones; of the one in the middle each takes half. */
        uint32_t row = first, pair = first + BL_TILE;
        bl_ahead ahead = bl_next_panel(job, last - first, panel);
        while ((row > pair ? row : pair) + BL_TILE <= last) {
            bl_touch(&ahead);
            tall(BL_TALL, 1, job, row, pair, panel, w);
            if (row < pair) {
                row = pair + BL_TILE;
                pair += 2;
            } else {
                row += BL_TILE;
                pair = row + BL_TILE;
            }
        }
        if (row > pair) {
            return pair;
        }
        first = row;
    }
    for (; first + BL_TILE <= last; first += BL_TILE) {
        whole(BL_TILE, 1, job, first, 0, panel, w);
    }
    return first;
}

/* `count` (1 to 3) rows in 1 or 2 panels. */
BL_INLINE void bl_part_tile(bl_tile_kernel part, const bl_linear_job *job, uint32_t row,
                            uint32_t count, uint32_t panel, uint32_t panels) {
    const void *w = bl_panel_weights(job, panel);
    switch (count) {
    case 1:
        if (panels == 2) {
            part(1, 2, job, row, 0, panel, w);
        } else {
            part(1, 1, job, row, 0, panel, w);
        }
        break;
    case 2:
        if (panels == 2) {
            part(2, 2, job, row, 0, panel, w);
        } else {
            part(2, 1, job, row, 0, panel, w);
        }
        break;
    case 3:
        for (uint32_t p = panel; p < panel + panels; p++) {
            part(3, 1, job, row, 0, p, bl_panel_weights(job, p));
        }
        break;
    }
}

/* The rows from `row_begin` (of a whole tile) on: `whole` and `tall` (NULL: there are no tall
 * tiles) compute rows by 4 and 6, and `part` what is left over. */
BL_INLINE void bl_run_tiles(bl_tile_kernel whole, bl_tile_kernel tall, bl_tile_kernel part,
                            const bl_linear_job *job, uint32_t row_begin, uint32_t panel_begin,
                            uint32_t panel_end) {
    uint32_t rows = job->rows->rows, block = bl_row_block(job);
    for (uint32_t first = row_begin; first < rows; first += block) {
        uint32_t last = rows - first < block ? rows : first + block;
        for (uint32_t panel = panel_begin; panel < panel_end; panel += 2) {
            uint32_t panels = panel_end - panel < 2 ? 1 : 2, left = first;
            for (uint32_t p = panel; p < panel + panels; p++) {
                left = bl_whole_tiles(whole, tall, job, first, last, p, bl_panel_weights(job, p));
            }
            while (left < last) {
                uint32_t to_tile = BL_TILE - left % BL_TILE;
                uint32_t count = last - left < to_tile ? last - left : to_tile;
                bl_part_tile(part, job, left, count, panel, panels);
                left += count;
            }
        }
    }
}

#endif
