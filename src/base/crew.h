/* Doing the shares of a task at the same time. The core does not know threads: whoever
 * has them (wasm/) gives a crew; without one its shares are done in turn. */
#ifndef BERTLET_CREW_H
#define BERTLET_CREW_H

#include <stdint.h>

/* Most members of a crew, the caller among them. */
#define BL_CREW_LIMIT 16
/* Most shares that a task is cut into. */
#define BL_CREW_SHARES (8 * BL_CREW_LIMIT)

/* One share of a task. No share touches what another one writes; `member` says who does
 * it, 0..size-1, and no member does two at once. */
typedef void (*bl_task)(void *context, uint32_t share, uint32_t member);

typedef struct bl_crew bl_crew;

struct bl_crew {
    uint32_t size; /* members, 1..BL_CREW_LIMIT */
    /* Has all shares done, in any order, by whoever is free. Returns 1 when they are done;
     * 0 when a member has not come back with a share yet: then nothing that the task uses
     * may be touched until whoever gave the crew says that it has. */
    int (*run)(bl_crew *crew, bl_task task, void *context, uint32_t share_count);
};

static inline uint32_t bl_crew_size(const bl_crew *crew) {
    return crew ? crew->size : 1;
}

static inline int bl_crew_run(bl_crew *crew, bl_task task, void *context, uint32_t share_count) {
    if (crew)
        return crew->run(crew, task, context, share_count);
    for (uint32_t share = 0; share < share_count; share++)
        task(context, share, 0);
    return 1;
}

#endif
