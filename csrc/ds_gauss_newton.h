/* SPDX-License-Identifier: ISC
 *
 * Gauss-Newton, sample by sample: recursive least squares on the sensitivities.
 *
 * With d = dr/dp, the row of partials of the residual r, and S the inverse of the sum of the past d d^T, older ones
 * counting lambda less with every sample:
 *
 *     k    = S d / (lambda + d^T S d)
 *     step = k r
 *     S    = (S - k d^T S) / lambda
 *
 * Where r is linear in p that is the least-squares solution of all samples so far, regularised by |p - p0|^2 / initial.
 *
 * Keeping S in order. It starts as `initial` on the diagonal. It is updated by the outer product of one vector with
 * itself, so that it stays symmetric to the bit. Forgetting lets it grow where nothing excites it (silence, a
 * constant): a sample without sensitivities leaves it alone, and no diagonal element grows beyond `initial`: row and column are
 * scaled together, which keeps S symmetric and positive, and with that bounds every element. If rounding has cost the
 * positivity none the less, it starts over. P^2 doubles, about 4 P^2 operations a sample.
 *
 * Source: K. J. Astrom and B. Wittenmark, "Adaptive Control", 2nd ed., ch. 2; the sensitivities make it L. Ljung and
 * T. Soderstrom's recursive prediction error method, "Theory and Practice of Recursive Identification", 1983.
 */
#ifndef DS_GAUSS_NEWTON_H
#define DS_GAUSS_NEWTON_H

#include "ds_dual.h"
#include "ds_rows.h"

#include <float.h>
#include <string.h>

/* S, and room for one vector. Borrowed. */
typedef struct {
    double *s; /* [size][size] */
    double *k; /* [size] */
    size_t size;
    double initial;
} DsGaussNewton;

DS_INLINE void ds_gauss_newton_restart(DsGaussNewton g)
{
    memset(g.s, 0, g.size * g.size * sizeof *g.s);
    for (size_t i = 0; i < g.size; ++i)
        g.s[i * g.size + i] = g.initial;
}

/* What was learned of one parameter together with others is forgotten: before it is locked, since the others would
 * count on its moving with them. */
DS_INLINE void ds_gauss_newton_part(DsGaussNewton g, size_t i)
{
    for (size_t j = 0; j < g.size; ++j)
        g.s[i * g.size + j] = g.s[j * g.size + i] = 0.0;
    g.s[i * g.size + i] = g.initial;
}

/* S = (S - h h^T) * growth, h standing in g.k. A function of its own, for the compiler to believe restrict. */
static void ds_gauss_newton_shrink(double *restrict s, const double *restrict h, size_t size, double growth)
{
    for (size_t i = 0; i < size; ++i)
        for (size_t j = 0; j < size; ++j)
            s[i * size + j] = (s[i * size + j] - h[i] * h[j]) * growth;
}

/* No diagonal element beyond `initial`; false if one is not positive. */
DS_INLINE bool ds_gauss_newton_bound(DsGaussNewton g)
{
    for (size_t i = 0; i < g.size; ++i) {
        const double at = g.s[i * g.size + i];
        if (!(at > 0.0))
            return false;
        if (at <= g.initial)
            continue;
        const double scale = sqrt(g.initial / at);
        for (size_t j = 0; j < g.size; ++j) {
            g.s[i * g.size + j] *= scale;
            g.s[j * g.size + i] *= scale;
        }
    }
    return true;
}

/* One residual r with its sensitivities d: adds k r to the step. */
DS_INLINE void ds_gauss_newton_update(DsGaussNewton g, const double *d, double r, double lambda, double *step)
{
    for (size_t i = 0; i < g.size; ++i)
        g.k[i] = ds_dot(g.s + i * g.size, d, g.size);
    const double energy = ds_dot(g.k, d, g.size);
    if (energy == 0.0)
        return;
    if (!(energy > 0.0 && energy <= DBL_MAX)) {
        ds_gauss_newton_restart(g);
        return;
    }
    const double root = sqrt(lambda + energy);
    for (size_t i = 0; i < g.size; ++i) {
        step[i] += g.k[i] / (lambda + energy) * r;
        g.k[i] /= root;
    }
    ds_gauss_newton_shrink(g.s, g.k, g.size, 1.0 / lambda);
    if (!ds_gauss_newton_bound(g))
        ds_gauss_newton_restart(g);
}

#endif
