/* The threads of the shared-memory modules; the others have none. */
#ifndef BERTLET_THREADS_H
#define BERTLET_THREADS_H

#include "../src/base/arena.h"
#include "../src/base/crew.h"

/* A crew of `size` members: the caller, and the threads that join it, at once or later or
 * never; shares go to those who are there. NULL when there is no room, or in a module
 * without threads. */
bl_crew *bl_wasm_crew_create(bl_arena *arena, uint32_t size);

/* Waits for the shares of a crew that did not finish, for a while: 1 when all are done. 0: a
 * thread is slow, or gone with its share. Then nobody else may ever use the crew, nor the
 * memory that the task uses, before the thread is known to be gone. */
int bl_wasm_crew_wait(bl_crew *crew);

/* What the instance of member 1..size-1 calls, on a stack of its own: works for ever. */
void bl_wasm_thread_main(bl_crew *crew, uint32_t member);

#endif
