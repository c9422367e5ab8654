/* SPDX-License-Identifier: ISC
 *
 * The learners of the benchmark as a careful C programmer would write each of them: one function per chain,
 * its state in locals, partial derivatives by hand. They keep the arithmetic of the core: the loss of the
 * window means of output and target (a ring and a running sum that an exact sum replaces at every turn), one
 * step of stochastic gradient descent per sample.
 *
 * All functions have the type HandLearner. The state is zeroed memory of hand_*_doubles doubles, whose first
 * ones are the parameters. y may be NULL. Answered is the sum of the loss over the block.
 */
#include <math.h>
#include <stddef.h>

typedef double HandLearner(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames,
                           double rate);
typedef size_t HandSize(size_t taps);

HandLearner hand_gain, hand_gain_dc, hand_one_pole, hand_iir, hand_fir;
HandSize hand_gain_doubles, hand_gain_dc_doubles, hand_one_pole_doubles, hand_iir_doubles, hand_fir_doubles;

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
