/* SPDX-License-Identifier: ISC
 *
 * Building programs by hand. A register's rows of partials are worked out from those of its operands.
 */
#ifndef BUILD_H
#define BUILD_H

#include "ds_interpreter.h"
#include "ds_program.h"

enum { BUILD_MOST = 64 };

/* A program with its arrays; not to be copied, since the program points into it. */
typedef struct {
    DsProgram program;
    DsRegister registers[BUILD_MOST];
    DsInstruction instructions[BUILD_MOST];
    DsRun runs[4 * BUILD_MOST];
    uint32_t operands[BUILD_MOST];
    double data[BUILD_MOST];
    uint64_t dense[BUILD_MOST]; /* bit p: the register has a row for parameter p */
    uint64_t bands[BUILD_MOST]; /* bit p: it has a band that starts at parameter p */
} Build;

void build_start(Build *b, uint32_t lanes, uint32_t inputs, uint32_t parameters);

/* Each appends an instruction, makes it the output and answers its register. */
uint32_t build_constant(Build *b, double value, uint32_t width, uint32_t varying);
uint32_t build_input(Build *b, uint32_t number);
uint32_t build_parameter(Build *b, uint32_t first, uint32_t width);
uint32_t build_concatenate(Build *b, const uint32_t *parts, uint32_t count);
uint32_t build_delay(Build *b, uint32_t u, uint32_t v, uint32_t maximum, uint32_t interpolation);
uint32_t build_table(Build *b, uint32_t u, const double *entries, uint32_t count);

/* The same of any other opcode; operands that it has not are DS_NONE. The result varies over the lanes as its
 * last operand does. */
uint32_t build_unary(Build *b, uint32_t opcode, uint32_t u);
uint32_t build_binary(Build *b, uint32_t opcode, uint32_t u, uint32_t v);
uint32_t build_op(Build *b, uint32_t opcode, uint32_t width, uint32_t varying, const uint32_t args[3], uint32_t size,
                  uint32_t flags);
uint32_t build_broadcast(Build *b, uint32_t u, uint32_t width);

/* A MEMORY of a register that comes later, of that shape and those rows; build_close names it. */
uint32_t build_open(Build *b, uint32_t width, uint32_t varying, uint64_t dense, uint64_t bands, double initial);
void build_close(Build *b, uint32_t memory, uint32_t source);

/* Gives the last register exactly these rows. */
void build_rows(Build *b, uint64_t dense, uint64_t bands);

/* Memory for the core, aligned; never NULL. Free it with free(). */
void *build_memory(size_t bytes);

/* An interpreter of the program; ends the test if there can be none. Free *memory. */
DsInterpreter *build_interpreter(const Build *b, void **memory);

/* Runs frames in blocks; the arrays hold `frames` doubles a signal; partials may be NULL. */
void build_run(DsInterpreter *interpreter, const double *input, double *output, double *partials, size_t frames,
               size_t block);

#endif
