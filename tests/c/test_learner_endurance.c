/* SPDX-License-Identifier: ISC
 *
 * A million updates of a recursive filter, bounded or kept stable, with whatever may come: noise, silence, full-scale steps, samples
 * that are no numbers, and rates and targets at random. Nothing may leave the finite numbers or the bounds.
 */
#include "check.h"
#include "ds_recursion.h"
#include "learning.h"

enum { BLOCK = 500, BLOCKS = 2000 };
#define LARGEST_POLE 0.999

/* y = g x + p y[n-1]. */
static const Build *build_one_pole(void)
{
    static Build b;
    build_start(&b, 1, 1, 2);
    const uint32_t x = build_input(&b, 0);
    const uint32_t p = build_broadcast(&b, build_parameter(&b, 0, 1), 1);
    const uint32_t g = build_broadcast(&b, build_parameter(&b, 1, 1), 1);
    const uint32_t before = build_open(&b, 1, 1, 3, 0, 0.0);
    const uint32_t y = build_binary(&b, DS_OP_ADD, build_binary(&b, DS_OP_MULTIPLY, x, g),
                                    build_binary(&b, DS_OP_MULTIPLY, before, p));
    build_close(&b, before, y);
    return &b;
}

static const DsParameter bounded[2] = {
    {.first = 0, .count = 1, .normalised = 1, .minimum = -LARGEST_POLE, .maximum = LARGEST_POLE},
    {.first = 1, .count = 1, .minimum = -4.0, .maximum = 4.0},
};

/* The same pole, free of bounds and kept stable. */
static const DsParameter kept[2] = {
    {.first = 0, .count = 1, .recursive = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL},
    {.first = 1, .count = 1, .minimum = -4.0, .maximum = 4.0},
};

static uint32_t random_state = 1;

static uint32_t random_number(uint32_t limit)
{
    double unused;
    ds_noise(&unused, 1, &random_state);
    return (random_state >> 8) % limit;
}

/* One block of one of the troubles. */
static void make_trouble(double *signal)
{
    ds_noise(signal, BLOCK, &random_state);
    const uint32_t kind = random_number(6), at = random_number(BLOCK);
    for (uint32_t n = 0; n < BLOCK; ++n) {
        if (kind == 0)
            signal[n] = 0.0;
        else if (kind == 1)
            signal[n] = n < at ? -1.0 : 1.0;
        else if (kind == 2)
            signal[n] *= 1e-300;
        else if (kind == 3 && n > at)
            signal[n] = 0.0;
    }
    if (random_number(20) == 0)
        signal[at] = random_number(2) ? (double)NAN : (double)INFINITY;
}

static bool is_in_order(const DsLearner *learner, double largest_pole)
{
    size_t count;
    const double *values = ds_learner_parameters(learner), *state = ds_learner_state(learner, &count);
    bool good = fabs(values[0]) <= largest_pole * (1 + 1e-15) && fabs(values[1]) <= 4.0;
    for (size_t i = 0; i < count; ++i)
        good &= isfinite(state[i]) != 0;
    return good;
}

/* Learns the blocks; where a sample is no number, the learner says so, is reset and goes on behind it. */
static void endure(uint32_t which, uint32_t blocks, const DsParameter *parameters)
{
    const double largest_pole = parameters->recursive ? DS_LARGEST_REFLECTION : LARGEST_POLE;
    static double x[BLOCK], t[BLOCK], y[BLOCK];
    DsLearnerSettings settings = learning_mixture(which);
    settings.parameters = parameters;
    const Learning learning = learning_start(build_one_pole(), &settings);
    uint64_t learned = 0;
    for (uint32_t block = 0; block < blocks; ++block) {
        make_trouble(x);
        make_trouble(t);
        CHECK(ds_learner_set_rate(learning.learner, pow(10.0, (double)random_number(9) - 6.0)) == DS_OK);
        for (size_t from = 0, done = 0; from < BLOCK; from += done + 1) {
            const DsAudio audio = {x + from, t + from, y + from, BLOCK - from, BLOCK - from};
            const DsStatus status = ds_learner_process(learning.learner, &audio, NULL, &done);
            learned += done;
            for (size_t n = from; n < from + done; ++n)
                CHECK(isfinite(y[n]));
            if (status == DS_DIVERGED)
                ds_learner_reset(learning.learner);
        }
        CHECK(is_in_order(learning.learner, largest_pole));
    }
    CHECK(learned > (uint64_t)blocks * BLOCK * 9 / 10);
    learning_end(learning);
}

static void a_million_updates_of_least_squares_stay_finite(void)
{
    const uint32_t which = DS_LOSS_MSE + DS_LOSS_COUNT * 2 * DS_OPTIMIZER_GAUSS_NEWTON;
    endure(which, BLOCKS, bounded);
    endure(which, BLOCKS, kept);
}

static void a_million_updates_of_all_losses_and_optimizers_stay_finite(void)
{
    for (uint32_t which = 0; which < learning_mixtures(); ++which) {
        endure(which, BLOCKS / learning_mixtures() + 1, bounded);
        endure(which, BLOCKS / learning_mixtures() + 1, kept);
    }
}

int main(void)
{
    a_million_updates_of_least_squares_stay_finite();
    a_million_updates_of_all_losses_and_optimizers_stay_finite();
    return check_report();
}
