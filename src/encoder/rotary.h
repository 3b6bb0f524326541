/* The angles by which rotary positions turn queries and keys. */
#ifndef BERTLET_ROTARY_H
#define BERTLET_ROTARY_H

#include "../model/weights.h"

/* [places][head size]: for each pair of columns the cosine, then for each the sine. NULL where
 * positions are others. */
typedef struct bl_angles {
    float *global, *local; /* of layers without and with a window; the same where theta is */
    uint32_t places;
} bl_angles;

/* Memory for the places of a sequence. The caller asks the arena for its status. */
bl_angles bl_angles_layout(bl_arena *arena, const bl_config *config, uint32_t places);

void bl_angles_fill(const bl_angles *angles, const bl_config *config);

/* base^exponent for a base above 0, to some units of the last place of a double. */
double bl_power(double base, double exponent);

/* Both to less than 1e-15, for 0 <= x < 2^28. */
void bl_sine_cosine(double x, double *sine, double *cosine);

#endif
