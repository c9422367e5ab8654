/* SPDX-License-Identifier: ISC
 *
 * A complex Fourier transform of a power of two, in place, of which a caller does a little at a time. Forward it takes
 * numbers in their order and leaves frequencies in bit-reversed order, backward the other way round, so that nothing
 * is ever moved about; backward it is not divided by the size.
 *
 * Source: W. M. Gentleman and G. Sande, "Fast Fourier transforms: for fun and profit", AFIPS 29 (1966); back it is
 * J. W. Cooley and J. W. Tukey's, Mathematics of Computation 19 (1965).
 */
#ifndef FOURIER_H
#define FOURIER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { FOURIER_LARGEST = 32768 }; /* numbers */
enum { FOURIER_SHARE = 2048 };    /* butterflies in a call; about 6 us */

typedef struct {
    double re;
    double im;
} Complex;

typedef struct {
    uint32_t size; /* a power of two, 4 .. FOURIER_LARGEST */
    uint32_t bits; /* its logarithm */
    uint32_t half; /* of the groups of the stage that is next; 0 or size: done */
    uint32_t done; /* butterflies of that stage */
    Complex turn[FOURIER_LARGEST / 2]; /* e^(-2 pi i k / size) */
    Complex z[FOURIER_LARGEST];
} Fourier;

/* The smallest size of at least `least` numbers, or the largest there is. */
static inline void fourier_init(Fourier *f, double least)
{
    f->size = 4;
    f->bits = 2;
    for (; f->size < least && f->size < FOURIER_LARGEST; ++f->bits)
        f->size *= 2;
    for (uint32_t k = 0; k < f->size / 2; ++k) {
        const double angle = 2.0 * acos(-1.0) * k / f->size;
        f->turn[k] = (Complex){cos(angle), -sin(angle)};
    }
}

/* Where frequency k stands after the way forward. */
static inline uint32_t fourier_place(const Fourier *f, uint32_t k)
{
    uint32_t place = 0;
    for (uint32_t bit = 0; bit < f->bits; ++bit)
        place |= (k >> bit & 1u) << (f->bits - 1 - bit);
    return place;
}

static inline void fourier_begin(Fourier *f, bool forward)
{
    f->half = forward ? f->size / 2 : 1;
    f->done = 0;
}

/* The share of a stage that is next; the stage behind it once it is done. */
static inline uint32_t fourier_stage_end(const Fourier *f)
{
    const uint32_t left = f->size / 2 - f->done;
    return f->done + (left < FOURIER_SHARE ? left : FOURIER_SHARE);
}

/* A share of the way forward. Answers whether that was the last. [real-time] */
static inline bool fourier_forward(Fourier *f)
{
    const uint32_t half = f->half, stride = f->size / (2 * half), end = fourier_stage_end(f);
    for (uint32_t b = f->done; b < end; ++b) {
        const uint32_t j = b & (half - 1);
        Complex *const p = f->z + 2 * (b - j) + j, *const q = p + half;
        const Complex w = f->turn[j * stride], d = {p->re - q->re, p->im - q->im};
        *p = (Complex){p->re + q->re, p->im + q->im};
        *q = (Complex){d.re * w.re - d.im * w.im, d.re * w.im + d.im * w.re};
    }
    const bool is_whole = end == f->size / 2;
    f->done = is_whole ? 0 : end;
    f->half = is_whole ? half / 2 : half;
    return f->half == 0;
}

/* A share of the way back. Answers whether that was the last. [real-time] */
static inline bool fourier_back(Fourier *f)
{
    const uint32_t half = f->half, stride = f->size / (2 * half), end = fourier_stage_end(f);
    for (uint32_t b = f->done; b < end; ++b) {
        const uint32_t j = b & (half - 1);
        Complex *const p = f->z + 2 * (b - j) + j, *const q = p + half;
        const Complex w = f->turn[j * stride];
        const Complex d = {q->re * w.re + q->im * w.im, q->im * w.re - q->re * w.im};
        *q = (Complex){p->re - d.re, p->im - d.im};
        *p = (Complex){p->re + d.re, p->im + d.im};
    }
    const bool is_whole = end == f->size / 2;
    f->done = is_whole ? 0 : end;
    f->half = is_whole ? 2 * half : half;
    return f->half == f->size;
}

#endif
