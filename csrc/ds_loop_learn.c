/* SPDX-License-Identifier: ISC
 *
 * The learner's loop over the samples of a block: run, loss and gradient, step.
 */
#include "ds_loop_direct.h"

/* g[r] = sum over the lanes of slope[l] * d[r][l]. */
DS_INLINE void fold_lanes(double *restrict g, const double *restrict d, const double *restrict slopes, size_t rows,
                          size_t lanes)
{
    for (size_t r = 0; r < rows; ++r) {
        double sum = 0.0;
        for (size_t l = 0; l < lanes; ++l)
            sum += slopes[l] * d[r * lanes + l];
        g[r] = sum;
    }
}

/* The rows of the output, folded, to the gradient of the parameters they belong to. `scale` multiplies the
 * slopes of one lane. */
DS_INLINE void scatter_rows(const DsLearner *learner, const double *rows)
{
    const size_t lanes = learner->machine->lanes;
    for (const DsRun *run = learner->machine->output_runs; run < learner->machine->output_runs_end; ++run) {
        fold_lanes(learner->gradient + run->first, rows, learner->slopes, run->count, lanes);
        rows += run->count * lanes;
    }
}

/* W = 1, or the window is over the loss: loss and gradient of this sample alone. Answers the loss. */
DS_INLINE double loss_of_sample(const DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const double share = 1.0 / (double)machine->lanes;
    double loss = 0.0;
    for (size_t l = 0; l < machine->lanes; ++l) {
        const double e = machine->output[l] - audio->target[l * audio->stride + n];
        const DsUnary u = ds_loss(learner->settings.loss, e);
        loss += share * u.value;
        learner->slopes[l] = share * u.slope;
    }
    scatter_rows(learner, machine->output_rows);
    return loss;
}

/* n values from `next` through the window: out[i] = scale * the sum of the last W. */
DS_INLINE void window_values(const DsWindow *window, size_t first, const double *restrict next, double scale,
                             double *restrict out, size_t n)
{
    double *restrict slot = ds_window_slot(window) + first;
    double *restrict sum = window->sum + first;
    double *restrict turn = window->turn + first;
    for (size_t i = 0; i < n; ++i)
        out[i] = scale * ds_window_push(slot, sum, turn, i, next[i]);
}

/* One lane: the gradient straight from the window. (ds_loop_direct.h is this and the step in one.) */
DS_INLINE double loss_of_means_one(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const double share = 1.0 / (double)learner->settings.window;
    DsWindow *window = &learner->window;
    const double error = machine->output[0] - audio->target[n];
    double e;
    window_values(window, machine->output_row_count, &error, share, &e, 1);
    const DsUnary u = ds_loss(learner->settings.loss, e);
    const double *rows = machine->output_rows;
    size_t first = 0;
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run) {
        window_values(window, first, rows, u.slope * share, learner->gradient + run->first, run->count);
        rows += run->count;
        first += run->count;
    }
    ds_window_advance(window);
    return u.value;
}

/* Several lanes: each has a window of its own; loss and gradient are the means over them. */
static double loss_of_means_many(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const size_t lanes = machine->lanes;
    const double per_lane = 1.0 / (double)lanes;
    const double share = 1.0 / (double)learner->settings.window;
    DsWindow *window = &learner->window;
    const size_t all = machine->output_row_count * lanes;
    double loss = 0.0;
    for (size_t l = 0; l < lanes; ++l) {
        const double error = machine->output[l] - audio->target[l * audio->stride + n];
        double e;
        window_values(window, all + l, &error, share, &e, 1);
        const DsUnary u = ds_loss(learner->settings.loss, e);
        loss += per_lane * u.value;
        learner->slopes[l] = per_lane * share * u.slope;
    }
    double *restrict slot = ds_window_slot(window);
    double *restrict sum = window->sum;
    double *restrict turn = window->turn;
    for (size_t i = 0; i < all; ++i)
        ds_window_push(slot, sum, turn, i, machine->output_rows[i]);
    scatter_rows(learner, window->sum);
    ds_window_advance(window);
    return loss;
}

/* The window over the loss: the mean of the last W losses and gradients. */
static double mean_of_losses(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const double share = 1.0 / (double)learner->settings.window;
    DsWindow *window = &learner->window;
    const double loss = loss_of_sample(learner, audio, n);
    double mean;
    window_values(window, machine->output_row_count, &loss, share, &mean, 1);
    size_t first = 0;
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run) {
        memcpy(learner->next, learner->gradient + run->first, run->count * sizeof *learner->next);
        window_values(window, first, learner->next, share, learner->gradient + run->first, run->count);
        first += run->count;
    }
    ds_window_advance(window);
    return mean;
}

DS_INLINE double loss_and_gradient(DsLearner *learner, const DsAudio *audio, size_t n)
{
    if (learner->settings.window == 1)
        return loss_of_sample(learner, audio, n);
    if (learner->settings.window_of == DS_WINDOW_OF_LOSS)
        return mean_of_losses(learner, audio, n);
    return learner->machine->lanes == 1 ? loss_of_means_one(learner, audio, n)
                                        : loss_of_means_many(learner, audio, n);
}

/* Where each scalar of a parameter would be after its step, clipped. Answers whether all of it is finite. */
DS_INLINE bool step_parameter(const DsLearner *learner, const DsParameter *p)
{
    const size_t first = p->first;
    const double low = p->normalised ? 0.0 : p->minimum;
    const double high = p->normalised ? 1.0 : p->maximum;
    const double rate = learner->settings.rate;
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

/* The step of all free parameters, or of none if one would not be finite. */
DS_INLINE bool step_all(DsLearner *learner)
{
    const DsParameter *end = learner->parameters + learner->settings.parameter_count;
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        if (DS_UNLIKELY(!p->locked && !step_parameter(learner, p)))
            return false;
    for (const DsParameter *p = learner->parameters; p < end; ++p)
        if (!p->locked)
            commit_parameter(learner, p);
    return true;
}

/* Adds the parameters to their means every DS_MEAN_EVERY samples. */
DS_INLINE void count_sample(DsLearner *learner, double loss)
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
static void write_record(const DsLearner *learner, const DsRecord *record, size_t row, double loss,
                         const double *used)
{
    const size_t p = learner->machine->parameter_count;
    if (record->loss)
        record->loss[row] = loss;
    if (record->gradient)
        memcpy(record->gradient + row * p, learner->gradient, p * sizeof *record->gradient);
    if (record->parameters)
        memcpy(record->parameters + row * p, used, p * sizeof *record->parameters);
}

DS_INLINE void write_output(const DsInterpreter *machine, const DsAudio *audio, size_t n)
{
    if (audio->output)
        for (size_t l = 0; l < machine->lanes; ++l)
            audio->output[l * audio->stride + n] = machine->output[l];
}

static DsStatus learn_directly(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    const DsInterpreter *machine = learner->machine;
    size_t n = 0;
    for (; n < audio->frames; ++n) {
        double loss;
        ds_machine_run(machine, audio, n);
        write_output(machine, audio, n);
        const bool good = ds_direct_sample(learner, audio->target[n], &loss);
        if (record && n % record->every == 0)
            write_record(learner, record, n / record->every, loss, learner->next);
        ds_machine_latch(machine);
        if (DS_UNLIKELY(!good))
            break;
        count_sample(learner, loss);
    }
    ds_direct_finish(learner);
    *done = n;
    return n < audio->frames ? DS_DIVERGED : DS_OK;
}

static DsStatus learn_anyhow(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    const DsInterpreter *machine = learner->machine;
    for (size_t n = 0; n < audio->frames; ++n) {
        ds_machine_run(machine, audio, n);
        const double loss = loss_and_gradient(learner, audio, n);
        write_output(machine, audio, n);
        if (record && n % record->every == 0)
            write_record(learner, record, n / record->every, loss, machine->parameters);
        ds_machine_latch(machine); /* before the step: a memory of a parameter keeps what this sample used */
        if (DS_UNLIKELY(!(fabs(loss) <= DBL_MAX) || !step_all(learner))) {
            *done = n;
            return DS_DIVERGED;
        }
        count_sample(learner, loss);
    }
    *done = audio->frames;
    return DS_OK;
}

DsStatus DS_VARIANT(ds_learn)(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    return ds_direct_fits(learner) ? learn_directly(learner, audio, record, done)
                                   : learn_anyhow(learner, audio, record, done);
}
