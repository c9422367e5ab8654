/* SPDX-License-Identifier: ISC
 *
 * The ports of a learning plugin, and everything that its run touches. For learning.c alone, after config.h and
 * learner.c.
 */
#ifndef LEARNING_PLUGIN_H
#define LEARNING_PLUGIN_H

#include "edge.h"
#include "learning_meter.h"
#include "lv2_abi.h"

#include GUIDE

enum { CHANNELS = LEARNER_LANES };

/* The ports, in their order; the audio ports of all channels, then the controls. */
enum {
    PORT_INPUT = 0,
    PORT_TARGET = PORT_INPUT + CHANNELS,
    PORT_OUTPUT = PORT_TARGET + CHANNELS,
    PORT_CONTROL = PORT_OUTPUT + CHANNELS
};
enum { ENABLED, LEARN, RESET, HOLD_BEST, RATE, AMOUNT, SELECT, OPTIMIZER, CONTROLS };
enum { LOSS = PORT_CONTROL + CONTROLS, CONVERGED, LATENCY, METER, PORT_HAND = METER + SHOWN };
/* Outputs that no LV2 host sees, for wrappers of other formats: target - learned, whatever Output says. */
enum { PORT_ERROR = 1 << 16 };
enum { SELECT_LEARNED, SELECT_TARGET, SELECT_ERROR, SELECTIONS };

#define SECONDS_OF_FADE 0.01
#define SECONDS_OF_SEGMENT 0.1 /* over which the loss is taken */
#define SECONDS_OF_SILENCE 1.0 /* of the target, after which nothing is learned */

/* Samples that come out `length` samples later; 0: at once. */
static double late(double *line, uint32_t *at, uint32_t length, double x)
{
    if (length == 0)
        return x;
    const double before = line[*at];
    line[*at] = x;
    *at = *at + 1 < length ? *at + 1 : 0;
    return before;
}

typedef struct {
    double sample[LEARNER_INPUT_DELAY + 1];
    uint32_t at;
} InputLine;

typedef struct {
    double sample[LEARNER_LATENCY + 1];
    uint32_t at;
} LatencyLine;

/* The control of a parameter. */
typedef struct {
    const float *control;
    float seen;    /* where it stood when it was last looked at */
    EdgeRamp ramp; /* of its parameter, in steps of EDGE_BLOCK frames */
} Hand;

/* Everything that run touches. */
typedef struct {
    const float *audio[2 * CHANNELS]; /* inputs, then targets */
    float *output[CHANNELS];
    float *error[CHANNELS];
    const float *control[CONTROLS];
    float *loss;
    float *converged;
    float *latency;
    float *meter[SHOWN + 1];
    Hand hand[SHOWN + 1];
    double rate;
    learner_State learner;
#if LEARNER_HAS_OTHER
    other_State other;
#endif
    player_State player;
    double best[LEARNER_SCALARS + 1];
    double best_loss; /* dB; HUGE_VAL: there is none */
    InputLine input[CHANNELS];
    LatencyLine dry[CHANNELS], target[CHANNELS];
    EdgeRamp wet, amount, live, select[SELECTIONS];
    Meter meter_of_loss;
    Guide guide;
    uint32_t silent; /* frames since the target was last heard */
    uint32_t phase;  /* frames since parameters last moved by hand */
    unsigned choice; /* of the optimizers */
    bool learns;
    bool is_from_side; /* what it learns from */
    bool was_reset;
    bool is_fresh;    /* the next run is the first one */
    bool is_restored; /* from a session, whose controls may have been turned before the parameters were learned */
    Lv2Map *map;
} Plugin;

/* Where a control stands, or its default if that is no number. */
static float turned(const Plugin *plugin, unsigned control)
{
    const float value = plugin->control[control] ? *plugin->control[control] : control_defaults[control];
    return isfinite(value) ? value : control_defaults[control];
}

/* One of `count`, as a control says; `otherwise` if there is no such one. */
static unsigned chosen(float value, unsigned count, unsigned otherwise)
{
    return value > -0.5f && value < (float)count - 0.5f ? (unsigned)lrintf(value) : otherwise;
}

#endif
