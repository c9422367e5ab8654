/* SPDX-License-Identifier: ISC
 *
 * What printed programs are made of: pyhost/native prints a chain as one C file that includes this and nothing else
 * (or ds_printed_learner.h, if it learns). The primitives are those of the interpreter, and so are the bits.
 */
#ifndef DS_PRINTED_H
#define DS_PRINTED_H

#include "ds_strict.h" /* first */

#include "ds_arithmetic.h"
#include "ds_delay.h"
#include "ds_interpreter.h"
#include "ds_logic.h"
#include "ds_rounding.h"
#include "ds_rows.h"
#include "ds_table.h"
#include "ds_transcendental.h"

#include <string.h>

/* In front of a loop whose arrays do not overlap, where GCC cannot see it; clang makes two copies and looks. */
#if defined(__GNUC__) && !defined(__clang__)
#define DS_APART _Pragma("GCC ivdep")
#else
#define DS_APART
#endif

/* A number that the compiler must not compute with: its own sine may round otherwise than libm's. */
DS_INLINE double ds_opaque(double x)
{
    const volatile double hidden = x;
    return hidden;
}

/* ds_dot in lane l of `lanes` side by side: the bits that it would have alone. `a` has a lane for each, or one for
 * all. */
static inline double ds_printed_dot_lane(const double *a, size_t a_lanes, const double *b, size_t n, size_t lanes,
                                         size_t l)
{
    double part[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    const double *x = a + (a_lanes == 1 ? 0 : l), *y = b + l;
    for (size_t k = 0; k < n; ++k)
        part[k % 8] += x[k * a_lanes] * y[k * lanes];
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

enum { DS_PRINTED_LANES = 8 };

/* The same in `count` lanes from lane `from` on, at once. */
DS_INLINE void ds_printed_dot_some(double *restrict out, const double *a, size_t a_lanes, const double *b, size_t n,
                                   size_t lanes, size_t from, size_t count)
{
    double part[8][DS_PRINTED_LANES] = {{0.0}};
    for (size_t k = 0; k < n; ++k)
        for (size_t l = 0; l < count; ++l)
            part[k % 8][l] += a[k * a_lanes + (a_lanes == 1 ? 0 : from + l)] * b[k * lanes + from + l];
    for (size_t l = 0; l < count; ++l)
        out[from + l] = ((part[0][l] + part[4][l]) + (part[2][l] + part[6][l])) +
                        ((part[1][l] + part[5][l]) + (part[3][l] + part[7][l]));
}

/* The same in all lanes. */
DS_INLINE void ds_printed_dot(double *restrict out, const double *a, size_t a_lanes, const double *b, size_t n,
                              size_t lanes)
{
    size_t from = 0;
    for (; from + DS_PRINTED_LANES <= lanes; from += DS_PRINTED_LANES)
        ds_printed_dot_some(out, a, a_lanes, b, n, lanes, from, DS_PRINTED_LANES);
    if (from < lanes)
        ds_printed_dot_some(out, a, a_lanes, b, n, lanes, from, lanes - from);
}

/* Sum over n elements, one every `stride`. */
static inline double ds_printed_sum(const double *a, size_t n, size_t stride)
{
    double total = 0.0;
    for (size_t k = 0; k < n; ++k)
        total += a[k * stride];
    return total;
}

/* sum of weight[k] * element `first` + k samples ago, in a line of `length` slots of `stride` doubles whose newest
 * is slot `now`. */
DS_INLINE double ds_printed_read(const double *line, size_t length, size_t stride, size_t now, size_t element,
                                 const DsDelayReader *reader, const double *weight)
{
    double total = 0.0;
    for (size_t k = 0; k < reader->taps; ++k) {
        const size_t back = reader->first + k;
        const size_t slot = now >= back ? now - back : now + length - back;
        total += weight[k] * line[slot * stride + element];
    }
    return total;
}

#endif
