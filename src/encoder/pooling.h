/* Hidden states to one vector a sequence. */
#ifndef BERTLET_POOLING_H
#define BERTLET_POOLING_H

#include "encoder.h"

typedef enum bl_pooling { BL_POOLING_MEAN = 0, BL_POOLING_CLS = 1, BL_POOLING_MAX = 2 } bl_pooling;

/* vectors[s][0..hidden_size), compact, in `arena`. `left_out`: rows at the beginning of each
 * sequence that don't count. `normalize`: divided by the Euclidean norm (at least 1e-12, as
 * torch's normalize). BL_BAD_ARGUMENT: no such pooling, or a sequence whose rows are all left
 * out. */
bl_status bl_pool(bl_arena *arena, const bl_model *model, const bl_batch *batch,
                  const float *hidden, uint32_t pooling, uint32_t left_out, uint32_t normalize,
                  float **vectors);

#endif
