/* SPDX-License-Identifier: ISC
 *
 * Dual signals, a short lesson
 * ============================
 *
 * A dual signal <u, u'> carries, beside each sample u, the vector u' of its partial derivatives with
 * respect to the P parameters that are being learned. Feed duals through a program and out comes not
 * only what it computes but, exactly and in the same pass, how that would change with every parameter.
 *
 * Two rules are enough.
 *
 * 1. Start. A constant or an input does not depend on any parameter: its partials are 0. The i-th
 *    parameter depends on itself alone: <p, e_i>.
 *
 * 2. Chain rule. A primitive f maps duals to duals by its local slopes, and by nothing else:
 *
 *        f<u, u'>          = < f(u),    f_u * u' >
 *        f(<u,u'>, <v,v'>) = < f(u, v), f_u * u' + f_v * v' >
 *
 * So a primitive needs to know only its value and its slopes, two or three numbers whatever P is: that
 * is all this file and its neighbours (ds_arithmetic.h, ds_transcendental.h, ds_rounding.h,
 * ds_logic.h) define. The loop over P, the same for all of them, is written once (ds_rows.h).
 *
 * Through time. A one-sample delay delays value and partials alike. Inside a recursion
 *
 *        y[n] = x[n] + p * y[n-1]      =>      y'[n] = p' * y[n-1] + p * y'[n-1]
 *
 * the partials circulate beside the value, a filter of their own that accumulates how every earlier
 * sample has been bent by the parameter. This is forward-mode automatic differentiation through
 * recursion: no tape, no window of truncation, memory that does not grow with time.
 *
 * Example. u = <3, (1, 0)>, v = <5, (0, 1)>:  u*v = <15, (5, 3)>:  d(uv)/du = v, d(uv)/dv = u.
 *
 * Source: R. E. Wengert, "A simple automatic derivative evaluation program", CACM 7 (1964); the
 * recursion is R. J. Williams and D. Zipser's real-time recurrent learning, Neural Computation 1 (1989).
 */
#ifndef DS_DUAL_H
#define DS_DUAL_H

#include "ds_attributes.h"

#include <math.h>
#include <stdbool.h>

/* The clamps of the contract: below them a slope is bounded instead of infinite. */
#define DS_SMALLEST_SQUARE 1e-10 /* of a divisor, or of cos^2 in tan */
#define DS_SMALLEST_ROOT 1e-10   /* of sqrt(u) and sqrt(1 - u^2) */

#define DS_PI 3.14159265358979323846264338327950288

/* Value and slope of a primitive of one operand. */
typedef struct {
    double value;
    double slope; /* df/du */
} DsUnary;

/* Value and slopes of a primitive of two operands. */
typedef struct {
    double value;
    double slope_a; /* df/du */
    double slope_b; /* df/dv */
} DsBinary;

/* Which operands of a binary primitive have partials: the slope of the other one may be left 0. */
typedef struct {
    bool a;
    bool b;
} DsActive;

#endif
