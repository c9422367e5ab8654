/* SPDX-License-Identifier: ISC
 *
 * Parameters that are set by hand. A control that is turned takes its parameter along: slowly enough to be heard as
 * one movement while nothing is learned, at once while something is, as a new start. One that is left alone says
 * nothing, however far its parameter has been moved by learning. For learning.c alone.
 */
#ifndef LEARNING_HAND_H
#define LEARNING_HAND_H

#include "learning_choice.h"

#define SECONDS_OF_HAND 0.02

/* Where a control stands, or was last seen if it is nowhere. */
static float hand_at(const Hand *hand)
{
    return hand->control && isfinite(*hand->control) ? *hand->control : hand->seen;
}

static bool hand_is_turned(const Plugin *plugin, unsigned k)
{
    const Hand *const hand = &plugin->hand[k];
    return !plugin->is_restored && hand_at(hand) != hand->seen;
}

/* What a control asks for: what was exported, to the bit, where it stands at its default. */
static double hand_wants(const Plugin *plugin, unsigned k)
{
    const float at = hand_at(&plugin->hand[k]);
    if (at == shown[k].start)
        return learner_start[shown[k].parameter];
    const DsParameter *const p = &learner_specs[shown[k].spec];
    return ds_clip((double)at, p->minimum, p->maximum);
}

/* Where the learner has a parameter of this value. */
static double hand_moved(unsigned k, double value)
{
    const DsParameter *const p = &learner_specs[shown[k].spec];
    return p->normalised ? ds_unmap(p, value) : value;
}

/* Looks at the controls. Those that are turned set their parameters on their way; what was best is out of date then,
 * and least squares must not count on what it knew of them. */
static void read_hands(Plugin *plugin)
{
    const double pieces = SECONDS_OF_HAND * plugin->rate / EDGE_BLOCK;
    for (unsigned k = 0; k != SHOWN; ++k) {
        Hand *const hand = &plugin->hand[k];
        const bool is_turned = hand_is_turned(plugin, k);
        hand->seen = hand_at(hand);
        if (!is_turned)
            continue;
        hand->ramp.geometric = learner_specs[shown[k].spec].logarithmic;
        edge_ramp_jump(&hand->ramp, values(plugin)[shown[k].parameter]);
        edge_ramp_aim(&hand->ramp, hand_wants(plugin, k), plugin->is_fresh ? 1 : (uint32_t)pieces);
        ds_upkeep_part(at_work(plugin), &learner_specs[shown[k].spec]);
        plugin->best_loss = HUGE_VAL;
    }
    plugin->is_restored = false;
}

/* Moves what is on its way, by a piece. */
static void move_hands(Plugin *plugin, bool at_once)
{
    DsLearner *const learner = at_work(plugin);
    for (unsigned k = 0; k != SHOWN; ++k) {
        EdgeRamp *const ramp = &plugin->hand[k].ramp;
        if (ramp->left == 0)
            continue;
        ramp->left = at_once ? 1 : ramp->left;
        const double value = edge_ramp_next(ramp);
        learner->machine->parameters[shown[k].parameter] = value;
        learner->moved[shown[k].parameter] = hand_moved(k, value);
    }
}

/* All parameters as they start: the controls say where, and what has none is as it was exported. */
static void start_by_hand(Plugin *plugin)
{
    double start[LEARNER_PARAMETERS];
    memcpy(start, learner_start, sizeof start);
    for (unsigned k = 0; k != SHOWN; ++k) {
        plugin->hand[k].ramp.left = 0;
        start[shown[k].parameter] = hand_wants(plugin, k);
    }
    set_parameters(plugin, start);
}

/* Leaves values from which no step leads back: to the best, or, if there are none yet, to where the controls stand. */
static void recover(Plugin *plugin)
{
    ds_upkeep_restart(at_work(plugin));
    silence(plugin);
    if (plugin->best_loss < HUGE_VAL)
        set_parameters(plugin, plugin->best);
    else
        start_by_hand(plugin);
}

#endif
