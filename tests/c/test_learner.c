/* SPDX-License-Identifier: ISC
 *
 * What the learner computes, against an oracle; how it is set, bounded and refused is in test_learner_settings.c.
 */
#include "check.h"
#include "learning.h"

enum { W = 8 };

/* The contract written down as it reads: y = g x + d, all windows summed anew at every sample. */
static void oracle(const DsLearnerSettings *s, uint32_t lanes, double *losses, double (*gradients)[2],
                   double (*values)[2])
{
    static double e[2][FRAMES], sample[3][FRAMES];
    const bool of_signals = s->window_of == DS_WINDOW_OF_SIGNALS;
    const double share = 1.0 / s->window;
    double p[2] = {0.0, 0.0};
    for (size_t n = 0; n < FRAMES; ++n) {
        const size_t start = n + 1 < s->window ? 0 : n + 1 - s->window;
        double now[3] = {0.0, 0.0, 0.0}; /* loss, dL/dg, dL/dd */
        for (uint32_t l = 0; l < lanes; ++l) {
            const double *x = input + l * FRAMES;
            double mean = 0.0, dg = 0.0, dd = 0.0;
            e[l][n] = p[0] * x[n] + p[1] - target[l * FRAMES + n];
            for (size_t k = of_signals ? start : n; k <= n; ++k) {
                mean += e[l][k] * (of_signals ? share : 1.0);
                dg += x[k] * (of_signals ? share : 1.0);
                dd += of_signals ? share : 1.0;
            }
            const bool squared = s->loss == DS_LOSS_MSE;
            const double slope = (squared ? 2.0 * mean : (mean > 0.0) - (mean < 0.0)) / lanes;
            now[0] += (squared ? mean * mean : fabs(mean)) / lanes;
            now[1] += slope * dg;
            now[2] += slope * dd;
        }
        for (size_t i = 0; i < 3; ++i) {
            sample[i][n] = now[i];
            for (size_t k = start; k < n && !of_signals; ++k)
                now[i] += sample[i][k];
            now[i] *= of_signals ? 1.0 : share;
        }
        losses[n] = now[0];
        for (size_t i = 0; i < 2; ++i) {
            values[n][i] = p[i];
            gradients[n][i] = now[1 + i];
            p[i] -= s->rate * now[1 + i];
        }
    }
}

static void every_sample_is_that_of_the_oracle(void)
{
    static double losses[FRAMES], gradients[FRAMES][2], values[FRAMES][2];
    for (uint32_t i = 0; i < 16; ++i) {
        const uint32_t lanes = 1 + (i >> 3);
        DsLearnerSettings settings = gain_dc_settings(i & 1 ? DS_LOSS_MSE : DS_LOSS_MAE, i & 2 ? W : 1, 1e-2);
        settings.window_of = i & 4 ? DS_WINDOW_OF_LOSS : DS_WINDOW_OF_SIGNALS;
        const Learning learning = learning_start(build_gain_dc(lanes), &settings);
        oracle(&settings, lanes, losses, gradients, values);
        CHECK(learn(learning.learner, FRAMES, FRAMES) == FRAMES);
        for (size_t n = 0; n < FRAMES; ++n) {
            CHECK_CLOSE(recorded.loss[n], losses[n], 1e-12);
            for (size_t p = 0; p < 2; ++p) {
                CHECK_CLOSE(recorded.gradient[2 * n + p], gradients[n][p], 1e-12);
                CHECK_CLOSE(recorded.parameters[2 * n + p], values[n][p], 1e-12);
            }
        }
        learning_end(learning);
    }
}

static void blocks_and_reset_change_no_bit(void)
{
    static const size_t blocks[] = {1, 7, 64};
    static double before[2 * FRAMES];
    for (uint32_t lanes = 1; lanes <= 2; ++lanes) {
        const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, W, 1e-2);
        const Learning learning = learning_start(build_gain_dc(lanes), &settings);
        learn(learning.learner, FRAMES, FRAMES);
        memcpy(before, recorded.parameters, sizeof before);
        for (size_t i = 0; i < 3; ++i) {
            ds_learner_reset(learning.learner);
            ds_learner_set_parameters(learning.learner, (const double[]){0.0, 0.0});
            CHECK(learn(learning.learner, FRAMES, blocks[i]) == FRAMES);
            CHECK_SAME_BITS(recorded.parameters, before, 2 * FRAMES);
        }
        learning_end(learning);
    }
}

static void gain_and_offset_are_learned(void)
{
    const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, 0.1);
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    for (int turn = 0; turn < 20; ++turn)
        learn(learning.learner, FRAMES, FRAMES);
    CHECK_CLOSE(ds_learner_parameters(learning.learner)[0], HIDDEN_GAIN, 1e-6);
    CHECK_CLOSE(ds_learner_parameters(learning.learner)[1], HIDDEN_DC, 1e-6);
    learning_end(learning);
}

/* The step of sample n must not reach back into what sample n showed. */
static void a_memory_of_a_parameter_shows_the_value_of_the_sample_before(void)
{
    static Build b;
    const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, 1e-2);
    build_start(&b, 1, 1, 2);
    const uint32_t before = build_unary(&b, DS_OP_MEMORY, build_parameter(&b, 0, 1));
    build_binary(&b, DS_OP_ADD, before, build_parameter(&b, 1, 1));
    const Learning learning = learning_start(&b, &settings);
    ds_learner_set_parameters(learning.learner, (const double[]){0.3, 0.0});
    learn(learning.learner, 50, 50);
    CHECK(output[0] == 0.0);
    CHECK(recorded.parameters[2 * 49] != 0.3);
    for (size_t n = 1; n < 50; ++n)
        CHECK(output[n] == recorded.parameters[2 * (n - 1)] + recorded.parameters[2 * n + 1]);
    learning_end(learning);
}

static void means_are_over_the_samples_since_they_were_taken(void)
{
    const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, 1e-2);
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    double loss = 1.0, means[2], sum = 0.0;
    uint64_t samples = 1;
    ds_learner_set_parameters(learning.learner, (const double[]){0.25, 0.5});
    ds_learner_take_means(learning.learner, &loss, &samples, means);
    CHECK(loss == 0.0 && samples == 0 && means[0] == 0.25 && means[1] == 0.5);
    learn(learning.learner, 40, 40);
    ds_learner_take_means(learning.learner, &loss, &samples, means);
    for (size_t n = 0; n < 40; ++n)
        sum += recorded.loss[n];
    CHECK(samples == 40);
    CHECK_CLOSE(loss, sum, 1e-15);
    for (size_t p = 0; p < 2; ++p)
        CHECK_CLOSE(means[p], (recorded.parameters[2 * 16 + p] + recorded.parameters[2 * 32 + p]) / 2, 1e-15);
    ds_learner_take_means(learning.learner, &loss, &samples, means);
    CHECK(loss == 0.0 && samples == 0 && means[0] == ds_learner_parameters(learning.learner)[0]);
    learning_end(learning);
}

static void a_record_may_skip_samples_and_arrays(void)
{
    const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, W, 1e-2);
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    double every_third[34] = {0};
    size_t done = 0;
    const DsAudio audio = {.input = input, .target = target, .stride = FRAMES, .frames = 100};
    const DsRecord record = {.loss = every_third, .every = 3};
    CHECK(ds_learner_process(learning.learner, &audio, &record, &done) == DS_OK && done == 100);
    ds_learner_reset(learning.learner);
    ds_learner_set_parameters(learning.learner, (const double[]){0.0, 0.0});
    learn(learning.learner, 100, 100);
    for (size_t i = 0; i < 34; ++i)
        CHECK(every_third[i] == recorded.loss[3 * i]);
    learning_end(learning);
}

int main(void)
{
    learning_signals();
    every_sample_is_that_of_the_oracle();
    blocks_and_reset_change_no_bit();
    gain_and_offset_are_learned();
    a_memory_of_a_parameter_shows_the_value_of_the_sample_before();
    means_are_over_the_samples_since_they_were_taken();
    a_record_may_skip_samples_and_arrays();
    return check_report();
}
