/* SPDX-License-Identifier: ISC
 *
 * A gain, and a gain with an offset.
 */
#include "hand.h"

/* y = p x, mean absolute error over 32 samples. */

enum { GAIN_WINDOW = 32 };

typedef struct {
    double p;
    double errors[GAIN_WINDOW], rows[GAIN_WINDOW];
    Sum error, row;
    size_t at;
} Gain;

size_t hand_gain_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Gain) / sizeof(double);
}

double hand_gain(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                 double rate)
{
    (void)taps;
    Gain *g = (Gain *)state;
    const double share = 1.0 / GAIN_WINDOW;
    double p = g->p, total = 0.0;
    Sum error = g->error, row = g->row;
    size_t at = g->at;
    for (size_t n = 0; n < frames; ++n) {
        const double out = p * x[n];
        const double e = share * push(&error, &g->errors[at], out - t[n]);
        const double d = share * push(&row, &g->rows[at], x[n]);
        const double size = fabs(e);
        const double slope = size < 1e-10 ? e * 1e10 : copysign(1.0, e);
        total += size;
        if (y)
            y[n] = out;
        p -= rate * slope * d;
        if (++at == GAIN_WINDOW) {
            at = 0;
            complete(&error);
            complete(&row);
        }
    }
    g->p = p, g->error = error, g->row = row, g->at = at;
    return total;
}

/* y = p0 x + p1, mean squared error over 32 samples. The partial of p1 is 1, and so is its mean once the
 * window is full. */

typedef struct {
    double p[2];
    double errors[GAIN_WINDOW], rows[GAIN_WINDOW];
    Sum error, row;
    size_t at, filled;
} GainDc;

size_t hand_gain_dc_doubles(size_t taps)
{
    (void)taps;
    return sizeof(GainDc) / sizeof(double);
}

double hand_gain_dc(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                    double rate)
{
    (void)taps;
    GainDc *g = (GainDc *)state;
    const double share = 1.0 / GAIN_WINDOW;
    double p0 = g->p[0], p1 = g->p[1], total = 0.0;
    Sum error = g->error, row = g->row;
    size_t at = g->at, filled = g->filled;
    for (size_t n = 0; n < frames; ++n) {
        const double out = p0 * x[n] + p1;
        const double e = share * push(&error, &g->errors[at], out - t[n]);
        const double d = share * push(&row, &g->rows[at], x[n]);
        filled += filled < GAIN_WINDOW;
        const double step = rate * 2.0 * e;
        total += e * e;
        if (y)
            y[n] = out;
        p0 -= step * d;
        p1 -= step * (share * (double)filled);
        if (++at == GAIN_WINDOW) {
            at = 0;
            complete(&error);
            complete(&row);
        }
    }
    g->p[0] = p0, g->p[1] = p1, g->error = error, g->row = row, g->at = at, g->filled = filled;
    return total;
}
