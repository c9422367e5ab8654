/* SPDX-License-Identifier: ISC
 *
 * Recursive filters with free coefficients: one pole, and three forward and two backward.
 */
#include "hand.h"

/* y = x + p y[n-1], mean squared error over 16 samples. */

enum { POLE_WINDOW = 16 };

typedef struct {
    double p;
    double errors[POLE_WINDOW], rows[POLE_WINDOW];
    Sum error, row;
    double y1, d1;
    size_t at;
} OnePole;

size_t hand_one_pole_doubles(size_t taps)
{
    (void)taps;
    return sizeof(OnePole) / sizeof(double);
}

double hand_one_pole(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                     double rate)
{
    (void)taps;
    OnePole *g = (OnePole *)state;
    const double share = 1.0 / POLE_WINDOW;
    double p = g->p, y1 = g->y1, d1 = g->d1, total = 0.0;
    Sum error = g->error, row = g->row;
    size_t at = g->at;
    for (size_t n = 0; n < frames; ++n) {
        d1 = y1 + p * d1;
        y1 = x[n] + p * y1;
        const double e = share * push(&error, &g->errors[at], y1 - t[n]);
        const double d = share * push(&row, &g->rows[at], d1);
        total += e * e;
        if (y)
            y[n] = y1;
        p -= rate * 2.0 * e * d;
        if (++at == POLE_WINDOW) {
            at = 0;
            complete(&error);
            complete(&row);
        }
    }
    g->p = p, g->y1 = y1, g->d1 = d1, g->error = error, g->row = row, g->at = at;
    return total;
}

/* y = sum of b[k] x[n-k] for k < 3, + a1 y[n-1] + a2 y[n-2], mean squared error over 8 samples. */

enum { IIR_WINDOW = 8, IIR_PARAMETERS = 5 };

typedef struct {
    double p[IIR_PARAMETERS];
    double errors[IIR_WINDOW], rows[IIR_WINDOW][IIR_PARAMETERS];
    Sum error, row[IIR_PARAMETERS];
    double x1, x2, y1, y2, d1[IIR_PARAMETERS], d2[IIR_PARAMETERS];
    size_t at;
} Iir;

size_t hand_iir_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Iir) / sizeof(double);
}

double hand_iir(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames, double rate)
{
    (void)taps;
    Iir *memory = (Iir *)state;
    Iir g = *memory;
    const double share = 1.0 / IIR_WINDOW;
    double total = 0.0;
    for (size_t n = 0; n < frames; ++n) {
        const double own[IIR_PARAMETERS] = {x[n], g.x1, g.x2, g.y1, g.y2};
        double out = 0.0;
        for (int i = 0; i < IIR_PARAMETERS; ++i)
            out += g.p[i] * own[i];
        const double e = share * push(&g.error, &g.errors[g.at], out - t[n]);
        const double step = rate * 2.0 * e * share;
        const double a1 = g.p[3], a2 = g.p[4];
        for (int i = 0; i < IIR_PARAMETERS; ++i) {
            const double d = own[i] + a1 * g.d1[i] + a2 * g.d2[i];
            g.d2[i] = g.d1[i];
            g.d1[i] = d;
            g.p[i] -= step * push(&g.row[i], &g.rows[g.at][i], d);
        }
        g.x2 = g.x1, g.x1 = x[n], g.y2 = g.y1, g.y1 = out;
        total += e * e;
        if (y)
            y[n] = out;
        if (++g.at == IIR_WINDOW) {
            g.at = 0;
            complete(&g.error);
            for (int i = 0; i < IIR_PARAMETERS; ++i)
                complete(&g.row[i]);
        }
    }
    *memory = g;
    return total;
}
