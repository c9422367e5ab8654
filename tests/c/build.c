/* SPDX-License-Identifier: ISC */
#include "build.h"

#include "ds_operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t nothing[3] = {DS_NONE, DS_NONE, DS_NONE};

void build_start(Build *b, uint32_t lanes, uint32_t inputs, uint32_t parameters)
{
    memset(b, 0, sizeof *b);
    b->program = (DsProgram){.lanes = lanes,
                             .inputs = inputs,
                             .parameters = parameters,
                             .registers = b->registers,
                             .instructions = b->instructions,
                             .runs = b->runs,
                             .operands = b->operands,
                             .data = b->data};
}

static void append_run(Build *b, uint32_t first, uint32_t count)
{
    b->runs[b->program.run_count++] = (DsRun){first, count};
}

void build_rows(Build *b, uint64_t dense, uint64_t bands)
{
    const uint32_t at = b->program.count - 1;
    DsRegister *r = &b->registers[at];
    b->dense[at] = dense;
    b->bands[at] = bands;
    r->run = b->program.run_count;
    for (uint32_t p = 0, end; p < 64; p = end + 1) {
        for (end = p; end < 64 && (dense >> end & 1u); ++end)
            continue;
        if (end > p)
            append_run(b, p, end - p);
    }
    r->runs = b->program.run_count - r->run;
    r->band = b->program.run_count;
    for (uint32_t p = 0; p < 64; ++p)
        if (bands >> p & 1u)
            append_run(b, p, r->width);
    r->bands = b->program.run_count - r->band;
}

static uint32_t append(Build *b, DsInstruction instruction, uint32_t width, uint32_t varying)
{
    const uint32_t at = b->program.count++;
    b->instructions[at] = instruction;
    b->registers[at] = (DsRegister){.width = width, .varying = varying};
    b->program.output = at;
    build_rows(b, 0, 0);
    return at;
}

uint32_t build_constant(Build *b, double value, uint32_t width, uint32_t varying)
{
    return append(b, (DsInstruction){.opcode = DS_OP_CONSTANT, .args = {DS_NONE, DS_NONE, DS_NONE}, .constant = value},
                  width, varying);
}

uint32_t build_input(Build *b, uint32_t number)
{
    return build_op(b, DS_OP_INPUT, 1, 1, nothing, number, 0);
}

uint32_t build_parameter(Build *b, uint32_t first, uint32_t width)
{
    const uint32_t at = build_op(b, DS_OP_PARAMETER, width, 0, nothing, first, 0);
    build_rows(b, width == 1 ? 1ull << first : 0, width == 1 ? 0 : 1ull << first);
    return at;
}

/* Whether the partials of the operands reach the result. */
static bool lets_through(uint32_t opcode, uint32_t flags)
{
    const bool rounds = opcode == DS_OP_FLOOR || opcode == DS_OP_CEIL || opcode == DS_OP_RINT ||
                        opcode == DS_OP_ROUND || opcode == DS_OP_TRUNCATE;
    return ds_opcode_kind(opcode) != DS_KIND_LOGIC && opcode != DS_OP_STOP &&
           (!rounds || (flags & DS_FLAG_STRAIGHT_THROUGH));
}

/* Adds the rows of an operand; one that is wider than the result folds its bands. */
static void reach(const Build *b, uint32_t number, bool folds, uint64_t *dense, uint64_t *bands)
{
    const DsRegister *in = &b->registers[number];
    *dense |= b->dense[number];
    if (!folds) {
        *bands |= b->bands[number];
        return;
    }
    for (uint32_t p = 0; p < 64; ++p)
        if (b->bands[number] >> p & 1u)
            *dense |= ((1ull << in->width) - 1) << p;
}

uint32_t build_op(Build *b, uint32_t opcode, uint32_t width, uint32_t varying, const uint32_t args[3], uint32_t size,
                  uint32_t flags)
{
    const uint32_t at = append(
        b, (DsInstruction){.opcode = opcode, .args = {args[0], args[1], args[2]}, .size = size, .flags = flags}, width,
        varying);
    const bool folds = opcode == DS_OP_SUM || opcode == DS_OP_DOT || opcode == DS_OP_CONVOLVE || opcode == DS_OP_INDEX;
    uint64_t dense = 0, bands = 0;
    for (uint32_t k = opcode == DS_OP_SELECT; k < 3 && lets_through(opcode, flags); ++k)
        if (args[k] != DS_NONE)
            reach(b, args[k], folds, &dense, &bands);
    build_rows(b, dense, bands);
    return at;
}

uint32_t build_unary(Build *b, uint32_t opcode, uint32_t u)
{
    const DsRegister r = b->registers[u];
    const bool folds = opcode == DS_OP_SUM;
    return build_op(b, opcode, folds ? 1 : r.width, r.varying, (const uint32_t[]){u, DS_NONE, DS_NONE}, 0, 0);
}

uint32_t build_binary(Build *b, uint32_t opcode, uint32_t u, uint32_t v)
{
    const DsRegister r = b->registers[v];
    const bool folds = opcode == DS_OP_DOT || opcode == DS_OP_CONVOLVE;
    return build_op(b, opcode, folds ? 1 : r.width, r.varying, (const uint32_t[]){u, v, DS_NONE}, 0, 0);
}

uint32_t build_broadcast(Build *b, uint32_t u, uint32_t width)
{
    return build_op(b, DS_OP_BROADCAST, width, 1, (const uint32_t[]){u, DS_NONE, DS_NONE}, 0, 0);
}

uint32_t build_concatenate(Build *b, const uint32_t *parts, uint32_t count)
{
    const uint32_t data = b->program.operand_count;
    uint64_t dense = 0, bands = 0;
    for (uint32_t k = 0; k < count; ++k) {
        b->operands[b->program.operand_count++] = parts[k];
        reach(b, parts[k], false, &dense, &bands);
    }
    const uint32_t at = build_op(b, DS_OP_CONCATENATE, count, b->registers[parts[0]].varying, nothing, count, 0);
    b->instructions[at].data = data;
    build_rows(b, dense, bands);
    return at;
}

uint32_t build_delay(Build *b, uint32_t u, uint32_t v, uint32_t maximum, uint32_t interpolation)
{
    const DsRegister r = b->registers[u];
    return build_op(b, DS_OP_DELAY, r.width, r.varying, (const uint32_t[]){u, v, DS_NONE}, maximum, interpolation);
}

uint32_t build_table(Build *b, uint32_t u, const double *entries, uint32_t count)
{
    const DsRegister r = b->registers[u];
    const uint32_t at = build_op(b, DS_OP_TABLE, r.width, r.varying, (const uint32_t[]){u, DS_NONE, DS_NONE}, count, 0);
    b->instructions[at].data = b->program.data_count;
    memcpy(b->data + b->program.data_count, entries, count * sizeof *entries);
    b->program.data_count += count;
    return at;
}

uint32_t build_open(Build *b, uint32_t width, uint32_t varying, uint64_t dense, uint64_t bands, double initial)
{
    const uint32_t at = build_op(b, DS_OP_MEMORY, width, varying, nothing, 0, 0);
    b->instructions[at].constant = initial;
    build_rows(b, dense, bands);
    return at;
}

void build_close(Build *b, uint32_t memory, uint32_t source)
{
    b->instructions[memory].args[0] = source;
}

void *build_memory(size_t bytes)
{
    void *memory = aligned_alloc(DS_ALIGNMENT, (bytes + DS_ALIGNMENT - 1) / DS_ALIGNMENT * DS_ALIGNMENT);
    if (!memory) {
        fprintf(stderr, "there is no memory of %zu bytes\n", bytes);
        exit(2);
    }
    return memory;
}

DsInterpreter *build_interpreter(const Build *b, void **memory)
{
    DsInterpreter *interpreter = NULL;
    size_t bytes = 0;
    uint32_t where = DS_NONE;
    DsStatus status = ds_program_check(&b->program, &where);
    if (status == DS_OK)
        status = ds_interpreter_size(&b->program, &bytes);
    if (status == DS_OK) {
        *memory = build_memory(bytes);
        status = ds_interpreter_init(&b->program, *memory, bytes, &interpreter);
    }
    if (status != DS_OK) {
        fprintf(stderr, "instruction %u: %s\n", where, ds_status_text(status));
        exit(2);
    }
    return interpreter;
}

void build_run(DsInterpreter *interpreter, const double *input, double *output, double *partials, size_t frames,
               size_t block)
{
    for (size_t n = 0; n < frames; n += block) {
        const DsAudio audio = {.input = input + n,
                               .output = output + n,
                               .stride = frames,
                               .frames = frames - n < block ? frames - n : block};
        ds_interpreter_process(interpreter, &audio, partials ? partials + n : NULL);
    }
}
