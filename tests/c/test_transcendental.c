/* SPDX-License-Identifier: ISC */
#include "ds_transcendental.h"
#include "slopes.h"

static const DsActive both = {true, true};

static void slopes_equal_central_differences(void)
{
    for (int i = -12; i <= 12; ++i) {
        const double u = 0.37 * i;
        CHECK_UNARY_SLOPE(ds_sin, u);
        CHECK_UNARY_SLOPE(ds_cos, u);
        CHECK_UNARY_SLOPE(ds_atan, u);
        CHECK_UNARY_SLOPE(ds_exp, u);
        CHECK_UNARY_SLOPE(ds_tanh, u);
        CHECK_UNARY_SLOPE(ds_tan, u / 3);
        CHECK_UNARY_SLOPE(ds_asin, u / 5);
        CHECK_UNARY_SLOPE(ds_acos, u / 5);
        CHECK_UNARY_SLOPE(ds_log, 5.0 + u);
        CHECK_UNARY_SLOPE(ds_log10, 5.0 + u);
        CHECK_UNARY_SLOPE(ds_sqrt, 5.0 + u);
        CHECK_BINARY_SLOPES(ds_atan2, u + 0.1, 0.7);
        CHECK_BINARY_SLOPES(ds_atan2, 0.7, u + 0.1);
    }
}

static void slopes_stay_bounded_at_the_edge_of_the_domain(void)
{
    CHECK_CLOSE(ds_asin(1.0).slope, 1e10, 1e-15);
    CHECK_CLOSE(ds_acos(-1.0).slope, -1e10, 1e-15);
    CHECK_CLOSE(ds_tan(DS_PI / 2).slope, 1e10, 1e-15);
    CHECK_CLOSE(ds_sqrt(0.0).slope, 0.5e10, 1e-15);
    CHECK(isfinite(ds_asin(nextafter(1.0, 0.0)).slope));
}

static void outside_the_domain_the_value_is_that_of_c_and_the_slope_is_a_number(void)
{
    CHECK(isnan(ds_asin(1.5).value));
    CHECK(isnan(ds_acos(-1.5).value));
    CHECK(isinf(ds_log(0.0).value));
    CHECK(isnan(ds_log(-1.0).value));
    CHECK(ds_log(0.0).slope == 0.0);
    CHECK(ds_log(-1.0).slope == 0.0);
    CHECK(ds_log10(-1.0).slope == 0.0);
    CHECK(ds_log((double)NAN).slope == 0.0);
    CHECK(isnan(ds_sqrt(-1.0).value));
    CHECK(isfinite(ds_sqrt(-1.0).slope));
}

static void the_angle_has_no_slope_at_the_origin_and_true_ones_near_and_far(void)
{
    CHECK(ds_atan2(0.0, 0.0, both).slope_a == 0.0);
    CHECK(ds_atan2(0.0, 0.0, both).slope_b == 0.0);
    CHECK_CLOSE(ds_atan2(1e-200, 1e-200, both).slope_a * 1e-200, 0.5, 1e-15);
    CHECK_CLOSE(ds_atan2(1e200, 1e200, both).slope_b * 1e200, -0.5, 1e-15);
}

static void large_operands_keep_their_limits(void)
{
    CHECK(ds_tanh(1e3).value == 1.0);
    CHECK(ds_tanh(1e3).slope == 0.0);
    CHECK(ds_atan((double)INFINITY).slope == 0.0);
    CHECK(isinf(ds_exp(1e4).value));
    CHECK(isnan(ds_sin((double)INFINITY).value));
}

int main(void)
{
    slopes_equal_central_differences();
    slopes_stay_bounded_at_the_edge_of_the_domain();
    outside_the_domain_the_value_is_that_of_c_and_the_slope_is_a_number();
    the_angle_has_no_slope_at_the_origin_and_true_ones_near_and_far();
    large_operands_keep_their_limits();
    return check_report();
}
