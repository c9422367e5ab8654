/* SPDX-License-Identifier: ISC
 *
 * Losses: of an error e = y - t, the value and the slope with respect to y.
 */
#ifndef DS_LOSS_H
#define DS_LOSS_H

#include "ds_dual.h"
#include "ds_learner.h"

/* Below this the absolute error is taken as a parabola, so that its slope does not jump. */
#define DS_SMALLEST_ERROR 1e-10

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

DS_INLINE DsUnary ds_loss(uint32_t loss, double e)
{
    return loss == DS_LOSS_MSE ? ds_loss_mse(e) : ds_loss_mae(e);
}

#endif
