/* SPDX-License-Identifier: ISC
 *
 * Slopes of primitives against central differences.
 */
#ifndef SLOPES_H
#define SLOPES_H

#include "check.h"
#include "ds_dual.h"

/* The step of a central difference: the cube root of the precision, relative to the operand. */
static inline double slope_step(double u)
{
    return 6e-6 * (fabs(u) > 1e-3 ? fabs(u) : 1e-3);
}

#define CHECK_UNARY_SLOPE(function, u)                                                                         \
    CHECK_CLOSE(function(u).slope,                                                                             \
                (function((u) + slope_step(u)).value - function((u)-slope_step(u)).value) / (2 * slope_step(u)),      \
                1e-7)

#define CHECK_BINARY_SLOPES(function, u, v)                                                                    \
    do {                                                                                                       \
        const DsActive active = {true, true};                                                                  \
        const double du = slope_step(u), dv = slope_step(v);                                                   \
        const DsBinary at = function(u, v, active);                                                            \
        CHECK_CLOSE(at.slope_a, (function((u) + du, v, active).value - function((u)-du, v, active).value) / (2 * du), \
                    1e-7);                                                                                     \
        CHECK_CLOSE(at.slope_b, (function(u, (v) + dv, active).value - function(u, (v)-dv, active).value) / (2 * dv), \
                    1e-7);                                                                                     \
    } while (0)

#endif
