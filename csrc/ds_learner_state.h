/* SPDX-License-Identifier: ISC
 *
 * The inside of a learner. Inside the core only.
 */
#ifndef DS_LEARNER_STATE_H
#define DS_LEARNER_STATE_H

#include "ds_machine.h"
#include "ds_window.h"

struct DsLearner {
    DsInterpreter *machine;
    DsLearnerSettings settings;
    DsParameter *parameters; /* the settings', ours to lock */
    DsWindow window;         /* of signals: the rows, then errors [lanes]; of loss: the gradient, then loss */
    double *moved;           /* [P] what the learner moves: u, or the value itself */
    double *gradient;        /* [P] with respect to the values; 0 where no partial reaches */
    double *next;            /* [P] moved after the step, before it is known to be finite */
    double *slopes;          /* [lanes] dL/dy */
    double *mean;            /* [P] sums of the parameters since the means were taken */
    uint64_t mean_count;
    double loss_sum;
    uint64_t samples;        /* since the means were taken */
    uint64_t since_mean;     /* samples since the parameters were last added to the means */
};

#endif
