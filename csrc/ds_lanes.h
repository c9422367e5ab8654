/* SPDX-License-Identifier: ISC
 *
 * A vector in the place of a number: one lane for each of several learners of one program.
 *
 * The file that includes this, printed, defines DS_LANES before, how many lanes there are: 2, 4 or 8.
 */
#ifndef DS_LANES_H
#define DS_LANES_H

#include "ds_dual.h"

#include <stddef.h>

#define DS_LANES_BYTES (8 * DS_LANES)

typedef double DsLanes __attribute__((vector_size(DS_LANES_BYTES)));

/* What comparisons answer: all bits of a lane, or none. */
typedef long long DsMaskLanes __attribute__((vector_size(DS_LANES_BYTES)));

typedef struct {
    DsLanes value;
    DsLanes slope;
} DsUnaryLanes;

typedef struct {
    DsLanes value;
    DsLanes slope_a;
    DsLanes slope_b;
} DsBinaryLanes;

/* A number in every lane, or lanes as they are: x - 0 has the bits of x. */
#define DS_IN_LANES(x) ((x) - (DsLanes){0.0})

/* item(0), item(1), .. one for each lane, as lanes: put together in registers, where an array of numbers just written
 * would have to be waited for. */
#define DS_LIST_2(item, l) item(l), item((l) + 1)
#define DS_LIST_4(item, l) DS_LIST_2(item, l), DS_LIST_2(item, (l) + 2)
#define DS_LIST_8(item, l) DS_LIST_4(item, l), DS_LIST_4(item, (l) + 4)
#define DS_LIST_(lanes, item) DS_LIST_##lanes(item, 0)
#define DS_LIST(lanes, item) DS_LIST_(lanes, item)
#define DS_EACH_LANE(item) ((DsLanes){DS_LIST(DS_LANES, item)})

DS_INLINE DsLanes ds_lanes_select(DsMaskLanes which, DsLanes a, DsLanes b)
{
    return (DsLanes)(((DsMaskLanes)a & which) | ((DsMaskLanes)b & ~which));
}

/* Whether a condition holds in all lanes. */
DS_INLINE bool ds_lanes_all(DsMaskLanes which)
{
#if defined(__AVX512DQ__) && DS_LANES == 8
    return __builtin_ia32_cvtq2mask512(which) == 0xff;
#elif defined(__AVX__) && DS_LANES == 4
    return __builtin_ia32_movmskpd256((DsLanes)which) == 0xf;
#else
    long long all = -1;
    for (size_t l = 0; l < DS_LANES; ++l)
        all &= which[l];
    return all == -1;
#endif
}

DS_INLINE DsLanes ds_lanes_fabs(DsLanes x)
{
    return (DsLanes)((DsMaskLanes)x & 0x7fffffffffffffffLL);
}

/* 1, 0 or -1. */
DS_INLINE DsLanes ds_lanes_sign(DsLanes x)
{
    const DsLanes one = DS_IN_LANES(1.0), none = {0.0};
    return ds_lanes_select(x > 0.0, one, ds_lanes_select(x < 0.0, -one, none));
}

DS_INLINE DsLanes ds_lanes_clip(DsLanes x, DsLanes low, DsLanes high)
{
    return ds_lanes_select(x < low, low, ds_lanes_select(x > high, high, x));
}

DS_INLINE DsMaskLanes ds_lanes_minimum_is_first(DsLanes u, DsLanes v) { return ~(v < u); }
DS_INLINE DsMaskLanes ds_lanes_maximum_is_first(DsLanes u, DsLanes v) { return ~(v > u); }

#endif
