/* SPDX-License-Identifier: ISC
 *
 * The newest stretch of two signals as one complex spectrum, a + i b, over and over. The work is spread: a guide takes
 * one small step after another, and begins anew when a quarter of the stretch is new.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "fourier.h"

#include <string.h>

enum { LISTENER_SHARE = 4096 }; /* numbers that a step looks at */
#define LISTENER_SILENCE 1e-10  /* power: -100 dBFS */

typedef enum { LISTENER_WAITS, LISTENER_COPIES, LISTENER_TRANSFORMS, LISTENER_IS_THERE } ListenerDoes;

typedef struct {
    Fourier fourier;
    double a[FOURIER_LARGEST], b[FOURIER_LARGEST]; /* rings */
    uint32_t at;      /* the oldest */
    uint32_t fresh;   /* frames since the last stretch */
    uint32_t first;   /* frame of the stretch that is looked at */
    uint32_t copied;
    double energy_a, energy_b;
    ListenerDoes does;
} Listener;

/* Stretches of at least so many frames. */
static inline void listener_init(Listener *l, double least)
{
    fourier_init(&l->fourier, least);
}

static inline void listener_reset(Listener *l)
{
    memset(l->a, 0, l->fourier.size * sizeof *l->a);
    memset(l->b, 0, l->fourier.size * sizeof *l->b);
    l->at = l->fresh = 0;
    l->does = LISTENER_WAITS;
}

/* [real-time] */
static inline void listener_hear(Listener *l, double a, double b)
{
    l->a[l->at] = a;
    l->b[l->at] = b;
    l->at = (l->at + 1) & (l->fourier.size - 1);
    ++l->fresh;
}

/* A share of the stretch, oldest first, under a Hann window. */
static inline void listener_copy(Listener *l)
{
    Fourier *const f = &l->fourier;
    const uint32_t left = f->size - l->copied, end = l->copied + (left < LISTENER_SHARE ? left : LISTENER_SHARE);
    for (uint32_t n = l->copied; n < end; ++n) {
        const uint32_t at = (l->first + n) & (f->size - 1);
        const double c = n < f->size / 2 ? f->turn[n].re : -f->turn[n - f->size / 2].re;
        const double window = 0.5 - 0.5 * c;
        f->z[n] = (Complex){window * l->a[at], window * l->b[at]};
        l->energy_a += f->z[n].re * f->z[n].re;
        l->energy_b += f->z[n].im * f->z[n].im;
    }
    l->copied = end;
    if (end < f->size)
        return;
    fourier_begin(f, true);
    l->does = LISTENER_TRANSFORMS;
}

/* A step towards the next spectrum. Answers whether it is there; then it stays until listener_release. [real-time] */
static inline bool listener_step(Listener *l)
{
    if (l->does == LISTENER_WAITS && l->fresh >= l->fourier.size / 4) {
        l->first = l->at;
        l->fresh = l->copied = 0;
        l->energy_a = l->energy_b = 0.0;
        l->does = LISTENER_COPIES;
    }
    if (l->does == LISTENER_COPIES)
        listener_copy(l);
    else if (l->does == LISTENER_TRANSFORMS && fourier_forward(&l->fourier))
        l->does = LISTENER_IS_THERE;
    return l->does == LISTENER_IS_THERE;
}

static inline void listener_release(Listener *l)
{
    l->does = LISTENER_WAITS;
}

/* Where a parabola through a highest value and its neighbours is highest, from the middle one: -0.5 .. 0.5. */
static inline double listener_vertex(double left, double middle, double right)
{
    const double bend = left - 2.0 * middle + right;
    return bend < 0.0 && middle >= left && middle >= right ? 0.5 * (left - right) / bend : 0.0;
}

/* Whether an energy of the stretch is that of silence. */
static inline bool listener_is_silent(const Listener *l, double energy)
{
    return energy < LISTENER_SILENCE * l->fourier.size;
}

#endif
