/* SPDX-License-Identifier: ISC
 *
 * Binding an instruction of a checked program to memory. Inside the core only.
 */
#ifndef DS_BIND_H
#define DS_BIND_H

#include "ds_arena.h"
#include "ds_machine.h"

/* Where a register was put. */
typedef struct {
    double *value;
    double *rows;
} DsPlace;

typedef struct {
    const DsProgram *program;
    const DsVariant *variant;
    DsArena plan;    /* what stays: steps, segments, tables, parameters */
    DsArena state;   /* what reset clears: registers, lines, positions */
    DsPlace *places; /* by register; NULL while measuring */
    double *scratch; /* [2][widest] */
    size_t widest;   /* most elements of a register */
} DsBinding;

/* The step of instruction `at`, which is neither CONSTANT, INPUT nor PARAMETER: those have none. Takes what it
 * needs from the arenas. */
DsStep ds_bind_step(DsBinding *binding, uint32_t at);

#endif
