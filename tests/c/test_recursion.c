/* SPDX-License-Identifier: ISC
 *
 * Keeping a recursion stable: what counts as stable, and what happens to what is not.
 */
#include "check.h"
#include "ds_noise.h"
#include "ds_recursion.h"

#include <string.h>

enum { MOST = 8, DRAWN = 2000 };

static double work[MOST], noise[MOST];

/* The largest |y| of the last tenth of 100000 samples of the recursion after an impulse, over that of the first. */
static double rest_of_ringing(const double *a, size_t count)
{
    double y[MOST] = {1.0}, first = 1.0, last = 0.0;
    for (int n = 1; n < 100000; ++n) {
        double next = 0.0;
        for (size_t i = 0; i < count; ++i)
            next += a[i] * y[i];
        memmove(y + 1, y, (MOST - 1) * sizeof *y);
        y[0] = next;
        first = n < 10000 && fabs(next) > first ? fabs(next) : first;
        last = n >= 90000 && fabs(next) > last ? fabs(next) : last;
    }
    return last / first;
}

static void the_region_of_order_two_is_a_triangle(void)
{
    for (int i = -30; i <= 30; ++i)
        for (int j = -15; j <= 15; ++j) {
            const double a[2] = {i / 12.0 + 0.01, j / 12.0 + 0.013};
            const bool inside = fabs(a[1]) < 1.0 && fabs(a[0]) < 1.0 - a[1];
            CHECK(ds_recursion_is_stable(a, 2, 1.0, work) == inside);
        }
}

static void what_is_stable_stays_as_it_is(void)
{
    const double a[4] = {0.5, -0.3, 0.2, -0.1};
    double held[4];
    memcpy(held, a, sizeof held);
    CHECK(!ds_recursion_hold(held, 4, work));
    CHECK_SAME_BITS(held, a, 4);
}

static void what_is_not_is_drawn_to_the_edge_by_a_common_factor(void)
{
    double single[1] = {-7.0};
    CHECK(ds_recursion_hold(single, 1, work));
    CHECK_CLOSE(single[0], -DS_LARGEST_REFLECTION, 1e-6);
    double pair[2] = {2.0 * 1.5 * cos(0.5), -1.5 * 1.5}; /* poles 1.5 e^(+-0.5j) */
    CHECK(ds_recursion_hold(pair, 2, work));
    const double radius = sqrt(-pair[1]);
    CHECK_CLOSE(radius, sqrt(DS_LARGEST_REFLECTION), 1e-6);
    CHECK_CLOSE(pair[0], 2.0 * radius * cos(0.5), 1e-12);
}

static void whatever_comes_is_stable_afterwards(void)
{
    uint32_t state = 3;
    for (int n = 0; n < DRAWN; ++n) {
        const size_t count = 1 + (size_t)n % MOST;
        double a[MOST];
        ds_noise(noise, MOST, &state);
        for (size_t i = 0; i < count; ++i)
            a[i] = noise[i] * pow(10.0, n % 310 - 5);
        ds_recursion_hold(a, count, work);
        CHECK(ds_recursion_is_stable(a, count, 1.0, work));
        if (n % 100 == 0)
            CHECK(rest_of_ringing(a, count) < 1.0);
        CHECK(!ds_recursion_hold(a, count, work));
    }
}

static void what_is_no_number_is_not_stable(void)
{
    const double bad[] = {(double)NAN, (double)INFINITY};
    for (size_t b = 0; b < 2; ++b) {
        const double a[2] = {0.1, bad[b]}, c[2] = {bad[b], 0.1};
        CHECK(!ds_recursion_is_stable(a, 2, 1.0, work));
        CHECK(!ds_recursion_is_stable(c, 2, 1.0, work));
    }
}

int main(void)
{
    the_region_of_order_two_is_a_triangle();
    what_is_stable_stays_as_it_is();
    what_is_not_is_drawn_to_the_edge_by_a_common_factor();
    whatever_comes_is_stable_afterwards();
    what_is_no_number_is_not_stable();
    return check_report();
}
