/* SPDX-License-Identifier: ISC
 *
 * Recursive least squares by itself: its inverse, its bounds, and what it does with bad input.
 */
#include "check.h"
#include "ds_gauss_newton.h"
#include "ds_noise.h"

enum { P = 3, ROOM = 16, SAMPLES = 200 }; /* vectors have room for what a compiler thinks might be read */

static double s[ROOM * ROOM], k[ROOM], noise[SAMPLES * (P + 1) + ROOM];

static DsGaussNewton start(double initial)
{
    const DsGaussNewton g = {s, k, P, initial};
    uint32_t state = 7;
    ds_noise(noise, SAMPLES * (P + 1), &state);
    ds_gauss_newton_restart(g);
    return g;
}

/* S (1 / initial + sum of d d^T) = 1. */
static void s_is_the_inverse_of_the_sum_of_squares(void)
{
    const DsGaussNewton g = start(50.0);
    double sum[P][P] = {{0}}, step[P] = {0};
    for (size_t i = 0; i < P; ++i)
        sum[i][i] = 1.0 / 50.0;
    for (size_t n = 0; n < SAMPLES; ++n) {
        const double *d = noise + n * P;
        for (size_t i = 0; i < P * P; ++i)
            sum[i / P][i % P] += d[i / P] * d[i % P];
        ds_gauss_newton_update(g, d, 0.1, 1.0, step);
    }
    for (size_t i = 0; i < P; ++i)
        for (size_t j = 0; j < P; ++j) {
            double product = 0.0;
            for (size_t m = 0; m < P; ++m)
                product += s[i * P + m] * sum[m][j];
            CHECK_CLOSE(product, i == j, 1e-11);
        }
}

static void it_is_symmetric_to_the_bit_and_bounded(void)
{
    const DsGaussNewton g = start(10.0);
    double step[P] = {0};
    for (size_t n = 0; n < 20000; ++n) {
        double d[ROOM] = {noise[n % SAMPLES], 0.0, n % 1000 < 20 ? noise[n % 77] : 0.0};
        ds_gauss_newton_update(g, d, 0.1, 0.95, step);
        for (size_t i = 0; i < P; ++i)
            for (size_t j = 0; j < P; ++j)
                CHECK(s[i * P + j] == s[j * P + i] && fabs(s[i * P + j]) <= 10.0 * (1 + 1e-15));
    }
}

static void silence_changes_nothing(void)
{
    const DsGaussNewton g = start(10.0);
    const double none[ROOM] = {0};
    double before[P * P], step[P] = {0};
    ds_gauss_newton_update(g, noise, 0.1, 0.95, step);
    memcpy(before, s, sizeof before);
    memset(step, 0, sizeof step);
    ds_gauss_newton_update(g, none, 0.1, 0.95, step);
    CHECK_SAME_BITS(s, before, P * P);
    CHECK(step[0] == 0.0 && step[1] == 0.0 && step[2] == 0.0);
}

static void what_is_not_finite_starts_it_over(void)
{
    static const double bad[] = {(double)NAN, (double)INFINITY, 1e300};
    for (size_t b = 0; b < 3; ++b) {
        const DsGaussNewton g = start(10.0);
        const double d[ROOM] = {bad[b], 1.0, -1.0};
        double step[P] = {0};
        ds_gauss_newton_update(g, noise, 0.1, 0.99, step);
        ds_gauss_newton_update(g, d, 0.1, 0.99, step);
        for (size_t i = 0; i < P * P; ++i)
            CHECK(s[i] == (i % (P + 1) == 0 ? 10.0 : 0.0));
        CHECK(isfinite(step[0]) && isfinite(step[1]));
    }
}

static void a_parameter_that_is_parted_stands_alone(void)
{
    const DsGaussNewton g = start(10.0);
    double step[P] = {0};
    for (size_t n = 0; n < 20; ++n)
        ds_gauss_newton_update(g, noise + n, 0.1, 0.99, step);
    ds_gauss_newton_part(g, 1);
    CHECK(s[1] == 0.0 && s[3] == 0.0 && s[5] == 0.0 && s[7] == 0.0 && s[4] == 10.0 && s[2] != 0.0);
}

int main(void)
{
    s_is_the_inverse_of_the_sum_of_squares();
    it_is_symmetric_to_the_bit_and_bounded();
    silence_changes_nothing();
    what_is_not_finite_starts_it_over();
    a_parameter_that_is_parted_stands_alone();
    return check_report();
}
