/* Doing the parts of a task at the same time. The core does not know threads: whoever
 * has them (wasm/) gives a crew; without one its parts run in turn. */
#ifndef BERTLET_CREW_H
#define BERTLET_CREW_H

#include <stdint.h>

/* Most members of a crew, the caller among them. */
#define BL_CREW_LIMIT 16
/* Most parts that a task is cut into. */
#define BL_CREW_PARTS (8 * BL_CREW_LIMIT)

/* One part of a task. Parts share nothing that any of them writes; `member` says who does
 * it, 0..size-1, and no member does two at once. */
typedef void (*bl_task)(void *context, uint32_t part, uint32_t member);

typedef struct bl_crew bl_crew;

struct bl_crew {
    uint32_t size; /* members, 1..BL_CREW_LIMIT */
    /* Has all parts done, in any order, by whoever is free. Returns 1 when they are done;
     * 0 when a member has not come back with a part yet: then nothing that the task uses
     * may be touched until whoever gave the crew says that it has. */
    int (*run)(bl_crew *crew, bl_task task, void *context, uint32_t part_count);
};

static inline uint32_t bl_crew_size(const bl_crew *crew) {
    return crew ? crew->size : 1;
}

static inline int bl_crew_run(bl_crew *crew, bl_task task, void *context, uint32_t part_count) {
    if (crew)
        return crew->run(crew, task, context, part_count);
    for (uint32_t part = 0; part < part_count; part++)
        task(context, part, 0);
    return 1;
}

#endif
