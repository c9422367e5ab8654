/* SPDX-License-Identifier: ISC
 *
 * Building and setting a learner; what runs per sample is in ds_loop_learn.c.
 */
#include "ds_learner.h"

#include "ds_arena.h"
#include "ds_learner_state.h"
#include "ds_operation.h"
#include "ds_settings.h"
#include "ds_upkeep.h"

#include <string.h>

enum { DS_PARAMETER_VECTORS = 7, DS_LANE_VECTORS = 3 };

static size_t output_rows(const DsProgram *program)
{
    return ds_register_rows(program, ds_register(program, program->output));
}

/* Values that the window averages side by side; many of them fill whole cache lines, so that vectors do not
 * cross from one into the next. */
static size_t window_size(const DsProgram *program, const DsLearnerSettings *settings)
{
    const size_t line = DS_ALIGNMENT / sizeof(double);
    const size_t rows = output_rows(program);
    size_t size = program->lanes * (1 + rows);
    const bool of_signals = settings->window_of == DS_WINDOW_OF_SIGNALS;
    if (settings->loss == DS_LOSS_ESR || (settings->loss == DS_LOSS_MSLE && of_signals))
        size += program->lanes; /* two numbers of each lane beside its rows, instead of the error alone */
    else if (!of_signals)
        size = 1 + rows;
    return size < line ? size : (size + line - 1) / line * line;
}

/* The state of the optimizer, with what its kind needs. */
static void lay_out_state(DsOptimizerState *state, DsArena *arena, uint32_t kind, uint64_t p)
{
    const bool has_v = kind == DS_OPTIMIZER_RMSPROP || kind == DS_OPTIMIZER_ADAM;
    const bool has_m = kind == DS_OPTIMIZER_MOMENTUM || kind == DS_OPTIMIZER_NESTEROV || kind == DS_OPTIMIZER_ADAM;
    const bool has_s = kind == DS_OPTIMIZER_GAUSS_NEWTON;
    const uint64_t count = DS_OPTIMIZER_COUNTERS + (has_m ? p : 0) + (has_v ? p : 0) + (has_s ? p * p : 0);
    double *all = ds_arena_doubles(arena, count);
    if (!all)
        return;
    double *rest = all + DS_OPTIMIZER_COUNTERS;
    *state = (DsOptimizerState){.all = all, .count = count, .steps = all, .power1 = all + 1, .power2 = all + 2};
    state->m = has_m ? rest : NULL;
    state->v = has_v ? rest + (has_m ? p : 0) : NULL;
    state->s = has_s ? rest : NULL;
}

/* The vectors of one double for each parameter, then for each lane. */
static void lay_out_vectors(DsLearner *learner, double *vectors, double *lanes, size_t p, size_t lane_count)
{
    double **const of_parameters[] = {&learner->moved,   &learner->gradient, &learner->next, &learner->mean,
                                      &learner->descent, &learner->step,     &learner->work};
    double **const of_lanes[] = {&learner->slopes, &learner->residuals, &learner->pulls};
    for (size_t i = 0; i < DS_PARAMETER_VECTORS; ++i)
        *of_parameters[i] = vectors + i * p;
    for (size_t i = 0; i < DS_LANE_VECTORS; ++i)
        *of_lanes[i] = lanes + i * lane_count;
}

/* The spectral loss's memory: the spectra one after the other, then room for the pulls of the largest. */
static uint64_t spectral_doubles(const DsProgram *program, const DsLearnerSettings *settings)
{
    const uint64_t signals = (uint64_t)program->lanes * (2 + output_rows(program));
    uint64_t doubles = 0, bins = 0;
    for (uint32_t i = 0; settings->loss == DS_LOSS_SPECTRAL && i < settings->size_count; ++i) {
        doubles += ds_spectrum_doubles(settings->sizes[i], signals);
        bins = ds_spectrum_bins(settings->sizes[i]) > bins ? ds_spectrum_bins(settings->sizes[i]) : bins;
    }
    return doubles + 2 * bins;
}

static void lay_out_spectra(DsLearner *learner, const DsProgram *program, double *memory)
{
    const size_t signals = program->lanes * (2 + output_rows(program));
    const DsLearnerSettings *settings = &learner->settings;
    for (uint32_t i = 0; settings->loss == DS_LOSS_SPECTRAL && i < settings->size_count; ++i) {
        learner->spectra[i] = ds_spectrum_init(memory, settings->sizes[i], signals);
        memory += ds_spectrum_doubles(settings->sizes[i], signals);
    }
    learner->pull = memory;
}

/* Lays the learner out behind its interpreter. */
static DsLearner *lay_out(DsArena *arena, const DsProgram *program, const DsLearnerSettings *settings)
{
    const size_t size = window_size(program, settings);
    const uint64_t memory = settings->loss == DS_LOSS_ESR ? (uint64_t)program->lanes * (2 + output_rows(program)) : 0;
    DsLearner *learner = ds_arena_take(arena, 1, sizeof *learner);
    DsParameter *parameters = ds_arena_take(arena, settings->parameter_count, sizeof *parameters);
    double *vectors = ds_arena_doubles(arena, DS_PARAMETER_VECTORS * (uint64_t)program->parameters);
    double *lanes = ds_arena_doubles(arena, DS_LANE_VECTORS * (uint64_t)program->lanes);
    double *before = ds_arena_doubles(arena, memory);
    double *emphasised = ds_arena_doubles(arena, memory);
    double *window = ds_arena_doubles(arena, ds_window_doubles(settings->window, size));
    double *spectra = ds_arena_doubles(arena, spectral_doubles(program, settings));
    DsOptimizerState state;
    lay_out_state(&state, arena, settings->optimizer.kind, program->parameters);
    if (!learner)
        return NULL;
    for (uint32_t i = 0; i < settings->parameter_count; ++i)
        parameters[i] = settings->parameters[i];
    learner->settings = *settings;
    learner->settings.parameters = parameters;
    learner->parameters = parameters;
    lay_out_vectors(learner, vectors, lanes, program->parameters, program->lanes);
    learner->before = before;
    learner->before_count = memory;
    learner->emphasised = emphasised;
    learner->window = ds_window_init(window, settings->window, size);
    learner->state = state;
    lay_out_spectra(learner, program, spectra);
    return learner;
}

DsStatus ds_learner_size(const DsProgram *program, const DsLearnerSettings *settings, size_t *bytes)
{
    size_t interpreter = 0;
    DsStatus status = ds_interpreter_size(program, &interpreter);
    if (status == DS_OK)
        status = ds_settings_check(program, settings);
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
    ds_learner_restart(made);
    *learner = made;
    return DS_OK;
}

void ds_learner_reset(DsLearner *learner)
{
    ds_interpreter_reset(learner->machine);
    ds_upkeep_reset(learner);
}

void ds_learner_restart(DsLearner *learner)
{
    ds_upkeep_restart(learner);
}

const double *ds_learner_state(const DsLearner *learner, size_t *count)
{
    *count = learner->state.count;
    return learner->state.all;
}

DsStatus ds_learner_set_state(DsLearner *learner, const double *state)
{
    return ds_upkeep_set_state(learner, state);
}

void ds_learner_set_parameters(DsLearner *learner, const double *values)
{
    ds_upkeep_set_parameters(learner, values);
}

const double *ds_learner_parameters(const DsLearner *learner)
{
    return learner->machine->parameters;
}

DsStatus ds_learner_lock(DsLearner *learner, uint32_t parameter, uint32_t locked)
{
    if (parameter >= learner->settings.parameter_count || locked > 1)
        return DS_ERROR_SETTING;
    DsParameter *p = &learner->parameters[parameter];
    if (locked && !p->locked)
        ds_upkeep_part(learner, p);
    p->locked = locked;
    return DS_OK;
}

DsStatus ds_learner_set_rate(DsLearner *learner, double rate)
{
    if (!ds_rate_is_valid(rate))
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
    ds_upkeep_take_means(learner, loss, samples, parameters);
}
