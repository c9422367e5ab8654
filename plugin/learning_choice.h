/* SPDX-License-Identifier: ISC
 *
 * Which optimizer moves the parameters: one of learner_choices, chosen while it runs. For learning.c alone.
 *
 * `learner` is printed for the choice that is usual, or for all of them; in the first case `other` is there for the
 * rest. What an optimizer gathers lies in memory that is large enough for each.
 */
#ifndef LEARNING_CHOICE_H
#define LEARNING_CHOICE_H

#include "learning_plugin.h"

/* The learner of a choice. */
static DsLearner *learner_of(Plugin *plugin, unsigned choice)
{
#if LEARNER_HAS_OTHER
    if (choice != LEARNER_USUAL)
        return &plugin->other.learner;
#endif
    (void)choice;
    return &plugin->learner.learner;
}

/* The learner that is at work. */
static DsLearner *at_work(Plugin *plugin)
{
    return learner_of(plugin, plugin->choice);
}

/* Its parameters; with the sample rate behind them, where the chain asks for it. */
static const double *values(Plugin *plugin)
{
    return at_work(plugin)->machine->parameters;
}

static void silence(Plugin *plugin)
{
#if LEARNER_HAS_OTHER
    if (plugin->choice != LEARNER_USUAL) {
        other_reset(&plugin->other);
        return;
    }
#endif
    learner_reset(&plugin->learner);
}

static DsStatus learn_audio(Plugin *plugin, const DsAudio *audio, size_t *done)
{
#if LEARNER_HAS_OTHER
    if (plugin->choice != LEARNER_USUAL)
        return other_learn(&plugin->other, audio, NULL, done);
#endif
    return learner_learn(&plugin->learner, audio, NULL, done);
}

/* Parameters, each within its bounds; the sample rate behind them is always this host's. */
static void set_parameters(Plugin *plugin, const double *wanted)
{
    double all[LEARNER_SCALARS + 1];
    memcpy(all, wanted, LEARNER_PARAMETERS * sizeof *all);
    all[LEARNER_PARAMETERS] = plugin->rate;
    ds_upkeep_set_parameters(at_work(plugin), all);
}

/* Numbers that an optimizer of `parameters` gathers, its counters among them. */
static size_t gathered_by(uint32_t kind, size_t parameters)
{
    switch (kind) {
    case DS_OPTIMIZER_GAUSS_NEWTON: return DS_OPTIMIZER_COUNTERS + parameters * parameters;
    case DS_OPTIMIZER_ADAM: return DS_OPTIMIZER_COUNTERS + 2 * parameters;
    case DS_OPTIMIZER_MOMENTUM:
    case DS_OPTIMIZER_NESTEROV:
    case DS_OPTIMIZER_RMSPROP: return DS_OPTIMIZER_COUNTERS + parameters;
    default: return DS_OPTIMIZER_COUNTERS;
    }
}

/* Where they lie: m, v or S behind the counters, as ds_learner_state.h says. */
static void lay_out(DsLearner *learner, uint32_t kind)
{
    const size_t parameters = learner->machine->parameter_count;
    double *const first = learner->state.all + DS_OPTIMIZER_COUNTERS;
    learner->state.count = gathered_by(kind, parameters);
    learner->state.m = learner->state.v = learner->state.s = NULL;
    if (kind == DS_OPTIMIZER_GAUSS_NEWTON)
        learner->state.s = first;
    if (kind == DS_OPTIMIZER_MOMENTUM || kind == DS_OPTIMIZER_NESTEROV || kind == DS_OPTIMIZER_ADAM)
        learner->state.m = first;
    if (kind == DS_OPTIMIZER_RMSPROP)
        learner->state.v = first;
    if (kind == DS_OPTIMIZER_ADAM)
        learner->state.v = first + parameters;
}

/* Lets another optimizer, that knows nothing yet, go on with the parameters as they are. */
static void choose(Plugin *plugin, unsigned choice)
{
    double kept[LEARNER_PARAMETERS], moved[LEARNER_PARAMETERS];
    memcpy(kept, values(plugin), sizeof kept);
    memcpy(moved, at_work(plugin)->moved, sizeof moved);
    plugin->choice = choice;
    DsLearner *const learner = at_work(plugin);
    learner->settings.optimizer = learner_choices[choice].optimizer;
    learner->settings.schedule = learner_choices[choice].schedule;
    lay_out(learner, learner->settings.optimizer.kind);
    ds_upkeep_restart(learner);
    set_parameters(plugin, kept);
    memcpy(learner->moved, moved, sizeof moved);
    plugin->learns = false; /* the next piece starts from silence */
    edge_ramp_jump(&plugin->live, 0.0);
}

/* The rate of a choice at a position of its knob. */
static void set_rate(Plugin *plugin, double times)
{
    const LearnerChoice *const chosen = &learner_choices[plugin->choice];
    const double rate = times > 0.0 ? times * chosen->rate : 0.0;
    at_work(plugin)->settings.rate = rate < chosen->highest_rate ? rate : chosen->highest_rate;
}

#endif
