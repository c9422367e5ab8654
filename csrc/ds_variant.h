/* SPDX-License-Identifier: ISC
 *
 * The files that run per sample (ds_steps_*.c, ds_loop_*.c) are compiled several times, for processors with
 * wider and wider vectors; the best copy that this machine runs is picked once, when a program is bound. All
 * copies give the same bits: sums have a fixed order and no operation is contracted. Inside the core only.
 */
#ifndef DS_VARIANT_H
#define DS_VARIANT_H

#include "ds_interpreter.h"
#include "ds_learner.h"
#include "ds_step.h"

#ifndef DS_VARIANT_SUFFIX
#define DS_VARIANT_SUFFIX portable
#endif
#define DS_JOIN_(name, suffix) name##_##suffix
#define DS_JOIN(name, suffix) DS_JOIN_(name, suffix)
#define DS_VARIANT(name) DS_JOIN(name, DS_VARIANT_SUFFIX)

typedef struct {
    const char *name;
    /* The function that runs an opcode for a result of so many rows and elements; NULL: not one of these. */
    DsStepFunction (*element)(uint32_t opcode, size_t rows, size_t m);
    DsStepFunction (*vector)(uint32_t opcode, const DsStep *step); /* for a step bound but for this */
    DsStepFunction (*time)(uint32_t opcode, size_t rows, size_t m);
    void (*interpret)(DsInterpreter *, const DsAudio *, double *partials) DS_REALTIME;
    DsStatus (*learn)(DsLearner *, const DsAudio *, const DsRecord *, size_t *done) DS_REALTIME;
} DsVariant;

#define DS_DECLARE_VARIANT(suffix)                                                                             \
    DsStepFunction ds_pick_element_##suffix(uint32_t opcode, size_t rows, size_t m);                           \
    DsStepFunction ds_pick_vector_##suffix(uint32_t opcode, const DsStep *step);                               \
    DsStepFunction ds_pick_time_##suffix(uint32_t opcode, size_t rows, size_t m);                              \
    void ds_interpret_##suffix(DsInterpreter *, const DsAudio *, double *partials) DS_REALTIME;                \
    DsStatus ds_learn_##suffix(DsLearner *, const DsAudio *, const DsRecord *, size_t *done) DS_REALTIME;

DS_DECLARE_VARIANT(portable)
#ifdef DS_X86_VARIANTS
DS_DECLARE_VARIANT(v3)
DS_DECLARE_VARIANT(v4)
#endif

/* The best variant that this processor runs; never NULL. */
const DsVariant *ds_variant_pick(void);

#endif
