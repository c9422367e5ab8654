/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_rounding.h"

static void each_way_of_rounding_is_that_of_c(void)
{
    static const struct {
        double u, floor, ceil, rint, round, truncate;
    } rows[] = {
        {2.5, 2, 3, 2, 3, 2},
        {3.5, 3, 4, 4, 4, 3},
        {-2.5, -3, -2, -2, -3, -2},
        {-0.4, -1, 0, 0, 0, 0},
        {0.49999999999999994, 0, 1, 0, 0, 0},
        {1e300, 1e300, 1e300, 1e300, 1e300, 1e300},
        {-7, -7, -7, -7, -7, -7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        CHECK(ds_floor(rows[i].u).value == rows[i].floor);
        CHECK(ds_ceil(rows[i].u).value == rows[i].ceil);
        CHECK(ds_rint(rows[i].u).value == rows[i].rint);
        CHECK(ds_round(rows[i].u).value == rows[i].round);
        CHECK(ds_truncate(rows[i].u).value == rows[i].truncate);
    }
}

static void a_step_is_flat(void)
{
    CHECK(ds_floor(2.3).slope == 0.0);
    CHECK(ds_ceil(2.3).slope == 0.0);
    CHECK(ds_rint(2.3).slope == 0.0);
    CHECK(ds_round(2.3).slope == 0.0);
    CHECK(ds_truncate(2.0).slope == 0.0);
}

static void not_a_number_stays_that(void)
{
    CHECK(isnan(ds_floor((double)NAN).value));
    CHECK(isnan(ds_truncate((double)NAN).value));
    CHECK(isinf(ds_round((double)-INFINITY).value));
}

int main(void)
{
    each_way_of_rounding_is_that_of_c();
    a_step_is_flat();
    not_a_number_stays_that();
    return check_report();
}
