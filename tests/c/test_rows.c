/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_noise.h"
#include "ds_rows.h"

enum { LONGEST = 300 };
static double a[LONGEST], b[LONGEST];

static void fill(void)
{
    uint32_t state = 1;
    ds_noise(a, LONGEST, &state);
    ds_noise(b, LONGEST, &state);
}

/* The eight sums of ds_dot written out, and on what the compiler cannot see through. */
static double dot_by_lanes(const volatile double *x, const volatile double *y, size_t n)
{
    double lane[8] = {0};
    for (size_t i = 0; i < n; ++i)
        lane[i % 8] += x[i] * y[i];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static void a_dot_product_is_the_plain_sum_and_always_the_same_bits(void)
{
    for (size_t n = 0; n <= LONGEST; ++n) {
        double plain = 0.0, size = 0.0;
        for (size_t i = 0; i < n; ++i) {
            plain += a[i] * b[i];
            size += fabs(a[i] * b[i]);
        }
        const double dot = ds_dot(a, b, n), lanes = dot_by_lanes(a, b, n);
        CHECK(fabs(dot - plain) <= 1e-15 * size);
        CHECK_SAME_BITS(&dot, &lanes, 1);
    }
}

static void rows_are_scaled_and_blended(void)
{
    double out[LONGEST];
    ds_scale(out, a, 3.0, LONGEST);
    for (size_t i = 0; i < LONGEST; ++i)
        CHECK(out[i] == 3.0 * a[i]);
    ds_blend(out, a, 3.0, b, -2.0, LONGEST);
    for (size_t i = 0; i < LONGEST; ++i)
        CHECK(out[i] == 3.0 * a[i] - 2.0 * b[i]);
}

static void every_element_has_a_slope_of_its_own(void)
{
    enum { ROWS = 4, M = 7 };
    const double x[M] = {1, -2, 3, 0, 5, 0.5, -7}, y[M] = {2, 2, 0, 1, -1, 4, 0.25};
    double out[ROWS * M];
    ds_blend_rows(out, a, x, b, y, ROWS, M);
    for (size_t i = 0; i < ROWS * M; ++i)
        CHECK(out[i] == x[i % M] * a[i] + y[i % M] * b[i]);
    ds_scale_rows(out, a, x, ROWS, M);
    for (size_t i = 0; i < ROWS * M; ++i)
        CHECK(out[i] == x[i % M] * a[i]);
}

int main(void)
{
    fill();
    a_dot_product_is_the_plain_sum_and_always_the_same_bits();
    rows_are_scaled_and_blended();
    every_element_has_a_slope_of_its_own();
    return check_report();
}
