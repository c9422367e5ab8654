/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_noise.h"
#include "ds_window.h"

/* Samples of the long run; the sanitizers are too slow for all of them. */
#if defined(__SANITIZE_ADDRESS__)
#define LONG_RUN 1000000ul
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LONG_RUN 1000000ul
#endif
#endif
#ifndef LONG_RUN
#define LONG_RUN 100000000ul
#endif

enum { MOST = 64, SIZE = 3 };

static void next_sample(DsWindow *window, const double *values, double *sums)
{
    double *slot = ds_window_slot(window);
    for (size_t i = 0; i < window->size; ++i)
        sums[i] = ds_window_push(slot, window->sum, window->turn, i, values[i]);
    ds_window_advance(window);
}

static void the_sum_is_that_of_the_last_samples_recomputed(void)
{
    static double signal[500 * SIZE];
    uint32_t state = 0;
    ds_noise(signal, 500 * SIZE, &state);
    for (size_t length = 2; length <= 17; ++length) {
        double memory[(MOST + 2) * SIZE] = {0}, sums[SIZE];
        CHECK(ds_window_doubles(length, SIZE) == (length + 2) * SIZE);
        DsWindow window = ds_window_init(memory, length, SIZE);
        for (size_t n = 0; n < 500; ++n) {
            next_sample(&window, signal + n * SIZE, sums);
            for (size_t i = 0; i < SIZE; ++i) {
                double exact = 0.0;
                for (size_t k = 0; k < length && k <= n; ++k)
                    exact += signal[(n - k) * SIZE + i];
                CHECK_CLOSE(sums[i], exact, 1e-14);
            }
        }
    }
}

static void a_window_of_one_sample_needs_no_memory(void)
{
    CHECK(ds_window_doubles(1, SIZE) == 0);
}

static void a_nan_leaves_within_two_turns(void)
{
    enum { LENGTH = 8 };
    for (size_t at = 0; at < LENGTH; ++at) {
        double memory[LENGTH + 2] = {0}, sum = 0.0;
        DsWindow window = ds_window_init(memory, LENGTH, 1);
        for (size_t n = 0; n <= at + 2 * LENGTH; ++n) {
            const double value = n == at ? (double)NAN : 0.5;
            next_sample(&window, &value, &sum);
            CHECK(n < at || n > at + LENGTH - 1 || isnan(sum));
        }
        CHECK(sum == 0.5 * LENGTH);
    }
}

/* Beside it runs a sum without the exact turns: it must drift, or the test would show nothing. */
static void it_does_not_drift_over_a_hundred_million_samples(void)
{
    enum { LENGTH = 32, BLOCK = 4096 };
    static double block[BLOCK];
    double memory[LENGTH + 2] = {0}, ring[LENGTH] = {0};
    double running = 0.0, sum = 0.0, exact = 0.0;
    DsWindow window = ds_window_init(memory, LENGTH, 1);
    uint32_t state = 0;
    for (unsigned long n = 0; n < LONG_RUN; n += BLOCK) {
        ds_noise(block, BLOCK, &state);
        for (size_t k = 0; k < BLOCK; ++k) {
            running += block[k] - ring[k % LENGTH];
            ring[k % LENGTH] = block[k];
            sum = ds_window_push(ds_window_slot(&window), window.sum, window.turn, 0, block[k]);
            ds_window_advance(&window);
        }
    }
    for (size_t k = 0; k < LENGTH; ++k)
        exact += block[BLOCK - LENGTH + k];
    CHECK(fabs(sum - exact) < 2e-14);
    CHECK(fabs(running - exact) > 2e-14);
}

int main(void)
{
    the_sum_is_that_of_the_last_samples_recomputed();
    a_window_of_one_sample_needs_no_memory();
    a_nan_leaves_within_two_turns();
    it_does_not_drift_over_a_hundred_million_samples();
    return check_report();
}
