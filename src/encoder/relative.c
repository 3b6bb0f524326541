#include "relative.h"

#include "rotary.h"

/* Distances from here on are alike, whatever the buckets. */
#define FARTHEST 128.0

static uint32_t width_of(const bl_distances *distances) {
    return 2 * distances->longest - 1;
}

bl_distances bl_distances_layout(bl_arena *arena, const bl_config *config, uint32_t longest) {
    bl_distances distances = {.longest = longest};
    if (config->relative_buckets > 0)
        distances.values = bl_arena_alloc_array(arena, config->attention_heads,
                                                (size_t)width_of(&distances) * sizeof(float));
    return distances;
}

/* Half of the buckets are of one direction. Half of those are of one distance each, the others of
 * ranges that grow: the one k after the first begins at nearest (farthest / nearest)^(k / count).
 */
static uint32_t find_bucket(uint32_t buckets, uint32_t distance) {
    uint32_t nearest = buckets / 2, count = buckets - nearest, k = 0;
    if (distance < nearest)
        return distance;
    /* Where a range begins at a whole number, that is of the range. */
    double place = distance * (1 + 1e-9);
    while (k + 1 < count &&
           place >= nearest * bl_power(FARTHEST / nearest, (double)(k + 1) / count))
        k++;
    return nearest + k;
}

void bl_distances_fill(bl_distances *distances, const bl_model *model) {
    uint32_t heads = model->config.attention_heads, buckets = model->config.relative_buckets / 2;
    if (!distances->values)
        return;
    uint32_t width = width_of(distances), last = distances->longest - 1;
    for (uint32_t distance = 0; distance <= last; distance++) {
        uint32_t bucket = find_bucket(buckets, distance);
        for (uint32_t head = 0; head < heads; head++) {
            float *values = distances->values + (size_t)head * width + last;
            values[-(ptrdiff_t)distance] = model->relative_bias[bucket * heads + head];
            if (distance > 0) /* keys behind the query */
                values[distance] = model->relative_bias[(buckets + bucket) * heads + head];
        }
    }
}

const float *bl_distances_of(const bl_distances *distances, uint32_t head) {
    if (!distances->values)
        return NULL;
    return distances->values + (size_t)head * width_of(distances) + distances->longest - 1;
}
