/* SPDX-License-Identifier: ISC
 *
 * The long way of a learner, first half: loss and gradient of a sample, for every loss, window and number of lanes.
 * For ds_loop_learn.c alone.
 */
#ifndef DS_LOOP_LOSS_H
#define DS_LOOP_LOSS_H

#include "ds_learner_state.h"

#include "ds_loop_spectral.h"
#include "ds_loss.h"

#include <string.h>

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

/* The rows of the output, folded, to the gradient of the parameters they belong to. */
DS_INLINE void scatter_rows(const DsLearner *learner, const double *rows)
{
    const size_t lanes = learner->machine->lanes;
    for (const DsRun *run = learner->machine->output_runs; run < learner->machine->output_runs_end; ++run) {
        fold_lanes(learner->gradient + run->first, rows, learner->slopes, run->count, lanes);
        rows += run->count * lanes;
    }
}

/* For least squares: the residual of a lane at this sample, and its slope. It is never that of a window: errors that
 * were made with earlier parameters would come too late, and least squares has a memory of its own. */
DS_INLINE void note_residual(const DsLearner *learner, size_t lane, double y, double t)
{
    if (!learner->state.s)
        return;
    const DsUnary residual = ds_loss_residual(&learner->settings, y, t);
    learner->residuals[lane] = residual.value;
    learner->pulls[lane] = residual.slope;
}

/* For optimizers that look at the sensitivities: where those are. */
DS_INLINE void note_rows(DsLearner *learner, const double *rows, double scale)
{
    learner->rows = rows;
    learner->rows_scale = scale;
}

/* The same for a loss of window means: theirs, except for least squares. */
DS_INLINE void note_rows_of_means(DsLearner *learner, double share)
{
    const bool of_sample = learner->state.s != NULL;
    note_rows(learner, of_sample ? learner->machine->output_rows : learner->window.sum, of_sample ? 1.0 : share);
}

/* W = 1, or the window is over the loss: loss and gradient of this sample alone. Answers the loss. */
DS_INLINE double loss_of_sample(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const double share = 1.0 / (double)machine->lanes;
    double loss = 0.0;
    for (size_t l = 0; l < machine->lanes; ++l) {
        const double y = machine->output[l], t = audio->target[l * audio->stride + n];
        const DsUnary u = ds_loss_of(&learner->settings, y, t);
        loss += share * u.value;
        learner->slopes[l] = share * u.slope;
        note_residual(learner, l, y, t);
    }
    scatter_rows(learner, machine->output_rows);
    note_rows(learner, machine->output_rows, 1.0);
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
    const DsUnary u = ds_loss_of(&learner->settings, e, 0.0);
    const double *rows = machine->output_rows;
    size_t first = 0;
    for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run) {
        window_values(window, first, rows, u.slope * share, learner->gradient + run->first, run->count);
        rows += run->count;
        first += run->count;
    }
    note_residual(learner, 0, machine->output[0], audio->target[n]);
    note_rows_of_means(learner, share);
    ds_window_advance(window);
    return u.value;
}

/* The window means of output and target of a lane; where the loss depends on their difference alone, that of the
 * error, with 0 for the target. */
DS_INLINE void window_lane(const DsLearner *learner, size_t place, double share, double *y, double *t)
{
    const double error = *y - *t, target = *t;
    if (learner->settings.loss != DS_LOSS_MSLE) {
        window_values(&learner->window, place, &error, share, y, 1);
        *t = 0.0;
        return;
    }
    const double output = *y;
    window_values(&learner->window, place, &output, share, y, 1);
    window_values(&learner->window, place + learner->machine->lanes, &target, share, t, 1);
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
        double y = machine->output[l], t = audio->target[l * audio->stride + n];
        note_residual(learner, l, y, t);
        window_lane(learner, all + l, share, &y, &t);
        const DsUnary u = ds_loss_of(&learner->settings, y, t);
        loss += per_lane * u.value;
        learner->slopes[l] = per_lane * share * u.slope;
    }
    double *restrict slot = ds_window_slot(window);
    double *restrict sum = window->sum;
    double *restrict turn = window->turn;
    for (size_t i = 0; i < all; ++i)
        ds_window_push(slot, sum, turn, i, machine->output_rows[i]);
    scatter_rows(learner, window->sum);
    note_rows_of_means(learner, share);
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

/* z - a z^-1 of n values, whose last ones are kept in `before`. */
DS_INLINE void emphasise(const double *restrict z, double a, double *restrict before, double *restrict out, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        out[i] = z[i] - a * before[i];
        before[i] = z[i];
    }
}

/* A running sum of squares may fall below 0 by rounding; NaN stays NaN. */
DS_INLINE double not_negative(double energy)
{
    return energy < 0.0 ? 0.0 : energy;
}

/* Energy of the error over that of the target, S(e^2) / (S(t^2) + 1e-6), of the pre-emphasised signals, which leaves
 * 2 S(e d) / (S(t^2) + 1e-6) for the gradient. Window: e d [rows][lanes], e^2 [lanes], t^2 [lanes]. */
static double ratio_of_energies(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsInterpreter *machine = learner->machine;
    const size_t lanes = machine->lanes, all = machine->output_row_count * lanes;
    const double per_lane = 1.0 / (double)lanes, share = 1.0 / (double)learner->settings.window;
    const double a = learner->settings.pre_emphasis;
    double *rows = learner->emphasised, *before = learner->before;
    double *slot = ds_window_slot(&learner->window), *sum = learner->window.sum, *turn = learner->window.turn;
    double loss = 0.0;
    emphasise(machine->output_rows, a, before, rows, all);
    for (size_t l = 0; l < lanes; ++l) {
        const double target = audio->target[l * audio->stride + n], error = machine->output[l] - target;
        double e, t;
        emphasise(&error, a, before + all + l, &e, 1);
        emphasise(&target, a, before + all + lanes + l, &t, 1);
        const double error_energy = ds_window_push(slot, sum, turn, all + l, e * e) * share;
        const double energy = ds_window_push(slot, sum, turn, all + lanes + l, t * t) * share;
        const double scale = per_lane / (not_negative(energy) + DS_SMALLEST_ENERGY);
        loss += not_negative(error_energy) * scale;
        learner->slopes[l] = 2.0 * share * scale;
        note_residual(learner, l, e, 0.0);
        for (size_t r = 0; r < machine->output_row_count; ++r)
            ds_window_push(slot, sum, turn, r * lanes + l, e * rows[r * lanes + l]);
    }
    scatter_rows(learner, sum);
    note_rows(learner, rows, 1.0);
    ds_window_advance(&learner->window);
    return loss;
}

DS_INLINE double loss_and_gradient(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const DsLearnerSettings *settings = &learner->settings;
    if (settings->loss == DS_LOSS_ESR)
        return ratio_of_energies(learner, audio, n);
    if (settings->loss == DS_LOSS_SPECTRAL) {
        note_rows(learner, learner->machine->output_rows, 1.0);
        return spectral_loss(learner, audio, n);
    }
    if (settings->window == 1)
        return loss_of_sample(learner, audio, n);
    if (settings->window_of == DS_WINDOW_OF_LOSS)
        return mean_of_losses(learner, audio, n);
    return learner->machine->lanes == 1 && settings->loss != DS_LOSS_MSLE ? loss_of_means_one(learner, audio, n)
                                                                          : loss_of_means_many(learner, audio, n);
}

#endif
