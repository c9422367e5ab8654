/* SPDX-License-Identifier: ISC
 *
 * The guide of a chain whose first parameter is a delay in seconds: by how much the target comes later than the input,
 * to a fraction of a sample, whatever they sound like. The gradient sees no further than a period; this does.
 *
 *     C[k] <- C[k] + (T[k] conj X[k] - C[k]) / 4,  P[k] <- P[k] + ((|X[k]|^2 + |T[k]|^2) / 2 - P[k]) / 4
 *     r[d] = inverse transform of C[k] / (P[k] + floor)
 *
 * The delay is where |r| is highest, if it is twice as high there as anywhere else, twice in a row. Dividing by P makes
 * the peak of a bass as sharp as that of noise. Every stretch counts the same however loud it is, so that what was loud
 * before a change does not hide it.
 *
 * Source: C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time delay", IEEE
 * Trans. ASSP 24 (1976); the refinement by gradient, F. A. Reed, P. L. Feintuch and N. J. Bershad, "Time delay
 * estimation using the LMS adaptive filter", IEEE Trans. ASSP 29 (1981).
 */
#ifndef ALIGNER_H
#define ALIGNER_H

#include "listener.h"

enum { GUIDE_TARGETS_INPUT = 0 };

#define ALIGNER_LONGEST 0.05    /* seconds */
#define ALIGNER_NEWEST 0.25     /* share of the newest stretch in C and P */
#define ALIGNER_FLOOR 1e-3      /* of the mean of P */
#define ALIGNER_SURE 2.0        /* the peak by the next highest */
#define ALIGNER_TOLERANCE 0.75  /* samples within which the gradient is left alone */
enum { ALIGNER_PEAK = 8 };      /* samples on both sides that belong to a peak */

typedef enum { ALIGNER_LISTENS, ALIGNER_GATHERS, ALIGNER_WHITENS, ALIGNER_TURNS_BACK, ALIGNER_PICKS } AlignerDoes;

typedef struct {
    Listener listener;
    Complex cross[FOURIER_LARGEST / 2 + 1];
    double power[FOURIER_LARGEST / 2 + 1];
    double total; /* of power */
    uint32_t at;  /* frequency, or frame, that is next */
    AlignerDoes does;
    double rate;
    double candidate; /* samples; of the last stretch, -HUGE_VAL: there was none */
    double delay;     /* seconds; negative: not found yet */
} Guide;

static inline void guide_init(Guide *g, double rate)
{
    g->rate = rate;
    listener_init(&g->listener, 3.0 * ALIGNER_LONGEST * rate);
}

static inline void guide_reset(Guide *g)
{
    listener_reset(&g->listener);
    memset(g->cross, 0, (g->listener.fourier.size / 2 + 1) * sizeof *g->cross);
    memset(g->power, 0, (g->listener.fourier.size / 2 + 1) * sizeof *g->power);
    g->does = ALIGNER_LISTENS;
    g->candidate = -HUGE_VAL;
    g->delay = -1.0;
}

static inline uint32_t aligner_share(const Guide *g, uint32_t count)
{
    const uint32_t left = count - g->at;
    return g->at + (left < LISTENER_SHARE / 4 ? left : LISTENER_SHARE / 4);
}

static inline void aligner_go_on(Guide *g, AlignerDoes to)
{
    g->does = to;
    g->at = 0;
}

/* Takes a share of the spectrum apart into X and T, and gathers C and P. */
static inline void aligner_gather(Guide *g)
{
    const Fourier *const f = &g->listener.fourier;
    const uint32_t end = aligner_share(g, f->size / 2 + 1);
    const double level = 1.0 / sqrt(g->listener.energy_a * g->listener.energy_b);
    for (uint32_t k = g->at; k < end; ++k) {
        const Complex p = f->z[fourier_place(f, k)], q = f->z[fourier_place(f, (f->size - k) & (f->size - 1))];
        const Complex x = {0.5 * (p.re + q.re), 0.5 * (p.im - q.im)};
        const Complex t = {0.5 * (p.im + q.im), 0.5 * (q.re - p.re)};
        const double power = level * 0.5 * (x.re * x.re + x.im * x.im + t.re * t.re + t.im * t.im);
        g->cross[k].re += ALIGNER_NEWEST * (level * (t.re * x.re + t.im * x.im) - g->cross[k].re);
        g->cross[k].im += ALIGNER_NEWEST * (level * (t.im * x.re - t.re * x.im) - g->cross[k].im);
        g->power[k] += ALIGNER_NEWEST * (power - g->power[k]);
        g->total += g->power[k];
    }
    g->at = end;
    if (end == f->size / 2 + 1)
        aligner_go_on(g, ALIGNER_WHITENS);
}

static inline void aligner_whiten(Guide *g)
{
    Fourier *const f = &g->listener.fourier;
    const uint32_t end = aligner_share(g, f->size / 2 + 1);
    const double least = ALIGNER_FLOOR * g->total / (f->size / 2 + 1);
    for (uint32_t k = g->at; k < end; ++k) {
        const double scale = 1.0 / (g->power[k] + least);
        const Complex c = {scale * g->cross[k].re, scale * g->cross[k].im};
        f->z[fourier_place(f, (f->size - k) & (f->size - 1))] = (Complex){c.re, -c.im};
        f->z[fourier_place(f, k)] = c;
    }
    g->at = end;
    if (end < f->size / 2 + 1)
        return;
    fourier_begin(f, false);
    aligner_go_on(g, ALIGNER_TURNS_BACK);
}

static inline void aligner_pick(Guide *g)
{
    const Complex *const r = g->listener.fourier.z;
    const uint32_t half = g->listener.fourier.size / 2;
    const double wanted = ALIGNER_LONGEST * g->rate;
    const uint32_t longest = wanted < half - 1 ? (uint32_t)wanted : half - 1;
    uint32_t peak = 0;
    double other = 0.0;
    for (uint32_t d = 1; d <= longest; ++d)
        peak = fabs(r[d].re) > fabs(r[peak].re) ? d : peak;
    for (uint32_t d = 0; d <= longest; ++d)
        if ((d + ALIGNER_PEAK < peak || d > peak + ALIGNER_PEAK) && fabs(r[d].re) > other)
            other = fabs(r[d].re);
    const double before = g->candidate;
    g->candidate = -HUGE_VAL;
    if (!(fabs(r[peak].re) > ALIGNER_SURE * other))
        return;
    const double left = fabs(r[(peak - 1) & (2 * half - 1)].re), right = fabs(r[peak + 1].re);
    const double found = peak + listener_vertex(left, fabs(r[peak].re), right);
    g->candidate = found > 0.0 ? found : 0.0;
    if (fabs(g->candidate - before) < 1.0)
        g->delay = g->candidate / g->rate;
}

static inline void guide_step(Guide *g)
{
    Listener *const l = &g->listener;
    switch (g->does) {
    case ALIGNER_LISTENS:
        if (!listener_step(l))
            return;
        g->total = 0.0;
        if (listener_is_silent(l, l->energy_a) || listener_is_silent(l, l->energy_b))
            listener_release(l);
        else
            aligner_go_on(g, ALIGNER_GATHERS);
        return;
    case ALIGNER_GATHERS: aligner_gather(g); return;
    case ALIGNER_WHITENS: aligner_whiten(g); return;
    case ALIGNER_TURNS_BACK:
        if (fourier_back(&l->fourier))
            g->does = ALIGNER_PICKS;
        return;
    case ALIGNER_PICKS:
        aligner_pick(g);
        listener_release(l);
        g->does = ALIGNER_LISTENS;
    }
}

static inline void guide_hear(Guide *g, const double *first_and_last, double input, double target)
{
    (void)first_and_last;
    listener_hear(&g->listener, input, target);
}

static inline bool guide_lets_learn(const Guide *g)
{
    return g->delay >= 0.0;
}

static inline bool guide_corrects(Guide *g, double *parameters)
{
    if (g->delay < 0.0 || fabs(parameters[0] - g->delay) * g->rate <= ALIGNER_TOLERANCE)
        return false;
    parameters[0] = g->delay;
    return true;
}

#endif
