/* SPDX-License-Identifier: ISC
 *
 * y = sin(2 pi phase), mean squared error over 8 samples. The phase advances by f/SR, its partial by 1/SR.
 */
#include "hand.h"

enum { OSCILLATOR_WINDOW = 8 };

typedef struct {
    double f;
    double errors[OSCILLATOR_WINDOW], rows[OSCILLATOR_WINDOW];
    Sum error, row;
    double phase, slope;
    size_t at;
} Oscillator;

size_t hand_oscillator_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Oscillator) / sizeof(double);
}

double hand_oscillator(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                       double rate)
{
    (void)taps;
    (void)x;
    Oscillator *g = (Oscillator *)state;
    const double share = 1.0 / OSCILLATOR_WINDOW, per_sample = 1.0 / SAMPLE_RATE;
    double f = g->f, phase = g->phase, slope = g->slope, total = 0.0;
    Sum error = g->error, row = g->row;
    size_t at = g->at;
    for (size_t n = 0; n < frames; ++n) {
        phase += f * per_sample;
        phase -= floor(phase);
        slope += 2.0 * PI * per_sample;
        const double angle = 2.0 * PI * phase;
        const double out = sin(angle);
        const double e = share * push(&error, &g->errors[at], out - t[n]);
        const double d = share * push(&row, &g->rows[at], cos(angle) * slope);
        total += e * e;
        if (y)
            y[n] = out;
        f -= rate * 2.0 * e * d;
        if (++at == OSCILLATOR_WINDOW) {
            at = 0;
            complete(&error);
            complete(&row);
        }
    }
    g->f = f, g->phase = phase, g->slope = slope, g->error = error, g->row = row, g->at = at;
    return total;
}
