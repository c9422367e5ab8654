/* SPDX-License-Identifier: ISC
 *
 * Several learners of one program in one pass: a printed learner in which a vector stands for every number, one lane
 * for each learner (pyhost/native/lanes.py). A lane goes through the very operations that its learner would go
 * through alone, in their order, so it has the same bits.
 *
 * The learners are those that the program's own file makes. Before a block their states are gathered into one of
 * vectors, word by word; behind it they are scattered again. Lanes to which no learner belongs repeat the first one's.
 */
#ifndef DS_PRINTED_LANES_H
#define DS_PRINTED_LANES_H

#include "ds_strict.h" /* first */

#include "ds_lanes_primitives.h"

enum { DS_CHUNK = 8, DS_AHEAD = 128 };

/* Some samples of every learner. Recordings tend to lie at equal places of their pages, where the lines of so many do
 * not stay in the processor's nearest cache together: each is read whole, and asked for DS_AHEAD samples before. */
typedef struct {
    double input[DS_LANES][DS_CHUNK];
    double target[DS_LANES][DS_CHUNK];
} DsHeard;

/* The items of the printed loop: sample n of every learner. */
#define DS_INPUT(l) heard.input[l][n % DS_CHUNK]
#define DS_TARGET(l) heard.target[l][n % DS_CHUNK]

/* Hears the samples from n on, as many as there are. */
DS_INLINE void ds_lanes_hear(DsHeard *heard, const DsAudio *audio, size_t n)
{
    const size_t left = audio->frames - n, count = left < DS_CHUNK ? left : DS_CHUNK;
    const size_t ahead = n + (left > DS_AHEAD ? DS_AHEAD : 0);
    for (size_t l = 0; l < DS_LANES; ++l) {
        __builtin_prefetch(audio[l].input + ahead);
        __builtin_prefetch(audio[l].target + ahead);
        if (DS_LIKELY(count == DS_CHUNK)) {
            memcpy(heard->input[l], audio[l].input + n, sizeof heard->input[l]);
            memcpy(heard->target[l], audio[l].target + n, sizeof heard->target[l]);
            continue;
        }
        memcpy(heard->input[l], audio[l].input + n, count * sizeof(double));
        memcpy(heard->target[l], audio[l].target + n, count * sizeof(double));
    }
}

/* A position, the same in all lanes: learners in one pass are in step. */
typedef size_t DsPlaceLanes[DS_LANES];

_Static_assert(sizeof(DsPlaceLanes) == sizeof(DsLanes), "a state is gathered in words of the size of a double");

/* A position in all lanes. */
DS_INLINE void ds_lanes_place(size_t *places, size_t place)
{
    for (size_t l = 0; l < DS_LANES; ++l)
        places[l] = place;
}

/* Gathers the words of the states from byte `from` on, `words` of them, into vectors. */
static inline void ds_lanes_gather(void *lanes, void *const *states, size_t from, size_t words)
{
    for (size_t w = 0; w < words; ++w)
        for (size_t l = 0; l < DS_LANES; ++l)
            memcpy((unsigned char *)lanes + 8 * (w * DS_LANES + l), (unsigned char *)states[l] + from + 8 * w, 8);
}

/* Scatters them again to the first `count` states. */
static inline void ds_lanes_scatter(const void *lanes, void *const *states, size_t count, size_t from, size_t words)
{
    for (size_t w = 0; w < words; ++w)
        for (size_t l = 0; l < count; ++l)
            memcpy((unsigned char *)states[l] + from + 8 * w, (const unsigned char *)lanes + 8 * (w * DS_LANES + l), 8);
}

/* The sums of the losses of the learners at the start of the states. */
DS_INLINE DsLanes ds_lanes_loss_sums(void *const *states)
{
    DsLanes sums;
    for (size_t l = 0; l < DS_LANES; ++l)
        sums[l] = ((const DsLearner *)states[l])->loss_sum;
    return sums;
}

/* Takes in the learners down how far they are: `samples` further on, the parameters added `means` times to their
 * means, the last time `since_mean` samples ago. */
static inline void ds_lanes_advance(void *const *states, size_t count, DsLanes loss_sums, size_t samples,
                                    uint64_t means, uint64_t since_mean)
{
    for (size_t l = 0; l < count; ++l) {
        DsLearner *const learner = states[l];
        learner->loss_sum = loss_sums[l];
        learner->samples += samples;
        learner->mean_count += means;
        learner->since_mean = since_mean;
    }
}

/* Takes down where the windows of the learners are. */
static inline void ds_lanes_move_window(void *const *states, size_t count, size_t position)
{
    for (size_t l = 0; l < count; ++l)
        ((DsLearner *)states[l])->window.position = position;
}

/* Writes down a sample of each learner. */
static inline void ds_lanes_record(const DsRecord *records, size_t count, size_t row, DsLanes loss,
                                   const DsLanes *gradient, const DsLanes *used, size_t parameters)
{
    for (size_t l = 0; l < count; ++l) {
        const DsRecord *const record = &records[l];
        if (record->loss)
            record->loss[row] = loss[l];
        for (size_t k = 0; record->gradient && k < parameters; ++k)
            record->gradient[row * parameters + k] = gradient[k][l];
        for (size_t k = 0; record->parameters && k < parameters; ++k)
            record->parameters[row * parameters + k] = used[k][l];
    }
}

#endif
