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
    DS_LOSS_MSE,     /* e^2 */
    DS_LOSS_MSLE,    /* (ln(1 + y) - ln(1 + t))^2 */
    DS_LOSS_HUBER,   /* e^2 / 2 up to |e| = delta, a straight line beyond */
    DS_LOSS_LOG_COSH, /* ln cosh e */
    DS_LOSS_ESR,     /* S(e^2) / (S(t^2) + 1e-6), of the pre-emphasised signals; DS_WINDOW_OF_LOSS, W >= 2 */
    DS_LOSS_SPECTRAL, /* of the magnitudes of sliding spectra (ds_loop_spectral.h); without a window */
    DS_LOSS_COUNT
} DsLoss;

typedef enum {
    DS_WINDOW_OF_SIGNALS = 0, /* the loss of the window means of output and target */
    DS_WINDOW_OF_LOSS = 1,    /* the window mean of the loss of each sample */
    DS_WINDOW_OF_COUNT
} DsWindowOf;

typedef enum {
    DS_OPTIMIZER_SGD = 0,
    DS_OPTIMIZER_MOMENTUM,
    DS_OPTIMIZER_NESTEROV,
    DS_OPTIMIZER_RMSPROP,
    DS_OPTIMIZER_ADAM, /* with weight_decay: AdamW */
    DS_OPTIMIZER_NLMS,
    DS_OPTIMIZER_GAUSS_NEWTON, /* neither with MAE nor with the spectral loss */
    DS_OPTIMIZER_COUNT
} DsOptimizerKind;

/* From a gradient to a step (ds_optimizer.h, ds_gauss_newton.h). All 0: stochastic gradient descent. */
typedef struct {
    uint32_t kind;       /* DsOptimizerKind */
    double momentum;     /* momentum and Nesterov: mu; Adam: beta1; in [0, 1) */
    double decay;        /* RMSProp: rho; Adam: beta2; in [0, 1). Gauss-Newton: lambda, in (0.9, 1] */
    double epsilon;      /* RMSProp, Adam, NLMS: > 0 */
    double weight_decay; /* Adam: >= 0 */
    double initial;      /* Gauss-Newton: diagonal of S at the start, and its bound; > 0 */
    double clip_value;   /* each element of the gradient within +-clip_value; 0: not. Not with Gauss-Newton */
    double clip_norm;    /* then the gradient's length within clip_norm; 0: not */
} DsOptimizer;

typedef enum {
    DS_SCHEDULE_CONSTANT = 0,
    DS_SCHEDULE_EXPONENTIAL, /* * exp(amount) every `samples` */
    DS_SCHEDULE_COSINE,      /* from 1 down to `amount` within `samples`, half a cosine */
    DS_SCHEDULE_OSCILLATING, /* between 1 and `amount`, a cosine of period `samples` */
    DS_SCHEDULE_COUNT
} DsScheduleKind;

/* What the rate is multiplied by as time goes on (ds_schedule.h). All 0: 1. */
typedef struct {
    uint32_t kind;     /* DsScheduleKind */
    uint32_t warm_up;  /* samples over which the rate first rises from 0; the schedule starts behind them */
    double samples;    /* >= 1 */
    double amount;     /* exponential: any finite number; else in [0, 1] */
} DsSchedule;

enum { DS_MOST_SIZES = 8 };

/* A parameter of the user's: a run of scalars that share bounds and scale. */
typedef struct {
    uint32_t first;
    uint32_t count;
    uint32_t normalised;  /* 1: the learner moves u in [0, 1], which is mapped to minimum .. maximum */
    uint32_t logarithmic; /* 1: minimum (maximum/minimum)^u, else minimum + u (maximum - minimum) */
    uint32_t locked;      /* 1: it is not moved */
    double minimum;       /* -inf: none */
    double maximum;       /* +inf: none */
    uint32_t recursive;   /* 1: coefficients of a recursion that every step leaves stable (ds_recursion.h); neither
                             normalised nor bounded, at most DS_LONGEST_RECURSION */
} DsParameter;

typedef struct {
    uint32_t loss;      /* DsLoss */
    uint32_t window_of; /* DsWindowOf */
    uint32_t window;    /* W >= 1, samples */
    double delta;       /* Huber: > 0 */
    double pre_emphasis; /* ESR: a of 1 - a z^-1, in [0, 1] */
    uint32_t size_count; /* spectral: 1 .. DS_MOST_SIZES */
    uint32_t sizes[DS_MOST_SIZES]; /* samples, 2 .. 65536 */
    double logarithmic; /* share of the logarithmic form, in [0, 1] */
    double rate;        /* >= 0, before the schedule */
    DsOptimizer optimizer;
    DsSchedule schedule;
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

/* Back to silence and to a fresh window; parameters, settings and the optimizer's state stay. [real-time] */
void ds_learner_reset(DsLearner *learner) DS_REALTIME;

/* The optimizer forgets what it has gathered, and the schedule starts over. [real-time] */
void ds_learner_restart(DsLearner *learner) DS_REALTIME;

/* What the optimizer has gathered, to be kept and set again in a learner of the same settings and parameters:
 * `count` doubles, borrowed, to be written by ds_learner_set_state alone, which refuses what is not finite.
 * [real-time] */
const double *ds_learner_state(const DsLearner *learner, size_t *count) DS_REALTIME;
DsStatus ds_learner_set_state(DsLearner *learner, const double *state) DS_REALTIME;

/* Sets P parameter values, each brought within its bounds. [real-time] */
void ds_learner_set_parameters(DsLearner *learner, const double *values) DS_REALTIME;

/* The P parameter values. Borrowed; to be written by ds_learner_set_parameters alone. */
const double *ds_learner_parameters(const DsLearner *learner) DS_REALTIME;

/* Locks or frees parameter number `parameter` of the settings; sets the rate. [real-time] */
DsStatus ds_learner_lock(DsLearner *learner, uint32_t parameter, uint32_t locked) DS_REALTIME;
DsStatus ds_learner_set_rate(DsLearner *learner, double rate) DS_REALTIME;

/* Learns a block. *done counts the samples after which the learner was still in order: all of them, or, with
 * DS_DIVERGED, those before the one whose loss or next parameters were not finite; the parameters are then
 * those of that sample, the optimizer has been restarted, and the learner wants a reset. [real-time] */
DsStatus ds_learner_process(DsLearner *learner, const DsAudio *audio, const DsRecord *record,
                            size_t *done) DS_REALTIME;

/* Sums since the last call: of the loss over *samples, and the means of the parameters ([P]; taken every
 * DS_MEAN_EVERY samples, the current values if there was none). [real-time] */
enum { DS_MEAN_EVERY = 16 };
void ds_learner_take_means(DsLearner *learner, double *loss, uint64_t *samples, double *parameters) DS_REALTIME;

#endif
