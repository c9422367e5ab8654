/* SPDX-License-Identifier: ISC
 *
 * Between a host and a chain: what comes in is made finite, what goes out is bounded, what is turned moves smoothly,
 * and numbers too small to matter do not cost time.
 */
#ifndef EDGE_H
#define EDGE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* A function that neither allocates nor locks nor waits: clang 20 and later prove it (-Wfunction-effects). */
#if defined(__clang__) && __clang_major__ >= 20
#define EDGE_REALTIME __attribute__((nonblocking))
#else
#define EDGE_REALTIME
#endif

#define EDGE_LOUDEST_INPUT 1e6 /* +120 dBFS */
#define EDGE_CEILING 16.0      /* of every output: +24 dBFS */
enum { EDGE_BLOCK = 32 };      /* frames between two values of a control that moves */

/* A sample as a chain takes it: silence for what is no number, and nothing beyond all measure. */
static inline double edge_in(float x)
{
    const double y = (double)x;
    if (!isfinite(y))
        return 0.0;
    return y > EDGE_LOUDEST_INPUT ? EDGE_LOUDEST_INPUT : y < -EDGE_LOUDEST_INPUT ? -EDGE_LOUDEST_INPUT : y;
}

/* A sample as a host gets it; NaN is silence. */
static inline float edge_out(double x)
{
    if (!(fabs(x) <= EDGE_CEILING))
        return x > 0.0 ? (float)EDGE_CEILING : x < 0.0 ? (float)-EDGE_CEILING : 0.0f;
    return (float)x;
}

/* Whether a chain has left what it could come back from by itself. */
static inline bool edge_is_lost(const double *x, uint32_t frames)
{
    double largest = 0.0;
    for (uint32_t n = 0; n < frames; ++n) {
        if (!isfinite(x[n]))
            return true;
        largest = fabs(x[n]) > largest ? fabs(x[n]) : largest;
    }
    return largest > 1e12;
}

/* A value on its way to a goal, in equal steps, or in equal ratios (both ends above 0). */
typedef struct {
    double now;
    double goal;
    double step;
    uint32_t left;
    bool geometric;
} EdgeRamp;

static inline void edge_ramp_jump(EdgeRamp *ramp, double value)
{
    ramp->now = ramp->goal = value;
    ramp->left = 0;
}

static inline void edge_ramp_aim(EdgeRamp *ramp, double goal, uint32_t steps)
{
    if (!isfinite(goal) || goal == ramp->goal)
        return;
    ramp->goal = goal;
    ramp->left = steps > 0 ? steps : 1;
    ramp->step = ramp->geometric ? pow(goal / ramp->now, 1.0 / ramp->left) : (goal - ramp->now) / ramp->left;
}

static inline double edge_ramp_next(EdgeRamp *ramp)
{
    if (ramp->left > 0)
        ramp->now = --ramp->left == 0 ? ramp->goal : ramp->geometric ? ramp->now * ramp->step : ramp->now + ramp->step;
    return ramp->now;
}

/* From dry to wet; at the ends the one or the other to the bit. */
static inline double edge_mix(double dry, double wet, double share)
{
    return share >= 1.0 ? wet : share <= 0.0 ? dry : dry + share * (wet - dry);
}

/* Denormal numbers count as 0 between the two calls; then the processor is as the host had it. */
#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
typedef unsigned EdgeMode;
static inline EdgeMode edge_begin(void)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);
    return before;
}
static inline void edge_end(EdgeMode before)
{
    _mm_setcsr(before);
}
#elif defined(__aarch64__) && defined(__GNUC__)
typedef uint64_t EdgeMode;
static inline EdgeMode edge_begin(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | (UINT64_C(1) << 24)));
    return before;
}
static inline void edge_end(EdgeMode before)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}
#else
typedef unsigned EdgeMode;
static inline EdgeMode edge_begin(void)
{
    return 0;
}
static inline void edge_end(EdgeMode before)
{
    (void)before;
}
#endif

#endif
