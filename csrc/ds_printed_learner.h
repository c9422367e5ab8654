/* SPDX-License-Identifier: ISC
 *
 * What printed learners are made of, beside their chain. A printed learner keeps a DsLearner, so that it is looked
 * after as one of the interpreter; its usual losses and steps are printed, all others are those of the interpreter.
 */
#ifndef DS_PRINTED_LEARNER_H
#define DS_PRINTED_LEARNER_H

#include "ds_strict.h" /* first */

#include "ds_loss.h"
#include "ds_optimizer.h"
#include "ds_printed.h"
#include "ds_schedule.h"
#include "ds_upkeep.h"

/* ds_loss_mae without waiting for a division that is hardly ever needed. */
DS_INLINE DsUnary ds_printed_mae(double e)
{
    const double size = fabs(e);
    if (DS_UNLIKELY(!(size >= DS_SMALLEST_ERROR)))
        return ds_loss_mae(e);
    return (DsUnary){size, copysign(1.0, e)};
}

/* Whether a number is none that a learner may go on with. */
DS_INLINE bool ds_printed_is_bad(double x)
{
    return !(fabs(x) <= DBL_MAX);
}

/* The largest absolute value of n numbers; infinite if one is not finite. */
static inline double ds_printed_largest(const double *x, size_t n)
{
    double largest = 0.0;
    for (size_t k = 0; k < n; ++k) {
        if (ds_printed_is_bad(x[k]))
            return HUGE_VAL;
        largest = fabs(x[k]) > largest ? fabs(x[k]) : largest;
    }
    return largest;
}

/* A bound on parameters below which no step of theirs can leave the finite numbers. */
#define DS_PRINTED_SAFE 1e300

/* Counts a sample of the learner; every DS_MEAN_EVERY samples its parameters are added to their means. */
DS_INLINE void ds_printed_count(DsLearner *learner, double loss)
{
    learner->loss_sum += loss;
    ++learner->samples;
    if (DS_LIKELY(++learner->since_mean < DS_MEAN_EVERY))
        return;
    learner->since_mean = 0;
    ++learner->mean_count;
    for (size_t k = 0; k < learner->machine->parameter_count; ++k)
        learner->mean[k] += learner->machine->parameters[k];
}

/* Writes down a sample at which the parameters were `used`. */
static inline void ds_printed_record(const DsRecord *record, size_t row, double loss, const double *gradient,
                                     const double *used, size_t parameters)
{
    if (record->loss)
        record->loss[row] = loss;
    if (record->gradient)
        memcpy(record->gradient + row * parameters, gradient, parameters * sizeof *gradient);
    if (record->parameters)
        memcpy(record->parameters + row * parameters, used, parameters * sizeof *used);
}

/* The parts of a learner that do not depend on its chain: its own copy of the settings, the pointers that follow from
 * them, and a fresh optimizer. The arrays have been pointed to by the caller. */
DS_SELDOM void ds_printed_init(DsLearner *learner, const DsLearnerSettings *settings, DsParameter *parameters)
{
    for (uint32_t i = 0; i < settings->parameter_count; ++i)
        parameters[i] = settings->parameters[i];
    learner->settings = *settings;
    learner->settings.parameters = parameters;
    learner->parameters = parameters;
    ds_upkeep_restart(learner);
    ds_upkeep_set_parameters(learner, learner->next);
}

#endif
