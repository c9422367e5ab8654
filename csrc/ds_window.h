/* SPDX-License-Identifier: ISC
 *
 * The sliding mean of the losses: S(z)[n] = (1/W) sum of z[n-k] for k = 0 .. W-1, zero history.
 *
 * A ring of the last W values and a running sum cost the same for every W, but a running sum drifts: each
 * sample adds two roundings that never leave. So a second sum is gathered beside it from the values of the
 * current turn of the ring alone; when the turn is complete it is the exact sum of all W values in the
 * ring and replaces the first. No error is older than two turns, there is no burst of work at the turn,
 * and a NaN leaves with the turn that it came in.
 *
 * Layout in the caller's memory, for m values side by side: W rings of m, then sum, then turn; all 0 at
 * the start.
 */
#ifndef DS_WINDOW_H
#define DS_WINDOW_H

#include "ds_attributes.h"

#include <stddef.h>

typedef struct {
    double *ring;    /* [length][size] */
    double *sum;     /* [size] sum of the last `length` values */
    double *turn;    /* [size] sum of the values since the ring's start */
    size_t size;     /* values side by side */
    size_t length;   /* W >= 1 */
    size_t position; /* slot of the ring that the next sample goes to */
} DsWindow;

/* Doubles of memory that a window of `length` samples of `size` values needs. */
DS_INLINE size_t ds_window_doubles(size_t length, size_t size)
{
    return length > 1 ? (length + 2) * size : 0;
}

/* A window over caller's zeroed memory of ds_window_doubles doubles, which it borrows. */
DS_INLINE DsWindow ds_window_init(double *memory, size_t length, size_t size)
{
    return (DsWindow){memory, memory + length * size, memory + (length + 1) * size, size, length, 0};
}

/* One value: takes the next sample of value i, answers the sum of its last W samples. To be called once
 * for every i of a sample, in any order, then ds_window_advance. What leaves the window is taken off first: for that
 * nothing waits for the next sample. The pointers do not overlap; loops say so by restrict themselves, since one that
 * is said here hides theirs from the compiler. [real-time] */
DS_INLINE double ds_window_push(double *slot, double *sum, double *turn, size_t i, double next)
{
    const double running = (sum[i] - slot[i]) + next;
    slot[i] = next;
    sum[i] = running;
    turn[i] += next;
    return running;
}

/* Ends a sample: the next one goes to the next slot; at the end of a turn the exact sum takes over.
 * [real-time] */
DS_INLINE void ds_window_advance(DsWindow *window)
{
    if (++window->position < window->length)
        return;
    window->position = 0;
    for (size_t i = 0; i < window->size; ++i) {
        window->sum[i] = window->turn[i];
        window->turn[i] = 0.0;
    }
}

/* The slot that the current sample goes to. */
DS_INLINE double *ds_window_slot(const DsWindow *window)
{
    return window->ring + window->position * window->size;
}

#endif
