/* SPDX-License-Identifier: ISC
 *
 * Building and setting a learner; what runs per sample is in ds_loop_learn.c.
 */
#include "ds_learner.h"

#include "ds_arena.h"
#include "ds_learner_state.h"
#include "ds_mapping.h"
#include "ds_operation.h"

#include <string.h>

enum { DS_LONGEST_WINDOW = 1 << 24 };

static bool parameter_is_valid(const DsParameter *p)
{
    if (p->minimum != p->minimum || p->maximum != p->maximum || p->minimum > p->maximum)
        return false;
    if (p->normalised && !(p->minimum > -HUGE_VAL && p->maximum < HUGE_VAL && p->minimum < p->maximum))
        return false;
    return !p->logarithmic || p->minimum > 0.0;
}

static DsStatus check_settings(const DsProgram *program, const DsLearnerSettings *settings)
{
    if (settings->loss >= DS_LOSS_COUNT || settings->window_of >= DS_WINDOW_OF_COUNT || settings->window == 0 ||
        settings->window > DS_LONGEST_WINDOW || !(settings->rate >= 0.0 && settings->rate < HUGE_VAL))
        return DS_ERROR_SETTING;
    uint64_t end = 0;
    for (uint32_t i = 0; i < settings->parameter_count; ++i) {
        const DsParameter *p = &settings->parameters[i];
        if (p->first != end || p->count == 0 || !parameter_is_valid(p))
            return DS_ERROR_SETTING;
        end += p->count;
    }
    return end == program->parameters ? DS_OK : DS_ERROR_SETTING;
}

/* Values that the window averages side by side; many of them fill whole cache lines, so that vectors do not
 * cross from one into the next. */
static size_t window_size(const DsProgram *program, const DsLearnerSettings *settings)
{
    const size_t line = DS_ALIGNMENT / sizeof(double);
    const size_t rows = ds_register_rows(program, ds_register(program, program->output));
    const size_t size = settings->window_of == DS_WINDOW_OF_SIGNALS ? program->lanes * (1 + rows) : 1 + rows;
    return size < line ? size : (size + line - 1) / line * line;
}

static size_t window_doubles(const DsProgram *program, const DsLearnerSettings *settings)
{
    return ds_window_doubles(settings->window, window_size(program, settings));
}

/* Lays the learner out behind its interpreter. */
static DsLearner *lay_out(DsArena *arena, const DsProgram *program, const DsLearnerSettings *settings)
{
    const uint64_t p = program->parameters;
    DsLearner *learner = ds_arena_take(arena, 1, sizeof *learner);
    DsParameter *parameters = ds_arena_take(arena, settings->parameter_count, sizeof *parameters);
    double *vectors = ds_arena_doubles(arena, 4 * p);
    double *slopes = ds_arena_doubles(arena, program->lanes);
    double *window = ds_arena_doubles(arena, window_doubles(program, settings));
    if (!learner)
        return NULL;
    for (uint32_t i = 0; i < settings->parameter_count; ++i)
        parameters[i] = settings->parameters[i];
    learner->settings = *settings;
    learner->settings.parameters = parameters;
    learner->parameters = parameters;
    learner->moved = vectors;
    learner->gradient = vectors + p;
    learner->next = vectors + 2 * p;
    learner->mean = vectors + 3 * p;
    learner->slopes = slopes;
    learner->window = ds_window_init(window, settings->window, window_size(program, settings));
    return learner;
}

DsStatus ds_learner_size(const DsProgram *program, const DsLearnerSettings *settings, size_t *bytes)
{
    size_t interpreter = 0;
    DsStatus status = ds_interpreter_size(program, &interpreter);
    if (status == DS_OK)
        status = check_settings(program, settings);
    if (status != DS_OK)
        return status;
    DsArena arena = {NULL, interpreter};
    lay_out(&arena, program, settings);
    *bytes = (size_t)arena.used;
    return arena.used > DS_ARENA_LIMIT ? DS_ERROR_LIMIT : DS_OK;
}

DsStatus ds_learner_init(const DsProgram *program, const DsLearnerSettings *settings, void *memory, size_t bytes,
                         DsLearner **learner)
{
    size_t needed = 0;
    size_t interpreter = 0;
    DsInterpreter *machine = NULL;
    DsStatus status = ds_learner_size(program, settings, &needed);
    if (status == DS_OK)
        status = bytes < needed ? DS_ERROR_MEMORY : ds_interpreter_size(program, &interpreter);
    if (status == DS_OK)
        status = ds_interpreter_init(program, memory, bytes, &machine);
    if (status != DS_OK)
        return status;
    memset((unsigned char *)memory + interpreter, 0, needed - interpreter);
    DsArena arena = {memory, interpreter};
    DsLearner *made = lay_out(&arena, program, settings);
    made->machine = machine;
    ds_learner_set_parameters(made, made->next);
    *learner = made;
    return DS_OK;
}

void ds_learner_reset(DsLearner *learner)
{
    DsWindow *window = &learner->window;
    ds_interpreter_reset(learner->machine);
    memset(window->ring, 0, ds_window_doubles(window->length, window->size) * sizeof *window->ring);
    memset(learner->gradient, 0, learner->machine->parameter_count * sizeof *learner->gradient);
    window->position = 0;
}

void ds_learner_set_parameters(DsLearner *learner, const double *values)
{
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i) {
        const DsParameter *p = &learner->parameters[i];
        for (size_t k = p->first; k < (size_t)p->first + p->count; ++k) {
            const double value = ds_clip(values[k], p->minimum, p->maximum);
            learner->machine->parameters[k] = value;
            learner->moved[k] = p->normalised ? ds_unmap(p, value) : value;
        }
    }
}

const double *ds_learner_parameters(const DsLearner *learner)
{
    return learner->machine->parameters;
}

DsStatus ds_learner_lock(DsLearner *learner, uint32_t parameter, uint32_t locked)
{
    if (parameter >= learner->settings.parameter_count || locked > 1)
        return DS_ERROR_SETTING;
    learner->parameters[parameter].locked = locked;
    return DS_OK;
}

DsStatus ds_learner_set_rate(DsLearner *learner, double rate)
{
    if (!(rate >= 0.0 && rate < HUGE_VAL))
        return DS_ERROR_SETTING;
    learner->settings.rate = rate;
    return DS_OK;
}

DsStatus ds_learner_process(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    return learner->machine->variant->learn(learner, audio, record, done);
}

void ds_learner_take_means(DsLearner *learner, double *loss, uint64_t *samples, double *parameters)
{
    for (size_t k = 0; k < learner->machine->parameter_count; ++k) {
        parameters[k] = learner->mean_count > 0 ? learner->mean[k] / (double)learner->mean_count
                                                : learner->machine->parameters[k];
        learner->mean[k] = 0.0;
    }
    *loss = learner->loss_sum;
    *samples = learner->samples;
    learner->loss_sum = 0.0;
    learner->samples = 0;
    learner->mean_count = 0;
}
