/* SPDX-License-Identifier: ISC
 *
 * Optimizers: from the gradient g of what is moved to its step, scalar by scalar; x[n+1] = x[n] - step[n].
 *
 * m and v are the scalar's own state, 0 at the start. A function answers the step and writes the state; where either
 * is not finite the caller takes it for divergence. Recursive least squares, which looks at all scalars at once, is
 * in ds_gauss_newton.h.
 */
#ifndef DS_OPTIMIZER_H
#define DS_OPTIMIZER_H

#include "ds_dual.h"
#include "ds_learner.h"

#include <float.h>

/* m = mu m + rate g; step = m. Source: B. T. Polyak, "Some methods of speeding up the convergence of iteration
 * methods", USSR Comp. Math. 4 (1964). */
DS_INLINE double ds_optimizer_momentum(double g, double rate, double mu, double *m)
{
    return *m = mu * *m + rate * g;
}

/* m = mu m + rate g; step = mu m + rate g: the gradient counts as if it had been taken ahead. Source: Y. Nesterov,
 * Soviet Math. Dokl. 27 (1983), in the form of I. Sutskever et al., ICML 2013. */
DS_INLINE double ds_optimizer_nesterov(double g, double rate, double mu, double *m)
{
    *m = mu * *m + rate * g;
    return mu * *m + rate * g;
}

/* v = rho v + (1 - rho) g^2; step = rate g / (sqrt(v) + epsilon). Source: T. Tieleman and G. Hinton, "Lecture 6.5:
 * rmsprop", 2012. */
DS_INLINE double ds_optimizer_rmsprop(double g, double rate, double rho, double epsilon, double *v)
{
    *v = rho * *v + (1.0 - rho) * (g * g);
    return rate * g / (sqrt(*v) + epsilon);
}

/* What all scalars share at one step of Adam: 1 - beta^t for t = 1, 2, .. */
typedef struct {
    double rate;
    double beta1;
    double beta2;
    double epsilon;
    double correction1;
    double correction2;
} DsAdam;

/* m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * step = rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon). Source: D. P. Kingma and J. Ba, "Adam: A
 * method for stochastic optimization", ICLR 2015. The decay of weights (I. Loshchilov and F. Hutter, "Decoupled weight
 * decay regularization", ICLR 2019) is added by the caller. */
DS_INLINE double ds_optimizer_adam(double g, DsAdam how, double *m, double *v)
{
    *m = how.beta1 * *m + (1.0 - how.beta1) * g;
    *v = how.beta2 * *v + (1.0 - how.beta2) * (g * g);
    return how.rate * (*m / how.correction1) / (sqrt(*v / how.correction2) + how.epsilon);
}

/* step = rate g / (epsilon + energy), energy the sum of d^2 of the sensitivities d. With MSE, whose gradient is 2 e d,
 * rate = mu / 2 is the textbook's mu. Source: J. Nagumo and A. Noda, "A learning method for system identification",
 * IEEE Trans. AC 12 (1967). */
DS_INLINE double ds_optimizer_nlms(double g, double rate, double energy, double epsilon)
{
    return rate * g / (epsilon + energy);
}

/* Each element within +-limit. */
DS_INLINE void ds_clip_elements(double *g, size_t n, double limit)
{
    for (size_t k = 0; k < n; ++k)
        g[k] = g[k] > limit ? limit : g[k] < -limit ? -limit : g[k];
}

/* The length of g within the limit, its direction kept; nothing if it is not finite. A length whose square is out of
 * range is measured in units of the largest element. Source: R. Pascanu, T. Mikolov and Y. Bengio, ICML 2013. */
DS_INLINE void ds_clip_length(double *g, size_t n, double limit)
{
    double largest = 0.0;
    for (size_t k = 0; k < n; ++k)
        largest = fabs(g[k]) > largest ? fabs(g[k]) : largest;
    const double unit = largest > 1e-100 && largest < 1e100 ? 1.0 : largest;
    double sum = 0.0;
    if (!(largest > 0.0 && largest <= DBL_MAX))
        return;
    if (unit != 1.0)
        for (size_t k = 0; k < n; ++k)
            g[k] /= unit;
    for (size_t k = 0; k < n; ++k)
        sum += g[k] * g[k];
    const double length = sqrt(sum);
    const double scale = length > limit / unit ? limit / length : unit;
    for (size_t k = 0; scale != 1.0 && k < n; ++k)
        g[k] *= scale;
}

#endif
