/* SPDX-License-Identifier: ISC
 *
 * Sliding spectra against a transform summed anew at every sample.
 */
#include "check.h"
#include "ds_noise.h"
#include "ds_spectrum.h"

enum { MOST = 32, SIGNALS = 2, SAMPLES = 300 };

static double memory[6000], noise[SIGNALS * SAMPLES];

/* Bin k of the last `length` samples of signal i at sample n. */
static void transform(size_t length, size_t i, size_t n, size_t k, double *re, double *im)
{
    *re = *im = 0.0;
    for (size_t m = 0; m < length && m <= n; ++m) {
        const double angle = 2.0 * DS_PI * (double)(k * ((n - m) % length)) / (double)length;
        *re += noise[SIGNALS * (n - m) + i] * cos(angle);
        *im -= noise[SIGNALS * (n - m) + i] * sin(angle);
    }
}

static void feed(DsSpectrum *spectrum, size_t n)
{
    ds_spectrum_begin(spectrum);
    for (size_t i = 0; i < SIGNALS; ++i)
        ds_spectrum_push(spectrum, i, noise[SIGNALS * n + i]);
}

static void every_bin_is_that_of_the_last_samples(void)
{
    static const size_t lengths[] = {2, 3, 8, 15, MOST};
    for (size_t c = 0; c < sizeof lengths / sizeof *lengths; ++c) {
        const size_t length = lengths[c], bins = ds_spectrum_bins(length);
        CHECK(ds_spectrum_doubles(length, SIGNALS) <= sizeof memory / sizeof *memory);
        DsSpectrum spectrum = ds_spectrum_init(memory, length, SIGNALS);
        for (size_t n = 0; n < SAMPLES; ++n) {
            feed(&spectrum, n);
            for (size_t i = 0; i < SIGNALS; ++i)
                for (size_t k = 0; k < bins; ++k) {
                    double re, im;
                    transform(length, i, n, k, &re, &im);
                    CHECK_CLOSE(ds_spectrum_of(&spectrum, i)[k], re, 1e-13);
                    CHECK_CLOSE(ds_spectrum_of(&spectrum, i)[bins + k], im, 1e-13);
                }
            ds_spectrum_end(&spectrum);
        }
    }
}

static void a_number_that_is_none_leaves_after_two_turns(void)
{
    DsSpectrum spectrum = ds_spectrum_init(memory, 8, SIGNALS);
    const double kept = noise[SIGNALS * 5];
    noise[SIGNALS * 5] = (double)NAN;
    for (size_t n = 0; n < 8; ++n) {
        feed(&spectrum, n);
        ds_spectrum_end(&spectrum);
    }
    noise[SIGNALS * 5] = kept;
    CHECK(isnan(*ds_spectrum_of(&spectrum, 0)));
    for (size_t n = 8; n < 24; ++n) {
        feed(&spectrum, n);
        ds_spectrum_end(&spectrum);
    }
    double re, im;
    transform(8, 0, 23, 3, &re, &im);
    CHECK_CLOSE(ds_spectrum_of(&spectrum, 0)[3], re, 1e-13);
}

static void reset_brings_back_silence(void)
{
    DsSpectrum spectrum = ds_spectrum_init(memory, 8, SIGNALS);
    feed(&spectrum, 3);
    ds_spectrum_end(&spectrum);
    ds_spectrum_reset(&spectrum);
    CHECK(spectrum.position == 0);
    for (size_t k = 0; k < 2 * SIGNALS * spectrum.bin_count; ++k)
        CHECK(spectrum.bins[k] == 0.0 && spectrum.turn[k] == 0.0);
}

int main(void)
{
    uint32_t state = 0;
    ds_noise(noise, SIGNALS * SAMPLES, &state);
    every_bin_is_that_of_the_last_samples();
    a_number_that_is_none_leaves_after_two_turns();
    reset_brings_back_silence();
    return check_report();
}
