/* A crew of threads on one shared memory. Each thread is an instance of this module in a
 * worker of its own; there is no thread library underneath, only atomics.
 *
 * A job's shares are claimed through one word: the job's number, its count of shares and the
 * next share, together, so that a claim that comes late cannot touch the next job. Whoever
 * waits spins for a while first: between the jobs of a forward pass there is no time to
 * sleep, between calls there is. */
#include "threads.h"

#include <stddef.h>

#ifdef __wasm_atomics__

#include <stdatomic.h>

/* Looks at a word before sleeping on it: some tens of microseconds. */
#define SPINS 20000
/* Parts take a few milliseconds: whoever waits longer had better look what else is up. */
#define PATIENCE INT64_C(100000000)

typedef struct thread_crew {
    bl_crew crew;           /* first: bl_crew_run gives its address */
    _Atomic uint32_t claim; /* job number << 16 | share count << 8 | next share */
    _Atomic uint32_t done;  /* shares that are finished */
    uint32_t job, share_count;
    bl_task task;
    void *context;
} thread_crew;

static int sleep_while(_Atomic uint32_t *word, uint32_t value, int64_t nanoseconds) {
    return __builtin_wasm_memory_atomic_wait32((int *)word, (int)value, nanoseconds);
}

static void wake(_Atomic uint32_t *word, uint32_t sleepers) {
    __builtin_wasm_memory_atomic_notify((int *)word, sleepers);
}

static int has_shares(uint32_t claim) {
    return (claim & 0xff) < (claim >> 8 & 0xff);
}

/* Claims and runs shares of the current job until none is left. */
static void work(thread_crew *self, uint32_t member) {
    for (;;) {
        /* Looking first keeps those who find nothing from running the counter over. */
        if (!has_shares(atomic_load(&self->claim)))
            return;
        uint32_t claim = atomic_fetch_add(&self->claim, 1);
        if (!has_shares(claim))
            return;
        self->task(self->context, claim & 0xff, member);
        if (atomic_fetch_add(&self->done, 1) + 1 == (claim >> 8 & 0xff))
            wake(&self->done, 1);
    }
}

int bl_wasm_crew_wait(bl_crew *crew) {
    thread_crew *self = (thread_crew *)crew;
    uint32_t done;
    for (uint32_t spins = 0; (done = atomic_load(&self->done)) < self->share_count; spins++) {
        if (spins < SPINS)
            continue;
        int timed_out = sleep_while(&self->done, done, PATIENCE) == 2;
        if (timed_out && atomic_load(&self->done) == done)
            return 0;
    }
    return 1;
}

static int run_job(bl_crew *crew, bl_task task, void *context, uint32_t share_count) {
    thread_crew *self = (thread_crew *)crew;
    self->task = task;
    self->context = context;
    self->share_count = share_count;
    self->job = (self->job + 1) & 0xffff;
    atomic_store(&self->done, 0);
    atomic_store(&self->claim, self->job << 16 | share_count << 8);
    wake(&self->claim, crew->size);
    work(self, 0);
    return bl_wasm_crew_wait(crew);
}

bl_crew *bl_wasm_crew_create(bl_arena *arena, uint32_t size) {
    thread_crew *self = bl_arena_alloc(arena, sizeof *self);
    if (!self)
        return NULL;
    *self = (thread_crew){.crew = {size < BL_CREW_LIMIT ? size : BL_CREW_LIMIT, run_job}};
    return &self->crew;
}

void bl_wasm_thread_main(bl_crew *crew, uint32_t member) {
    thread_crew *self = (thread_crew *)crew;
    for (uint32_t seen = 0;;) {
        work(self, member);
        uint32_t now = seen;
        for (uint32_t spins = 0; spins < SPINS && now >> 16 == seen >> 16; spins++)
            now = atomic_load(&self->claim);
        if (now >> 16 == seen >> 16)
            sleep_while(&self->claim, now, -1);
        seen = now;
    }
}

#else

bl_crew *bl_wasm_crew_create(bl_arena *arena, uint32_t size) {
    (void)arena, (void)size;
    return NULL;
}

int bl_wasm_crew_wait(bl_crew *crew) {
    (void)crew;
    return 1;
}

void bl_wasm_thread_main(bl_crew *crew, uint32_t member) {
    (void)crew, (void)member;
}

#endif
