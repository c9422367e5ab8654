/* SPDX-License-Identifier: ISC
 *
 * Sliding spectra: the discrete Fourier transform of the last W samples of signals side by side, at every sample.
 *
 *     X_k[n] = sum of x[n-m] exp(-2 pi j k i(n-m) / W) for m = 0 .. W-1,   i(n) = n mod W,   k = 0 .. W/2
 *
 * With the phase counted from the ring's start rather than from the newest sample, a sample that comes and the one
 * that goes have the same factor: X_k += (x[n] - x[n-W]) exp(..). No magnitude depends on that choice, and no
 * product of one spectrum with the conjugate of another. As nothing is rotated no pole sits on the unit circle; what
 * roundings a running sum gathers leave with the turn of the ring, as in ds_window.h: beside it a second sum starts
 * anew with each turn and replaces it at the end.
 *
 * No window function: it is rectangular. W/2 + 1 bins, 4 of them real multiplications and additions for each signal
 * and sample. Source: E. Jacobsen and R. Lyons, "The sliding DFT", IEEE Signal Processing Magazine 20 (2003).
 */
#ifndef DS_SPECTRUM_H
#define DS_SPECTRUM_H

#include "ds_dual.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    double *cosine;  /* [length] of 2 pi i / length */
    double *sine;    /* [length] */
    double *now;     /* [2][bins] the factors of this sample: cosine, then -sine, of every bin */
    double *ring;    /* [length][signals] */
    double *bins;    /* [signals][2][bin_count] real parts, then imaginary ones */
    double *turn;    /* the same, since the ring's start */
    size_t length;   /* W >= 2 */
    size_t bin_count;
    size_t signals;
    size_t position;
} DsSpectrum;

DS_INLINE size_t ds_spectrum_bins(size_t length)
{
    return length / 2 + 1;
}

/* Doubles of memory that it needs. */
DS_INLINE size_t ds_spectrum_doubles(size_t length, size_t signals)
{
    const size_t bins = ds_spectrum_bins(length);
    return 2 * length + 2 * bins + length * signals + 4 * bins * signals;
}

/* Over caller's memory of ds_spectrum_doubles, which it borrows and fills in. */
static inline DsSpectrum ds_spectrum_init(double *memory, size_t length, size_t signals)
{
    const size_t bins = ds_spectrum_bins(length);
    double *ring = memory + 2 * length + 2 * bins, *sums = ring + length * signals;
    memset(memory, 0, ds_spectrum_doubles(length, signals) * sizeof *memory);
    for (size_t i = 0; i < length; ++i) {
        memory[i] = cos(2.0 * DS_PI * (double)i / (double)length);
        memory[length + i] = sin(2.0 * DS_PI * (double)i / (double)length);
    }
    return (DsSpectrum){.cosine = memory,
                        .sine = memory + length,
                        .now = memory + 2 * length,
                        .ring = ring,
                        .bins = sums,
                        .turn = sums + 2 * bins * signals,
                        .length = length,
                        .bin_count = bins,
                        .signals = signals};
}

/* Back to silence. [real-time] */
DS_INLINE void ds_spectrum_reset(DsSpectrum *spectrum)
{
    const size_t sums = 4 * spectrum->bin_count * spectrum->signals;
    memset(spectrum->ring, 0, (spectrum->length * spectrum->signals + sums) * sizeof *spectrum->ring);
    spectrum->position = 0;
}

/* Begins a sample: its factors. [real-time] */
DS_INLINE void ds_spectrum_begin(DsSpectrum *spectrum)
{
    size_t at = 0; /* k position mod length */
    for (size_t k = 0; k < spectrum->bin_count; ++k) {
        spectrum->now[k] = spectrum->cosine[at];
        spectrum->now[spectrum->bin_count + k] = -spectrum->sine[at];
        at += spectrum->position;
        at -= at >= spectrum->length ? spectrum->length : 0;
    }
}

/* out += x * factors over n doubles, and turn += next * factors. A function of its own, for the compiler to believe
 * restrict. */
static void ds_spectrum_add(double *restrict out, double *restrict turn, const double *restrict factors, double x,
                            double next, size_t n)
{
    for (size_t k = 0; k < n; ++k) {
        out[k] += x * factors[k];
        turn[k] += next * factors[k];
    }
}

/* Takes the next sample of signal i; to be called once for every signal. [real-time] */
DS_INLINE void ds_spectrum_push(DsSpectrum *spectrum, size_t i, double next)
{
    double *slot = spectrum->ring + spectrum->position * spectrum->signals + i;
    const size_t n = 2 * spectrum->bin_count;
    const double change = next - *slot;
    *slot = next;
    ds_spectrum_add(spectrum->bins + i * n, spectrum->turn + i * n, spectrum->now, change, next, n);
}

/* Ends a sample; at the end of a turn the exact sums take over. [real-time] */
DS_INLINE void ds_spectrum_end(DsSpectrum *spectrum)
{
    const size_t all = 2 * spectrum->bin_count * spectrum->signals;
    if (++spectrum->position < spectrum->length)
        return;
    spectrum->position = 0;
    memcpy(spectrum->bins, spectrum->turn, all * sizeof *spectrum->bins);
    memset(spectrum->turn, 0, all * sizeof *spectrum->turn);
}

/* Real parts of signal i; the imaginary parts follow them. */
DS_INLINE const double *ds_spectrum_of(const DsSpectrum *spectrum, size_t i)
{
    return spectrum->bins + i * 2 * spectrum->bin_count;
}

#endif
