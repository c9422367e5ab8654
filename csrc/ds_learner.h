/* SPDX-License-Identifier: ISC
 *
 * The learner: runs a program and, every sample, moves its parameters against the gradient of the loss.
 *
 *     y, y'  = program(x; p)            value and partials
 *     L, g   = loss(y, t), dL/dp        windowed, mean over the lanes
 *     p      = p - step(g)              the next sample sees it
 *
 * Used like the interpreter (ds_interpreter.h); the result does not depend on where the blocks are cut.
 */
#ifndef DS_LEARNER_H
#define DS_LEARNER_H

#include "ds_interpreter.h"

typedef struct DsLearner DsLearner;

typedef enum {
    DS_LOSS_MAE = 0, /* |e| */
    DS_LOSS_MSE = 1, /* e^2 */
    DS_LOSS_COUNT
} DsLoss;

typedef enum {
    DS_WINDOW_OF_SIGNALS = 0, /* the loss of the window means of output and target */
    DS_WINDOW_OF_LOSS = 1,    /* the window mean of the loss of each sample */
    DS_WINDOW_OF_COUNT
} DsWindowOf;

/* A parameter of the user's: a run of scalars that share bounds and scale. */
typedef struct {
    uint32_t first;
    uint32_t count;
    uint32_t normalised;  /* 1: the learner moves u in [0, 1], which is mapped to minimum .. maximum */
    uint32_t logarithmic; /* 1: minimum (maximum/minimum)^u, else minimum + u (maximum - minimum) */
    uint32_t locked;      /* 1: it is not moved */
    double minimum;       /* -inf: none */
    double maximum;       /* +inf: none */
} DsParameter;

typedef struct {
    uint32_t loss;      /* DsLoss */
    uint32_t window_of; /* DsWindowOf */
    uint32_t window;    /* W >= 1, samples */
    double rate;        /* of stochastic gradient descent: step = rate * gradient */
    uint32_t parameter_count;
    const DsParameter *parameters; /* ascending, apart, together all of the program's */
} DsLearnerSettings;

/* What is written down while learning, every `every` samples; each array may be NULL. */
typedef struct {
    double *loss;       /* [frames of the block that are recorded] */
    double *gradient;   /* [..][P] with respect to the parameters' own values */
    double *parameters; /* [..][P] used at that sample */
    size_t every;       /* >= 1 */
} DsRecord;

/* Checks program and settings and tells the bytes that a learner of them needs. */
DsStatus ds_learner_size(const DsProgram *program, const DsLearnerSettings *settings, size_t *bytes);

/* Builds a learner in caller's memory (as ds_interpreter_init). Parameters start at 0: set them. */
DsStatus ds_learner_init(const DsProgram *program, const DsLearnerSettings *settings, void *memory, size_t bytes,
                         DsLearner **learner);

/* Back to silence and to a fresh window; parameters and settings stay. [real-time] */
void ds_learner_reset(DsLearner *learner) DS_REALTIME;

/* Sets P parameter values, each brought within its bounds. [real-time] */
void ds_learner_set_parameters(DsLearner *learner, const double *values) DS_REALTIME;

/* The P parameter values. Borrowed; to be written by ds_learner_set_parameters alone. */
const double *ds_learner_parameters(const DsLearner *learner) DS_REALTIME;

/* Locks or frees parameter number `parameter` of the settings; sets the rate. [real-time] */
DsStatus ds_learner_lock(DsLearner *learner, uint32_t parameter, uint32_t locked) DS_REALTIME;
DsStatus ds_learner_set_rate(DsLearner *learner, double rate) DS_REALTIME;

/* Learns a block. *done counts the samples after which the learner was still in order: all of them, or, with
 * DS_DIVERGED, those before the one whose loss or next parameters were not finite; the parameters are then
 * those of that sample, and the learner wants a reset. [real-time] */
DsStatus ds_learner_process(DsLearner *learner, const DsAudio *audio, const DsRecord *record,
                            size_t *done) DS_REALTIME;

/* Sums since the last call: of the loss over *samples, and the means of the parameters ([P]; taken every
 * DS_MEAN_EVERY samples, the current values if there was none). [real-time] */
enum { DS_MEAN_EVERY = 16 };
void ds_learner_take_means(DsLearner *learner, double *loss, uint64_t *samples, double *parameters) DS_REALTIME;

#endif
