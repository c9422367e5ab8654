/* SPDX-License-Identifier: ISC
 *
 * What an optimizer gathers: kept, set again, started over, and cleared when learning diverges.
 */
#include "check.h"
#include "learning.h"

static double kept[64];

static size_t keep(const DsLearner *learner)
{
    size_t count;
    const double *state = ds_learner_state(learner, &count);
    CHECK(count <= sizeof kept / sizeof *kept);
    memcpy(kept, state, count * sizeof *kept);
    return count;
}

static void blocks_change_no_bit_of_any_loss_and_optimizer(void)
{
    static const size_t blocks[] = {1, 7, 64};
    static double before[2 * FRAMES];
    for (uint32_t i = 0; i < learning_mixtures(); ++i) {
        const DsLearnerSettings settings = learning_mixture(i);
        const Learning learning = learning_start(build_gain_dc(1 + i % 2), &settings);
        ds_learner_set_parameters(learning.learner, (const double[]){0.1, 0.2});
        CHECK(learn(learning.learner, FRAMES, FRAMES) == FRAMES);
        memcpy(before, recorded.parameters, sizeof before);
        CHECK(before[2 * FRAMES - 2] != 0.1 && before[2 * FRAMES - 1] != 0.2);
        for (size_t b = 0; b < 3; ++b) {
            ds_learner_reset(learning.learner);
            ds_learner_restart(learning.learner);
            ds_learner_set_parameters(learning.learner, (const double[]){0.1, 0.2});
            CHECK(learn(learning.learner, FRAMES, blocks[b]) == FRAMES);
            CHECK_SAME_BITS(recorded.parameters, before, 2 * FRAMES);
        }
        learning_end(learning);
    }
}

/* With W = 1 and y = g x + d there is no other memory: the same state and parameters must go the same way. */
static void a_learner_goes_on_from_a_state_that_was_kept(void)
{
    for (uint32_t kind = 0; kind < DS_OPTIMIZER_COUNT; ++kind) {
        DsLearnerSettings settings = learning_mixture(DS_LOSS_MSE + DS_LOSS_COUNT * 2 * kind);
        settings.window = 1;
        const Learning one = learning_start(build_gain_dc(1), &settings);
        const Learning other = learning_start(build_gain_dc(1), &settings);
        learn(one.learner, 200, 200);
        keep(one.learner);
        const double *values = ds_learner_parameters(one.learner);
        ds_learner_set_parameters(other.learner, values);
        CHECK(ds_learner_set_state(other.learner, kept) == DS_OK);
        learn(one.learner, 300, 300);
        learn(other.learner, 300, 300);
        CHECK_SAME_BITS(ds_learner_parameters(other.learner), values, 2);
        learning_end(one);
        learning_end(other);
    }
}

static void a_state_that_is_not_finite_is_refused(void)
{
    const DsLearnerSettings settings = learning_mixture(DS_LOSS_MSE + DS_LOSS_COUNT * 2 * DS_OPTIMIZER_ADAM);
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    const size_t count = keep(learning.learner);
    CHECK(count == 3 + 2 * 2);
    kept[5] = (double)NAN;
    CHECK(ds_learner_set_state(learning.learner, kept) == DS_ERROR_SETTING);
    kept[5] = 0.0;
    kept[0] = -1.0;
    CHECK(ds_learner_set_state(learning.learner, kept) == DS_ERROR_SETTING);
    learning_end(learning);
}

static void a_schedule_counts_on_over_reset_and_starts_over_at_restart(void)
{
    DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, 1e-2);
    settings.schedule.warm_up = 1000;
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    learn(learning.learner, 100, 100);
    ds_learner_reset(learning.learner);
    learn(learning.learner, 100, 7);
    keep(learning.learner);
    CHECK(kept[0] == 200.0);
    ds_learner_restart(learning.learner);
    keep(learning.learner);
    CHECK(kept[0] == 0.0 && kept[1] == 1.0);
    learning_end(learning);
}

static void divergence_starts_the_optimizer_over(void)
{
    for (uint32_t kind = 0; kind < DS_OPTIMIZER_COUNT; ++kind) {
        const double good = target[100];
        size_t count;
        const DsLearnerSettings settings = learning_mixture(DS_LOSS_MSE + DS_LOSS_COUNT * 2 * kind);
        const Learning learning = learning_start(build_gain_dc(1), &settings);
        target[100] = (double)NAN;
        CHECK(learn(learning.learner, FRAMES, FRAMES) == 100);
        target[100] = good;
        const double *state = ds_learner_state(learning.learner, &count);
        for (size_t i = 0; i < count; ++i)
            CHECK(isfinite(state[i]));
        CHECK(state[0] == 0.0);
        ds_learner_reset(learning.learner);
        CHECK(learn(learning.learner, FRAMES, FRAMES) == FRAMES);
        learning_end(learning);
    }
}

int main(void)
{
    learning_signals();
    blocks_change_no_bit_of_any_loss_and_optimizer();
    a_learner_goes_on_from_a_state_that_was_kept();
    a_state_that_is_not_finite_is_refused();
    a_schedule_counts_on_over_reset_and_starts_over_at_restart();
    divergence_starts_the_optimizer_over();
    return check_report();
}
