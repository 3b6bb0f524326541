/* Checks that print where they failed, the values and the case, and are counted; main ends with
 * `return check_result();`.
 *
 *   CHECK(condition)
 *   CHECK_EQUAL(actual, expected)           numbers; the expected one becomes the actual one's type
 *   CHECK_NEAR(actual, expected, tolerance) so far apart at most; NaN is near nothing
 *   CHECK_CASE("width %u", width)           what later failures say the case was */
#ifndef BERTLET_TESTS_CHECK_H
#define BERTLET_TESTS_CHECK_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static unsigned check_count, check_failures;
static char check_case_text[200];

static inline void check_set_case(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(check_case_text, sizeof check_case_text, format, values);
    va_end(values);
}

#define CHECK_CASE(...) check_set_case(__VA_ARGS__)

/* Counts a check; says where one failed, and whether more is to be said of it. */
static inline int check_fails(int holds, const char *what, const char *file, int line) {
    check_count++;
    if (holds || ++check_failures > 50)
        return 0;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    if (check_case_text[0])
        fprintf(stderr, "    in the case: %s\n", check_case_text);
    return 1;
}

static inline int check_that(int holds, const char *what, const char *file, int line) {
    check_fails(holds, what, file, line);
    return holds;
}

static inline int check_values(int holds, double actual, double expected, const char *what,
                               const char *file, int line) {
    if (check_fails(holds, what, file, line))
        fprintf(stderr, "    %.17g, expected %.17g\n", actual, expected);
    return holds;
}

static inline int check_near(double actual, double expected, double tolerance, const char *what,
                             const char *file, int line) {
    int holds = fabs(actual - expected) <= tolerance;
    if (check_fails(holds, what, file, line))
        fprintf(stderr, "    %.9g, expected %.9g: %.3g apart, of %.3g\n", actual, expected,
                fabs(actual - expected), tolerance);
    return holds;
}

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

#define CHECK_EQUAL(actual, expected)                                                              \
    __extension__({                                                                                \
        __typeof__((actual) + 0) a_ = (actual);                                                    \
        __typeof__(a_) e_ = (__typeof__(a_))(expected);                                            \
        check_values(a_ == e_, (double)a_, (double)e_, #actual " == " #expected, __FILE__,         \
                     __LINE__);                                                                    \
    })

#define CHECK_NEAR(actual, expected, tolerance)                                                    \
    check_near((double)(actual), (double)(expected), (double)(tolerance),                          \
               #actual " is near " #expected, __FILE__, __LINE__)

/* The exit code of a test program: 0 when checks were made and all of them held. */
static inline int check_result(void) {
    fprintf(stderr, "%u checks, %u failed\n", check_count, check_failures);
    return check_count == 0 || check_failures != 0;
}

#endif
