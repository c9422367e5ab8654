/* SPDX-License-Identifier: ISC
 *
 * The inside of a learner. Inside the core only.
 */
#ifndef DS_LEARNER_STATE_H
#define DS_LEARNER_STATE_H

#include "ds_machine.h"
#include "ds_spectrum.h"
#include "ds_window.h"

/* What an optimizer gathers. One run of doubles, so that it can be kept and set again: first three counters, then
 * m and v, or S, of the kinds that have them. */
typedef struct {
    double *all;    /* [count] */
    size_t count;
    double *steps;  /* taken since the start, for the schedule and the bias correction */
    double *power1; /* beta1^steps */
    double *power2; /* beta2^steps */
    double *m;      /* [P] or NULL */
    double *v;      /* [P] or NULL */
    double *s;      /* [P][P] or NULL */
} DsOptimizerState;

enum { DS_OPTIMIZER_COUNTERS = 3 };

struct DsLearner {
    DsInterpreter *machine;
    DsLearnerSettings settings;
    DsParameter *parameters; /* the settings', ours to lock */
    DsWindow window;         /* of signals: the rows, then errors [lanes]; of loss: the gradient, then loss */
    DsOptimizerState state;
    double *moved;           /* [P] what the learner moves: u, or the value itself */
    double *gradient;        /* [P] with respect to the values; 0 where no partial reaches */
    double *next;            /* [P] moved after the step, before it is known to be finite */
    double *slopes;          /* [lanes] dL/dy */
    double *residuals;       /* [lanes] for least squares */
    double *pulls;           /* [lanes] d residual / dy */
    double *before;          /* rows, errors [lanes] and targets [lanes] of the sample before; ESR only */
    size_t before_count;
    double *emphasised;      /* rows after the pre-emphasis; ESR only */
    DsSpectrum spectra[DS_MOST_SIZES]; /* spectral loss only: of rows, outputs [lanes] and targets [lanes] */
    double *pull;            /* [2][bins of the largest] */
    const double *rows;      /* sensitivities for the optimizers that look at them, .. */
    double rows_scale;       /* .. times this */
    double *descent;         /* [P] gradient with respect to what is moved */
    double *step;            /* [P] */
    double *work;            /* [P] for least squares */
    double *mean;            /* [P] sums of the parameters since the means were taken */
    uint64_t mean_count;
    double loss_sum;
    uint64_t samples;        /* since the means were taken */
    uint64_t since_mean;     /* samples since the parameters were last added to the means */
};

#endif
