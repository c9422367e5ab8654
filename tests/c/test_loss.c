/* SPDX-License-Identifier: ISC */
#include "ds_loss.h"
#include "slopes.h"

static void slopes_equal_central_differences(void)
{
    for (int i = -9; i <= 9; ++i) {
        CHECK_UNARY_SLOPE(ds_loss_mse, 0.21 * i);
        if (i != 0)
            CHECK_UNARY_SLOPE(ds_loss_mae, 0.21 * i);
    }
}

static void the_absolute_error_bends_smoothly_through_zero(void)
{
    CHECK(ds_loss_mae(0.0).slope == 0.0);
    CHECK_CLOSE(ds_loss_mae(5e-11).slope, 0.5, 1e-15);
    CHECK_CLOSE(ds_loss_mae(-5e-11).slope, -0.5, 1e-15);
    CHECK(ds_loss_mae(2e-10).slope == 1.0);
    CHECK(ds_loss_mae(-2e-10).slope == -1.0);
    CHECK(ds_loss_mae(-3.0).value == 3.0);
}

static void a_number_picks_its_loss(void)
{
    CHECK(ds_loss(DS_LOSS_MAE, -3.0).value == 3.0);
    CHECK(ds_loss(DS_LOSS_MSE, -3.0).value == 9.0);
    CHECK(ds_loss(DS_LOSS_MSE, -3.0).slope == -6.0);
}

static void an_error_that_is_no_number_gives_a_loss_that_is_none(void)
{
    CHECK(isnan(ds_loss_mae((double)NAN).value) && isnan(ds_loss_mse((double)NAN).value));
    CHECK(isinf(ds_loss_mae((double)-INFINITY).value) && isinf(ds_loss_mse((double)-INFINITY).value));
}

int main(void)
{
    slopes_equal_central_differences();
    the_absolute_error_bends_smoothly_through_zero();
    a_number_picks_its_loss();
    an_error_that_is_no_number_gives_a_loss_that_is_none();
    return check_report();
}
