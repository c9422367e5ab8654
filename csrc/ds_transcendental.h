/* SPDX-License-Identifier: ISC
 *
 * Trigonometric and exponential primitives of duals. Above each function its first-order expansion.
 */
#ifndef DS_TRANSCENDENTAL_H
#define DS_TRANSCENDENTAL_H

#include "ds_dual.h"

/* sin<u,u'> = <sin u, cos(u) u'> */
DS_INLINE DsUnary ds_sin(double u)
{
    return (DsUnary){sin(u), cos(u)};
}

/* cos<u,u'> = <cos u, -sin(u) u'> */
DS_INLINE DsUnary ds_cos(double u)
{
    return (DsUnary){cos(u), -sin(u)};
}

/* tan<u,u'> = <tan u, u' / max(cos^2 u, 1e-10)>; the slope as min(1 + tan^2 u, 1e10), without a cosine */
DS_INLINE DsUnary ds_tan(double u)
{
    const double value = tan(u);
    const double slope = 1.0 + value * value;
    return (DsUnary){value, slope < 1.0 / DS_SMALLEST_SQUARE ? slope : 1.0 / DS_SMALLEST_SQUARE};
}

/* 1 / max(sqrt(1 - u^2), 1e-10); the product (1-u)(1+u) keeps its digits near +-1. */
DS_INLINE double ds_arc_slope(double u)
{
    const double root = sqrt((1.0 - u) * (1.0 + u));
    return 1.0 / (root > DS_SMALLEST_ROOT ? root : DS_SMALLEST_ROOT);
}

/* asin<u,u'> = <asin u, u' / max(sqrt(1 - u^2), 1e-10)>; NaN outside [-1, 1] */
DS_INLINE DsUnary ds_asin(double u)
{
    return (DsUnary){asin(u), ds_arc_slope(u)};
}

/* acos<u,u'> = <acos u, -u' / max(sqrt(1 - u^2), 1e-10)>; NaN outside [-1, 1] */
DS_INLINE DsUnary ds_acos(double u)
{
    return (DsUnary){acos(u), -ds_arc_slope(u)};
}

/* atan<u,u'> = <atan u, u' / (1 + u^2)> */
DS_INLINE DsUnary ds_atan(double u)
{
    return (DsUnary){atan(u), 1.0 / (1.0 + u * u)};
}

/* atan2(<u,u'>, <v,v'>) = <atan2(u, v), (u' v - u v') / (u^2 + v^2)>; both slopes 0 at (0, 0). Scaled by
 * the larger operand, so that the square of a tiny or huge one neither vanishes nor overflows. */
DS_INLINE DsBinary ds_atan2(double u, double v, DsActive active)
{
    const double scale = fmax(fabs(u), fabs(v));
    if ((!active.a && !active.b) || scale == 0.0)
        return (DsBinary){atan2(u, v), 0.0, 0.0};
    const double y = u / scale;
    const double x = v / scale;
    const double square = x * x + y * y;
    return (DsBinary){atan2(u, v), x / square / scale, -y / square / scale};
}

/* exp<u,u'> = <e^u, e^u u'> */
DS_INLINE DsUnary ds_exp(double u)
{
    const double value = exp(u);
    return (DsUnary){value, value};
}

/* log<u,u'> = <ln u, u' / u>; u <= 0: the value as C has it, the slope 0 */
DS_INLINE DsUnary ds_log(double u)
{
    return (DsUnary){log(u), u > 0.0 ? 1.0 / u : 0.0};
}

/* log10<u,u'> = <log10 u, u' / (u ln 10)>; u <= 0: the value as C has it, the slope 0 */
DS_INLINE DsUnary ds_log10(double u)
{
    const double ln10 = 2.30258509299404568401799145468436421;
    return (DsUnary){log10(u), u > 0.0 ? 1.0 / (u * ln10) : 0.0};
}

/* sqrt<u,u'> = <sqrt u, u' / (2 max(sqrt u, 1e-10))> */
DS_INLINE DsUnary ds_sqrt(double u)
{
    const double root = sqrt(u);
    return (DsUnary){root, 0.5 / (root > DS_SMALLEST_ROOT ? root : DS_SMALLEST_ROOT)};
}

/* tanh<u,u'> = <tanh u, (1 - tanh^2 u) u'>; the slope as (1 - t)(1 + t) */
DS_INLINE DsUnary ds_tanh(double u)
{
    const double value = tanh(u);
    return (DsUnary){value, (1.0 - value) * (1.0 + value)};
}

#endif
