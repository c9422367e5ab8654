/* SPDX-License-Identifier: ISC
 *
 * What a learner needs between its blocks: silence, a fresh optimizer, values in and out. The same for the learner
 * of the interpreter (ds_learner.c) and for printed ones (ds_printed_learner.h).
 */
#ifndef DS_UPKEEP_H
#define DS_UPKEEP_H

#include "ds_learner_state.h"

#include "ds_gauss_newton.h"
#include "ds_mapping.h"

#include <float.h>
#include <string.h>

static inline DsGaussNewton ds_upkeep_gauss_newton(const DsLearner *learner)
{
    return (DsGaussNewton){learner->state.s, learner->work, learner->machine->parameter_count,
                           learner->settings.optimizer.initial};
}

/* A parameter that will not move: least squares must not count on it. */
DS_SELDOM void ds_upkeep_part(const DsLearner *learner, const DsParameter *p)
{
    for (size_t k = p->first; learner->state.s && k < (size_t)p->first + p->count; ++k)
        ds_gauss_newton_part(ds_upkeep_gauss_newton(learner), k);
}

/* Windows, spectra and gradient of silence, and means that begin anew; the chain is not the learner's to reset. */
DS_SELDOM void ds_upkeep_reset(DsLearner *learner)
{
    DsWindow *window = &learner->window;
    if (window->length > 1) {
        memset(window->ring, 0, window->length * window->size * sizeof *window->ring);
        memset(window->sum, 0, window->size * sizeof *window->sum);
        memset(window->turn, 0, window->size * sizeof *window->turn);
    }
    window->position = 0;
    learner->since_mean = 0;
    memset(learner->gradient, 0, learner->machine->parameter_count * sizeof *learner->gradient);
    for (uint32_t i = 0; learner->settings.loss == DS_LOSS_SPECTRAL && i < learner->settings.size_count; ++i)
        ds_spectrum_reset(&learner->spectra[i]);
    for (size_t i = 0; i < learner->before_count; ++i)
        learner->before[i] = 0.0;
}

static inline void ds_upkeep_restart(DsLearner *learner)
{
    memset(learner->state.all, 0, learner->state.count * sizeof *learner->state.all);
    *learner->state.power1 = *learner->state.power2 = 1.0;
    if (learner->state.s)
        ds_gauss_newton_restart(ds_upkeep_gauss_newton(learner));
}

DS_SELDOM DsStatus ds_upkeep_set_state(DsLearner *learner, const double *state)
{
    for (size_t i = 0; i < learner->state.count; ++i)
        if (!(fabs(state[i]) <= DBL_MAX) || (i < DS_OPTIMIZER_COUNTERS && state[i] < 0.0))
            return DS_ERROR_SETTING;
    memcpy(learner->state.all, state, learner->state.count * sizeof *state);
    for (const DsParameter *p = learner->parameters; p < learner->parameters + learner->settings.parameter_count; ++p)
        if (p->locked)
            ds_upkeep_part(learner, p);
    return DS_OK;
}

DS_SELDOM void ds_upkeep_set_parameters(DsLearner *learner, const double *values)
{
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i) {
        const DsParameter *p = &learner->parameters[i];
        for (size_t k = p->first; k < (size_t)p->first + p->count; ++k) {
            const double value = ds_clip(values[k], p->minimum, p->maximum);
            learner->machine->parameters[k] = value;
            learner->moved[k] = p->normalised ? ds_unmap(p, value) : value;
        }
    }
}

DS_SELDOM void ds_upkeep_take_means(DsLearner *learner, double *loss, uint64_t *samples, double *parameters)
{
    for (size_t k = 0; k < learner->machine->parameter_count; ++k) {
        parameters[k] = learner->mean_count > 0 ? learner->mean[k] / (double)learner->mean_count
                                                : learner->machine->parameters[k];
        learner->mean[k] = 0.0;
    }
    *loss = learner->loss_sum;
    *samples = learner->samples;
    learner->loss_sum = 0.0;
    learner->samples = 0;
    learner->mean_count = 0;
}

#endif
