/* SPDX-License-Identifier: ISC
 *
 * What the tests of the learner share: y = g x + d, its signals, and a learner over them. For one source file.
 */
#ifndef LEARNING_H
#define LEARNING_H

#include "build.h"
#include "ds_learner.h"
#include "ds_noise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES = 500 };
#define HIDDEN_GAIN 0.5
#define HIDDEN_DC (-0.25)

static double input[2 * FRAMES], target[2 * FRAMES], output[2 * FRAMES];
static struct {
    double loss[FRAMES];
    double gradient[2 * FRAMES];
    double parameters[2 * FRAMES];
} recorded;

typedef struct {
    DsLearner *learner;
    void *memory;
} Learning;

/* Noise, and what the hidden gain and offset make of it. */
static inline void learning_signals(void)
{
    uint32_t state = 0;
    ds_noise(input, 2 * FRAMES, &state);
    for (size_t n = 0; n < 2 * FRAMES; ++n)
        target[n] = HIDDEN_GAIN * input[n] + HIDDEN_DC;
}

/* Valid until it is called again. */
static inline const Build *build_gain_dc(uint32_t lanes)
{
    static Build b;
    build_start(&b, lanes, 1, 2);
    const uint32_t x = build_input(&b, 0);
    const uint32_t g = build_broadcast(&b, build_parameter(&b, 0, 1), 1);
    const uint32_t d = build_broadcast(&b, build_parameter(&b, 1, 1), 1);
    build_binary(&b, DS_OP_ADD, build_binary(&b, DS_OP_MULTIPLY, x, g), d);
    return &b;
}

/* Two parameters without bounds. */
static inline DsLearnerSettings gain_dc_settings(uint32_t loss, uint32_t window, double rate)
{
    static const DsParameter parameters[2] = {
        {.first = 0, .count = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL},
        {.first = 1, .count = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL},
    };
    return (DsLearnerSettings){
        .loss = loss, .window = window, .rate = rate, .parameter_count = 2, .parameters = parameters};
}

/* Every loss with every optimizer that takes it, and all schedules among them: for which < learning_mixtures(). */
static inline uint32_t learning_mixtures(void)
{
    return DS_LOSS_COUNT * DS_OPTIMIZER_COUNT * 2;
}

static inline DsLearnerSettings learning_mixture(uint32_t which)
{
    const uint32_t loss = which % DS_LOSS_COUNT, rest = which / DS_LOSS_COUNT;
    DsLearnerSettings s = gain_dc_settings(loss, 8, 1e-3);
    s.window_of = loss == DS_LOSS_ESR || rest % 2;
    s.delta = 0.1;
    s.pre_emphasis = 0.9;
    s.size_count = 2;
    s.sizes[0] = 8;
    s.sizes[1] = 21;
    s.logarithmic = 0.5;
    s.schedule.kind = which % DS_SCHEDULE_COUNT;
    s.schedule.warm_up = which % 3 * 20;
    s.schedule.samples = 100.0;
    s.schedule.amount = 0.5;
    s.optimizer = (DsOptimizer){.kind = rest / 2,
                                .momentum = 0.9,
                                .decay = 0.99,
                                .epsilon = 1e-8,
                                .weight_decay = 1e-3,
                                .initial = 10.0,
                                .clip_value = which % 5 == 0 ? 0.5 : 0.0,
                                .clip_norm = which % 7 == 0 ? 0.5 : 0.0};
    if (s.optimizer.kind == DS_OPTIMIZER_GAUSS_NEWTON) {
        s.optimizer.clip_value = s.optimizer.clip_norm = 0.0;
        if (loss == DS_LOSS_MAE || loss == DS_LOSS_SPECTRAL)
            s.loss = DS_LOSS_MSE;
    }
    return s;
}

/* A learner of the program; ends the test if there can be none. */
static inline Learning learning_start(const Build *b, const DsLearnerSettings *settings)
{
    Learning made = {NULL, NULL};
    size_t bytes = 0;
    DsStatus status = ds_learner_size(&b->program, settings, &bytes);
    if (status == DS_OK) {
        made.memory = build_memory(bytes);
        status = ds_learner_init(&b->program, settings, made.memory, bytes, &made.learner);
    }
    if (status != DS_OK) {
        fprintf(stderr, "there is no learner: %s\n", ds_status_text(status));
        exit(2);
    }
    return made;
}

static inline void learning_end(Learning learning)
{
    free(learning.memory);
}

/* Learns the first frames in blocks, into `output` and `recorded`; answers how many were learned. */
static inline size_t learn(DsLearner *learner, size_t frames, size_t block)
{
    size_t total = 0;
    for (size_t n = 0; n < frames; n += block) {
        const DsAudio audio = {.input = input + n,
                               .target = target + n,
                               .output = output + n,
                               .stride = FRAMES,
                               .frames = frames - n < block ? frames - n : block};
        const DsRecord record = {recorded.loss + n, recorded.gradient + 2 * n, recorded.parameters + 2 * n, 1};
        size_t done = 0;
        const DsStatus status = ds_learner_process(learner, &audio, &record, &done);
        total += done;
        if (status != DS_OK)
            break;
    }
    return total;
}

#endif
