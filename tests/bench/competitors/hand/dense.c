/* SPDX-License-Identifier: ISC
 *
 * A network 1-2-3-1: two layers with tanh and a linear neuron, mean squared error over 8 samples. The partials by the
 * chain rule from the output backwards.
 */
#include "hand.h"

enum { DENSE_WINDOW = 8, FIRST = 2, SECOND = 3, DENSE_PARAMETERS = 17 };

/* In the order of the parameters. */
typedef struct {
    double first_weights[FIRST], first_bias[FIRST];
    double second_weights[SECOND][FIRST], second_bias[SECOND];
    double out_weights[SECOND], out_bias;
} Network;

typedef struct {
    union {
        Network network;
        double p[DENSE_PARAMETERS];
    } now;
    double errors[DENSE_WINDOW], rows[DENSE_WINDOW][DENSE_PARAMETERS];
    double sums[DENSE_PARAMETERS], turns[DENSE_PARAMETERS];
    Sum error;
    size_t at;
} Dense;

size_t hand_dense_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Dense) / sizeof(double);
}

/* The output; `d` takes its partials. */
static inline double run_network(const Network *w, double x, Network *d)
{
    double h[FIRST], pull[FIRST] = {0.0}, out = w->out_bias;
    for (int i = 0; i < FIRST; ++i)
        h[i] = tanh(w->first_weights[i] * x + w->first_bias[i]);
    for (int j = 0; j < SECOND; ++j) {
        const double k = tanh(w->second_weights[j][0] * h[0] + w->second_weights[j][1] * h[1] + w->second_bias[j]);
        const double g = w->out_weights[j] * (1.0 - k * k);
        out += w->out_weights[j] * k;
        d->out_weights[j] = k;
        d->second_bias[j] = g;
        for (int i = 0; i < FIRST; ++i) {
            d->second_weights[j][i] = g * h[i];
            pull[i] += g * w->second_weights[j][i];
        }
    }
    d->out_bias = 1.0;
    for (int i = 0; i < FIRST; ++i) {
        d->first_bias[i] = pull[i] * (1.0 - h[i] * h[i]);
        d->first_weights[i] = d->first_bias[i] * x;
    }
    return out;
}

double hand_dense(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames, double rate)
{
    (void)taps;
    Dense *g = (Dense *)state;
    const double share = 1.0 / DENSE_WINDOW;
    double total = 0.0;
    for (size_t n = 0; n < frames; ++n) {
        union {
            Network network;
            double p[DENSE_PARAMETERS];
        } d;
        const double out = run_network(&g->now.network, x[n], &d.network);
        const double e = share * push(&g->error, &g->errors[g->at], out - t[n]);
        const double step = rate * 2.0 * e * share;
        double *slot = g->rows[g->at];
        for (int i = 0; i < DENSE_PARAMETERS; ++i) {
            g->sums[i] += d.p[i] - slot[i];
            slot[i] = d.p[i];
            g->turns[i] += d.p[i];
            g->now.p[i] -= step * g->sums[i];
        }
        total += e * e;
        if (y)
            y[n] = out;
        if (++g->at == DENSE_WINDOW) {
            g->at = 0;
            complete(&g->error);
            for (int i = 0; i < DENSE_PARAMETERS; ++i)
                g->sums[i] = g->turns[i], g->turns[i] = 0.0;
        }
    }
    return total;
}
