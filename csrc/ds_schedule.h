/* SPDX-License-Identifier: ISC
 *
 * Schedules: what the rate is multiplied by at sample n, counted from the learner's start.
 */
#ifndef DS_SCHEDULE_H
#define DS_SCHEDULE_H

#include "ds_dual.h"
#include "ds_learner.h"

/* exp(delta floor(n / every)); within what doubles can tell apart from 0 and infinity. */
DS_INLINE double ds_schedule_exponential(double n, double every, double delta)
{
    const double exponent = delta * floor(n / every);
    return exp(exponent > 700.0 ? 700.0 : exponent);
}

/* end + (1 - end) (1 + cos(pi x)) / 2: 1 at x = 0, `end` at x = 1.
 * Source: I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017. */
DS_INLINE double ds_schedule_arc(double x, double end)
{
    return end + (1.0 - end) * 0.5 * (1.0 + cos(DS_PI * x));
}

/* The factor of the rate at sample n. The warm-up rises in equal steps, 1 / warm_up at its first sample, and the
 * schedule's own samples are counted from its end. */
DS_INLINE double ds_schedule_factor(const DsSchedule *schedule, double n)
{
    if (n < schedule->warm_up)
        return (n + 1.0) / schedule->warm_up;
    const double at = n - schedule->warm_up;
    switch (schedule->kind) {
    case DS_SCHEDULE_EXPONENTIAL:
        return ds_schedule_exponential(at, schedule->samples, schedule->amount);
    case DS_SCHEDULE_COSINE:
        return at < schedule->samples ? ds_schedule_arc(at / schedule->samples, schedule->amount) : schedule->amount;
    case DS_SCHEDULE_OSCILLATING:
        return ds_schedule_arc(2.0 * fmod(at, schedule->samples) / schedule->samples, schedule->amount);
    default:
        return 1.0;
    }
}

#endif
