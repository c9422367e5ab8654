/* SPDX-License-Identifier: ISC
 *
 * The inside of an interpreter: everything the per-sample code touches, in one struct. Inside the core only.
 */
#ifndef DS_MACHINE_H
#define DS_MACHINE_H

#include "ds_variant.h"

/* Where an input signal enters: lane 0 of signal `signal` goes to out[0]. */
typedef struct {
    double *out;
    size_t signal;
} DsFeed;

/* `count` doubles that start as `value`. */
typedef struct {
    double *at;
    size_t count;
    double value;
} DsInitial;

struct DsInterpreter {
    const DsStep *once;   /* at reset: what never changes; right behind it .. */
    const DsStep *steps;  /* .. the steps of a sample, in order: first those that change with the parameters alone, .. */
    const DsStep *moving; /* .. then those that change with every sample */
    const DsStep *steps_end;
    const DsStep *latches; /* at its end: what the MEMORYs keep */
    const DsStep *latches_end;
    const DsFeed *feeds;
    const DsFeed *feeds_end;
    const double *output; /* [lanes] */
    const double *output_rows;
    const DsRun *output_runs; /* the parameters of the rows, in order */
    const DsRun *output_runs_end;
    size_t output_row_count;
    size_t lanes;
    double *parameters; /* [P] */
    size_t parameter_count;
    const DsVariant *variant;
    const DsInitial *initials;
    const DsInitial *initials_end;
    void *state; /* registers, lines, positions: what reset clears */
    size_t state_bytes;
};

/* Where the steps of a sample begin, for a block within which the parameters move or stand still: then what depends on
 * them alone is computed here, once. */
DS_INLINE const DsStep *ds_machine_begin(const DsInterpreter *machine, bool parameters_move)
{
    if (parameters_move)
        return machine->steps;
    for (const DsStep *s = machine->steps; s < machine->moving; ++s)
        s->run(s);
    return machine->moving;
}

/* One sample: frame n of the audio goes in, the output stands at machine->output. */
DS_INLINE void ds_machine_run(const DsInterpreter *machine, const DsStep *first, const DsAudio *audio, size_t n)
{
    for (const DsFeed *f = machine->feeds; f < machine->feeds_end; ++f)
        for (size_t l = 0; l < machine->lanes; ++l)
            f->out[l] = audio->input[(f->signal + l) * audio->stride + n];
    for (const DsStep *s = first; s < machine->steps_end; ++s)
        s->run(s);
}

/* The end of a sample: to be called when its output has been used. */
DS_INLINE void ds_machine_latch(const DsInterpreter *machine)
{
    for (const DsStep *s = machine->latches; s < machine->latches_end; ++s)
        s->run(s);
}

#endif
