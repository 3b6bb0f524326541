/* CHECK(condition): prints where it failed and counts; main ends with
 * `return check_result();`. */
#ifndef BERTLET_TESTS_CHECK_H
#define BERTLET_TESTS_CHECK_H

#include <stdio.h>

static unsigned check_count, check_failures;

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline int check_that(int holds, const char *condition, const char *file, int line) {
    check_count++;
    if (!holds && ++check_failures <= 50) {
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, condition);
    }
    return holds;
}

/* The exit code of a test program: 0 when checks were made and all of them held. */
static inline int check_result(void) {
    fprintf(stderr, "%u checks, %u failed\n", check_count, check_failures);
    return check_count == 0 || check_failures != 0;
}

#endif
