/* SPDX-License-Identifier: ISC */
#include "ds_loss.h"
#include "slopes.h"

static DsUnary huber(double e)
{
    return ds_loss_huber(e, 0.4);
}

static DsUnary msle_of_half(double y)
{
    return ds_loss_msle(y, 0.5);
}

static void slopes_equal_central_differences(void)
{
    for (int i = -9; i <= 9; ++i) {
        CHECK_UNARY_SLOPE(huber, 0.21 * i);
        CHECK_UNARY_SLOPE(ds_loss_log_cosh, 0.21 * i);
        CHECK_UNARY_SLOPE(ds_loss_log_cosh, 0.0021 * i);
        if (i > -5)
            CHECK_UNARY_SLOPE(msle_of_half, 0.21 * i);
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

static void huber_is_a_parabola_and_then_a_line(void)
{
    CHECK_CLOSE(huber(0.3).value, 0.045, 1e-15);
    CHECK_CLOSE(huber(-1.4).value, 0.4 * 1.2, 1e-15);
    CHECK(huber(1e300).slope == 0.4 && huber(-1e300).slope == -0.4);
}

static void log_cosh_neither_overflows_nor_cancels(void)
{
    CHECK_CLOSE(ds_loss_log_cosh(1e300).value, 1e300, 1e-15);
    CHECK(ds_loss_log_cosh(-1e300).slope == -1.0);
    CHECK(ds_loss_log_cosh(0.0).value == 0.0 && ds_loss_log_cosh(0.0).slope == 0.0);
    CHECK_CLOSE(ds_loss_log_cosh(1e-9).value / 5e-19, 1.0, 1e-12);
    CHECK_CLOSE(ds_loss_log_cosh(0.00999999).value / ds_loss_log_cosh(0.01000001).value, 1.0 - 4e-6, 1e-8);
    CHECK_CLOSE(ds_loss_log_cosh(1.0).value, log(cosh(1.0)), 1e-15);
}

static void a_logarithm_is_bounded_below(void)
{
    CHECK_CLOSE(ds_loss_msle(-5.0, 0.0).value, log(1e-6) * log(1e-6), 1e-10);
    CHECK_CLOSE(ds_loss_msle(-5.0, 0.0).slope, 2e6 * log(1e-6), 1e-9);
    CHECK(ds_loss_msle(-5.0, -1.0).value == 0.0 && ds_loss_msle(-5.0, -7.0).slope == 0.0);
}

/* The square of the residual has the slope of the loss, or twice that of losses that are e^2 / 2 near 0. */
static void residuals_have_the_slope_of_their_loss(void)
{
    static const struct {
        uint32_t loss;
        double factor;
    } cases[] = {{DS_LOSS_MSE, 1.0}, {DS_LOSS_MSLE, 1.0}, {DS_LOSS_HUBER, 2.0}, {DS_LOSS_LOG_COSH, 2.0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        for (int k = -8; k <= 8; ++k) {
            const DsLearnerSettings s = {.loss = cases[i].loss, .delta = 0.4};
            const DsUnary r = ds_loss_residual(&s, 0.1 * k, 0.05);
            CHECK_CLOSE(2.0 * r.value * r.slope, cases[i].factor * ds_loss_of(&s, 0.1 * k, 0.05).slope, 1e-13);
        }
    const DsLearnerSettings huber_settings = {.loss = DS_LOSS_HUBER, .delta = 0.4};
    CHECK(ds_loss_residual(&huber_settings, 0.5, 0.5).slope == 1.0);
}

static void an_error_that_is_no_number_gives_a_loss_that_is_none(void)
{
    CHECK(isnan(ds_loss_mae((double)NAN).value) && isnan(ds_loss_mse((double)NAN).value));
    CHECK(isnan(huber((double)NAN).value) && isnan(ds_loss_log_cosh((double)NAN).value));
    CHECK(isnan(msle_of_half((double)NAN).value) && isnan(msle_of_half((double)-INFINITY).value));
    CHECK(isinf(ds_loss_mae((double)-INFINITY).value) && isinf(ds_loss_mse((double)-INFINITY).value));
}

int main(void)
{
    slopes_equal_central_differences();
    the_absolute_error_bends_smoothly_through_zero();
    a_number_picks_its_loss();
    huber_is_a_parabola_and_then_a_line();
    log_cosh_neither_overflows_nor_cancels();
    a_logarithm_is_bounded_below();
    residuals_have_the_slope_of_their_loss();
    an_error_that_is_no_number_gives_a_loss_that_is_none();
    return check_report();
}
