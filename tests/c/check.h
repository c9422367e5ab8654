/* SPDX-License-Identifier: ISC
 *
 * A test's checks: each prints where it failed and goes on; main ends with `return check_report();`.
 */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned check_count;
static unsigned check_failures;

static inline void check_that(bool holds, const char *text, const char *file, int line)
{
    ++check_count;
    if (holds)
        return;
    ++check_failures;
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, text);
}

static inline void check_close(double actual, double expected, double tolerance, const char *text,
                               const char *file, int line)
{
    const double size = fabs(expected) > 1.0 ? fabs(expected) : 1.0;
    const bool both_nan = isnan(actual) && isnan(expected);
    ++check_count;
    if (both_nan || actual == expected || fabs(actual - expected) <= tolerance * size)
        return;
    ++check_failures;
    fprintf(stderr, "%s:%d: %s is %.17g, not %.17g within %g\n", file, line, text, actual, expected, tolerance);
}

static inline int check_report(void)
{
    printf("%u checks, %u failed\n", check_count, check_failures);
    return check_failures == 0 && check_count > 0 ? 0 : 1;
}

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)

/* Equal within tolerance * max(1, |expected|); NaN equals NaN. */
#define CHECK_CLOSE(actual, expected, tolerance)                                                               \
    check_close((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

/* The same doubles to the bit, NaN and the sign of 0 included. */
#define CHECK_SAME_BITS(actual, expected, count)                                                               \
    check_that(memcmp((actual), (expected), (count) * sizeof(double)) == 0, #actual " has the bits of " #expected,   \
               __FILE__, __LINE__)

#endif
