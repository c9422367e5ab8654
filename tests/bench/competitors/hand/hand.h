/* SPDX-License-Identifier: ISC
 *
 * The learners of the benchmark as a careful C programmer would write each of them: one function per chain,
 * its state in locals, partial derivatives by hand. They keep the arithmetic of the core: the loss of the
 * window means of output and target (a ring and a running sum that an exact sum replaces at every turn), one
 * step of stochastic gradient descent per sample.
 *
 * All functions have the type HandLearner. The state is zeroed memory of hand_*_doubles doubles, whose first
 * ones are what is moved: the parameters, or where they have bounds u in [0, 1]. y may be NULL. Answered is the
 * sum of the loss over the block.
 */
#ifndef HAND_H
#define HAND_H

#include <math.h>
#include <stddef.h>

#define SAMPLE_RATE 48000.0
#define PI 3.14159265358979323846264338327950288

typedef double HandLearner(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                           double rate);
typedef size_t HandSize(size_t taps);

HandLearner hand_gain, hand_gain_dc, hand_one_pole, hand_lowpass, hand_iir, hand_fir, hand_oscillator, hand_dense,
    hand_peq;
HandSize hand_gain_doubles, hand_gain_dc_doubles, hand_one_pole_doubles, hand_lowpass_doubles, hand_iir_doubles,
    hand_fir_doubles, hand_oscillator_doubles, hand_dense_doubles, hand_peq_doubles;

/* The sum of the last values of a ring, and that of the values since its start. */
typedef struct {
    double sum;
    double turn;
} Sum;

static inline double push(Sum *s, double *slot, double next)
{
    s->sum += next - *slot;
    *slot = next;
    s->turn += next;
    return s->sum;
}

static inline void complete(Sum *s)
{
    s->sum = s->turn;
    s->turn = 0.0;
}

/* u within 0 .. 1. */
static inline double held(double u)
{
    return u < 0.0 ? 0.0 : u > 1.0 ? 1.0 : u;
}

#endif
