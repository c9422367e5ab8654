/* SPDX-License-Identifier: ISC
 *
 * A learning plugin and its guide, which hears what is learned from and puts parameters where the gradient can find the
 * rest (unguided.h says what a guide does). For learning.c alone.
 */
#ifndef LEARNING_GUIDE_H
#define LEARNING_GUIDE_H

#include "learning_hand.h"

/* The block of a piece of audio: [channel][EDGE_BLOCK]. */
typedef double Piece[CHANNELS][EDGE_BLOCK];

/* Whether the side-chain has been heard of late. */
static bool is_side_heard(const Plugin *plugin)
{
    return (double)plugin->silent < SECONDS_OF_SILENCE * plugin->rate * CHANNELS;
}

/* What the chain learns from, and what its output is held against. */
typedef struct {
    double (*heard)[EDGE_BLOCK];
    double (*wanted)[EDGE_BLOCK];
    double (*reference)[EDGE_BLOCK];
    bool is_side; /* the side-chain is heard in place of the input */
} Lesson;

/* Input and target; where the input is its own target, the input alone, or, as long as it is heard, the side-chain. */
static Lesson take_lesson(const Plugin *plugin, Piece in, Piece target)
{
    if (!GUIDE_TARGETS_INPUT)
        return (Lesson){in, target, target, false};
    if (is_side_heard(plugin))
        return (Lesson){target, target, in, true};
    return (Lesson){in, in, in, false};
}

static void tell_guide(Plugin *plugin, uint32_t frames, Lesson lesson)
{
    for (uint32_t n = 0; n < frames; ++n) {
        const double first_and_last[] = {lesson.heard[0][n], lesson.heard[CHANNELS - 1][n]};
        double input = 0.0, target = 0.0;
        for (unsigned c = 0; c < CHANNELS; ++c) {
            input += lesson.heard[c][n];
            target += lesson.wanted[c][n];
        }
        guide_hear(&plugin->guide, first_and_last, input, target);
    }
}

/* The guide's turn, a little of it, when EDGE_BLOCK frames are whole. */
static void be_guided(Plugin *plugin)
{
    double all[LEARNER_PARAMETERS];
    if (plugin->phase != 0)
        return;
    guide_step(&plugin->guide);
    memcpy(all, values(plugin), sizeof all);
    if (plugin->learns && guide_corrects(&plugin->guide, all))
        set_parameters(plugin, all);
}

#endif
