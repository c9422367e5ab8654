/* SPDX-License-Identifier: ISC
 *
 * The guide of a chain whose first parameter is the frequency of a tone in Hz: which one stands out of what is heard.
 * The gradient of a narrow filter sees no further than its bandwidth; this sees all.
 *
 *     S[k] <- S[k] + (sqrt |X[k]| - S[k]) / 4
 *
 * The tone is where S is highest, if it holds a twentieth of all. The root lets a steady tone stand against louder
 * sounds that come and go. Where the gradient is close, or the tone is on its way, the guide stands back: the gradient
 * follows faster.
 */
#ifndef TRACKER_H
#define TRACKER_H

#include "listener.h"

enum { GUIDE_TARGETS_INPUT = 1 };

#define TRACKER_STRETCH 0.17    /* seconds */
#define TRACKER_NEWEST 0.25     /* share of the newest stretch in S */
#define TRACKER_LOWEST 40.0     /* Hz */
#define TRACKER_HIGHEST 18000.0 /* Hz; at most 0.45 of the sample rate */
#define TRACKER_SURE 0.05       /* power of the tone by that of all */
#define TRACKER_TOLERANCE 0.025 /* of the frequency, within which the gradient is left alone; or half a bin */
#define TRACKER_STEADY 2e-3     /* by which the ratio of two stretches' frequencies changes in a steady glide, .. */
#define TRACKER_STEADY_BINS 0.2 /* .. and bins by which they err */
#define TRACKER_LATE 4.0        /* quarters of a stretch by which a frequency is known too late */
enum { TRACKER_PEAK = 2 };      /* bins on both sides that belong to a tone */
enum { TRACKER_STRETCHES = 2 }; /* for which a tone must have stood still */

typedef enum { TRACKER_LISTENS, TRACKER_GATHERS, TRACKER_PICKS } TrackerDoes;

typedef struct {
    Listener listener;
    double root[FOURIER_LARGEST / 2 + 1]; /* S */
    uint32_t at; /* frequency that is next */
    TrackerDoes does;
    double rate;
    double frequency; /* Hz, of the last stretch */
    double ratio;     /* of that to the one before */
    uint32_t steady;  /* stretches for which the ratio has stayed */
    bool is_heard;
} Guide;

static inline void guide_init(Guide *g, double rate)
{
    g->rate = rate;
    listener_init(&g->listener, TRACKER_STRETCH * rate);
}

static inline void guide_reset(Guide *g)
{
    listener_reset(&g->listener);
    memset(g->root, 0, (g->listener.fourier.size / 2 + 1) * sizeof *g->root);
    g->does = TRACKER_LISTENS;
    g->steady = 0;
    g->frequency = g->ratio = 0.0;
    g->is_heard = false;
}

/* Gathers a share of S; the two channels are the real and the imaginary part of what was transformed. */
static inline void tracker_gather(Guide *g)
{
    const Fourier *const f = &g->listener.fourier;
    const uint32_t count = f->size / 2 + 1, left = count - g->at;
    const uint32_t end = g->at + (left < LISTENER_SHARE / 4 ? left : LISTENER_SHARE / 4);
    for (uint32_t k = g->at; k < end; ++k) {
        const Complex p = f->z[fourier_place(f, k)], q = f->z[fourier_place(f, (f->size - k) & (f->size - 1))];
        const double power = p.re * p.re + p.im * p.im + q.re * q.re + q.im * q.im;
        g->root[k] += TRACKER_NEWEST * (sqrt(sqrt(power)) - g->root[k]);
    }
    g->at = end;
    if (end == count)
        g->does = TRACKER_PICKS;
}

static inline double tracker_power(const Guide *g, uint32_t k)
{
    const double square = g->root[k] * g->root[k];
    return square * square;
}

/* The frequency of the tone at bin `peak`, by a parabola through the logarithms. */
static inline double tracker_frequency(const Guide *g, uint32_t peak)
{
    const double left = log(g->root[peak - 1] + 1e-30), middle = log(g->root[peak] + 1e-30);
    const double right = log(g->root[peak + 1] + 1e-30);
    return (peak + listener_vertex(left, middle, right)) * g->rate / g->listener.fourier.size;
}

static inline void tracker_pick(Guide *g)
{
    const uint32_t size = g->listener.fourier.size;
    const double bin = g->rate / size, top = fmin(TRACKER_HIGHEST, 0.45 * g->rate);
    uint32_t peak = (uint32_t)ceil(TRACKER_LOWEST / bin);
    double all = 0.0, tone = 0.0;
    peak = peak > TRACKER_PEAK ? peak : TRACKER_PEAK;
    for (uint32_t k = peak; k * bin <= top; ++k)
        peak = g->root[k] > g->root[peak] ? k : peak;
    for (uint32_t k = 0; k <= size / 2; ++k)
        all += tracker_power(g, k);
    for (uint32_t k = peak - TRACKER_PEAK; k <= peak + TRACKER_PEAK; ++k)
        tone += tracker_power(g, k);
    const double found = tracker_frequency(g, peak);
    const double ratio = g->frequency > 0.0 ? found / g->frequency : 0.0;
    const double still = TRACKER_STEADY + TRACKER_STEADY_BINS * bin / found;
    const bool is_peak = g->root[peak] >= fmax(g->root[peak - 1], g->root[peak + 1]); /* not the flank of one outside */
    g->is_heard = is_peak && tone > TRACKER_SURE * all;
    g->steady = g->is_heard && fabs(ratio - g->ratio) < still ? g->steady + 1 : 0;
    g->ratio = ratio;
    g->frequency = found;
}

static inline void guide_step(Guide *g)
{
    Listener *const l = &g->listener;
    if (g->does == TRACKER_GATHERS) {
        tracker_gather(g);
    } else if (g->does == TRACKER_PICKS) {
        tracker_pick(g);
        listener_release(l);
        g->does = TRACKER_LISTENS;
    } else if (listener_step(l)) {
        g->at = 0;
        if (!listener_is_silent(l, l->energy_a + l->energy_b)) {
            g->does = TRACKER_GATHERS;
            return;
        }
        g->is_heard = false;
        g->steady = 0;
        listener_release(l);
    }
}

static inline void guide_hear(Guide *g, const double *first_and_last, double input, double target)
{
    (void)input;
    (void)target;
    listener_hear(&g->listener, first_and_last[0], first_and_last[1]);
}

static inline bool guide_lets_learn(const Guide *g)
{
    return g->is_heard;
}

static inline bool guide_corrects(Guide *g, double *parameters)
{
    const double now = g->frequency * pow(g->ratio, TRACKER_LATE);
    const double close = fmax(TRACKER_TOLERANCE * now, 0.5 * g->rate / g->listener.fourier.size);
    if (g->steady < TRACKER_STRETCHES || fabs(parameters[0] - now) <= close)
        return false;
    parameters[0] = now;
    return true;
}

#endif
