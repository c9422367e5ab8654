/* SPDX-License-Identifier: ISC
 *
 * The interpreter: runs a program over audio, sample by sample, values and partials.
 *
 * Use: ds_interpreter_size, memory of that many bytes from the caller, ds_interpreter_init, then
 * ds_interpreter_process for block after block. The result does not depend on where the blocks are cut.
 * One thread at a time; nothing is allocated, locked or printed after init.
 */
#ifndef DS_INTERPRETER_H
#define DS_INTERPRETER_H

#include "ds_attributes.h"
#include "ds_program.h"

typedef struct DsInterpreter DsInterpreter;

enum { DS_ALIGNMENT = 64 };

/* One block of audio, each signal `stride` doubles after the one before. Input i of lane l is signal
 * i * lanes + l. `target` is read by learners only, `output` is written if it is not NULL. */
typedef struct {
    const double *input;  /* [inputs * lanes][stride] */
    const double *target; /* [lanes][stride] */
    double *output;       /* [lanes][stride]; may not overlap the others */
    size_t stride;
    size_t frames; /* <= stride */
} DsAudio;

/* Checks the program and tells the bytes that an interpreter of it needs. */
DsStatus ds_interpreter_size(const DsProgram *program, size_t *bytes);

/* Builds an interpreter in caller's memory, aligned to DS_ALIGNMENT, of at least ds_interpreter_size bytes.
 * The program is copied: it may go. The memory belongs to the interpreter until the caller drops both. */
DsStatus ds_interpreter_init(const DsProgram *program, void *memory, size_t bytes, DsInterpreter **interpreter);

/* Back to silence: all memories and delay lines as after init; the parameters stay. [real-time] */
void ds_interpreter_reset(DsInterpreter *interpreter) DS_REALTIME;

/* The P parameter values, to read and to write between two blocks. Borrowed. */
double *ds_interpreter_parameters(DsInterpreter *interpreter) DS_REALTIME;

/* Runs a block. If partials is not NULL it takes d output / d parameter, 0 where a parameter does not reach the
 * output: [parameters][lanes][stride]. [real-time] */
void ds_interpreter_process(DsInterpreter *interpreter, const DsAudio *audio, double *partials) DS_REALTIME;

/* The name of the variant of the per-sample code that is in use: portable, v3 or v4; static memory. */
const char *ds_interpreter_variant(const DsInterpreter *interpreter);

#endif
