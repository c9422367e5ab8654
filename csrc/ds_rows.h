/* SPDX-License-Identifier: ISC
 *
 * Partials as rows, and the loops over them.
 *
 * The partials of a register of m elements (width x lanes) are a matrix of rows of m doubles, stored one
 * after the other. A row belongs to one parameter ("dense": how every element changes with it) or, for a
 * vector parameter of the register's own width, to a whole run of them ("band": how element k changes
 * with parameter base + k, all others being 0).
 *
 * A register has rows only for the parameters that can reach it. Where the rows of an instruction's
 * operands and its result meet is worked out once, when the program is bound: a segment is a run of
 * rows that the result shares with its operands.
 */
#ifndef DS_ROWS_H
#define DS_ROWS_H

#include "ds_attributes.h"

#include <stddef.h>
#include <stdint.h>

/* Rows out .. out + count - 1 of the result are rows a .. of the first operand, rows b .. of the second. */
typedef struct {
    uint32_t out;
    uint32_t a;
    uint32_t b;
    uint32_t count;
} DsSegment;

/* The segments of one instruction: first those that both operands reach, then only a, then only b. */
typedef struct {
    const DsSegment *both;
    const DsSegment *only_a;
    const DsSegment *only_b;
    const DsSegment *end;
} DsSegments;

/* Fewer rows than this are taken one by one. They are read just after they were written: a vector load of what
 * still waits to be stored in other pieces stalls the processor, loads and stores of one size do not. And a
 * function without vectors needs no stack. */
enum { DS_FEW = 8 };

/* out = in over n doubles, few. */
DS_INLINE void ds_copy_few(double *out, const double *in, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        out[i] = in[i];
        DS_ONE_BY_ONE;
    }
}

/* out = scale * in over n doubles; the ranges do not overlap. */
DS_INLINE void ds_scale(double *restrict out, const double *restrict in, double scale, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        out[i] = scale * in[i];
}

DS_INLINE void ds_scale_few(double *out, const double *in, double scale, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        out[i] = scale * in[i];
        DS_ONE_BY_ONE;
    }
}

/* out = x * a + y * b over n doubles; out overlaps neither. */
DS_INLINE void ds_blend(double *restrict out, const double *a, double x, const double *b, double y, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        out[i] = x * a[i] + y * b[i];
}

DS_INLINE void ds_blend_few(double *out, const double *a, double x, const double *b, double y, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        out[i] = x * a[i] + y * b[i];
        DS_ONE_BY_ONE;
    }
}

/* out = a * b, element by element, over n doubles, few. */
DS_INLINE void ds_multiply_few(double *out, const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        out[i] = a[i] * b[i];
        DS_ONE_BY_ONE;
    }
}

/* A blend with slopes of each element, over rows of m doubles: out = x[j] * a + y[j] * b. */
DS_INLINE void ds_blend_rows(double *restrict out, const double *a, const double *x, const double *b,
                             const double *y, size_t rows, size_t m)
{
    for (size_t r = 0; r < rows; ++r)
        for (size_t j = 0; j < m; ++j)
            out[r * m + j] = x[j] * a[r * m + j] + y[j] * b[r * m + j];
}

/* out = x[j] * a over rows of m doubles. */
DS_INLINE void ds_scale_rows(double *restrict out, const double *restrict a, const double *restrict x,
                             size_t rows, size_t m)
{
    for (size_t r = 0; r < rows; ++r)
        for (size_t j = 0; j < m; ++j)
            out[r * m + j] = x[j] * a[r * m + j];
}

/* One of the eight lanes of a dot product of fewer than eight. */
DS_INLINE double ds_dot_lane(const double *a, const double *b, size_t n, size_t l)
{
    return l < n ? 0.0 + a[l] * b[l] : 0.0;
}

/* ds_dot of n < 8, its lanes in registers: the same sum. */
DS_INLINE double ds_dot_few(const double *a, const double *b, size_t n)
{
    const double even = (ds_dot_lane(a, b, n, 0) + ds_dot_lane(a, b, n, 4)) +
                        (ds_dot_lane(a, b, n, 2) + ds_dot_lane(a, b, n, 6));
    return even + ((ds_dot_lane(a, b, n, 1) + ds_dot_lane(a, b, n, 5)) + ds_dot_lane(a, b, n, 3));
}

/* Sum of a[i] * b[i] in eight fixed lanes: the same bits for every vector width, and no need of a
 * compiler that may reorder sums. */
DS_INLINE double ds_dot(const double *restrict a, const double *restrict b, size_t n)
{
    if (n < DS_FEW)
        return ds_dot_few(a, b, n);
    double lane[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t l = 0; l < 8; ++l)
            lane[l] += a[i + l] * b[i + l];
    for (size_t l = 0; i < n; ++i, ++l) {
        lane[l] += a[i] * b[i];
        DS_ONE_BY_ONE;
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#endif
