/* SPDX-License-Identifier: ISC
 *
 * What the checker and the binder need to know of registers and opcodes; inside the core only.
 */
#ifndef DS_OPERATION_H
#define DS_OPERATION_H

#include "ds_program.h"

#include <stdbool.h>

/* How an opcode treats its operands. */
typedef enum {
    DS_KIND_UNARY,
    DS_KIND_BINARY,
    DS_KIND_LOGIC,
    DS_KIND_OTHER
} DsKind;

/* The kind and the number of operands of a valid opcode. */
DsKind ds_opcode_kind(uint32_t opcode);
uint32_t ds_opcode_operands(uint32_t opcode);

/* Lanes and elements (width x lanes) that a register stores. */
static inline uint32_t ds_register_lanes(const DsProgram *program, const DsRegister *r)
{
    return r->varying ? program->lanes : 1u;
}

static inline size_t ds_register_elements(const DsProgram *program, const DsRegister *r)
{
    return (size_t)r->width * ds_register_lanes(program, r);
}

/* Rows of partials: one for every parameter of the dense runs, then one for every band. */
static inline size_t ds_register_dense_rows(const DsProgram *program, const DsRegister *r)
{
    size_t rows = 0;
    for (uint32_t i = 0; i < r->runs; ++i)
        rows += program->runs[r->run + i].count;
    return rows;
}

static inline size_t ds_register_rows(const DsProgram *program, const DsRegister *r)
{
    return ds_register_dense_rows(program, r) + r->bands;
}

static inline const DsRegister *ds_register(const DsProgram *program, uint32_t number)
{
    return &program->registers[number];
}

/* The row of a register that belongs to dense parameter p, and in *count how many rows from there on belong to
 * the parameters that follow p; DS_NONE if there is none, with the parameters until there is one in *count. */
uint32_t ds_find_row(const DsProgram *program, const DsRegister *r, uint32_t p, uint32_t *count);

/* The row of the register's band that starts at parameter `base`; DS_NONE if there is none. */
uint32_t ds_find_band(const DsProgram *program, const DsRegister *r, uint32_t base);

#endif
