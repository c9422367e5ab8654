/* SPDX-License-Identifier: ISC
 *
 * A parametric equaliser: a low shelf, four bells, a high shelf, each a state-variable filter under the trapezoidal
 * rule (the equations of pyhost/graph/biquads.py); mean squared error over 8 samples. Frequency from 20 to 20000 Hz
 * and Q from .1 to 10 by equal ratios, gain evenly from -24 to 24 dB.
 */
#include "hand.h"

enum { PEQ_WINDOW = 8, BANDS = 6, PEQ_PARAMETERS = 3 * BANDS };

/* What one filter remembers: of its value, and of the partials of all parameters up to its own. */
typedef struct {
    double b, l;
    double row_b[PEQ_PARAMETERS], row_l[PEQ_PARAMETERS];
} Memory;

typedef struct {
    double u[PEQ_PARAMETERS];
    Memory bands[BANDS];
    double errors[PEQ_WINDOW], rows[PEQ_WINDOW][PEQ_PARAMETERS];
    double sums[PEQ_PARAMETERS], turns[PEQ_PARAMETERS];
    Sum error;
    size_t at;
} Peq;

/* A filter at one sample: band = scale (b + g (x - l)), low = l + g band, y = m[0] x + m[1] band + m[2] low; how its
 * numbers change with its frequency, Q and gain; and how these change with their u. */
typedef struct {
    double g, k, scale, m[3];
    double g_slope[3], k_slope[3], m_slope[3][3];
    double u_slope[3];
} Section;

static inline Section make_section(int band, const double *u)
{
    const double f = 20.0 * exp(u[0] * log(1000.0)), q = 0.1 * exp(u[1] * log(100.0));
    const double per_decibel = log(10.0) / 80.0;
    const double root = exp(per_decibel * (48.0 * u[2] - 24.0)), a = root * root;
    const double tangent = tan(f * (PI / SAMPLE_RATE));
    const double a_slope = 2.0 * a * per_decibel;
    const int low = band == 0, high = band == BANDS - 1, bell = !low && !high;
    const double bend = low ? 1.0 / root : high ? root : 1.0;
    const double k = bell ? 1.0 / (a * q) : 1.0 / q;
    const double edge = low ? a - 1.0 : high ? a - a * a : a * a - 1.0;
    const double edge_slope = low ? a_slope : high ? a_slope * (1.0 - 2.0 * a) : 2.0 * a * a_slope;
    const double g = tangent * bend;
    const double square = 2.0 * a * a_slope;
    Section s = {.g = g, .k = k, .scale = 1.0 / (1.0 + g * (g + k))};
    s.m[0] = high ? a * a : 1.0;
    s.m[1] = k * edge;
    s.m[2] = low ? a * a - 1.0 : high ? 1.0 - a * a : 0.0;
    s.g_slope[0] = (PI / SAMPLE_RATE) * (1.0 + tangent * tangent) * bend;
    s.g_slope[2] = low ? -g * per_decibel : high ? g * per_decibel : 0.0;
    s.k_slope[1] = -k / q;
    s.k_slope[2] = bell ? -2.0 * per_decibel * k : 0.0;
    s.m_slope[1][1] = s.k_slope[1] * edge;
    s.m_slope[2][0] = high ? square : 0.0;
    s.m_slope[2][1] = s.k_slope[2] * edge + k * edge_slope;
    s.m_slope[2][2] = low ? square : high ? -square : 0.0;
    s.u_slope[0] = f * log(1000.0);
    s.u_slope[1] = q * log(100.0);
    s.u_slope[2] = 48.0;
    return s;
}

/* x and its n partials through a band; the partials of its own three parameters come behind them. */
static inline double run_section(const Section *s, Memory *memory, double x, double *restrict d, int n)
{
    const double l = memory->l;
    const double band = s->scale * (memory->b + s->g * (x - l)), low = l + s->g * band;
    memory->b = 2.0 * band - memory->b;
    memory->l = 2.0 * low - l;
    double *restrict row_b = memory->row_b, *restrict row_l = memory->row_l;
    for (int r = 0; r < n; ++r) {
        const double of_band = s->scale * (row_b[r] + s->g * (d[r] - row_l[r])), of_low = row_l[r] + s->g * of_band;
        row_b[r] = 2.0 * of_band - row_b[r];
        row_l[r] = 2.0 * of_low - row_l[r];
        d[r] = s->m[0] * d[r] + s->m[1] * of_band + s->m[2] * of_low;
    }
    for (int i = 0; i < 3; ++i) {
        const int r = n + i;
        const double moved = s->g_slope[i], damped = moved * (2.0 * s->g + s->k) + s->g * s->k_slope[i];
        const double of_band = s->scale * (row_b[r] - s->g * row_l[r] + moved * (x - l) - damped * band);
        const double of_low = row_l[r] + s->g * of_band + moved * band;
        row_b[r] = 2.0 * of_band - row_b[r];
        row_l[r] = 2.0 * of_low - row_l[r];
        d[r] = s->m_slope[i][0] * x + s->m_slope[i][1] * band + s->m_slope[i][2] * low + s->m[1] * of_band +
               s->m[2] * of_low;
    }
    return s->m[0] * x + s->m[1] * band + s->m[2] * low;
}

size_t hand_peq_doubles(size_t taps)
{
    (void)taps;
    return sizeof(Peq) / sizeof(double);
}

double hand_peq(double *state, size_t taps, const double *x, const double *t, double *y, size_t frames, double rate)
{
    (void)taps;
    Peq *g = (Peq *)state;
    const double share = 1.0 / PEQ_WINDOW;
    double total = 0.0;
    for (size_t n = 0; n < frames; ++n) {
        double out = x[n], d[PEQ_PARAMETERS], u_slope[PEQ_PARAMETERS];
        for (int band = 0; band < BANDS; ++band) {
            const Section s = make_section(band, g->u + 3 * band);
            out = run_section(&s, &g->bands[band], out, d, 3 * band);
            for (int i = 0; i < 3; ++i)
                u_slope[3 * band + i] = s.u_slope[i];
        }
        const double e = share * push(&g->error, &g->errors[g->at], out - t[n]);
        const double step = rate * 2.0 * e * share;
        double *slot = g->rows[g->at];
        for (int i = 0; i < PEQ_PARAMETERS; ++i) {
            g->sums[i] += d[i] - slot[i];
            slot[i] = d[i];
            g->turns[i] += d[i];
            g->u[i] = held(g->u[i] - step * g->sums[i] * u_slope[i]);
        }
        total += e * e;
        if (y)
            y[n] = out;
        if (++g->at == PEQ_WINDOW) {
            g->at = 0;
            complete(&g->error);
            for (int i = 0; i < PEQ_PARAMETERS; ++i)
                g->sums[i] = g->turns[i], g->turns[i] = 0.0;
        }
    }
    return total;
}
