/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_schedule.h"

static double at(DsSchedule s, double n)
{
    return ds_schedule_factor(&s, n);
}

static void without_a_schedule_the_rate_stays(void)
{
    CHECK(at((DsSchedule){0}, 0.0) == 1.0 && at((DsSchedule){0}, 1e15) == 1.0);
}

static void an_exponential_steps_every_so_many_samples(void)
{
    const DsSchedule s = {DS_SCHEDULE_EXPONENTIAL, 0, 100.0, -0.1};
    CHECK(at(s, 0.0) == 1.0 && at(s, 99.0) == 1.0);
    CHECK(at(s, 100.0) == exp(-0.1) && at(s, 199.0) == exp(-0.1));
    CHECK(at(s, 1e15) == 0.0);
    CHECK(isfinite(at((DsSchedule){DS_SCHEDULE_EXPONENTIAL, 0, 1.0, 1e300}, 1e15)));
    CHECK(at((DsSchedule){DS_SCHEDULE_EXPONENTIAL, 0, 1.0, 0.0}, 1e15) == 1.0);
}

static void a_cosine_falls_to_its_end_and_stays(void)
{
    const DsSchedule s = {DS_SCHEDULE_COSINE, 0, 100.0, 0.2};
    CHECK(at(s, 0.0) == 1.0);
    CHECK_CLOSE(at(s, 50.0), 0.6, 1e-15);
    CHECK(at(s, 100.0) == 0.2 && at(s, 1e15) == 0.2);
    for (int n = 0; n < 100; ++n)
        CHECK(at(s, n) > at(s, n + 1.0));
}

static void an_oscillation_comes_back(void)
{
    const DsSchedule s = {DS_SCHEDULE_OSCILLATING, 0, 100.0, 0.2};
    CHECK_CLOSE(at(s, 50.0), 0.2, 1e-15);
    for (int n = 0; n < 100; ++n) {
        CHECK(at(s, n) == at(s, n + 100.0));
        CHECK(at(s, n) >= 0.2 && at(s, n) <= 1.0);
    }
}

static void a_warm_up_rises_and_the_schedule_starts_behind_it(void)
{
    const DsSchedule s = {DS_SCHEDULE_COSINE, 4, 100.0, 0.0};
    CHECK(at(s, 0.0) == 0.25 && at(s, 3.0) == 1.0 && at(s, 4.0) == 1.0);
    CHECK_CLOSE(at(s, 54.0), 0.5, 1e-15);
}

int main(void)
{
    without_a_schedule_the_rate_stays();
    an_exponential_steps_every_so_many_samples();
    a_cosine_falls_to_its_end_and_stays();
    an_oscillation_comes_back();
    a_warm_up_rises_and_the_schedule_starts_behind_it();
    return check_report();
}
