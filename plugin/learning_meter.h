/* SPDX-License-Identifier: ISC
 *
 * How well a chain does: the power of output - target by that of the target, in segments, in dB; and whether that has
 * stopped getting better.
 */
#ifndef LEARNING_METER_H
#define LEARNING_METER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define SILENCE 1e-5           /* -100 dBFS: a target below it counts as none */
#define LOWEST_LOSS (-240.0)   /* dB */
#define PERFECT_LOSS (-130.0)  /* dB, below which only the rounding of single precision is left */
#define HIGHEST_CONVERGED (-3.0) /* dB, above which nothing has been found */
#define BETTER 0.5             /* dB */
#define WORSE 10.0             /* dB, beyond which what was found fits no more */
enum { SEGMENTS_TO_CONVERGE = 20 };

typedef struct {
    double error;
    double target;
    uint32_t frames;   /* of this segment so far */
    double decibels;   /* of the last one */
    double settled;    /* the lowest, in steps of half a decibel, as long as that is still in reach */
    uint32_t segments; /* since it was last reached */
    double lowest;     /* of the newest of these, up to SEGMENTS_TO_CONVERGE */
    bool converged;
} Meter;

static inline void meter_clear(Meter *meter)
{
    *meter = (Meter){.decibels = 0.0, .settled = HUGE_VAL, .lowest = HUGE_VAL};
}

static inline void meter_add(Meter *meter, const double *output, const double *target, uint32_t frames)
{
    for (uint32_t n = 0; n < frames; ++n) {
        meter->error += (output[n] - target[n]) * (output[n] - target[n]);
        meter->target += target[n] * target[n];
    }
}

/* Where the loss has settled, with one more segment: lower at once, higher when two seconds were all worse. */
static inline void meter_settle(Meter *m)
{
    m->lowest = m->decibels < m->lowest ? m->decibels : m->lowest;
    const bool is_better = m->decibels < m->settled - BETTER;
    const bool is_over = !is_better && ++m->segments % SEGMENTS_TO_CONVERGE == 0;
    if (is_better || (is_over && m->lowest > m->settled + WORSE)) {
        m->settled = m->lowest;
        m->segments = 0;
    }
    if (is_better || is_over)
        m->lowest = HUGE_VAL;
}

/* Ends a segment. Answers whether there was a target to hold the output against; if not, all stays as it was. */
static inline bool meter_end_segment(Meter *m)
{
    const bool counts = m->target > SILENCE * SILENCE * m->frames;
    if (counts) {
        m->decibels = m->error > 0.0 ? 10.0 * log10(m->error / m->target) : LOWEST_LOSS;
        m->decibels = m->decibels > LOWEST_LOSS ? m->decibels : LOWEST_LOSS;
        meter_settle(m);
        m->converged = m->settled < HIGHEST_CONVERGED &&
                       (m->segments >= SEGMENTS_TO_CONVERGE || m->settled < PERFECT_LOSS);
    }
    m->error = m->target = 0.0;
    m->frames = 0;
    return counts;
}

#endif
