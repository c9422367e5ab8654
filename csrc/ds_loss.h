/* SPDX-License-Identifier: ISC
 *
 * Losses: of an output y and a target t, or of the error e = y - t, the value and the slope with respect to y.
 * None gives NaN for finite arguments.
 */
#ifndef DS_LOSS_H
#define DS_LOSS_H

#include "ds_dual.h"
#include "ds_learner.h"

#include <float.h>

/* Below this the absolute error is taken as a parabola, so that its slope does not jump. */
#define DS_SMALLEST_ERROR 1e-10

/* The smallest 1 + y whose logarithm is taken. */
#define DS_SMALLEST_LOG_ARGUMENT 1e-6

/* Added to the energy of a target: -60 dB of full scale. */
#define DS_SMALLEST_ENERGY 1e-6

/* Mean absolute error: <|e|, sign(e)>; for |e| < 1e-10 the slope is e 1e10. */
DS_INLINE DsUnary ds_loss_mae(double e)
{
    const double size = fabs(e);
    const double sign = (double)(e > 0.0) - (double)(e < 0.0);
    return (DsUnary){size, size < DS_SMALLEST_ERROR ? e / DS_SMALLEST_ERROR : sign};
}

/* Mean squared error: <e^2, 2 e>. */
DS_INLINE DsUnary ds_loss_mse(double e)
{
    return (DsUnary){e * e, 2.0 * e};
}

/* <e^2 / 2, e> for |e| <= delta, else <delta (|e| - delta / 2), delta sign(e)>.
 * Source: P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964). */
DS_INLINE DsUnary ds_loss_huber(double e, double delta)
{
    const double size = fabs(e);
    if (size > delta)
        return (DsUnary){delta * (size - 0.5 * delta), e > 0.0 ? delta : -delta};
    return (DsUnary){0.5 * e * e, e};
}

/* <ln cosh e, tanh e>. As |e| + ln(1 + exp(-2 |e|)) - ln 2 it does not overflow; for |e| < 0.01, where that cancels,
 * as its series. */
DS_INLINE DsUnary ds_loss_log_cosh(double e)
{
    const double size = fabs(e), square = e * e;
    const double value = size < 0.01 ? square * (0.5 - square * (1.0 / 12.0 - square / 45.0))
                                     : size + log1p(exp(-2.0 * size)) - 0.693147180559945309417;
    return (DsUnary){value, tanh(e)};
}

/* ln(1 + y) and its slope; below y = -1 + 1e-6 those of that y. NaN for -infinity, which must not pass for a number. */
DS_INLINE DsUnary ds_loss_log(double y)
{
    const double low = DS_SMALLEST_LOG_ARGUMENT - 1.0;
    const double inside = y < low && y >= -DBL_MAX ? low : y;
    return (DsUnary){log1p(inside), 1.0 / (1.0 + inside)};
}

/* Mean squared logarithmic error: r = ln(1 + y) - ln(1 + t); <r^2, 2 r / (1 + y)>. */
DS_INLINE DsUnary ds_loss_msle(double y, double t)
{
    const DsUnary of_y = ds_loss_log(y);
    const double r = of_y.value - ds_loss_log(t).value;
    return (DsUnary){r * r, 2.0 * r * of_y.slope};
}

/* The two losses of the short way (ds_loop_direct.h). */
DS_INLINE DsUnary ds_loss(uint32_t loss, double e)
{
    return loss == DS_LOSS_MSE ? ds_loss_mse(e) : ds_loss_mae(e);
}

/* The loss of a sample, or of two window means. Not of energies: ESR is put together where it is windowed. */
DS_INLINE DsUnary ds_loss_of(const DsLearnerSettings *settings, double y, double t)
{
    switch (settings->loss) {
    case DS_LOSS_MSLE:
        return ds_loss_msle(y, t);
    case DS_LOSS_HUBER:
        return ds_loss_huber(y - t, settings->delta);
    case DS_LOSS_LOG_COSH:
        return ds_loss_log_cosh(y - t);
    default:
        return ds_loss(settings->loss, y - t);
    }
}

/* The residual r whose square is minimised instead by methods for least squares, and dr/dy. For MSE r = e; for MSLE
 * the difference of the logarithms; for Huber and log-cosh r = sqrt(w) e with the weight w = slope / e held fixed
 * (iteratively reweighted least squares: P. J. Holland and R. E. Welsch, Comm. Statist. A 6 (1977)). */
DS_INLINE DsUnary ds_loss_residual(const DsLearnerSettings *settings, double y, double t)
{
    const double e = y - t;
    if (settings->loss == DS_LOSS_MSLE) {
        const DsUnary of_y = ds_loss_log(y);
        return (DsUnary){of_y.value - ds_loss_log(t).value, of_y.slope};
    }
    if ((settings->loss == DS_LOSS_HUBER || settings->loss == DS_LOSS_LOG_COSH) && fabs(e) > DS_SMALLEST_ERROR) {
        const double weight = sqrt(ds_loss_of(settings, y, t).slope / e);
        return (DsUnary){weight * e, weight};
    }
    return (DsUnary){e, 1.0};
}

#endif
