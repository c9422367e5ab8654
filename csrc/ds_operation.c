/* SPDX-License-Identifier: ISC */
#include "ds_operation.h"

#define DS_COUNT(NAME, function) +1u
enum {
    DS_UNARY_END = 0u DS_UNARY_OPERATIONS(DS_COUNT),
    DS_BINARY_END = DS_UNARY_END DS_BINARY_OPERATIONS(DS_COUNT),
    DS_LOGIC_END = DS_BINARY_END DS_LOGIC_OPERATIONS(DS_COUNT)
};

DsKind ds_opcode_kind(uint32_t opcode)
{
    if (opcode < DS_UNARY_END)
        return DS_KIND_UNARY;
    if (opcode < DS_BINARY_END)
        return DS_KIND_BINARY;
    return opcode < DS_LOGIC_END ? DS_KIND_LOGIC : DS_KIND_OTHER;
}

uint32_t ds_opcode_operands(uint32_t opcode)
{
    switch (ds_opcode_kind(opcode)) {
    case DS_KIND_UNARY: return 1;
    case DS_KIND_BINARY:
    case DS_KIND_LOGIC: return 2;
    case DS_KIND_OTHER: break;
    }
    switch (opcode) {
    case DS_OP_STOP:
    case DS_OP_MEMORY:
    case DS_OP_TABLE:
    case DS_OP_BROADCAST:
    case DS_OP_INDEX:
    case DS_OP_SUM:
    case DS_OP_TAPS: return 1;
    case DS_OP_MINIMUM:
    case DS_OP_MAXIMUM:
    case DS_OP_DELAY:
    case DS_OP_DOT:
    case DS_OP_CONVOLVE: return 2;
    case DS_OP_SELECT: return 3;
    default: return 0; /* CONCATENATE names its operands elsewhere */
    }
}

const char *ds_opcode_name(uint32_t opcode)
{
#define DS_AS_NAME(NAME, function) #function,
#define DS_AS_OTHER_NAME(NAME) #NAME,
    static const char *const names[] = {DS_UNARY_OPERATIONS(DS_AS_NAME) DS_BINARY_OPERATIONS(DS_AS_NAME)
                                            DS_LOGIC_OPERATIONS(DS_AS_NAME) DS_OTHER_OPERATIONS(DS_AS_OTHER_NAME)};
    return opcode < DS_OP_COUNT ? names[opcode] : NULL;
}

uint32_t ds_find_row(const DsProgram *program, const DsRegister *r, uint32_t p, uint32_t *count)
{
    uint32_t row = 0;
    for (uint32_t i = 0; i < r->runs; ++i) {
        const DsRun run = program->runs[r->run + i];
        if (p < run.first) {
            *count = run.first - p;
            return DS_NONE;
        }
        if (p - run.first < run.count) {
            *count = run.count - (p - run.first);
            return row + (p - run.first);
        }
        row += run.count;
    }
    *count = program->parameters - p;
    return DS_NONE;
}

uint32_t ds_find_band(const DsProgram *program, const DsRegister *r, uint32_t base)
{
    const uint32_t dense = (uint32_t)ds_register_dense_rows(program, r);
    for (uint32_t i = 0; i < r->bands; ++i)
        if (program->runs[r->band + i].first == base)
            return dense + i;
    return DS_NONE;
}
