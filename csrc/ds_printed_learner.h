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

#if defined(__GNUC__)
/* Two numbers in one register, the second of no meaning. */
typedef double DsPair __attribute__((vector_size(16)));
typedef long long DsPairBits __attribute__((vector_size(16)));
#endif

/* a for c > 0, else b: no jump, which a sign that comes and goes would mislead. */
DS_INLINE double ds_printed_choose(double c, double a, double b)
{
#if defined(__GNUC__)
    const DsPair of_c = {c, 0.0}, of_a = {a, 0.0}, of_b = {b, 0.0};
    const DsPairBits is_first = of_c > (DsPair){0.0, 0.0};
    return ((DsPair)(((DsPairBits)of_a & is_first) | ((DsPairBits)of_b & ~is_first)))[0];
#else
    return c > 0.0 ? a : b;
#endif
}

/* x - size * (slope of the mean absolute error e), where that is a sign: that of `sum`, for which alone is waited.
 * `otherwise` is what it is within the clamp. */
DS_INLINE double ds_printed_by_sign(double x, double size, double e, double sum, double otherwise)
{
    if (DS_UNLIKELY(!(fabs(e) >= DS_SMALLEST_ERROR)))
        return otherwise;
    return ds_printed_choose(sum, x - size, x + size);
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
