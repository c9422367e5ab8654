/* SPDX-License-Identifier: ISC
 *
 * Arithmetic of duals. Above each function its first-order expansion.
 */
#ifndef DS_ARITHMETIC_H
#define DS_ARITHMETIC_H

#include "ds_dual.h"

/* <u,u'> + <v,v'> = <u + v, u' + v'> */
DS_INLINE DsBinary ds_add(double u, double v, DsActive active)
{
    (void)active;
    return (DsBinary){u + v, 1.0, 1.0};
}

/* <u,u'> - <v,v'> = <u - v, u' - v'> */
DS_INLINE DsBinary ds_subtract(double u, double v, DsActive active)
{
    (void)active;
    return (DsBinary){u - v, 1.0, -1.0};
}

/* <u,u'> <v,v'> = <u v, u' v + u v'> */
DS_INLINE DsBinary ds_multiply(double u, double v, DsActive active)
{
    (void)active;
    return (DsBinary){u * v, v, u};
}

/* <u,u'> / <v,v'> = <u/v, (u' v - u v') / max(v^2, 1e-10)>; beyond the clamp as (u' - (u/v) v')/v, where the
 * square of a huge v would overflow; 1/v does not wait for u/v */
DS_INLINE DsBinary ds_divide(double u, double v, DsActive active)
{
    const double value = u / v;
    if (!active.a && !active.b)
        return (DsBinary){value, 0.0, 0.0};
    if (v * v > DS_SMALLEST_SQUARE) {
        const double share = 1.0 / v;
        return (DsBinary){value, share, -value * share};
    }
    return (DsBinary){value, v / DS_SMALLEST_SQUARE, -u / DS_SMALLEST_SQUARE};
}

/* <u,u'> ^ <v,v'> = <u^v, v u^(v-1) u' + u^v ln(u) v'>, each term only where its operand is active;
 * the second is 0 for u <= 0, the first is 0 for v = 0 */
DS_INLINE DsBinary ds_power(double u, double v, DsActive active)
{
    const double value = pow(u, v);
    const double slope_a = active.a && v != 0.0 ? v * pow(u, v - 1.0) : 0.0;
    const double slope_b = active.b && u > 0.0 ? value * log(u) : 0.0;
    return (DsBinary){value, slope_a, slope_b};
}

/* -<u,u'> = <-u, -u'> */
DS_INLINE DsUnary ds_negate(double u)
{
    return (DsUnary){-u, -1.0};
}

/* |<u,u'>| = <|u|, sign(u) u'>, 0 at u = 0 */
DS_INLINE DsUnary ds_absolute(double u)
{
    return (DsUnary){fabs(u), (double)(u > 0.0) - (double)(u < 0.0)};
}

/* fmod(<u,u'>, <v,v'>) = <fmod(u, v), u' - trunc(u/v) v'>; the quotient is taken from the value, since
 * u/v itself may round up to the next integer */
DS_INLINE DsBinary ds_fmod(double u, double v, DsActive active)
{
    const double value = fmod(u, v);
    return (DsBinary){value, 1.0, active.b ? -rint((u - value) / v) : 0.0};
}

/* remainder(<u,u'>, <v,v'>) = <remainder(u, v), u' - rint(u/v) v'>; the quotient as in fmod */
DS_INLINE DsBinary ds_remainder(double u, double v, DsActive active)
{
    const double value = remainder(u, v);
    return (DsBinary){value, 1.0, active.b ? -rint((u - value) / v) : 0.0};
}

#endif
