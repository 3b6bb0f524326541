/* A crew of threads on one shared memory. Each thread is an instance of this module in a
 * worker of its own; there is no thread library underneath, only atomics.
 *
 * A job's parts are claimed through one word: the job's number, its count of parts and the
 * next part, together, so that a claim that comes late cannot touch the next job. Whoever
 * waits spins for a while first: between the steps of a forward pass there is no time to
 * sleep, between calls there is. */
#include "threads.h"

#include <stddef.h>

#ifdef __wasm_atomics__

#include <stdatomic.h>

/* Looks at a word before sleeping on it: some tens of microseconds. */
#define SPINS 20000
/* A part that takes longer than this belongs to a thread that is gone. */
#define PART_NANOSECONDS INT64_C(10000000000)

typedef struct thread_crew {
    bl_crew crew;           /* first: bl_crew_run gives its address */
    _Atomic uint32_t claim; /* job number << 16 | part count << 8 | next part */
    _Atomic uint32_t done;  /* parts that are finished */
    _Atomic uint32_t lost;  /* a part never came back */
    uint32_t job;
    bl_task task;
    void *context;
} thread_crew;

static thread_crew the_crew;

static int sleep_while(_Atomic uint32_t *word, uint32_t value, int64_t nanoseconds) {
    return __builtin_wasm_memory_atomic_wait32((int *)word, (int)value, nanoseconds);
}

static void wake(_Atomic uint32_t *word, uint32_t sleepers) {
    __builtin_wasm_memory_atomic_notify((int *)word, sleepers);
}

static int has_parts(uint32_t claim) {
    return (claim & 0xff) < (claim >> 8 & 0xff);
}

/* Claims and runs parts of the current job until none is left. */
static void work(thread_crew *self) {
    for (;;) {
        /* Looking first keeps those who find nothing from running the counter over. */
        if (!has_parts(atomic_load(&self->claim)))
            return;
        uint32_t claim = atomic_fetch_add(&self->claim, 1);
        uint32_t part = claim & 0xff, count = claim >> 8 & 0xff;
        if (!has_parts(claim))
            return;
        self->task(self->context, part, count);
        if (atomic_fetch_add(&self->done, 1) + 1 == count)
            wake(&self->done, 1);
    }
}

static void wait_for_all(thread_crew *self) {
    uint32_t count = self->crew.size, done;
    for (uint32_t spins = 0; (done = atomic_load(&self->done)) < count; spins++) {
        if (spins < SPINS)
            continue;
        int timed_out = sleep_while(&self->done, done, PART_NANOSECONDS) == 2;
        if (timed_out && atomic_load(&self->done) == done) {
            atomic_store(&self->lost, 1);
            return;
        }
    }
}

static void run_job(bl_crew *crew, bl_task task, void *context) {
    thread_crew *self = (thread_crew *)crew;
    if (atomic_load(&self->lost))
        return;
    self->task = task;
    self->context = context;
    self->job = (self->job + 1) & 0xffff;
    atomic_store(&self->done, 0);
    atomic_store(&self->claim, self->job << 16 | crew->size << 8);
    wake(&self->claim, crew->size);
    work(self);
    wait_for_all(self);
}

bl_crew *bl_wasm_crew(uint32_t size) {
    the_crew.crew = (bl_crew){size < BL_CREW_LIMIT ? size : BL_CREW_LIMIT, run_job};
    return &the_crew.crew;
}

uint32_t bl_wasm_crew_lost(void) {
    return atomic_load(&the_crew.lost);
}

void bl_wasm_thread_main(void) {
    thread_crew *self = &the_crew;
    for (;;) {
        uint32_t seen = atomic_load(&self->claim), now = seen;
        for (uint32_t spins = 0; spins < SPINS && now >> 16 == seen >> 16; spins++)
            now = atomic_load(&self->claim);
        if (now >> 16 == seen >> 16)
            sleep_while(&self->claim, now, -1);
        work(self);
    }
}

#else

bl_crew *bl_wasm_crew(uint32_t size) {
    (void)size;
    return NULL;
}

uint32_t bl_wasm_crew_lost(void) {
    return 0;
}

void bl_wasm_thread_main(void) {
}

#endif
