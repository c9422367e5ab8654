/* SPDX-License-Identifier: ISC */
#include "ds_arithmetic.h"
#include "slopes.h"

static const DsActive both = {true, true};
static const double points[] = {-30.0, -7.5, -1.25, -0.1, 0.1, 0.3, 2.5, 30.0};
enum { POINTS = sizeof points / sizeof *points };

static void slopes_equal_central_differences(void)
{
    for (size_t i = 0; i < POINTS; ++i) {
        const double u = points[i];
        CHECK_UNARY_SLOPE(ds_negate, u);
        CHECK_UNARY_SLOPE(ds_absolute, u);
        for (size_t j = 0; j < POINTS; ++j) {
            const double v = points[j];
            CHECK_BINARY_SLOPES(ds_add, u, v);
            CHECK_BINARY_SLOPES(ds_subtract, u, v);
            CHECK_BINARY_SLOPES(ds_multiply, u, v);
            if (fabs(v) > 0.1 && fabs(u) < 1e2)
                CHECK_BINARY_SLOPES(ds_divide, u, v);
            if (u > 0.0 && fabs(v) < 3.0)
                CHECK_BINARY_SLOPES(ds_power, u, v);
        }
    }
    CHECK_BINARY_SLOPES(ds_fmod, 7.3, 2.1);
    CHECK_BINARY_SLOPES(ds_fmod, -7.3, 2.1);
    CHECK_BINARY_SLOPES(ds_remainder, 7.3, 2.1);
    CHECK_BINARY_SLOPES(ds_remainder, 9.7, -2.5);
}

static void a_division_by_almost_nothing_has_bounded_slopes(void)
{
    const DsBinary tiny = ds_divide(3.0, 1e-7, both);
    CHECK_CLOSE(tiny.value, 3.0 / 1e-7, 1e-15);
    CHECK_CLOSE(tiny.slope_a, 1e-7 / 1e-10, 1e-15);
    CHECK_CLOSE(tiny.slope_b, -3.0 / 1e-10, 1e-15);
    const DsBinary zero = ds_divide(3.0, 0.0, both);
    CHECK(isinf(zero.value));
    CHECK(zero.slope_a == 0.0);
}

static void a_power_asks_only_for_the_slopes_of_active_operands(void)
{
    const DsBinary square = ds_power(-3.0, 2.0, (DsActive){true, false});
    CHECK(square.value == 9.0);
    CHECK(square.slope_a == -6.0);
    CHECK(square.slope_b == 0.0);
    CHECK(ds_power(0.0, 0.0, both).slope_a == 0.0);
    CHECK(ds_power(0.0, 2.0, both).slope_b == 0.0);
    CHECK(ds_power(-3.0, 2.0, both).slope_b == 0.0);
    CHECK(ds_power(0.0, 1.0, both).slope_a == 1.0);
}

static void the_absolute_value_is_flat_at_zero(void)
{
    CHECK(ds_absolute(0.0).slope == 0.0);
    CHECK(ds_absolute(-0.0).slope == 0.0);
    CHECK(ds_absolute(1e-300).slope == 1.0);
    CHECK(ds_absolute(-1e-300).slope == -1.0);
    CHECK(isnan(ds_absolute((double)NAN).value));
}

static void a_quotient_next_to_an_integer_is_that_of_the_value(void)
{
    const double v = 0.1, u = 3 * 0.1; /* u / v rounds to 3, fmod takes 0.1 away three times */
    const DsBinary f = ds_fmod(u, v, both);
    CHECK_CLOSE(u + f.slope_b * v, f.value, 1e-15);
    const double below = nextafter(1.0, 0.0); /* below / (1/49.) rounds up to 49 */
    const DsBinary g = ds_fmod(below, 1.0 / 49.0, both);
    CHECK_CLOSE(below + g.slope_b / 49.0, g.value, 1e-15);
}

int main(void)
{
    slopes_equal_central_differences();
    a_division_by_almost_nothing_has_bounded_slopes();
    a_power_asks_only_for_the_slopes_of_active_operands();
    the_absolute_value_is_flat_at_zero();
    a_quotient_next_to_an_integer_is_that_of_the_value();
    return check_report();
}
