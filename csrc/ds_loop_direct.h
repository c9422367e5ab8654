/* SPDX-License-Identifier: ISC
 *
 * The short way of a learner, for plain stochastic gradient descent on MAE or MSE: one lane, the window over the
 * signals, rows of the output for all parameters in their order, and every parameter free and moved itself. Then a
 * row goes through the window, becomes a gradient and moves its parameter in one pass, and a parameter is written
 * once per sample: the next sample reads it back at once, so that every copy on the way would be waited for. The
 * operations and their order are those of the long way (ds_loop_learn.c), and so are the bits. Inside the core only.
 */
#ifndef DS_LOOP_DIRECT_H
#define DS_LOOP_DIRECT_H

#include "ds_learner_state.h"

#include "ds_loss.h"
#include "ds_mapping.h"

#include <float.h>
#include <string.h>

/* Stochastic gradient descent with a constant rate and no clipping, on a loss of the error. */
DS_INLINE bool ds_direct_is_plain(const DsLearnerSettings *settings)
{
    const DsOptimizer *how = &settings->optimizer;
    return how->kind == DS_OPTIMIZER_SGD && how->clip_value == 0.0 && how->clip_norm == 0.0 &&
           settings->schedule.kind == DS_SCHEDULE_CONSTANT && settings->schedule.warm_up == 0 &&
           (settings->loss == DS_LOSS_MAE || settings->loss == DS_LOSS_MSE);
}

DS_INLINE bool ds_direct_fits(const DsLearner *learner)
{
    const DsInterpreter *machine = learner->machine;
    if (!ds_direct_is_plain(&learner->settings))
        return false;
    const DsRun *run = machine->output_runs;
    if (machine->lanes != 1 || learner->settings.window == 1 || learner->settings.window_of != DS_WINDOW_OF_SIGNALS ||
        machine->output_runs_end - run != 1 || run->first != 0 || run->count != machine->parameter_count)
        return false;
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i)
        if (learner->parameters[i].normalised || learner->parameters[i].locked || learner->parameters[i].recursive)
            return false;
    for (const DsStep *s = machine->latches; s < machine->latches_end; ++s)
        if (s->a >= machine->parameters && s->a < machine->parameters + machine->parameter_count)
            return false; /* it keeps the parameter that the sample used; here it would come after the step */
    return true;
}

/* How the scalars of one parameter are moved. */
typedef struct {
    double scale; /* of a window's sum: the slope of the loss, by the length of the window */
    double rate;
    double low;
    double high;
} DsDirect;

/* Scalar k, from its row to its value after the step; the one before is kept. Answers whether it is not finite. */
DS_INLINE int ds_direct_step(DsDirect how, size_t k, const double *rows, double *slot, double *sum, double *turn,
                             double *gradient, double *before, double *values)
{
    const double g = how.scale * ds_window_push(slot, sum, turn, k, rows[k]);
    const double after = values[k] - how.rate * g;
    gradient[k] = g;
    before[k] = values[k];
    values[k] = ds_clip(after, how.low, how.high);
    return !(fabs(after) <= DBL_MAX);
}

/* n scalars, few; answers whether all are finite. */
DS_INLINE bool ds_direct_few(DsDirect how, size_t n, const double *rows, double *slot, double *sum, double *turn,
                             double *gradient, double *before, double *values)
{
    int bad = 0;
    for (size_t k = 0; k < n; ++k) {
        bad |= ds_direct_step(how, k, rows, slot, sum, turn, gradient, before, values);
        DS_ONE_BY_ONE;
    }
    return bad == 0;
}

/* The same for many, in vectors. A function of its own: of pointers that came by inlining GCC forgets that they
 * do not overlap. */
static bool ds_direct_many(DsDirect how, size_t n, const double *restrict rows, double *restrict slot,
                           double *restrict sum, double *restrict turn, double *restrict gradient,
                           double *restrict before, double *restrict values)
{
    int bad = 0;
    for (size_t k = 0; k < n; ++k)
        bad |= ds_direct_step(how, k, rows, slot, sum, turn, gradient, before, values);
    return bad == 0;
}

/* One parameter; `scale` is the loss's slope over the window. Answers whether all of it is finite. */
DS_INLINE bool ds_direct_parameter(const DsLearner *learner, const DsParameter *p, double scale)
{
    const DsWindow *window = &learner->window;
    const size_t row = p->first; /* in the window: the error comes behind the rows */
    const DsDirect how = {scale, learner->settings.rate, p->minimum, p->maximum};
    const double *rows = learner->machine->output_rows + p->first;
    double *slot = ds_window_slot(window) + row, *sum = window->sum + row, *turn = window->turn + row;
    double *gradient = learner->gradient + p->first, *before = learner->next + p->first;
    double *values = learner->machine->parameters + p->first;
    return p->count < DS_FEW ? ds_direct_few(how, p->count, rows, slot, sum, turn, gradient, before, values)
                             : ds_direct_many(how, p->count, rows, slot, sum, turn, gradient, before, values);
}

/* Loss, gradient and step of a sample; false, with the parameters as they were, if anything is not finite. The
 * parameters of the sample are left in learner->next. */
DS_INLINE bool ds_direct_sample(DsLearner *learner, double target, double *loss)
{
    const DsInterpreter *machine = learner->machine;
    const double share = 1.0 / (double)learner->settings.window;
    DsWindow *window = &learner->window;
    const double error = machine->output[0] - target;
    const double e = share * ds_window_push(ds_window_slot(window), window->sum, window->turn,
                                            machine->output_row_count, error);
    const DsUnary u = ds_loss(learner->settings.loss, e);
    const DsParameter *end = learner->parameters + learner->settings.parameter_count;
    bool good = fabs(u.value) <= DBL_MAX;
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        good &= ds_direct_parameter(learner, p, u.slope * share);
    ds_window_advance(window);
    *loss = u.value;
    if (DS_UNLIKELY(!good))
        memcpy(machine->parameters, learner->next, machine->parameter_count * sizeof *machine->parameters);
    return good;
}

/* The end of a block: what the long way moves is what the short way has moved. */
DS_INLINE void ds_direct_finish(DsLearner *learner)
{
    memcpy(learner->moved, learner->machine->parameters,
           learner->machine->parameter_count * sizeof *learner->moved);
}

#endif
