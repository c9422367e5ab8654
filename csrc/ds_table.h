/* SPDX-License-Identifier: ISC
 *
 * Reading a table between its entries (rdtable with linear interpolation).
 */
#ifndef DS_TABLE_H
#define DS_TABLE_H

#include "ds_dual.h"

#include <stddef.h>

/* table<u,u'> = <t[i] + f (t[i+1] - t[i]), (t[i+1] - t[i]) u'> with i = floor(u), f = u - i; u is clipped
 * to 0 .. size-1 (NaN is 0), where a clipped u has slope 0. size >= 1. [real-time] */
DS_INLINE DsUnary ds_table_read(const double *table, size_t size, double u)
{
    const double last = (double)(size - 1);
    if (!(u >= 0.0))
        return (DsUnary){table[0], 0.0};
    if (u > last || size == 1)
        return (DsUnary){table[size - 1], 0.0};
    const size_t i = u < last ? (size_t)u : size - 2;
    const double slope = table[i + 1] - table[i];
    return (DsUnary){table[i] + (u - (double)i) * slope, slope};
}

#endif
