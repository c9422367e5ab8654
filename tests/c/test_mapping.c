/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_mapping.h"

static const DsParameter linear = {.count = 1, .normalised = 1, .minimum = -2.0, .maximum = 6.0};
static const DsParameter logarithmic = {
    .count = 1, .normalised = 1, .logarithmic = 1, .minimum = 20.0, .maximum = 20000.0};
static const DsParameter plain = {.count = 1, .minimum = -2.0, .maximum = 6.0};

static void the_ends_of_the_unit_interval_are_the_bounds(void)
{
    CHECK(ds_map(&linear, 0.0).value == -2.0 && ds_map(&linear, 1.0).value == 6.0);
    CHECK(ds_map(&logarithmic, 0.0).value == 20.0);
    CHECK_CLOSE(ds_map(&logarithmic, 1.0).value, 20000.0, 1e-15);
    CHECK(ds_map(&logarithmic, 1.0).value <= 20000.0);
    CHECK_CLOSE(ds_map(&logarithmic, 0.5).value, sqrt(20.0 * 20000.0), 1e-14);
}

static void there_and_back_is_the_same(void)
{
    for (int i = 0; i <= 16; ++i) {
        const double u = i / 16.0;
        CHECK_CLOSE(ds_unmap(&linear, ds_map(&linear, u).value), u, 1e-15);
        CHECK_CLOSE(ds_unmap(&logarithmic, ds_map(&logarithmic, u).value), u, 1e-15);
    }
}

static void slopes_equal_central_differences_and_are_the_same_from_the_value(void)
{
    const double h = 1e-6;
    for (int i = 1; i < 16; ++i) {
        const double u = i / 16.0;
        const DsParameter *const both[] = {&linear, &logarithmic};
        for (size_t k = 0; k < 2; ++k) {
            const DsUnary at = ds_map(both[k], u);
            CHECK_CLOSE(at.slope, (ds_map(both[k], u + h).value - ds_map(both[k], u - h).value) / (2 * h), 1e-8);
            CHECK_CLOSE(ds_map_slope(both[k], at.value), at.slope, 1e-15);
        }
    }
    CHECK(ds_map_slope(&plain, 3.0) == 1.0);
}

static void an_empty_range_maps_back_to_zero(void)
{
    const DsParameter point = {.count = 1, .normalised = 1, .minimum = 3.0, .maximum = 3.0};
    CHECK(ds_unmap(&point, 3.0) == 0.0);
}

static void clipping_holds_numbers_and_lets_nan_through(void)
{
    CHECK(ds_clip(-1.0, 0.0, 1.0) == 0.0 && ds_clip(2.0, 0.0, 1.0) == 1.0 && ds_clip(0.5, 0.0, 1.0) == 0.5);
    CHECK(ds_clip(5.0, (double)-INFINITY, (double)INFINITY) == 5.0);
    CHECK(isnan(ds_clip((double)NAN, 0.0, 1.0)));
}

int main(void)
{
    the_ends_of_the_unit_interval_are_the_bounds();
    there_and_back_is_the_same();
    slopes_equal_central_differences_and_are_the_same_from_the_value();
    an_empty_range_maps_back_to_zero();
    clipping_holds_numbers_and_lets_nan_through();
    return check_report();
}
