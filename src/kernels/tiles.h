/* What the linear kernels with vectors share: how the output is cut into tiles.
 *
 * A tile is 4 rows x 8 columns: its 8 sums, 2 weights, 1 activation and 1 product fit
 * the 15 vector registers that engines have on x64; more rows or columns spill. The
 * 1 to 3 rows left over are tiles of their own. One or two rows have too few sums to
 * hide the latency of an addition, so these take two panels at once.
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
    size_t row_bytes;   /* of a packed row */
    size_t panel_bytes; /* of a panel of packed weights */
    uint32_t groups;    /* steps along K */
    void *scratch;
    float last_scales[BL_PANEL]; /* of a last panel that is not full, filled up */
    int32_t last_sums[BL_PANEL];
} bl_linear_job;

/* Computes and stores `rows` rows from `row` on x `panels` panels (1; or 2 where
 * rows <= 2) from `panel` on. `w`: the weights of the first panel. The two counts are
 * constants where it is called. */
typedef void (*bl_tile_kernel)(uint32_t rows, uint32_t panels, const bl_linear_job *job,
                               uint32_t row, uint32_t panel, const void *w);

/* The sums of a tile, [row][panel][half panel]. */
#define BL_TILE_SUMS 8

BL_INLINE const void *bl_tile_rows(const bl_linear_job *job, uint32_t row) {
    return (const uint8_t *)job->rows->tiles + row * job->row_bytes;
}

BL_INLINE const void *bl_panel_weights(const bl_linear_job *job, uint32_t panel) {
    return (const uint8_t *)job->weights->panels + panel * job->panel_bytes;
}

BL_INLINE float *bl_tile_out(const bl_linear_job *job, uint32_t row, uint32_t panel) {
    return job->out + row * job->stride + (size_t)panel * BL_PANEL;
}

/* Where the whole tiles read a panel's weights: in place, or after preparing them. */
typedef const void *(*bl_panel_source)(const bl_linear_job *job, uint32_t panel);

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

/* The whole tiles among the rows [first, last) in one panel. Returns the first row
 * left over. */
BL_INLINE uint32_t bl_whole_tiles(bl_tile_kernel tile, const bl_linear_job *job, uint32_t first,
                                  uint32_t last, uint32_t panel, const void *w) {
    for (; first + BL_TILE <= last; first += BL_TILE) {
        tile(BL_TILE, 1, job, first, panel, w);
    }
    return first;
}

/* The rows [row, last), fewer than BL_TILE, in 1 or 2 panels. */
BL_INLINE void bl_tail_tile(bl_tile_kernel tile, const bl_linear_job *job, uint32_t row,
                            uint32_t last, uint32_t panel, uint32_t panels) {
    const void *w = bl_panel_weights(job, panel);
    switch (last - row) {
    case 1:
        if (panels == 2) {
            tile(1, 2, job, row, panel, w);
        } else {
            tile(1, 1, job, row, panel, w);
        }
        break;
    case 2:
        if (panels == 2) {
            tile(2, 2, job, row, panel, w);
        } else {
            tile(2, 1, job, row, panel, w);
        }
        break;
    case 3:
        for (uint32_t p = panel; p < panel + panels; p++) {
            tile(3, 1, job, row, p, bl_panel_weights(job, p));
        }
        break;
    }
}

/* A whole call: `whole` computes the tiles of 4 rows, reading what `source` gives, and
 * `tail` the rows left over. */
BL_INLINE void bl_run_tiles(bl_tile_kernel whole, bl_panel_source source, bl_tile_kernel tail,
                            const bl_linear_job *job, uint32_t panel_begin, uint32_t panel_end) {
    uint32_t rows = job->rows->rows, block = bl_row_block(job);
    for (uint32_t first = 0; first < rows; first += block) {
        uint32_t last = rows - first < block ? rows : first + block;
        for (uint32_t panel = panel_begin; panel < panel_end; panel += 2) {
            uint32_t panels = panel_end - panel < 2 ? 1 : 2, left = first;
            for (uint32_t p = panel; p < panel + panels; p++) {
                left = bl_whole_tiles(whole, job, first, last, p, source(job, p));
            }
            bl_tail_tile(tail, job, left, last, panel, panels);
        }
    }
}

#endif
