/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_delay.h"

enum { LONGEST = 16, PAST = LONGEST + 4 };

/* The delayed signal of a reader over a known past: past[k] = u[n - k]. */
static double read_with(const DsDelayReader *reader, const double *weight, const double *past)
{
    double total = 0.0;
    for (size_t k = 0; k < reader->taps; ++k)
        total += weight[k] * past[reader->first + k];
    return total;
}

static double read_at(double v, DsInterpolation interpolation, const double *past)
{
    const DsDelayReader reader = ds_delay_reader(v, interpolation);
    return read_with(&reader, reader.weight, past);
}

static double cubic(double v)
{
    return 0.3 + 0.5 * v - 0.2 * v * v + 0.01 * v * v * v;
}

static void a_whole_delay_is_that_sample_for_every_interpolation(void)
{
    double past[PAST];
    for (size_t k = 0; k < PAST; ++k)
        past[k] = sin((double)(k * k));
    for (size_t v = 0; v <= LONGEST; ++v) {
        CHECK(read_at((double)v, DS_INTERPOLATE_NONE, past) == past[v]);
        CHECK(read_at((double)v, DS_INTERPOLATE_LINEAR, past) == past[v]);
        CHECK_CLOSE(read_at((double)v, DS_INTERPOLATE_LAGRANGE3, past), past[v], 1e-15);
    }
    CHECK(read_at(3.99, DS_INTERPOLATE_NONE, past) == past[3]);
    CHECK_CLOSE(read_at(3.25, DS_INTERPOLATE_LINEAR, past), 0.75 * past[3] + 0.25 * past[4], 1e-15);
}

static void the_third_order_reads_a_cubic_exactly_and_so_are_its_slopes(void)
{
    double past[PAST];
    for (size_t k = 0; k < PAST; ++k)
        past[k] = cubic((double)k);
    for (int i = 0; i <= 160; ++i) {
        const double v = 0.1 * i;
        const DsDelayReader reader = ds_delay_reader(v, DS_INTERPOLATE_LAGRANGE3);
        CHECK_CLOSE(read_with(&reader, reader.weight, past), cubic(v), 1e-12);
        CHECK_CLOSE(read_with(&reader, reader.slope, past), 0.5 - 0.4 * v + 0.03 * v * v, 1e-12);
    }
}

static void slopes_equal_central_differences(void)
{
    const double h = 1e-6;
    double past[PAST];
    for (size_t k = 0; k < PAST; ++k)
        past[k] = cos(2.3 * (double)k);
    for (int i = 0; i < 100; ++i) {
        const double v = 0.05 + 0.155 * i;
        if (v - floor(v) < 2 * h || ceil(v) - v < 2 * h)
            continue;
        for (DsInterpolation kind = DS_INTERPOLATE_LINEAR; kind <= DS_INTERPOLATE_LAGRANGE3; ++kind) {
            const DsDelayReader reader = ds_delay_reader(v, kind);
            const double difference = (read_at(v + h, kind, past) - read_at(v - h, kind, past)) / (2 * h);
            CHECK_CLOSE(read_with(&reader, reader.slope, past), difference, 1e-8);
        }
    }
}

static void weights_sum_to_one_and_slopes_to_nothing(void)
{
    for (int i = 0; i <= 64; ++i)
        for (DsInterpolation kind = DS_INTERPOLATE_NONE; kind <= DS_INTERPOLATE_LAGRANGE3; ++kind) {
            const DsDelayReader reader = ds_delay_reader(0.25 * i, kind);
            double weights = 0.0, slopes = 0.0;
            for (size_t k = 0; k < reader.taps; ++k) {
                weights += reader.weight[k];
                slopes += reader.slope[k];
            }
            CHECK_CLOSE(weights, 1.0, 1e-14);
            CHECK_CLOSE(slopes, 0.0, 1e-14);
        }
}

static void no_reader_reaches_beyond_the_line(void)
{
    for (DsInterpolation kind = DS_INTERPOLATE_NONE; kind <= DS_INTERPOLATE_LAGRANGE3; ++kind)
        for (size_t maximum = 0; maximum <= LONGEST; ++maximum)
            for (int i = 0; i <= 32; ++i) {
                const double v = (double)maximum * i / 32.0;
                const DsDelayReader reader = ds_delay_reader(v, kind);
                CHECK(reader.taps >= 1 && reader.taps <= DS_DELAY_TAPS);
                CHECK(reader.first + reader.taps - 1 <= ds_delay_samples(maximum, kind));
            }
}

static void a_delay_is_clipped_to_its_range(void)
{
    static const struct {
        double v, clipped;
        bool inside;
    } rows[] = {{0.0, 0.0, true},
                {5.0, 5.0, true},
                {2.5, 2.5, true},
                {-1e-9, 0.0, false},
                {5.1, 5.0, false},
                {1e300, 5.0, false},
                {(double)INFINITY, 5.0, false},
                {(double)-INFINITY, 0.0, false},
                {(double)NAN, 0.0, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        bool inside = !rows[i].inside;
        CHECK(ds_delay_clip(rows[i].v, 5.0, &inside) == rows[i].clipped);
        CHECK(inside == rows[i].inside);
    }
}

int main(void)
{
    a_whole_delay_is_that_sample_for_every_interpolation();
    the_third_order_reads_a_cubic_exactly_and_so_are_its_slopes();
    slopes_equal_central_differences();
    weights_sum_to_one_and_slopes_to_nothing();
    no_reader_reaches_beyond_the_line();
    a_delay_is_clipped_to_its_range();
    return check_report();
}
