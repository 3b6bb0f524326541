/* What scores are changed by, where a model has buckets of distances (bl_config.relative_buckets):
 * MPNet's way, which is T5's. All layers share it. */
#ifndef BERTLET_RELATIVE_H
#define BERTLET_RELATIVE_H

#include "../base/arena.h"
#include "../model/weights.h"

/* For each head, the distances from -(longest - 1) to longest - 1. */
typedef struct bl_distances {
    float *values; /* NULL: scores are not changed */
    uint32_t longest;
} bl_distances;

bl_distances bl_distances_layout(bl_arena *arena, const bl_config *config, uint32_t longest);
void bl_distances_fill(bl_distances *distances, const bl_model *model);

/* Of a head, at the distance 0: the value at [key - query]. NULL where there are none. */
const float *bl_distances_of(const bl_distances *distances, uint32_t head);

#endif
