/* The threads of the shared-memory modules; the others have none. */
#ifndef BERTLET_THREADS_H
#define BERTLET_THREADS_H

#include "../src/base/crew.h"

/* The module's crew, of `size` threads with the caller (at most BL_CREW_LIMIT). NULL in a
 * module without threads. */
bl_crew *bl_wasm_crew(uint32_t size);

/* 1 once a thread did not come back with its part: what was being computed is void, and
 * the crew does nothing any more. */
uint32_t bl_wasm_crew_lost(void);

/* What a thread's instance calls, on a stack of its own: works for ever. */
void bl_wasm_thread_main(void);

#endif
