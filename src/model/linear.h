/* Linear layers as the encoder and the heads apply them: packed weights, and the low-rank
 * side paths that an adapter put beside them. */
#ifndef BERTLET_LINEAR_H
#define BERTLET_LINEAR_H

#include "weights.h"

/* What applying linear layers to a block of rows takes. */
typedef struct bl_linear_work {
    void *packed; /* rows in a kernel's format */
    float *row_scales;
    bl_row_terms *row_terms;
    void *scratch;
    float *narrow; /* [rows][stride of the largest rank], where there are side paths */
    float *side;   /* [rows][stride of the widest layer], likewise */
} bl_linear_work;

/* For blocks of at most `rows` rows and any layer of the model. The caller asks the arena
 * for its status. */
bl_linear_work bl_linear_work_create(bl_arena *arena, const bl_model *model, uint32_t rows);

static inline uint32_t bl_count_panels(uint32_t outputs) {
    return (outputs + BL_PANEL - 1) / BL_PANEL;
}

/* The panels [panel_begin, panel_end) of out = rows W^T + b, with the side paths whose
 * outputs begin in them. Side paths are float, never fused: the same bits in every build. */
void bl_linear_apply(const bl_model *model, const bl_linear *linear, uint32_t panel_begin,
                     uint32_t panel_end, const float *rows, size_t stride, uint32_t row_count,
                     float *out, size_t out_stride, const bl_linear_work *work);

/* out[outputs] += the side paths of a decoder or an output layer, for one row x. `narrow`:
 * room for the largest rank. */
void bl_low_rank_add_rows(const bl_low_rank *paths, const float *x, float *out, float *narrow);

#endif
