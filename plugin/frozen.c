/* SPDX-License-Identifier: ISC
 *
 * A learned chain as an LV2 plugin: its parameters are controls. config.h says which plugin this is, learned.c is the
 * chain. Nothing in run allocates, locks or waits.
 */
#include "config.h"
#include "edge.h"
#include "learned.c"
#include "lv2_abi.h"

#include <stdlib.h>

enum {
    PORT_INPUT = 0,
    PORT_OUTPUT = PORT_INPUT + CHANNELS,
    PORT_ENABLED = PORT_OUTPUT + CHANNELS,
    PORT_CONTROL = PORT_ENABLED + 1,
    PORT_LATENCY = PORT_CONTROL + CONTROLS, /* only if there is one */
    DRY = LEARNED_LATENCY > 0 ? LEARNED_LATENCY : 1
};

#define SECONDS_OF_CONTROL 0.02
#define SECONDS_OF_BYPASS 0.01

/* Everything that run touches. */
typedef struct {
    const float *input[CHANNELS];
    float *output[CHANNELS];
    const float *enabled;
    const float *control[CONTROLS + 1];
    float *latency;
    double rate;
    learned chain[CHANNELS];
    double dry[CHANNELS][DRY]; /* the input, as late as the chain is */
    uint32_t dry_at;
    EdgeRamp value[CONTROLS + 1];
    EdgeRamp wet;
    uint32_t phase; /* frames since controls last moved */
} Plugin;

/* What a control asks for: what was learned to the bit where it stands at its default. */
static double wanted(const Plugin *plugin, uint32_t k)
{
    const float turned = plugin->control[k] ? *plugin->control[k] : controls[k].value;
    const learned_Parameter *const p = &learned_parameters[controls[k].parameter];
    if (turned == controls[k].value || !isfinite(turned))
        return p->value;
    const double value = (double)turned;
    return value < p->minimum ? p->minimum : value > p->maximum ? p->maximum : value;
}

static double wanted_wet(const Plugin *plugin)
{
    return plugin->enabled && !(*plugin->enabled > 0.0f) ? 0.0 : 1.0;
}

/* Silence; controls are where they stand at the first run. */
static void activate(Lv2Handle handle)
{
    Plugin *const plugin = handle;
    for (uint32_t c = 0; c < CHANNELS; ++c)
        learned_reset(&plugin->chain[c]);
    memset(plugin->dry, 0, sizeof plugin->dry);
    plugin->dry_at = 0;
    plugin->phase = UINT32_MAX;
}

static Lv2Handle instantiate(const Lv2Descriptor *descriptor, double rate, const char *bundle,
                             const Lv2Feature *const *features)
{
    (void)descriptor;
    (void)bundle;
    (void)features;
    Plugin *const plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return NULL;
    plugin->rate = rate;
    for (uint32_t c = 0; c < CHANNELS; ++c)
        if (!learned_init(&plugin->chain[c], rate)) {
            free(plugin);
            return NULL;
        }
    activate(plugin);
    return plugin;
}

static void connect_port(Lv2Handle handle, uint32_t port, void *data)
{
    Plugin *const plugin = handle;
    if (port < PORT_OUTPUT)
        plugin->input[port - PORT_INPUT] = data;
    else if (port < PORT_ENABLED)
        plugin->output[port - PORT_OUTPUT] = data;
    else if (port == PORT_ENABLED)
        plugin->enabled = data;
    else if (port < PORT_LATENCY)
        plugin->control[port - PORT_CONTROL] = data;
    else if (port == PORT_LATENCY)
        plugin->latency = data;
}

static void set_controls(Plugin *plugin)
{
    for (uint32_t k = 0; k != CONTROLS; ++k) {
        const double value = edge_ramp_next(&plugin->value[k]);
        for (uint32_t c = 0; c < CHANNELS; ++c)
            learned_set(&plugin->chain[c], controls[k].parameter, value);
    }
}

static void aim(Plugin *plugin)
{
    if (plugin->phase == UINT32_MAX) {
        for (uint32_t k = 0; k != CONTROLS; ++k) {
            plugin->value[k].geometric = learned_parameters[controls[k].parameter].logarithmic;
            edge_ramp_jump(&plugin->value[k], wanted(plugin, k));
        }
        edge_ramp_jump(&plugin->wet, wanted_wet(plugin));
        plugin->phase = 0;
    }
    for (uint32_t k = 0; k != CONTROLS; ++k)
        edge_ramp_aim(&plugin->value[k], wanted(plugin, k), (uint32_t)(SECONDS_OF_CONTROL * plugin->rate / EDGE_BLOCK));
    edge_ramp_aim(&plugin->wet, wanted_wet(plugin), (uint32_t)(SECONDS_OF_BYPASS * plugin->rate));
}

/* A sample, LEARNED_LATENCY samples later. */
static double late(Plugin *plugin, uint32_t channel, uint32_t at, double x)
{
    if (LEARNED_LATENCY == 0)
        return x;
    const double before = plugin->dry[channel][at];
    plugin->dry[channel][at] = x;
    return before;
}

/* A piece of at most EDGE_BLOCK frames. All inputs are read before an output is written: they may share memory. */
static void run_piece(Plugin *plugin, uint32_t from, uint32_t frames)
{
    double dry[CHANNELS][EDGE_BLOCK] = {{0.0}}, wet[CHANNELS][EDGE_BLOCK] = {{0.0}};
    for (uint32_t c = 0; c < CHANNELS; ++c) {
        for (uint32_t n = 0; n < frames; ++n)
            wet[c][n] = edge_in(plugin->input[c][from + n]);
        for (uint32_t n = 0; n < frames; ++n)
            dry[c][n] = late(plugin, c, (plugin->dry_at + n) % DRY, wet[c][n]);
        learned_process(&plugin->chain[c], wet[c], wet[c], frames);
        if (edge_is_lost(wet[c], frames)) {
            learned_reset(&plugin->chain[c]);
            memset(wet[c], 0, sizeof wet[c]);
        }
    }
    for (uint32_t n = 0; n < frames; ++n) {
        const double share = edge_ramp_next(&plugin->wet);
        for (uint32_t c = 0; c < CHANNELS; ++c)
            plugin->output[c][from + n] = edge_out(edge_mix(dry[c][n], wet[c][n], share));
    }
    plugin->dry_at = (plugin->dry_at + frames) % DRY;
}

EDGE_REALTIME static void run(Lv2Handle handle, uint32_t frames)
{
    Plugin *const plugin = handle;
    if (plugin->latency)
        *plugin->latency = (float)LEARNED_LATENCY;
    if (frames == 0)
        return;
    const EdgeMode before = edge_begin();
    aim(plugin);
    for (uint32_t from = 0, count; from < frames; from += count) {
        if (plugin->phase == 0)
            set_controls(plugin);
        count = EDGE_BLOCK - plugin->phase;
        count = count < frames - from ? count : frames - from;
        run_piece(plugin, from, count);
        plugin->phase = (plugin->phase + count) % EDGE_BLOCK;
    }
    edge_end(before);
}

static void cleanup(Lv2Handle handle)
{
    free(handle);
}

static const void *extension_data(const char *uri)
{
    (void)uri;
    return NULL;
}

const Lv2Descriptor *lv2_descriptor(uint32_t index)
{
    static const Lv2Descriptor descriptor = {
        PLUGIN_URI, instantiate, connect_port, activate, run, NULL, cleanup, extension_data,
    };
    return index == 0 ? &descriptor : NULL;
}
