/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_logic.h"

static const double nan_value = (double)NAN;

static void comparisons_are_one_or_zero_and_false_for_nan(void)
{
    CHECK(ds_less(1, 2) == 1.0 && ds_less(2, 2) == 0.0);
    CHECK(ds_less_equal(2, 2) == 1.0 && ds_less_equal(3, 2) == 0.0);
    CHECK(ds_greater(3, 2) == 1.0 && ds_greater(2, 2) == 0.0);
    CHECK(ds_greater_equal(2, 2) == 1.0 && ds_greater_equal(1, 2) == 0.0);
    CHECK(ds_equal(0.0, -0.0) == 1.0 && ds_equal(1, 2) == 0.0);
    CHECK(ds_not_equal(1, 2) == 1.0 && ds_not_equal(2, 2) == 0.0);
    CHECK(ds_less(nan_value, 1) == 0.0 && ds_equal(nan_value, nan_value) == 0.0);
    CHECK(ds_not_equal(nan_value, nan_value) == 1.0);
}

static void an_integer_is_cut_towards_zero_and_held_within_32_bits(void)
{
    CHECK(ds_to_integer(2.9) == 2 && ds_to_integer(-2.9) == -2);
    CHECK(ds_to_integer(2147483647.9) == INT32_MAX && ds_to_integer(2147483648.0) == INT32_MAX);
    CHECK(ds_to_integer(-2147483648.9) == INT32_MIN && ds_to_integer(-2147483649.0) == INT32_MIN);
    CHECK(ds_to_integer(1e300) == INT32_MAX && ds_to_integer(-1e300) == INT32_MIN);
    CHECK(ds_to_integer((double)INFINITY) == INT32_MAX && ds_to_integer((double)-INFINITY) == INT32_MIN);
    CHECK(ds_to_integer(nan_value) == 0);
}

static void bits_are_those_of_twos_complement(void)
{
    CHECK(ds_and(12, 10) == 8.0 && ds_or(12, 10) == 14.0 && ds_xor(12, 10) == 6.0);
    CHECK(ds_and(-1, 255) == 255.0);
    CHECK(ds_or(-2147483648.0, 1) == -2147483647.0);
    CHECK(ds_xor(-1, 0) == -1.0);
}

static void a_shift_keeps_32_bits_and_to_the_right_the_sign(void)
{
    CHECK(ds_shift_left(1, 31) == -2147483648.0);
    CHECK(ds_shift_left(3, 1) == 6.0);
    CHECK(ds_shift_left(1, 32) == 1.0);
    CHECK(ds_shift_right(-5, 1) == -3.0);
    CHECK(ds_shift_right(-1, 31) == -1.0);
    CHECK(ds_shift_right(1000, 3) == 125.0);
    CHECK(ds_shift_right(8, -31) == 4.0);
}

static void minimum_and_maximum_return_the_first_at_a_tie_and_beside_nan(void)
{
    CHECK(ds_minimum_is_first(1, 2) && !ds_minimum_is_first(2, 1) && ds_minimum_is_first(1, 1));
    CHECK(ds_maximum_is_first(2, 1) && !ds_maximum_is_first(1, 2) && ds_maximum_is_first(1, 1));
    CHECK(ds_minimum_is_first(nan_value, 1) && ds_minimum_is_first(1, nan_value));
    CHECK(ds_maximum_is_first(nan_value, 1) && ds_maximum_is_first(1, nan_value));
}

int main(void)
{
    comparisons_are_one_or_zero_and_false_for_nan();
    an_integer_is_cut_towards_zero_and_held_within_32_bits();
    bits_are_those_of_twos_complement();
    a_shift_keeps_32_bits_and_to_the_right_the_sign();
    minimum_and_maximum_return_the_first_at_a_tie_and_beside_nan();
    return check_report();
}
