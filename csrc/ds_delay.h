/* SPDX-License-Identifier: ISC
 *
 * Reading a delay line between its samples, with the slope with respect to the delay.
 *
 * A reader turns a delay of v samples into up to four whole delays and weights: the delayed signal is
 * sum of weight[k] * u[n - first - k]. The slopes are the exact derivatives of those weights with respect to v,
 * so the partials of the result are sum of weight[k] * u'[n - first - k] + (sum of slope[k] * u[n - first - k]) * v'.
 *
 * v is clipped to 0 .. maximum (NaN is 0), where a clipped v has slope 0; the bounds themselves do not count
 * as clipped, so that a delay which starts at 0 can learn.
 */
#ifndef DS_DELAY_H
#define DS_DELAY_H

#include "ds_dual.h"

#include <stddef.h>

enum { DS_DELAY_TAPS = 4 };

typedef enum {
    DS_INTERPOLATE_NONE = 0,     /* u[n - trunc(v)]; the slope is that of the delayed signal in time */
    DS_INTERPOLATE_LINEAR = 1,   /* between two samples */
    DS_INTERPOLATE_LAGRANGE3 = 2 /* cubic through four samples */
} DsInterpolation;

typedef struct {
    size_t first;
    size_t taps;
    double weight[DS_DELAY_TAPS];
    double slope[DS_DELAY_TAPS];
} DsDelayReader;

/* Samples that the line must hold beside the current one to read up to `maximum`. */
DS_INLINE size_t ds_delay_samples(size_t maximum, DsInterpolation interpolation)
{
    return maximum + (interpolation == DS_INTERPOLATE_NONE ? 0u : interpolation == DS_INTERPOLATE_LINEAR ? 1u : 3u);
}

/* v within 0 .. maximum; *inside tells whether it was there already. */
DS_INLINE double ds_delay_clip(double v, double maximum, bool *inside)
{
    *inside = v >= 0.0 && v <= maximum;
    return *inside ? v : (v > maximum ? maximum : 0.0);
}

/* Whole delay: w[n] = u[n - trunc(v)]. Its slope, -(w[n] - w[n-1]), needs the previous output: it is the
 * caller's to add. [real-time] */
DS_INLINE DsDelayReader ds_delay_none(double v)
{
    return (DsDelayReader){(size_t)v, 1, {1.0}, {0.0}};
}

/* First order: u[n-i] (1-f) + u[n-i-1] f with i = floor(v), f = v - i. [real-time] */
DS_INLINE DsDelayReader ds_delay_linear(double v)
{
    const double whole = floor(v);
    const double f = v - whole;
    return (DsDelayReader){(size_t)whole, 2, {1.0 - f, f}, {-1.0, 1.0}};
}

/* Third-order Lagrange through four samples, v between the middle two wherever there are enough.
 * Source: T. I. Laakso et al., "Splitting the unit delay", IEEE Signal Processing Magazine 13 (1996), (42);
 * the slopes are the derivatives of its weights. [real-time] */
DS_INLINE DsDelayReader ds_delay_lagrange3(double v)
{
    const double whole = floor(v);
    const double first = whole >= 1.0 ? whole - 1.0 : 0.0;
    const double d = v - first; /* 0 .. 2 */
    const double d1 = d - 1.0, d2 = d - 2.0, d3 = d - 3.0;
    return (DsDelayReader){
        (size_t)first,
        4,
        {-d1 * d2 * d3 / 6.0, d * d2 * d3 / 2.0, -d * d1 * d3 / 2.0, d * d1 * d2 / 6.0},
        {-(d2 * d3 + d1 * d3 + d1 * d2) / 6.0, (d2 * d3 + d * d3 + d * d2) / 2.0,
         -(d1 * d3 + d * d3 + d * d1) / 2.0, (d1 * d2 + d * d2 + d * d1) / 6.0}};
}

/* The reader for a clipped v. [real-time] */
DS_INLINE DsDelayReader ds_delay_reader(double v, DsInterpolation interpolation)
{
    switch (interpolation) {
    case DS_INTERPOLATE_LINEAR: return ds_delay_linear(v);
    case DS_INTERPOLATE_LAGRANGE3: return ds_delay_lagrange3(v);
    case DS_INTERPOLATE_NONE: break;
    }
    return ds_delay_none(v);
}

#endif
