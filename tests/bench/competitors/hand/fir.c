/* SPDX-License-Identifier: ISC
 *
 * A filter of finite impulse response.
 */
#include "hand.h"

/* y = sum of p[k] x[n-k] for k < taps, mean squared error over 8 samples. The window mean of the partials,
 * which are the last inputs, is the last window means of the input: one window serves all taps. Both pasts
 * are kept twice, one copy behind the other, so that they lie in one piece, newest first. */

enum { FIR_WINDOW = 8, FIR_LANES = 8 };

typedef struct {
    double errors[FIR_WINDOW], inputs[FIR_WINDOW];
    Sum error, input;
    size_t at, newest;
} Fir;

size_t hand_fir_doubles(size_t taps)
{
    return 5 * taps + sizeof(Fir) / sizeof(double);
}

static inline double dot(const double *restrict a, const double *restrict b, size_t n)
{
    double lane[FIR_LANES] = {0.0};
    size_t i = 0;
    for (; i + FIR_LANES <= n; i += FIR_LANES)
        for (size_t l = 0; l < FIR_LANES; ++l)
            lane[l] += a[i + l] * b[i + l];
    double total = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    for (; i < n; ++i)
        total += a[i] * b[i];
    return total;
}

double hand_fir(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames, double rate)
{
    double *restrict p = state, *past = state + taps, *means = state + 3 * taps;
    Fir *g = (Fir *)(void *)(state + 5 * taps);
    const double share = 1.0 / FIR_WINDOW;
    double total = 0.0;
    Sum error = g->error, input = g->input;
    size_t at = g->at, newest = g->newest;
    for (size_t n = 0; n < frames; ++n) {
        newest = newest == 0 ? taps - 1 : newest - 1;
        past[newest] = past[newest + taps] = x[n];
        means[newest] = means[newest + taps] = share * push(&input, &g->inputs[at], x[n]);
        const double out = dot(p, past + newest, taps);
        const double e = share * push(&error, &g->errors[at], out - t[n]);
        const double step = rate * 2.0 * e;
        const double *restrict mean = means + newest;
        for (size_t k = 0; k < taps; ++k)
            p[k] -= step * mean[k];
        total += e * e;
        if (y)
            y[n] = out;
        if (++at == FIR_WINDOW) {
            at = 0;
            complete(&error);
            complete(&input);
        }
    }
    g->error = error, g->input = input, g->at = at, g->newest = newest;
    return total;
}
