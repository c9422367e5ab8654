/* SPDX-License-Identifier: ISC
 *
 * Comparisons (1 or 0), bit operations on 32-bit integers, and choices.
 * None of the results of the first two has partials; a choice has those of the operand it returns.
 */
#ifndef DS_LOGIC_H
#define DS_LOGIC_H

#include "ds_dual.h"

#include <stdint.h>

/* u rounded towards 0 as a 32-bit integer; beyond its range the nearest bound, NaN is 0. */
DS_INLINE int32_t ds_to_integer(double u)
{
    if (!(u > -2147483649.0))
        return u != u ? 0 : INT32_MIN;
    return u < 2147483648.0 ? (int32_t)u : INT32_MAX;
}

/* The 32 bits as a two's complement number. */
DS_INLINE double ds_from_bits(uint32_t bits)
{
    return bits <= (uint32_t)INT32_MAX ? (double)bits : (double)bits - 4294967296.0;
}

DS_INLINE uint32_t ds_to_bits(double u)
{
    return (uint32_t)ds_to_integer(u);
}

DS_INLINE double ds_less(double u, double v) { return (double)(u < v); }
DS_INLINE double ds_less_equal(double u, double v) { return (double)(u <= v); }
DS_INLINE double ds_greater(double u, double v) { return (double)(u > v); }
DS_INLINE double ds_greater_equal(double u, double v) { return (double)(u >= v); }
DS_INLINE double ds_equal(double u, double v) { return (double)(u == v); }
DS_INLINE double ds_not_equal(double u, double v) { return (double)(u != v); }

DS_INLINE double ds_and(double u, double v) { return ds_from_bits(ds_to_bits(u) & ds_to_bits(v)); }
DS_INLINE double ds_or(double u, double v) { return ds_from_bits(ds_to_bits(u) | ds_to_bits(v)); }
DS_INLINE double ds_xor(double u, double v) { return ds_from_bits(ds_to_bits(u) ^ ds_to_bits(v)); }

/* u << (v mod 32), on the 32 bits. */
DS_INLINE double ds_shift_left(double u, double v)
{
    return ds_from_bits(ds_to_bits(u) << (ds_to_bits(v) & 31u));
}

/* u >> (v mod 32), the sign kept: floor(u / 2^v). */
DS_INLINE double ds_shift_right(double u, double v)
{
    return floor(ldexp((double)ds_to_integer(u), -(int)(ds_to_bits(v) & 31u)));
}

/* Whether min(u, v) returns its first operand: also at a tie, and where one of them is NaN. */
DS_INLINE bool ds_minimum_is_first(double u, double v) { return !(v < u); }

/* Whether max(u, v) returns its first operand: also at a tie, and where one of them is NaN. */
DS_INLINE bool ds_maximum_is_first(double u, double v) { return !(v > u); }

#endif
