/* SPDX-License-Identifier: ISC
 *
 * The long way of a learner, second half: from the gradient of a sample to the next values, for every optimizer and
 * schedule. For ds_loop_learn.c alone.
 */
#ifndef DS_LOOP_STEP_H
#define DS_LOOP_STEP_H

#include "ds_learner_state.h"

#include "ds_gauss_newton.h"
#include "ds_mapping.h"
#include "ds_optimizer.h"
#include "ds_recursion.h"
#include "ds_schedule.h"

#include <float.h>
#include <string.h>

/* Stochastic gradient descent, rate * gradient: where each scalar of a parameter would be, clipped, or all of them
 * kept stable. Answers whether all of it is finite. */
DS_INLINE bool descend_parameter(const DsLearner *learner, const DsParameter *p, double rate)
{
    const size_t first = p->first;
    const double low = p->normalised ? 0.0 : p->minimum;
    const double high = p->normalised ? 1.0 : p->maximum;
    const double *restrict gradient = learner->gradient + first;
    const double *restrict moved = learner->moved + first;
    double *restrict next = learner->next + first;
    int bad = 0;
    if (p->normalised && p->logarithmic)
        for (size_t k = 0; k < p->count; ++k)
            next[k] = moved[k] - rate * gradient[k] * ds_map_slope(p, learner->machine->parameters[first + k]);
    else {
        const double scaled = rate * ds_map_slope(p, 0.0);
        for (size_t k = 0; k < p->count; ++k)
            next[k] = moved[k] - scaled * gradient[k];
    }
    for (size_t k = 0; k < p->count; ++k) {
        bad |= !(fabs(next[k]) <= DBL_MAX);
        next[k] = ds_clip(next[k], low, high);
    }
    if (p->recursive && bad == 0)
        ds_recursion_hold(next, p->count, learner->work + first);
    return bad == 0;
}

/* Puts the next position of a parameter in force. One that did not move keeps its value to the bit. */
DS_INLINE void commit_parameter(const DsLearner *learner, const DsParameter *p)
{
    double *values = learner->machine->parameters;
    const size_t end = (size_t)p->first + p->count;
    for (size_t k = p->first; k < end; ++k) {
        if (p->normalised && learner->next[k] != learner->moved[k])
            values[k] = ds_map(p, learner->next[k]).value;
        else if (!p->normalised)
            values[k] = learner->next[k];
        learner->moved[k] = learner->next[k];
    }
}

/* out = in * dvalue/du over the scalars of a parameter; 0 if it is locked. The same place may be both. */
DS_INLINE void scale_by_mapping(const DsLearner *learner, const DsParameter *p, const double *in, double *out)
{
    const size_t first = p->first, count = p->count;
    if (p->locked)
        memset(out + first, 0, count * sizeof *out);
    else if (p->normalised && p->logarithmic)
        for (size_t k = first; k < first + count; ++k)
            out[k] = in[k] * ds_map_slope(p, learner->machine->parameters[k]);
    else {
        const double slope = ds_map_slope(p, 0.0);
        for (size_t k = first; k < first + count; ++k)
            out[k] = in[k] * slope;
    }
}

/* What the optimizers see: the gradient with respect to what is moved, 0 where nothing is. */
static void fill_descent(const DsLearner *learner)
{
    const DsOptimizer *how = &learner->settings.optimizer;
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i)
        scale_by_mapping(learner, &learner->parameters[i], learner->gradient, learner->descent);
    if (how->clip_value > 0.0)
        ds_clip_elements(learner->descent, learner->machine->parameter_count, how->clip_value);
    if (how->clip_norm > 0.0)
        ds_clip_length(learner->descent, learner->machine->parameter_count, how->clip_norm);
}

/* The sensitivities of one lane with respect to what is moved, 0 where nothing is: [P] to `out`. */
static void fill_sensitivities(const DsLearner *learner, size_t lane, double scale, double *out)
{
    const DsInterpreter *machine = learner->machine;
    const double *row = learner->rows + lane;
    memset(out, 0, machine->parameter_count * sizeof *out);
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run)
        for (size_t k = run->first; k < (size_t)run->first + run->count; ++k, row += machine->lanes)
            out[k] = *row * scale;
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i)
        scale_by_mapping(learner, &learner->parameters[i], out, out);
}

/* The sum of the squared sensitivities, mean over the lanes. */
static double energy_of_sensitivities(const DsLearner *learner)
{
    const DsInterpreter *machine = learner->machine;
    double energy = 0.0;
    for (size_t l = 0; l < machine->lanes; ++l) {
        fill_sensitivities(learner, l, learner->rows_scale, learner->work);
        energy += ds_dot(learner->work, learner->work, machine->parameter_count);
    }
    return energy / (double)machine->lanes;
}

/* Lane after lane: each residual counts what the lanes before it have already moved. */
static void step_gauss_newton(const DsLearner *learner, double rate)
{
    const size_t count = learner->machine->parameter_count;
    const DsOptimizer *how = &learner->settings.optimizer;
    const DsGaussNewton g = {learner->state.s, learner->work, count, how->initial};
    double *d = learner->descent;
    memset(learner->step, 0, count * sizeof *learner->step);
    for (size_t l = 0; l < learner->machine->lanes; ++l) {
        fill_sensitivities(learner, l, learner->rows_scale * learner->pulls[l], d);
        const double left = learner->residuals[l] - ds_dot(d, learner->step, count);
        ds_gauss_newton_update(g, d, left, l == 0 ? how->decay : 1.0, learner->step);
    }
    for (size_t k = 0; k < count; ++k)
        learner->step[k] *= rate;
}

/* The loops over scalars, a function for each kind: the compiler believes restrict of parameters alone, and without
 * it makes no vectors. */
static void step_sgd(const double *restrict g, double rate, double *restrict step, size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = rate * g[k];
}

static void step_momentum(const double *restrict g, double rate, double mu, double *restrict m, double *restrict step,
                          size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = ds_optimizer_momentum(g[k], rate, mu, &m[k]);
}

static void step_nesterov(const double *restrict g, double rate, double mu, double *restrict m, double *restrict step,
                          size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = ds_optimizer_nesterov(g[k], rate, mu, &m[k]);
}

static void step_rmsprop(const double *restrict g, double rate, const DsOptimizer *how, double *restrict v,
                         double *restrict step, size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = ds_optimizer_rmsprop(g[k], rate, how->decay, how->epsilon, &v[k]);
}

static void step_nlms(const double *restrict g, double rate, double energy, double epsilon, double *restrict step,
                      size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = ds_optimizer_nlms(g[k], rate, energy, epsilon);
}

static void step_adam(const double *restrict g, DsAdam how, double *restrict m, double *restrict v,
                      double *restrict step, size_t n)
{
    for (size_t k = 0; k < n; ++k)
        step[k] = ds_optimizer_adam(g[k], how, &m[k], &v[k]);
}

/* Adds what pulls the weights to 0: those of the parameters that are moved themselves. */
static void decay_weights(const DsLearner *learner, double pull)
{
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i) {
        const DsParameter *p = &learner->parameters[i];
        for (size_t k = p->first; !p->normalised && k < (size_t)p->first + p->count; ++k)
            learner->step[k] += pull * learner->moved[k];
    }
}

/* The steps of the kinds that go scalar by scalar. */
static void step_scalars(const DsLearner *learner, double rate)
{
    const DsOptimizer *how = &learner->settings.optimizer;
    const DsOptimizerState *state = &learner->state;
    const double *g = learner->descent;
    const size_t n = learner->machine->parameter_count;
    switch (how->kind) {
    case DS_OPTIMIZER_MOMENTUM: step_momentum(g, rate, how->momentum, state->m, learner->step, n); break;
    case DS_OPTIMIZER_NESTEROV: step_nesterov(g, rate, how->momentum, state->m, learner->step, n); break;
    case DS_OPTIMIZER_RMSPROP: step_rmsprop(g, rate, how, state->v, learner->step, n); break;
    case DS_OPTIMIZER_NLMS:
        step_nlms(g, rate, energy_of_sensitivities(learner), how->epsilon, learner->step, n);
        break;
    case DS_OPTIMIZER_ADAM:
        *state->power1 *= how->momentum;
        *state->power2 *= how->decay;
        step_adam(g,
                  (DsAdam){rate, how->momentum, how->decay, how->epsilon, 1.0 - *state->power1, 1.0 - *state->power2},
                  state->m, state->v, learner->step, n);
        if (how->weight_decay > 0.0)
            decay_weights(learner, rate * how->weight_decay);
        break;
    default: step_sgd(g, rate, learner->step, n);
    }
}

/* Where the steps lead, clipped, or kept stable. A velocity that pushed its scalar beyond a bound is cut to what was moved: it does
 * not wind up at the bound, and the first gradient that points away takes the scalar away. Answers whether all of
 * it is finite. */
static bool follow_steps(const DsLearner *learner, const DsParameter *p)
{
    const double low = p->normalised ? 0.0 : p->minimum, high = p->normalised ? 1.0 : p->maximum;
    const uint32_t kind = learner->settings.optimizer.kind;
    const bool has_velocity = kind == DS_OPTIMIZER_MOMENTUM || kind == DS_OPTIMIZER_NESTEROV;
    const double *restrict moved = learner->moved + p->first, *restrict step = learner->step + p->first;
    const double *restrict v = learner->state.v ? learner->state.v + p->first : moved;
    double *restrict next = learner->next + p->first;
    int bad = 0;
    for (size_t k = 0; k < p->count; ++k) {
        const double to = moved[k] - step[k];
        bad |= !(fabs(to) <= DBL_MAX) | !(v[k] <= DBL_MAX);
        next[k] = ds_clip(to, low, high);
    }
    const bool held = p->recursive && bad == 0 && ds_recursion_hold(next, p->count, learner->work + p->first);
    for (size_t k = 0; has_velocity && k < p->count; ++k)
        if (held || next[k] == low || next[k] == high)
            learner->state.m[p->first + k] = moved[k] - next[k];
    return bad == 0;
}

/* The next positions by the optimizer of the settings; false if one is not finite. */
static bool step_anyhow(const DsLearner *learner, double rate)
{
    const DsParameter *end = learner->parameters + learner->settings.parameter_count;
    bool good = true;
    if (learner->state.s)
        step_gauss_newton(learner, rate);
    else {
        fill_descent(learner);
        step_scalars(learner, rate);
    }
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        good &= p->locked || follow_steps(learner, p);
    return good;
}

/* Stochastic gradient descent and nothing else; a loop without temporaries. */
DS_INLINE bool step_plainly(const DsLearner *learner, double rate)
{
    const DsParameter *end = learner->parameters + learner->settings.parameter_count;
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        if (DS_UNLIKELY(!p->locked && !descend_parameter(learner, p, rate)))
            return false;
    return true;
}

/* Where all free parameters go next; false if one would not be finite. It reads the rows of the output, so it comes
 * before the latch: the output may be a MEMORY. */
DS_INLINE bool find_steps(const DsLearner *learner)
{
    const DsOptimizer *how = &learner->settings.optimizer;
    const double rate = learner->settings.rate * ds_schedule_factor(&learner->settings.schedule, *learner->state.steps);
    const bool plain = how->kind == DS_OPTIMIZER_SGD && how->clip_value == 0.0 && how->clip_norm == 0.0;
    return plain ? step_plainly(learner, rate) : step_anyhow(learner, rate);
}

/* Goes where find_steps found. It comes after the latch: a memory of a parameter keeps what this sample used. */
DS_INLINE void take_steps(const DsLearner *learner)
{
    const DsParameter *end = learner->parameters + learner->settings.parameter_count;
    *learner->state.steps += 1.0;
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        if (!p->locked)
            commit_parameter(learner, p);
}

#endif
