/* SPDX-License-Identifier: ISC
 *
 * How a learner is set, bounded and refused.
 */
#include "check.h"
#include "learning.h"

static DsParameter parameters[2];

/* y = g x + d with the first parameter as given. */
static Learning start_with(DsParameter first, double rate, double gain)
{
    DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, rate);
    parameters[0] = first;
    parameters[1] = settings.parameters[1];
    settings.parameters = parameters;
    const Learning learning = learning_start(build_gain_dc(1), &settings);
    ds_learner_set_parameters(learning.learner, (const double[]){gain, 0.0});
    return learning;
}

static void a_locked_parameter_stands_still_until_it_is_freed(void)
{
    const Learning learning =
        start_with((DsParameter){.count = 1, .locked = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL}, 0.1, 0.1);
    const double *values = ds_learner_parameters(learning.learner);
    learn(learning.learner, 100, 100);
    CHECK(values[0] == 0.1 && values[1] != 0.0);
    CHECK(ds_learner_lock(learning.learner, 0, 0) == DS_OK);
    CHECK(ds_learner_lock(learning.learner, 1, 1) == DS_OK);
    const double dc = values[1];
    learn(learning.learner, 100, 100);
    CHECK(values[0] != 0.1 && values[1] == dc);
    CHECK(ds_learner_lock(learning.learner, 2, 1) == DS_ERROR_SETTING);
    CHECK(ds_learner_lock(learning.learner, 0, 2) == DS_ERROR_SETTING);
    learning_end(learning);
}

/* Where all stand still, what depends on them alone is computed once in a block; and at every sample again when one
 * may move. */
static void while_all_are_locked_the_values_set_are_heard_until_one_is_freed(void)
{
    const Learning learning =
        start_with((DsParameter){.count = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL}, 0.1, 0.1);
    for (uint32_t p = 0; p < 2; ++p)
        CHECK(ds_learner_lock(learning.learner, p, 1) == DS_OK);
    for (int turn = 1; turn < 3; ++turn) {
        ds_learner_set_parameters(learning.learner, (const double[]){turn, 0.25});
        learn(learning.learner, 100, 100);
        for (size_t n = 0; n < 100; ++n)
            CHECK(output[n] == input[n] * turn + 0.25);
    }
    CHECK(ds_learner_lock(learning.learner, 0, 0) == DS_OK);
    learn(learning.learner, 100, 100);
    for (size_t n = 0; n < 100; ++n)
        CHECK(output[n] == input[n] * recorded.parameters[2 * n] + 0.25);
    CHECK(recorded.parameters[2 * 99] != 2.0);
    learning_end(learning);
}

/* The bound lies between the start and the hidden gain; when the target moves, the parameter comes back. */
static void a_parameter_stops_at_its_bound_and_can_leave_it(void)
{
    for (uint32_t normalised = 0; normalised <= 1; ++normalised) {
        const Learning learning =
            start_with((DsParameter){.count = 1, .normalised = normalised, .minimum = -1.0, .maximum = 0.3}, 0.1, 0.0);
        for (int turn = 0; turn < 4; ++turn)
            learn(learning.learner, FRAMES, FRAMES);
        double highest = -1.0;
        for (size_t n = 0; n < FRAMES; ++n)
            highest = fmax(highest, recorded.parameters[2 * n]);
        CHECK_CLOSE(highest, 0.3, 1e-15);
        for (size_t n = 0; n < FRAMES; ++n)
            target[n] = -0.2 * input[n];
        for (int turn = 0; turn < 4; ++turn)
            learn(learning.learner, FRAMES, FRAMES);
        CHECK_CLOSE(ds_learner_parameters(learning.learner)[0], -0.2, 1e-3);
        learning_signals();
        learning_end(learning);
    }
}

static void values_that_are_set_are_brought_within_the_bounds(void)
{
    const Learning learning =
        start_with((DsParameter){.count = 1, .normalised = 1, .minimum = 0.0, .maximum = 0.3}, 0.1, 7.0);
    CHECK(ds_learner_parameters(learning.learner)[0] == 0.3);
    ds_learner_set_parameters(learning.learner, (const double[]){-7.0, 5.0});
    CHECK(ds_learner_parameters(learning.learner)[0] == 0.0);
    CHECK(ds_learner_parameters(learning.learner)[1] == 5.0);
    learning_end(learning);
}

/* One sample: u moves by rate * gradient * dvalue/du. */
static void a_normalised_parameter_moves_on_its_scale(void)
{
    const double low = 0.1, high = 10.0, start = 2.0, rate = 1e-2;
    for (uint32_t logarithmic = 0; logarithmic <= 1; ++logarithmic) {
        const DsParameter p = {
            .count = 1, .normalised = 1, .logarithmic = logarithmic, .minimum = low, .maximum = high};
        const Learning learning = start_with(p, rate, start);
        learn(learning.learner, 1, 1);
        const double gradient = 2.0 * (start * input[0] - target[0]) * input[0];
        const double range = logarithmic ? log(high / low) : high - low;
        const double u = logarithmic ? log(start / low) / range : (start - low) / range;
        const double moved = u - rate * gradient * (logarithmic ? start * range : range);
        CHECK_CLOSE(recorded.gradient[0], gradient, 1e-15);
        CHECK_CLOSE(ds_learner_parameters(learning.learner)[0],
                    logarithmic ? low * exp(moved * range) : low + moved * range, 1e-14);
        learning_end(learning);
    }
}

static void divergence_keeps_the_last_finite_parameters(void)
{
    const DsParameter p = {.count = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL};
    const Learning learning = start_with(p, 1e3, 0.0);
    const double *values = ds_learner_parameters(learning.learner);
    const size_t done = learn(learning.learner, FRAMES, 64);
    CHECK(done > 0 && done < FRAMES);
    CHECK(isfinite(values[0]) && isfinite(values[1]));
    CHECK_SAME_BITS(values, recorded.parameters + 2 * done, 2);
    ds_learner_reset(learning.learner);
    CHECK(ds_learner_set_rate(learning.learner, 0.1) == DS_OK);
    ds_learner_set_parameters(learning.learner, (const double[]){0.0, 0.0});
    CHECK(learn(learning.learner, FRAMES, FRAMES) == FRAMES);
    learning_end(learning);
}

static void a_sample_that_is_no_number_is_told_by_its_place(void)
{
    const DsParameter p = {.count = 1, .minimum = -1.0, .maximum = 1.0};
    const Learning learning = start_with(p, 0.1, 0.0);
    const double kept = target[37];
    size_t done = 0;
    target[37] = (double)NAN;
    const DsAudio audio = {.input = input, .target = target, .stride = FRAMES, .frames = 100};
    CHECK(ds_learner_process(learning.learner, &audio, NULL, &done) == DS_DIVERGED);
    CHECK(done == 37);
    CHECK(isfinite(ds_learner_parameters(learning.learner)[0]));
    target[37] = kept;
    learning_end(learning);
}

static void the_rate_is_checked_and_zero_stands_still(void)
{
    const DsParameter p = {.count = 1, .normalised = 1, .logarithmic = 1, .minimum = 0.1, .maximum = 10.0};
    const Learning learning = start_with(p, 0.1, 0.7);
    CHECK(ds_learner_set_rate(learning.learner, -1e-9) == DS_ERROR_SETTING);
    CHECK(ds_learner_set_rate(learning.learner, (double)NAN) == DS_ERROR_SETTING);
    CHECK(ds_learner_set_rate(learning.learner, HUGE_VAL) == DS_ERROR_SETTING);
    CHECK(ds_learner_set_rate(learning.learner, 0.0) == DS_OK);
    learn(learning.learner, FRAMES, FRAMES);
    CHECK(ds_learner_parameters(learning.learner)[0] == 0.7);
    learning_end(learning);
}

static bool refused(DsLearnerSettings settings)
{
    size_t bytes = 0;
    DsLearner *learner = NULL;
    static _Alignas(DS_ALIGNMENT) unsigned char memory[1 << 14];
    const DsProgram *program = &build_gain_dc(1)->program;
    return ds_learner_size(program, &settings, &bytes) == DS_ERROR_SETTING &&
           ds_learner_init(program, &settings, memory, sizeof memory, &learner) == DS_ERROR_SETTING && !learner;
}

static bool parameter_refused(DsParameter first)
{
    DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 1, 0.1);
    parameters[0] = first;
    parameters[1] = settings.parameters[1];
    settings.parameters = parameters;
    return refused(settings);
}

static void settings_out_of_range_are_refused(void)
{
    const DsLearnerSettings fine = gain_dc_settings(DS_LOSS_MSE, 1, 0.1);
    DsLearnerSettings s = fine;
    CHECK(!refused(s));
    CHECK((s.loss = DS_LOSS_COUNT, refused(s)));
    CHECK((s = fine, s.window_of = DS_WINDOW_OF_COUNT, refused(s)));
    CHECK((s = fine, s.window = 0, refused(s)));
    CHECK((s = fine, s.window = UINT32_MAX, refused(s)));
    CHECK((s = fine, s.rate = -1.0, refused(s)));
    CHECK((s = fine, s.rate = (double)NAN, refused(s)));
    CHECK((s = fine, s.parameter_count = 1, refused(s)));
}

static bool loss_refused(DsLearnerSettings s, uint32_t loss)
{
    s.loss = loss;
    return refused(s);
}

static void settings_of_losses_out_of_range_are_refused(void)
{
    DsLearnerSettings fine = gain_dc_settings(DS_LOSS_MSE, 4, 0.1);
    fine.window_of = DS_WINDOW_OF_LOSS;
    fine.delta = 0.1;
    fine.size_count = 1;
    fine.sizes[0] = 2;
    DsLearnerSettings s = fine;
    CHECK(!loss_refused(s, DS_LOSS_HUBER) && !loss_refused(s, DS_LOSS_ESR) && !loss_refused(s, DS_LOSS_SPECTRAL));
    CHECK((s.delta = 0.0, loss_refused(s, DS_LOSS_HUBER)));
    CHECK((s.delta = (double)NAN, loss_refused(s, DS_LOSS_HUBER)));
    CHECK((s = fine, s.pre_emphasis = 1.1, loss_refused(s, DS_LOSS_ESR)));
    CHECK((s = fine, s.window = 1, loss_refused(s, DS_LOSS_ESR)));
    CHECK((s = fine, s.window_of = DS_WINDOW_OF_SIGNALS, loss_refused(s, DS_LOSS_ESR)));
    CHECK((s = fine, s.size_count = 0, loss_refused(s, DS_LOSS_SPECTRAL)));
    CHECK((s = fine, s.size_count = DS_MOST_SIZES + 1, loss_refused(s, DS_LOSS_SPECTRAL)));
    CHECK((s = fine, s.sizes[0] = 1, loss_refused(s, DS_LOSS_SPECTRAL)));
    CHECK((s = fine, s.sizes[0] = UINT32_MAX, loss_refused(s, DS_LOSS_SPECTRAL)));
    CHECK((s = fine, s.logarithmic = (double)NAN, loss_refused(s, DS_LOSS_SPECTRAL)));
}

static bool optimizer_refused(DsOptimizer optimizer)
{
    DsLearnerSettings s = gain_dc_settings(DS_LOSS_MSE, 1, 0.1);
    s.optimizer = optimizer;
    return refused(s);
}

static void settings_of_optimizers_out_of_range_are_refused(void)
{
    for (uint32_t kind = 0; kind < DS_OPTIMIZER_COUNT; ++kind) {
        const DsOptimizer fine = {kind, 0.9, 0.95, 1e-8, 0.0, 1.0, 0.0, 0.0};
        DsOptimizer o = fine;
        const bool has_momentum = kind == DS_OPTIMIZER_MOMENTUM || kind == DS_OPTIMIZER_NESTEROV;
        const bool squares = kind == DS_OPTIMIZER_ADAM || kind == DS_OPTIMIZER_RMSPROP;
        const bool least_squares = kind == DS_OPTIMIZER_GAUSS_NEWTON;
        CHECK(!optimizer_refused(fine));
        CHECK((o.momentum = 1.0, optimizer_refused(o)) == (has_momentum || kind == DS_OPTIMIZER_ADAM));
        CHECK((o = fine, o.decay = 0.9, optimizer_refused(o)) == least_squares);
        CHECK((o = fine, o.decay = 1.0, optimizer_refused(o)) == squares);
        CHECK((o = fine, o.decay = (double)NAN, optimizer_refused(o)) == (squares || least_squares));
        CHECK((o = fine, o.epsilon = 0.0, optimizer_refused(o)) == (squares || kind == DS_OPTIMIZER_NLMS));
        CHECK((o = fine, o.weight_decay = -1.0, optimizer_refused(o)) == (kind == DS_OPTIMIZER_ADAM));
        CHECK((o = fine, o.initial = 0.0, optimizer_refused(o)) == least_squares);
        CHECK((o = fine, o.clip_norm = 1.0, optimizer_refused(o)) == least_squares);
        CHECK((o = fine, o.clip_value = -1.0, optimizer_refused(o)));
        CHECK((o = fine, o.clip_norm = (double)NAN, optimizer_refused(o)));
    }
    CHECK(optimizer_refused((DsOptimizer){.kind = DS_OPTIMIZER_COUNT}));
    DsLearnerSettings s = gain_dc_settings(DS_LOSS_MAE, 1, 0.1);
    s.optimizer = (DsOptimizer){.kind = DS_OPTIMIZER_GAUSS_NEWTON, .decay = 1.0, .initial = 1.0};
    CHECK(refused(s));
    s.loss = DS_LOSS_SPECTRAL;
    s.size_count = 1;
    s.sizes[0] = 8;
    CHECK(refused(s));
}

static bool schedule_refused(uint32_t kind, double samples, double amount)
{
    DsLearnerSettings s = gain_dc_settings(DS_LOSS_MSE, 1, 0.1);
    s.schedule = (DsSchedule){.kind = kind, .samples = samples, .amount = amount};
    return refused(s);
}

static void settings_of_schedules_out_of_range_are_refused(void)
{
    for (uint32_t kind = DS_SCHEDULE_EXPONENTIAL; kind < DS_SCHEDULE_COUNT; ++kind) {
        CHECK(!schedule_refused(kind, 1.0, 0.5));
        CHECK(schedule_refused(kind, 0.0, 0.5));
        CHECK(schedule_refused(kind, HUGE_VAL, 0.5));
        CHECK(schedule_refused(kind, (double)NAN, 0.5));
        CHECK(schedule_refused(kind, 1.0, (double)NAN));
        CHECK(schedule_refused(kind, 1.0, -0.1) == (kind != DS_SCHEDULE_EXPONENTIAL));
    }
    CHECK(schedule_refused(DS_SCHEDULE_COUNT, 1.0, 0.5));
}

static void parameters_out_of_order_or_range_are_refused(void)
{
    CHECK(!parameter_refused((DsParameter){.count = 1, .minimum = 0.0, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.count = 0, .minimum = 0.0, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.count = 2, .minimum = 0.0, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.first = 1, .count = 1, .minimum = 0.0, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.count = 1, .minimum = 1.0, .maximum = 0.0}));
    CHECK(parameter_refused((DsParameter){.count = 1, .minimum = (double)NAN, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.count = 1, .minimum = 0.0, .maximum = (double)NAN}));
    CHECK(parameter_refused((DsParameter){.count = 1, .minimum = HUGE_VAL, .maximum = HUGE_VAL}));
    CHECK(parameter_refused((DsParameter){.count = 1, .minimum = -HUGE_VAL, .maximum = -HUGE_VAL}));
    CHECK(parameter_refused((DsParameter){.count = 1, .normalised = 1, .minimum = -1.7e308, .maximum = 1.7e308}));
    CHECK(parameter_refused((DsParameter){.count = 1, .normalised = 1, .minimum = 0.0, .maximum = HUGE_VAL}));
    CHECK(parameter_refused((DsParameter){.count = 1, .normalised = 1, .minimum = 1.0, .maximum = 1.0}));
    CHECK(parameter_refused((DsParameter){.count = 1, .logarithmic = 1, .minimum = 0.0, .maximum = 1.0}));
    CHECK(!parameter_refused((DsParameter){.count = 1, .recursive = 1, .minimum = -HUGE_VAL, .maximum = HUGE_VAL}));
    CHECK(parameter_refused((DsParameter){.count = 1, .recursive = 1, .minimum = -1.0, .maximum = HUGE_VAL}));
    CHECK(parameter_refused((DsParameter){.count = 1, .recursive = 1, .minimum = -HUGE_VAL, .maximum = 1.0}));
    CHECK(parameter_refused(
        (DsParameter){.count = 1, .recursive = 1, .normalised = 1, .minimum = 0.0, .maximum = 1.0}));
}

static void memory_that_is_too_small_is_refused(void)
{
    const DsLearnerSettings settings = gain_dc_settings(DS_LOSS_MSE, 32, 0.1);
    const DsProgram *program = &build_gain_dc(1)->program;
    DsLearner *learner = NULL;
    size_t bytes = 0;
    CHECK(ds_learner_size(program, &settings, &bytes) == DS_OK);
    void *memory = build_memory(bytes);
    CHECK(ds_learner_init(program, &settings, memory, bytes - 1, &learner) == DS_ERROR_MEMORY);
    CHECK(ds_learner_init(program, &settings, memory, bytes, &learner) == DS_OK);
    free(memory);
}

int main(void)
{
    learning_signals();
    a_locked_parameter_stands_still_until_it_is_freed();
    while_all_are_locked_the_values_set_are_heard_until_one_is_freed();
    a_parameter_stops_at_its_bound_and_can_leave_it();
    values_that_are_set_are_brought_within_the_bounds();
    a_normalised_parameter_moves_on_its_scale();
    divergence_keeps_the_last_finite_parameters();
    a_sample_that_is_no_number_is_told_by_its_place();
    the_rate_is_checked_and_zero_stands_still();
    settings_out_of_range_are_refused();
    settings_of_losses_out_of_range_are_refused();
    settings_of_optimizers_out_of_range_are_refused();
    settings_of_schedules_out_of_range_are_refused();
    parameters_out_of_order_or_range_are_refused();
    memory_that_is_too_small_is_refused();
    return check_report();
}
