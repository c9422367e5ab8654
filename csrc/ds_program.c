/* SPDX-License-Identifier: ISC */
#include "ds_delay.h"
#include "ds_operation.h"

static bool within(uint32_t first, uint32_t count, uint32_t end)
{
    return first <= end && count <= end - first;
}

/* Runs ascending, apart, not empty, within the parameters; bands moreover as long as the register is wide. */
static bool runs_are_valid(const DsProgram *program, uint32_t first, uint32_t count, uint32_t length)
{
    if (!within(first, count, program->run_count))
        return false;
    uint32_t end = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const DsRun run = program->runs[first + i];
        if (run.count == 0 || run.first < end || !within(run.first, run.count, program->parameters))
            return false;
        if (length != 0 && run.count != length)
            return false;
        end = run.first + run.count;
    }
    return true;
}

static DsStatus check_registers(const DsProgram *program)
{
    for (uint32_t i = 0; i < program->count; ++i) {
        const DsRegister *r = ds_register(program, i);
        if (r->width == 0 || r->width > DS_MOST_WIDTH || r->varying > 1 || (r->bands != 0 && r->width == 1))
            return DS_ERROR_SHAPE;
        if (!runs_are_valid(program, r->run, r->runs, 0) || !runs_are_valid(program, r->band, r->bands, r->width))
            return DS_ERROR_PARTIALS;
    }
    return DS_OK;
}

/* Whether every dense row of `in` has its row in `out`, and every band too or, where the element the bands
 * belong to becomes a number of its own (`spread`), every parameter of every band a dense row. */
static bool covers(const DsProgram *program, const DsRegister *out, const DsRegister *in, bool spread)
{
    for (uint32_t i = 0; i < in->runs; ++i) {
        const DsRun run = program->runs[in->run + i];
        uint32_t found = 0;
        for (uint32_t done = 0; done < run.count; done += found)
            if (ds_find_row(program, out, run.first + done, &found) == DS_NONE)
                return false;
    }
    for (uint32_t i = 0; i < in->bands; ++i) {
        const DsRun band = program->runs[in->band + i];
        if (!spread && ds_find_band(program, out, band.first) == DS_NONE)
            return false;
        uint32_t found = 0;
        for (uint32_t done = 0; spread && done < band.count; done += found)
            if (ds_find_row(program, out, band.first + done, &found) == DS_NONE)
                return false;
    }
    return true;
}

/* The same for the elements of `in` from `first` on: of one, each band is one parameter; of several, a shorter band. */
static bool covers_elements(const DsProgram *program, const DsRegister *out, const DsRegister *in, uint32_t first)
{
    DsRegister dense = *in;
    dense.bands = 0;
    if (!covers(program, out, &dense, false))
        return false;
    for (uint32_t i = 0; i < in->bands; ++i) {
        uint32_t count = 0;
        const uint32_t p = program->runs[in->band + i].first + first;
        if ((out->width == 1 ? ds_find_row(program, out, p, &count) : ds_find_band(program, out, p)) == DS_NONE)
            return false;
    }
    return true;
}

static bool same_shape(const DsRegister *a, const DsRegister *b)
{
    return a->width == b->width && a->varying == b->varying;
}

static bool has_no_rows(const DsRegister *r)
{
    return r->runs == 0 && r->bands == 0;
}

static bool is_rounding(uint32_t opcode)
{
    return opcode == DS_OP_FLOOR || opcode == DS_OP_CEIL || opcode == DS_OP_RINT || opcode == DS_OP_ROUND ||
           opcode == DS_OP_TRUNCATE;
}

static DsStatus check_shapes(const DsProgram *program, const DsInstruction *i, const DsRegister *out,
                             const DsRegister *const *args)
{
    const DsRegister *a = args[0], *b = args[1];
    bool fits = true;
    switch (i->opcode) {
    case DS_OP_CONSTANT: break;
    case DS_OP_INPUT: fits = out->width == 1 && (out->varying || program->lanes == 1); break;
    case DS_OP_PARAMETER: fits = !out->varying; break;
    case DS_OP_BROADCAST:
        fits = (a->width == out->width || a->width == 1) && a->varying <= out->varying;
        break;
    case DS_OP_CONCATENATE: fits = i->size == out->width; break;
    case DS_OP_INDEX: fits = a->varying == out->varying; break;
    case DS_OP_SUM: fits = out->width == 1 && a->varying == out->varying; break;
    case DS_OP_DOT: fits = same_shape(a, b) && out->width == 1 && a->varying == out->varying; break;
    case DS_OP_TAPS: fits = a->width == 1 && a->varying == out->varying; break;
    case DS_OP_CONVOLVE:
        fits = !a->varying && b->width == 1 && out->width == 1 && b->varying == out->varying;
        break;
    default:
        for (uint32_t k = 0; k < ds_opcode_operands(i->opcode); ++k)
            fits = fits && same_shape(args[k], out);
    }
    return fits ? DS_OK : DS_ERROR_SHAPE;
}

/* Only DELAY and the rounding operations have any. */
static bool flags_are_valid(const DsInstruction *i)
{
    const uint32_t most = i->opcode == DS_OP_DELAY   ? (uint32_t)DS_INTERPOLATE_LAGRANGE3
                          : is_rounding(i->opcode) ? (uint32_t)DS_FLAG_STRAIGHT_THROUGH
                                                   : 0u;
    return i->flags <= most;
}

static DsStatus check_operands(const DsProgram *program, const DsInstruction *i, const DsRegister *out,
                               const DsRegister *const *args)
{
    bool fits = true;
    switch (i->opcode) {
    case DS_OP_INPUT: fits = i->size < program->inputs; break;
    case DS_OP_PARAMETER: fits = within(i->size, out->width, program->parameters); break;
    case DS_OP_DELAY: fits = i->size <= DS_MOST_DELAY; break;
    case DS_OP_TABLE: fits = i->size > 0 && within(i->data, i->size, program->data_count); break;
    case DS_OP_INDEX: fits = within(i->size, out->width, args[0]->width); break;
    case DS_OP_CONCATENATE: fits = within(i->data, i->size, program->operand_count); break;
    default: break;
    }
    return fits && flags_are_valid(i) ? DS_OK : DS_ERROR_OPERAND;
}

/* A parameter's register has its own partials, or none at all (when it is not learned). */
static bool parameter_rows_are_valid(const DsProgram *program, const DsInstruction *i, const DsRegister *out)
{
    if (has_no_rows(out))
        return true;
    uint32_t count = 0;
    if (out->width == 1)
        return ds_register_rows(program, out) == 1 && ds_find_row(program, out, i->size, &count) == 0;
    return ds_register_rows(program, out) == 1 && ds_find_band(program, out, i->size) == 0;
}

static DsStatus check_partials(const DsProgram *program, const DsInstruction *i, const DsRegister *out,
                               const DsRegister *const *args)
{
    bool fits = true;
    switch (i->opcode) {
    case DS_OP_CONSTANT:
    case DS_OP_INPUT:
    case DS_OP_STOP: fits = has_no_rows(out); break;
    case DS_OP_PARAMETER: fits = parameter_rows_are_valid(program, i, out); break;
    case DS_OP_SELECT: fits = covers(program, out, args[1], false) && covers(program, out, args[2], false); break;
    case DS_OP_BROADCAST: fits = covers(program, out, args[0], false); break;
    case DS_OP_INDEX: fits = covers_elements(program, out, args[0], i->size); break;
    case DS_OP_SUM: fits = covers(program, out, args[0], true); break;
    case DS_OP_DOT:
    case DS_OP_CONVOLVE: fits = covers(program, out, args[0], true) && covers(program, out, args[1], true); break;
    default:
        if (ds_opcode_kind(i->opcode) == DS_KIND_LOGIC)
            fits = has_no_rows(out);
        else if (is_rounding(i->opcode) && !(i->flags & DS_FLAG_STRAIGHT_THROUGH))
            fits = has_no_rows(out);
        else
            for (uint32_t k = 0; k < ds_opcode_operands(i->opcode); ++k)
                fits = fits && covers(program, out, args[k], false);
    }
    return fits ? DS_OK : DS_ERROR_PARTIALS;
}

/* A register that instruction `at` reads must be there, and, but for a MEMORY, written before. */
static bool may_read(const DsProgram *program, uint32_t number, uint32_t at, bool later)
{
    return number < program->count && (later || number < at);
}

static DsStatus check_concatenation(const DsProgram *program, const DsInstruction *i, uint32_t at,
                                    const DsRegister *out)
{
    for (uint32_t k = 0; k < i->size; ++k) {
        const uint32_t number = program->operands[i->data + k];
        if (!may_read(program, number, at, false))
            return DS_ERROR_REGISTER;
        const DsRegister *part = ds_register(program, number);
        if (part->width != 1 || part->varying != out->varying)
            return DS_ERROR_SHAPE;
        if (!covers(program, out, part, false))
            return DS_ERROR_PARTIALS;
    }
    return DS_OK;
}

static DsStatus check_instruction(const DsProgram *program, uint32_t at)
{
    const DsInstruction *i = &program->instructions[at];
    if (i->opcode >= DS_OP_COUNT)
        return DS_ERROR_OPCODE;
    const DsRegister *args[3] = {NULL, NULL, NULL};
    for (uint32_t k = 0; k < ds_opcode_operands(i->opcode); ++k) {
        if (!may_read(program, i->args[k], at, i->opcode == DS_OP_MEMORY))
            return DS_ERROR_REGISTER;
        args[k] = ds_register(program, i->args[k]);
    }
    const DsRegister *out = ds_register(program, at);
    DsStatus status = check_shapes(program, i, out, args);
    if (status == DS_OK)
        status = check_operands(program, i, out, args);
    if (status == DS_OK)
        status = check_partials(program, i, out, args);
    if (status == DS_OK && i->opcode == DS_OP_CONCATENATE)
        status = check_concatenation(program, i, at, out);
    return status;
}

DsStatus ds_program_check(const DsProgram *program, uint32_t *where)
{
    uint32_t unused;
    uint32_t *fault = where ? where : &unused;
    *fault = DS_NONE;
    if (program->lanes == 0 || program->lanes > DS_MOST_LANES || program->count > DS_MOST_REGISTERS ||
        program->parameters > DS_MOST_WIDTH || program->inputs > DS_MOST_LANES)
        return DS_ERROR_LIMIT;
    if (program->output >= program->count)
        return DS_ERROR_REGISTER;
    DsStatus status = check_registers(program);
    for (uint32_t at = 0; status == DS_OK && at < program->count; ++at) {
        status = check_instruction(program, at);
        if (status != DS_OK)
            *fault = at;
    }
    if (status != DS_OK)
        return status;
    const DsRegister *output = ds_register(program, program->output);
    return output->width == 1 && (output->varying || program->lanes == 1) ? DS_OK : DS_ERROR_SHAPE;
}
