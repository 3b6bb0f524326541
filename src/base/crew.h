/* Doing the parts of a task at the same time. The core does not know threads: whoever
 * has them (wasm/) gives a crew; without one a task runs as a single part. */
#ifndef BERTLET_CREW_H
#define BERTLET_CREW_H

#include <stdint.h>

/* Most parts that a task is ever cut into. */
#define BL_CREW_LIMIT 16

/* One part of a task. Parts share nothing that any of them writes. */
typedef void (*bl_task)(void *context, uint32_t part, uint32_t part_count);

typedef struct bl_crew bl_crew;

struct bl_crew {
    uint32_t size; /* parts that can run at once, 1..BL_CREW_LIMIT */
    /* Runs all parts and returns when they are done. */
    void (*run)(bl_crew *crew, bl_task task, void *context);
};

static inline uint32_t bl_crew_size(const bl_crew *crew) {
    return crew ? crew->size : 1;
}

static inline void bl_crew_run(bl_crew *crew, bl_task task, void *context) {
    if (crew)
        crew->run(crew, task, context);
    else
        task(context, 0, 1);
}

#endif
