/* SPDX-License-Identifier: ISC
 *
 * A chain that learns as an LV2 plugin: it hears an input and, on a side-chain, what should become of it. config.h
 * says which plugin this is, learner.c is the chain. Nothing in run allocates, locks or waits.
 */
#include "config.h"
#include "edge.h"
#include "learner.c"
#include "learning_guide.h"

#include <stdlib.h>

/* The chain as its controls say, and an optimizer that knows nothing. */
static void start_over(Plugin *plugin)
{
    ds_upkeep_restart(at_work(plugin));
    silence(plugin);
    start_by_hand(plugin);
    plugin->best_loss = HUGE_VAL;
    meter_clear(&plugin->meter_of_loss);
    guide_reset(&plugin->guide);
}

/* Silence; what was learned stays. */
static void activate(Lv2Handle handle)
{
    Plugin *const plugin = handle;
    silence(plugin);
    player_reset(&plugin->player);
    memset(plugin->input, 0, sizeof plugin->input);
    memset(plugin->dry, 0, sizeof plugin->dry);
    memset(plugin->target, 0, sizeof plugin->target);
    meter_clear(&plugin->meter_of_loss);
    guide_reset(&plugin->guide);
    plugin->silent = UINT32_MAX;
    plugin->phase = 0;
    plugin->learns = false;
    plugin->is_fresh = true;
}

static Lv2Handle instantiate(const Lv2Descriptor *descriptor, double rate, const char *bundle,
                             const Lv2Feature *const *features)
{
    (void)descriptor;
    (void)bundle;
    Plugin *const plugin = rate > 0.0 && isfinite(rate) ? calloc(1, sizeof *plugin) : NULL;
    if (!plugin)
        return NULL;
    plugin->rate = rate;
    for (const Lv2Feature *const *f = features; f && *f; ++f)
        if (strcmp((*f)->uri, LV2_ABI_URID_MAP) == 0)
            plugin->map = (*f)->data;
    learner_init(&plugin->learner, &learner_settings);
#if LEARNER_HAS_OTHER
    other_init(&plugin->other, &learner_settings);
#endif
    player_init(&plugin->player);
    guide_init(&plugin->guide, rate);
    for (unsigned k = 0; k != SHOWN; ++k)
        plugin->hand[k].seen = shown[k].start;
    choose(plugin, LEARNER_USUAL);
    plugin->was_reset = true; /* what is on from the start is not turned on */
    start_over(plugin);
    activate(plugin);
    return plugin;
}

static void connect_port(Lv2Handle handle, uint32_t port, void *data)
{
    Plugin *const plugin = handle;
    if (port < PORT_OUTPUT)
        plugin->audio[port] = data;
    else if (port < PORT_CONTROL)
        plugin->output[port - PORT_OUTPUT] = data;
    else if (port < LOSS)
        plugin->control[port - PORT_CONTROL] = data;
    else if (port == LOSS)
        plugin->loss = data;
    else if (port == CONVERGED)
        plugin->converged = data;
    else if (port == LATENCY)
        plugin->latency = data;
    else if (port < PORT_HAND)
        plugin->meter[port - METER] = data;
    else if (port < PORT_HAND + SHOWN)
        plugin->hand[port - PORT_HAND].control = data;
    else if (port >= PORT_ERROR && port < PORT_ERROR + CHANNELS)
        plugin->error[port - PORT_ERROR] = data;
}

/* Aims a ramp, or puts it there at the first run. */
static void aim(const Plugin *plugin, EdgeRamp *ramp, double goal)
{
    if (plugin->is_fresh)
        edge_ramp_jump(ramp, goal);
    else
        edge_ramp_aim(ramp, goal, (uint32_t)(SECONDS_OF_FADE * plugin->rate));
}

static void read_controls(Plugin *plugin)
{
    const unsigned choice = chosen(turned(plugin, OPTIMIZER), LEARNER_CHOICES, plugin->choice);
    if (choice != plugin->choice)
        choose(plugin, choice);
    set_rate(plugin, (double)turned(plugin, RATE));
    read_hands(plugin);
    const bool resets = turned(plugin, RESET) > 0.5f;
    if (resets && !plugin->was_reset)
        start_over(plugin);
    plugin->was_reset = resets;
    aim(plugin, &plugin->wet, turned(plugin, ENABLED) > 0.0f ? 1.0 : 0.0);
    aim(plugin, &plugin->amount, (double)turned(plugin, AMOUNT) / 100.0);
    const unsigned selected = chosen(turned(plugin, SELECT), SELECTIONS, (unsigned)control_defaults[SELECT]);
    for (unsigned k = 0; k < SELECTIONS; ++k)
        aim(plugin, &plugin->select[k], k == selected ? 1.0 : 0.0);
}

static void read_piece(Plugin *plugin, uint32_t from, uint32_t frames, Piece dry, Piece in, Piece target)
{
    for (unsigned c = 0; c < CHANNELS; ++c)
        for (uint32_t n = 0; n < frames; ++n) {
            const double x = edge_in(plugin->audio[c][from + n]);
            const double t = edge_in(plugin->audio[CHANNELS + c][from + n]);
            dry[c][n] = late(plugin->dry[c].sample, &plugin->dry[c].at, LEARNER_LATENCY, x);
            in[c][n] = late(plugin->input[c].sample, &plugin->input[c].at, LEARNER_INPUT_DELAY, x);
            target[c][n] = late(plugin->target[c].sample, &plugin->target[c].at, LEARNER_LATENCY, t);
            plugin->silent = fabs(t) > SILENCE ? 0 : plugin->silent < UINT32_MAX ? plugin->silent + 1 : UINT32_MAX;
        }
}

/* Whether this piece is learned from: it is wanted, the guide agrees, and the target has been heard of late. A learner
 * that was not running, or that heard something else, starts from silence. */
static bool begins_to_learn(Plugin *plugin, bool is_from_side)
{
    const bool has_target = GUIDE_TARGETS_INPUT || is_side_heard(plugin);
    const bool learns = turned(plugin, LEARN) > 0.5f && has_target && guide_lets_learn(&plugin->guide);
    if (learns && !(plugin->learns && plugin->is_from_side == is_from_side))
        silence(plugin);
    plugin->learns = learns;
    plugin->is_from_side = is_from_side;
    return learns;
}

/* The chain with values that stand still within the piece: what was learned up to it, or the best of it. */
static void play(Plugin *plugin, uint32_t frames, Piece in, Piece out)
{
    const bool holds = turned(plugin, HOLD_BEST) > 0.5f && plugin->best_loss < HUGE_VAL;
    const DsAudio audio = {in[0], NULL, out[0], EDGE_BLOCK, frames};
    if (plugin->phase == 0 || !plugin->learns)
        memcpy(plugin->player.parameters, holds ? plugin->best : values(plugin),
               LEARNER_SCALARS * sizeof *plugin->best);
    player_process(&plugin->player, &audio, NULL);
    for (unsigned c = 0; c < CHANNELS; ++c)
        if (edge_is_lost(out[c], frames)) {
            player_reset(&plugin->player);
            memset(out, 0, sizeof(Piece));
            return;
        }
}

/* Learns a piece; what it makes on the way is mixed into `out`, which holds what was played. Answers whether all of it
 * is of use. */
static bool learn(Plugin *plugin, uint32_t frames, Lesson lesson, Piece made, Piece out)
{
    size_t done = 0;
    const DsAudio audio = {lesson.heard[0], lesson.wanted[0], made[0], EDGE_BLOCK, frames};
    bool is_lost = learn_audio(plugin, &audio, &done) != DS_OK || done < frames;
    for (unsigned c = 0; c < CHANNELS && !is_lost; ++c)
        is_lost = edge_is_lost(made[c], frames);
    if (is_lost) {
        recover(plugin);
        return false;
    }
    if (lesson.is_side)
        edge_ramp_jump(&plugin->live, 0.0);
    else
        aim(plugin, &plugin->live, turned(plugin, HOLD_BEST) > 0.5f ? 0.0 : 1.0);
    for (uint32_t n = 0; n < frames; ++n) {
        const double share = edge_ramp_next(&plugin->live);
        for (unsigned c = 0; c < CHANNELS; ++c)
            out[c][n] = edge_mix(out[c][n], made[c][n], share);
    }
    return true;
}

static void measure(Plugin *plugin, uint32_t frames, Piece out, Piece target)
{
    Meter *const m = &plugin->meter_of_loss;
    for (unsigned c = 0; c < CHANNELS; ++c)
        meter_add(m, out[c], target[c], frames);
    m->frames += frames;
    if (m->frames < SECONDS_OF_SEGMENT * plugin->rate)
        return;
    if (meter_end_segment(m) && plugin->learns && m->decibels < plugin->best_loss) {
        plugin->best_loss = m->decibels;
        memcpy(plugin->best, values(plugin), LEARNER_SCALARS * sizeof *plugin->best);
    }
}

static void write_piece(Plugin *plugin, uint32_t from, uint32_t frames, Piece dry, Piece learned, Piece target)
{
    for (uint32_t n = 0; n < frames; ++n) {
        const double amount = edge_ramp_next(&plugin->amount), wet = edge_ramp_next(&plugin->wet);
        double share[SELECTIONS];
        for (unsigned k = 0; k < SELECTIONS; ++k)
            share[k] = edge_ramp_next(&plugin->select[k]);
        for (unsigned c = 0; c < CHANNELS; ++c) {
            const double mixed = edge_mix(dry[c][n], learned[c][n], amount);
            const double error = target[c][n] - learned[c][n];
            const double chosen = share[SELECT_LEARNED] * mixed + share[SELECT_TARGET] * target[c][n] +
                                  share[SELECT_ERROR] * error;
            plugin->output[c][from + n] = edge_out(edge_mix(dry[c][n], chosen, wet));
        }
    }
}

static void write_error(const Plugin *plugin, uint32_t from, uint32_t frames, Piece learned, Piece target)
{
    for (unsigned c = 0; c < CHANNELS; ++c)
        for (uint32_t n = 0; plugin->error[c] && n < frames; ++n)
            plugin->error[c][from + n] = edge_out(target[c][n] - learned[c][n]);
}

static void run_piece(Plugin *plugin, uint32_t from, uint32_t frames)
{
    Piece dry, in, target, made, out;
    read_piece(plugin, from, frames, dry, in, target);
    const Lesson lesson = take_lesson(plugin, in, target);
    tell_guide(plugin, frames, lesson);
    const bool learns = begins_to_learn(plugin, lesson.is_side);
    if (plugin->phase == 0 || learns)
        move_hands(plugin, learns);
    play(plugin, frames, in, out);
    if (learns && learn(plugin, frames, lesson, made, out)) {
        measure(plugin, frames, made, lesson.wanted); /* not what is heard: that may be the best so far, held */
    } else {
        edge_ramp_jump(&plugin->live, 0.0);
        measure(plugin, frames, out, lesson.reference);
    }
    write_piece(plugin, from, frames, dry, out, lesson.reference);
    write_error(plugin, from, frames, out, lesson.reference);
    plugin->phase = (plugin->phase + frames) % EDGE_BLOCK;
    be_guided(plugin);
    plugin->is_fresh = false;
}

static void write_meters(Plugin *plugin)
{
    const bool holds = turned(plugin, HOLD_BEST) > 0.5f && plugin->best_loss < HUGE_VAL;
    if (plugin->loss)
        *plugin->loss = (float)(holds ? plugin->best_loss : plugin->meter_of_loss.decibels);
    if (plugin->converged)
        *plugin->converged = plugin->meter_of_loss.converged ? 1.0f : 0.0f;
    if (plugin->latency)
        *plugin->latency = (float)LEARNER_LATENCY;
    for (unsigned k = 0; k != SHOWN; ++k)
        if (plugin->meter[k])
            *plugin->meter[k] = (float)(holds ? plugin->best : values(plugin))[shown[k].parameter];
}

EDGE_REALTIME static void run(Lv2Handle handle, uint32_t frames)
{
    Plugin *const plugin = handle;
    const EdgeMode before = edge_begin();
    if (frames > 0)
        read_controls(plugin);
    for (uint32_t from = 0, count; from < frames; from += count) {
        count = EDGE_BLOCK - plugin->phase;
        count = count < frames - from ? count : frames - from;
        run_piece(plugin, from, count);
    }
    write_meters(plugin);
    edge_end(before);
}

static void cleanup(Lv2Handle handle)
{
    free(handle);
}

#include "learning_state.h"

static const void *extension_data(const char *uri)
{
    static const Lv2State state = {save, restore};
    return strcmp(uri, LV2_ABI_STATE) == 0 ? &state : NULL;
}

const Lv2Descriptor *lv2_descriptor(uint32_t index)
{
    static const Lv2Descriptor descriptor = {
        PLUGIN_URI, instantiate, connect_port, activate, run, NULL, cleanup, extension_data,
    };
    return index == 0 ? &descriptor : NULL;
}
