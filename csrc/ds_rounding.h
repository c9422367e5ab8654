/* SPDX-License-Identifier: ISC
 *
 * Rounding of duals. The exact slope is 0 almost everywhere; what to do with a straight-through
 * estimator (slope 1) is the caller's choice: see DS_FLAG_STRAIGHT_THROUGH in ds_program.h.
 */
#ifndef DS_ROUNDING_H
#define DS_ROUNDING_H

#include "ds_dual.h"

/* floor<u,u'> = <floor u, 0> */
DS_INLINE DsUnary ds_floor(double u)
{
    return (DsUnary){floor(u), 0.0};
}

/* ceil<u,u'> = <ceil u, 0> */
DS_INLINE DsUnary ds_ceil(double u)
{
    return (DsUnary){ceil(u), 0.0};
}

/* rint<u,u'> = <nearest integer, ties to even, 0> */
DS_INLINE DsUnary ds_rint(double u)
{
    return (DsUnary){rint(u), 0.0};
}

/* round<u,u'> = <nearest integer, ties away from 0, 0> */
DS_INLINE DsUnary ds_round(double u)
{
    return (DsUnary){round(u), 0.0};
}

/* int<u,u'> = <u rounded towards 0, 0> */
DS_INLINE DsUnary ds_truncate(double u)
{
    return (DsUnary){trunc(u), 0.0};
}

#endif
