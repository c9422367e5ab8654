/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "ds_noise.h"

static void the_first_samples_are_the_known_integers_times_the_reciprocal(void)
{
    static const double integers[] = {12345, -740551042, -1492899873};
    double out[3];
    uint32_t state = 0;
    ds_noise(out, 3, &state);
    for (size_t n = 0; n < 3; ++n)
        CHECK(out[n] == integers[n] * (1.0 / 2147483647.0));
}

static void the_state_carries_on_where_a_block_ended(void)
{
    double whole[100], parts[100];
    uint32_t state = 0;
    ds_noise(whole, 100, &state);
    const uint32_t end = state;
    state = 0;
    ds_noise(parts, 1, &state);
    ds_noise(parts + 1, 0, &state);
    ds_noise(parts + 1, 99, &state);
    CHECK_SAME_BITS(parts, whole, 100);
    CHECK(state == end);
}

static void it_is_full_scale_and_without_offset(void)
{
    double block[1000], mean = 0.0, largest = 0.0;
    uint32_t state = 0;
    for (int b = 0; b < 100; ++b) {
        ds_noise(block, 1000, &state);
        for (size_t n = 0; n < 1000; ++n) {
            mean += block[n] / 1e5;
            largest = fmax(largest, fabs(block[n]));
        }
    }
    CHECK(fabs(mean) < 0.01);
    CHECK(largest > 0.999 && largest <= 1.0000000005);
}

int main(void)
{
    the_first_samples_are_the_known_integers_times_the_reciprocal();
    the_state_carries_on_where_a_block_ended();
    it_is_full_scale_and_without_offset();
    return check_report();
}
