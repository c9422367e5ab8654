/* SPDX-License-Identifier: ISC
 *
 * Optimizers scalar by scalar, against their formulas summed out over the past; in a learner they are compared with
 * numpy (tests/py/test_optimizers.py).
 */
#include "check.h"
#include "ds_optimizer.h"

enum { STEPS = 40 };

static double gradient(int n)
{
    return sin(1.7 * n) + 0.3;
}

static void momentum_is_the_sum_of_the_past_steps_that_fade(void)
{
    double m = 0.0, ahead = 0.0;
    for (int n = 0; n < STEPS; ++n) {
        double sum = 0.0;
        for (int k = 0; k <= n; ++k)
            sum += pow(0.9, n - k) * 0.01 * gradient(k);
        CHECK_CLOSE(ds_optimizer_momentum(gradient(n), 0.01, 0.9, &m), sum, 1e-15);
        CHECK_CLOSE(ds_optimizer_nesterov(gradient(n), 0.01, 0.9, &ahead), 0.9 * sum + 0.01 * gradient(n), 1e-15);
    }
}

static void rmsprop_divides_by_the_root_of_the_fading_mean_square(void)
{
    double v = 0.0;
    for (int n = 0; n < STEPS; ++n) {
        double sum = 0.0;
        for (int k = 0; k <= n; ++k)
            sum += 0.05 * pow(0.95, n - k) * gradient(k) * gradient(k);
        CHECK_CLOSE(ds_optimizer_rmsprop(gradient(n), 0.01, 0.95, 1e-3, &v), 0.01 * gradient(n) / (sqrt(sum) + 1e-3),
                    1e-14);
    }
    v = 0.0;
    CHECK(ds_optimizer_rmsprop(0.0, 0.01, 0.9, 2.220446049250313e-16, &v) == 0.0);
}

static void the_first_step_of_adam_is_the_rate(void)
{
    double m = 0.0, v = 0.0;
    const DsAdam first = {0.01, 0.9, 0.999, 1e-12, 1.0 - 0.9, 1.0 - 0.999};
    CHECK_CLOSE(ds_optimizer_adam(-7.0, first, &m, &v), -0.01, 1e-12);
}

static void adam_corrects_its_means_for_their_start(void)
{
    double m = 0.0, v = 0.0;
    for (int n = 0; n < STEPS; ++n) {
        double mean = 0.0, square = 0.0;
        for (int k = 0; k <= n; ++k) {
            mean += 0.1 * pow(0.9, n - k) * gradient(k);
            square += 0.01 * pow(0.99, n - k) * gradient(k) * gradient(k);
        }
        const DsAdam how = {0.01, 0.9, 0.99, 1e-3, 1.0 - pow(0.9, n + 1), 1.0 - pow(0.99, n + 1)};
        mean /= how.correction1;
        square /= how.correction2;
        CHECK_CLOSE(ds_optimizer_adam(gradient(n), how, &m, &v), 0.01 * mean / (sqrt(square) + 1e-3), 1e-13);
    }
}

static void nlms_is_the_same_at_every_level(void)
{
    const double once = ds_optimizer_nlms(0.3, 0.5, 2.0, 1e-12), louder = ds_optimizer_nlms(3e5, 0.5, 2e12, 1e-12);
    CHECK_CLOSE(once, 0.075, 1e-12);
    CHECK_CLOSE(louder * 1e6, once, 1e-12);
    CHECK(ds_optimizer_nlms(0.0, 0.5, 0.0, 1e-6) == 0.0);
}

static void elements_are_clipped_one_by_one_and_lengths_along_their_direction(void)
{
    double g[3] = {3.0, -0.5, -7.0}, h[2] = {3.0, -4.0}, huge[2] = {3e200, -4e200};
    ds_clip_elements(g, 3, 2.0);
    CHECK(g[0] == 2.0 && g[1] == -0.5 && g[2] == -2.0);
    ds_clip_length(h, 2, 6.0);
    CHECK(h[0] == 3.0 && h[1] == -4.0);
    ds_clip_length(h, 2, 1.0);
    CHECK_CLOSE(h[0], 0.6, 1e-15);
    CHECK_CLOSE(h[1], -0.8, 1e-15);
    ds_clip_length(huge, 2, 1.0);
    CHECK_CLOSE(huge[0], 0.6, 1e-15);
    double none[2] = {0.0, 0.0}, lost[2] = {(double)NAN, 1.0};
    ds_clip_length(none, 2, 1.0);
    CHECK(none[0] == 0.0 && none[1] == 0.0);
    ds_clip_length(lost, 2, 0.5);
    CHECK(isnan(lost[0]));
}

int main(void)
{
    momentum_is_the_sum_of_the_past_steps_that_fade();
    rmsprop_divides_by_the_root_of_the_fading_mean_square();
    the_first_step_of_adam_is_the_rate();
    adam_corrects_its_means_for_their_start();
    nlms_is_the_same_at_every_level();
    elements_are_clipped_one_by_one_and_lengths_along_their_direction();
    return check_report();
}
