/* SPDX-License-Identifier: ISC
 *
 * No guide: the gradient finds what it looks for by itself. What a guide does is told here.
 */
#ifndef UNGUIDED_H
#define UNGUIDED_H

#include <stdbool.h>
#include <stdint.h>

enum { GUIDE_TARGETS_INPUT = 0 }; /* 1: the side-chain is no target, but, if it is heard, the better teacher */

typedef struct {
    char nothing;
} Guide;

static inline void guide_init(Guide *guide, double rate)
{
    (void)guide;
    (void)rate;
}

/* Silence, and nothing found. [real-time] */
static inline void guide_reset(Guide *guide)
{
    (void)guide;
}

/* A frame: the first and the last channel of the input, and the sums over all channels of input and target.
 * [real-time] */
static inline void guide_hear(Guide *guide, const double *first_and_last, double input, double target)
{
    (void)guide;
    (void)first_and_last;
    (void)input;
    (void)target;
}

/* A little of its work, every EDGE_BLOCK frames. [real-time] */
static inline void guide_step(Guide *guide)
{
    (void)guide;
}

/* Whether there is something to learn. [real-time] */
static inline bool guide_lets_learn(const Guide *guide)
{
    (void)guide;
    return true;
}

/* Puts parameters where the gradient can find the rest. Answers whether it did. [real-time] */
static inline bool guide_corrects(Guide *guide, double *parameters)
{
    (void)guide;
    (void)parameters;
    return false;
}

#endif
