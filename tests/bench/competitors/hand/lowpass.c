/* SPDX-License-Identifier: ISC
 *
 * y[n] = b (x[n] + x[n-1]) - a y[n-1] with t = tan(pi f/SR), b = t/(1 + t), a = (t - 1)/(t + 1); absolute error, no
 * window. f goes evenly from 50 to 20100 Hz.
 */
#include "hand.h"

static const double lowest = 50.0, range = 20050.0;

typedef struct {
    double u;
    double x1, y1, d1;
} Lowpass;

size_t hand_lowpass_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Lowpass) / sizeof(double);
}

double hand_lowpass(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                    double rate)
{
    (void)taps;
    Lowpass *g = (Lowpass *)state;
    const double warp = PI / SAMPLE_RATE;
    double u = g->u, x1 = g->x1, y1 = g->y1, d1 = g->d1, total = 0.0;
    for (size_t n = 0; n < frames; ++n) {
        const double tangent = tan(warp * (lowest + range * u));
        const double share = 1.0 / (1.0 + tangent);
        const double b = tangent * share, a = (tangent - 1.0) * share;
        const double b_slope = warp * (1.0 + tangent * tangent) * share * share;
        const double both = x[n] + x1;
        d1 = b_slope * (both - 2.0 * y1) - a * d1; /* a' = 2 b' */
        y1 = b * both - a * y1;
        x1 = x[n];
        const double e = y1 - t[n];
        const double size = fabs(e);
        const double slope = size < 1e-10 ? e * 1e10 : copysign(1.0, e);
        total += size;
        if (y)
            y[n] = y1;
        u = held(u - rate * slope * d1 * range);
    }
    g->u = u, g->x1 = x1, g->y1 = y1, g->d1 = d1;
    return total;
}
