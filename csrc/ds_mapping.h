/* SPDX-License-Identifier: ISC
 *
 * From what a learner moves to what the chain uses, and back.
 *
 * A normalised parameter is moved as u in [0, 1]: value = min + u (max - min), or min (max/min)^u on a
 * logarithmic scale; its gradient carries dvalue/du. Any other is moved itself, within its bounds.
 */
#ifndef DS_MAPPING_H
#define DS_MAPPING_H

#include "ds_dual.h"
#include "ds_learner.h"

/* x within low .. high; NaN stays NaN. */
DS_INLINE double ds_clip(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* <value, dvalue/du> of a normalised parameter at u. */
DS_INLINE DsUnary ds_map(const DsParameter *p, double u)
{
    if (!p->logarithmic)
        return (DsUnary){p->minimum + u * (p->maximum - p->minimum), p->maximum - p->minimum};
    const double range = log(p->maximum / p->minimum);
    const double value = ds_clip(p->minimum * exp(u * range), p->minimum, p->maximum);
    return (DsUnary){value, value * range};
}

/* dvalue/du where the parameter has this value. */
DS_INLINE double ds_map_slope(const DsParameter *p, double value)
{
    if (!p->normalised)
        return 1.0;
    return p->logarithmic ? value * log(p->maximum / p->minimum) : p->maximum - p->minimum;
}

/* The u at which a normalised parameter has this value (within its bounds). */
DS_INLINE double ds_unmap(const DsParameter *p, double value)
{
    if (!(p->maximum > p->minimum))
        return 0.0;
    if (p->logarithmic)
        return log(value / p->minimum) / log(p->maximum / p->minimum);
    return (value - p->minimum) / (p->maximum - p->minimum);
}

#endif
