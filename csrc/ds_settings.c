/* SPDX-License-Identifier: ISC */
#include "ds_settings.h"

#include "ds_recursion.h"

#include <math.h>
#include <stdbool.h>

enum { DS_LONGEST_WINDOW = 1 << 24, DS_LONGEST_SPECTRUM = 1 << 16 };

/* Written so that NaN is within nothing. */
static bool is_within(double x, double low, double high)
{
    return x >= low && x <= high;
}

static bool is_finite_positive(double x)
{
    return x > 0.0 && x < HUGE_VAL;
}

bool ds_rate_is_valid(double rate)
{
    return rate >= 0.0 && rate < HUGE_VAL;
}

static bool parameter_is_valid(const DsParameter *p)
{
    const bool holds_a_number = p->minimum <= p->maximum && p->minimum < HUGE_VAL && p->maximum > -HUGE_VAL;
    if (!holds_a_number)
        return false;
    if (p->normalised && !(p->minimum < p->maximum && p->maximum - p->minimum < HUGE_VAL))
        return false;
    if (p->recursive && (p->normalised || p->count > DS_LONGEST_RECURSION || p->minimum > -HUGE_VAL ||
                         p->maximum < HUGE_VAL))
        return false;
    return !p->logarithmic || p->minimum > 0.0;
}

static bool sizes_are_valid(const DsLearnerSettings *s)
{
    bool valid = s->size_count >= 1 && s->size_count <= DS_MOST_SIZES;
    for (uint32_t i = 0; valid && i < s->size_count; ++i)
        valid = s->sizes[i] >= 2 && s->sizes[i] <= DS_LONGEST_SPECTRUM;
    return valid;
}

static bool loss_is_valid(const DsLearnerSettings *s)
{
    if (s->loss >= DS_LOSS_COUNT || s->window_of >= DS_WINDOW_OF_COUNT || s->window == 0 ||
        s->window > DS_LONGEST_WINDOW)
        return false;
    if (s->loss == DS_LOSS_HUBER)
        return is_finite_positive(s->delta);
    if (s->loss == DS_LOSS_ESR)
        return s->window > 1 && s->window_of == DS_WINDOW_OF_LOSS && is_within(s->pre_emphasis, 0.0, 1.0);
    if (s->loss == DS_LOSS_SPECTRAL)
        return sizes_are_valid(s) && is_within(s->logarithmic, 0.0, 1.0);
    return true;
}

static bool optimizer_is_valid(const DsLearnerSettings *s)
{
    const DsOptimizer *o = &s->optimizer;
    const bool clips = o->clip_value != 0.0 || o->clip_norm != 0.0;
    if (!(o->clip_value >= 0.0 && o->clip_norm >= 0.0))
        return false;
    switch (o->kind) {
    case DS_OPTIMIZER_SGD:
        return true;
    case DS_OPTIMIZER_MOMENTUM:
    case DS_OPTIMIZER_NESTEROV:
        return o->momentum >= 0.0 && o->momentum < 1.0;
    case DS_OPTIMIZER_RMSPROP:
        return o->decay >= 0.0 && o->decay < 1.0 && is_finite_positive(o->epsilon);
    case DS_OPTIMIZER_ADAM:
        return o->momentum >= 0.0 && o->momentum < 1.0 && o->decay >= 0.0 && o->decay < 1.0 &&
               is_finite_positive(o->epsilon) && o->weight_decay >= 0.0 && o->weight_decay < HUGE_VAL;
    case DS_OPTIMIZER_NLMS:
        return is_finite_positive(o->epsilon);
    case DS_OPTIMIZER_GAUSS_NEWTON:
        return !clips && s->loss != DS_LOSS_MAE && s->loss != DS_LOSS_SPECTRAL && o->decay > 0.9 && o->decay <= 1.0 &&
               is_finite_positive(o->initial);
    default:
        return false;
    }
}

static bool schedule_is_valid(const DsSchedule *s)
{
    switch (s->kind) {
    case DS_SCHEDULE_CONSTANT:
        return true;
    case DS_SCHEDULE_EXPONENTIAL:
        return s->samples >= 1.0 && s->samples < HUGE_VAL && s->amount > -HUGE_VAL && s->amount < HUGE_VAL;
    case DS_SCHEDULE_COSINE:
    case DS_SCHEDULE_OSCILLATING:
        return s->samples >= 1.0 && s->samples < HUGE_VAL && is_within(s->amount, 0.0, 1.0);
    default:
        return false;
    }
}

DsStatus ds_settings_check(const DsProgram *program, const DsLearnerSettings *settings)
{
    if (!loss_is_valid(settings) || !ds_rate_is_valid(settings->rate) || !optimizer_is_valid(settings) ||
        !schedule_is_valid(&settings->schedule))
        return DS_ERROR_SETTING;
    uint64_t end = 0;
    for (uint32_t i = 0; i < settings->parameter_count; ++i) {
        const DsParameter *p = &settings->parameters[i];
        if (p->first != end || p->count == 0 || !parameter_is_valid(p))
            return DS_ERROR_SETTING;
        end += p->count;
    }
    return end == program->parameters ? DS_OK : DS_ERROR_SETTING;
}
