/* SPDX-License-Identifier: ISC
 *
 * A chain that learns as an LV2 plugin: it hears an input and, on a side-chain, what should become of it. config.h
 * says which plugin this is, learner.c is the chain. Nothing in run allocates, locks or waits.
 */
#include "config.h"
#include "edge.h"
#include "learner.c"
#include "learning_plugin.h"

#include <stdlib.h>

static float turned(const Plugin *plugin, unsigned control)
{
    const float value = plugin->control[control] ? *plugin->control[control] : control_defaults[control];
    return isfinite(value) ? value : control_defaults[control];
}

/* Parameters, each within its bounds; the sample rate behind them is always this host's. */
static void set_parameters(Plugin *plugin, const double *values)
{
    double all[LEARNER_SCALARS + 1];
    memcpy(all, values, LEARNER_PARAMETERS * sizeof *all);
    all[LEARNER_PARAMETERS] = plugin->rate;
    learner_set_parameters(&plugin->learner, all);
}

/* The chain as it was exported, and an optimizer that knows nothing. */
static void start_over(Plugin *plugin)
{
    ds_upkeep_restart(&plugin->learner.learner);
    learner_reset(&plugin->learner);
    set_parameters(plugin, learner_start);
    plugin->best_loss = HUGE_VAL;
    meter_clear(&plugin->meter_of_loss);
}

/* Silence; what was learned stays. */
static void activate(Lv2Handle handle)
{
    Plugin *const plugin = handle;
    learner_reset(&plugin->learner);
    player_reset(&plugin->player);
    memset(plugin->input, 0, sizeof plugin->input);
    memset(plugin->dry, 0, sizeof plugin->dry);
    memset(plugin->target, 0, sizeof plugin->target);
    meter_clear(&plugin->meter_of_loss);
    plugin->silent = UINT32_MAX;
    plugin->learns = false;
    plugin->was_reset = true;
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
    player_init(&plugin->player);
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
    else if (port < METER + METERS)
        plugin->meter[port - METER] = data;
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
    const bool resets = turned(plugin, RESET) > 0.5f;
    if (resets && !plugin->was_reset)
        start_over(plugin);
    plugin->was_reset = resets;
    const double rate = (double)turned(plugin, RATE);
    plugin->learner.learner.settings.rate =
        turned(plugin, RATE) == control_defaults[RATE] ? learner_settings.rate : rate > 0.0 ? rate : 0.0;
    aim(plugin, &plugin->wet, turned(plugin, ENABLED) > 0.0f ? 1.0 : 0.0);
    aim(plugin, &plugin->amount, (double)turned(plugin, AMOUNT) / 100.0);
    for (unsigned k = 0; k < SELECTIONS; ++k)
        aim(plugin, &plugin->select[k], lrintf(turned(plugin, SELECT)) == (long)k ? 1.0 : 0.0);
}

/* The block of a piece of audio: [channel][EDGE_BLOCK]. */
typedef double Piece[CHANNELS][EDGE_BLOCK];

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

/* Whether this piece is learned from: it is wanted, and the target has been heard of late. A learner that was not
 * running starts from silence. */
static bool begins_to_learn(Plugin *plugin)
{
    const double longest = SECONDS_OF_SILENCE * plugin->rate * CHANNELS;
    const bool learns = turned(plugin, LEARN) > 0.5f && (double)plugin->silent < longest;
    if (learns && !plugin->learns)
        learner_reset(&plugin->learner);
    plugin->learns = learns;
    return learns;
}

/* The chain with values that stand still within the piece: what was learned up to it, or the best of it. */
static void play(Plugin *plugin, uint32_t frames, Piece in, Piece out)
{
    const bool holds = turned(plugin, HOLD_BEST) > 0.5f && plugin->best_loss < HUGE_VAL;
    const DsAudio audio = {in[0], NULL, out[0], EDGE_BLOCK, frames};
    memcpy(plugin->player.parameters, holds ? plugin->best : plugin->learner.parameters,
           LEARNER_SCALARS * sizeof *plugin->best);
    player_process(&plugin->player, &audio, NULL);
    for (unsigned c = 0; c < CHANNELS; ++c)
        if (edge_is_lost(out[c], frames)) {
            player_reset(&plugin->player);
            memset(out, 0, sizeof(Piece));
            return;
        }
}

/* Learns a piece; what it puts out on the way goes to `out`, which holds what was played. */
static void learn(Plugin *plugin, uint32_t frames, Piece in, Piece target, Piece out)
{
    Piece made;
    size_t done = 0;
    const DsAudio audio = {in[0], target[0], made[0], EDGE_BLOCK, frames};
    bool is_lost = learner_learn(&plugin->learner, &audio, NULL, &done) != DS_OK || done < frames;
    for (unsigned c = 0; c < CHANNELS && !is_lost; ++c)
        is_lost = edge_is_lost(made[c], frames);
    if (is_lost) {
        learner_reset(&plugin->learner);
        if (plugin->best_loss < HUGE_VAL)
            set_parameters(plugin, plugin->best);
        edge_ramp_jump(&plugin->live, 0.0);
        return;
    }
    for (uint32_t n = 0; n < frames; ++n) {
        const double share = edge_ramp_next(&plugin->live);
        for (unsigned c = 0; c < CHANNELS; ++c)
            out[c][n] = edge_mix(out[c][n], made[c][n], share);
    }
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
        memcpy(plugin->best, plugin->learner.parameters, LEARNER_SCALARS * sizeof *plugin->best);
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

static void run_piece(Plugin *plugin, uint32_t from, uint32_t frames)
{
    Piece dry, in, target, out;
    read_piece(plugin, from, frames, dry, in, target);
    play(plugin, frames, in, out);
    if (begins_to_learn(plugin)) {
        aim(plugin, &plugin->live, turned(plugin, HOLD_BEST) > 0.5f ? 0.0 : 1.0);
        learn(plugin, frames, in, target, out);
    } else
        edge_ramp_jump(&plugin->live, 0.0);
    measure(plugin, frames, out, target);
    write_piece(plugin, from, frames, dry, out, target);
    plugin->is_fresh = false;
}

static void write_meters(const Plugin *plugin)
{
    const bool holds = turned(plugin, HOLD_BEST) > 0.5f && plugin->best_loss < HUGE_VAL;
    if (plugin->loss)
        *plugin->loss = (float)(holds ? plugin->best_loss : plugin->meter_of_loss.decibels);
    if (plugin->converged)
        *plugin->converged = plugin->meter_of_loss.converged ? 1.0f : 0.0f;
    if (plugin->latency)
        *plugin->latency = (float)LEARNER_LATENCY;
    for (unsigned k = 0; k != METERS; ++k)
        if (plugin->meter[k])
            *plugin->meter[k] = (float)(holds ? plugin->best : plugin->learner.parameters)[meters[k]];
}

EDGE_REALTIME static void run(Lv2Handle handle, uint32_t frames)
{
    Plugin *const plugin = handle;
    const EdgeMode before = edge_begin();
    if (frames > 0)
        read_controls(plugin);
    for (uint32_t from = 0; from < frames; from += EDGE_BLOCK)
        run_piece(plugin, from, frames - from < EDGE_BLOCK ? frames - from : EDGE_BLOCK);
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
