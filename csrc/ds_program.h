/* SPDX-License-Identifier: ISC
 *
 * A program: what the compiler makes of a chain, as plain numbers.
 *
 * Registers hold dual vectors: `width` values, each in `lanes` lanes (lanes run side by side and share the
 * parameters: the channels of a recording, the examples of a batch), and rows of partials (ds_rows.h).
 * A uniform register is the same in all lanes and is stored once. Instructions run in their order, once
 * per sample; instruction i writes register i. Only a MEMORY may read a register that is written after it: it
 * takes that register's value at the end of the sample and shows it at the next.
 *
 * A program is data from outside: ds_program_check refuses anything that could read or write out of place.
 */
#ifndef DS_PROGRAM_H
#define DS_PROGRAM_H

#include "ds_status.h"

#include <stddef.h>
#include <stdint.h>

/* Element by element, one operand: name of the opcode, function of ds_arithmetic.h and its neighbours. */
#define DS_UNARY_OPERATIONS(X)                                                                                 \
    X(NEGATE, negate) X(ABSOLUTE, absolute)                                                                    \
    X(SIN, sin) X(COS, cos) X(TAN, tan) X(ASIN, asin) X(ACOS, acos) X(ATAN, atan)                              \
    X(EXP, exp) X(LOG, log) X(LOG10, log10) X(SQRT, sqrt) X(TANH, tanh)                                        \
    X(FLOOR, floor) X(CEIL, ceil) X(RINT, rint) X(ROUND, round) X(TRUNCATE, truncate)

/* Element by element, two operands, both with slopes. */
#define DS_BINARY_OPERATIONS(X)                                                                                \
    X(ADD, add) X(SUBTRACT, subtract) X(MULTIPLY, multiply) X(DIVIDE, divide) X(POWER, power)                  \
    X(ATAN2, atan2) X(FMOD, fmod) X(REMAINDER, remainder)

/* Element by element, two operands, a result without partials. */
#define DS_LOGIC_OPERATIONS(X)                                                                                 \
    X(LESS, less) X(LESS_EQUAL, less_equal) X(GREATER, greater) X(GREATER_EQUAL, greater_equal)                \
    X(EQUAL, equal) X(NOT_EQUAL, not_equal) X(AND, and) X(OR, or) X(XOR, xor)                                  \
    X(SHIFT_LEFT, shift_left) X(SHIFT_RIGHT, shift_right)

/* What is not element by element, or has state. Operands in brackets. */
#define DS_OTHER_OPERATIONS(X)                                                                                 \
    X(CONSTANT)      /* `constant` in every element */                                                         \
    X(INPUT)         /* [] input number `size`; width 1 */                                                     \
    X(PARAMETER)     /* [] parameters size .. size + width - 1; uniform */                                     \
    X(STOP)          /* [u] u without its partials */                                                          \
    X(MINIMUM)       /* [u, v] */                                                                              \
    X(MAXIMUM)       /* [u, v] */                                                                              \
    X(SELECT)        /* [c, u, v] u where c = 0, else v */                                                     \
    X(MEMORY)        /* [u] u of the sample before; `constant` at the first */                                 \
    X(DELAY)         /* [u, v] u, v samples ago, at most `size`; `flags` is the interpolation */               \
    X(TABLE)         /* [u] entry u of the `size` numbers from data[data] */                                   \
    X(BROADCAST)     /* [u] u in every element or lane */                                                      \
    X(INDEX)         /* [u] elements size .. size + width - 1 of u */                                                             \
    X(CONCATENATE)   /* [...] operands[data] .. operands[data + size - 1], all of width 1, side by side */     \
    X(SUM)           /* [u] sum over the elements */                                                           \
    X(DOT)           /* [u, v] sum over the elements of u v */                                                 \
    X(TAPS)          /* [u] u and its past, newest first, as a vector of the result's width */                 \
    X(CONVOLVE)      /* [h, u] DOT(h, TAPS(u)) in one, h uniform */

#define DS_AS_OPCODE(NAME, function) DS_OP_##NAME,
#define DS_AS_OTHER_OPCODE(NAME) DS_OP_##NAME,
typedef enum {
    DS_UNARY_OPERATIONS(DS_AS_OPCODE) DS_BINARY_OPERATIONS(DS_AS_OPCODE) DS_LOGIC_OPERATIONS(DS_AS_OPCODE)
    DS_OTHER_OPERATIONS(DS_AS_OTHER_OPCODE) DS_OP_COUNT
} DsOpcode;
#undef DS_AS_OPCODE
#undef DS_AS_OTHER_OPCODE

/* Of the rounding operations: let the partials through as if the slope were 1. */
enum { DS_FLAG_STRAIGHT_THROUGH = 1u };

/* A register number that means "no operand". */
#define DS_NONE UINT32_MAX

/* Parameters first .. first + count - 1. */
typedef struct {
    uint32_t first;
    uint32_t count;
} DsRun;

typedef struct {
    uint32_t width;
    uint32_t varying; /* 1: differs from lane to lane, 0: uniform */
    uint32_t run;     /* its dense rows: runs[run] .. runs[run + runs - 1], ascending and apart */
    uint32_t runs;
    uint32_t band;    /* its bands: runs[band] .. runs[band + bands - 1], likewise, each of `width` parameters */
    uint32_t bands;
} DsRegister;

typedef struct {
    uint32_t opcode;
    uint32_t args[3]; /* registers, or DS_NONE */
    uint32_t size;
    uint32_t data;    /* offset into `data` or `operands` */
    uint32_t flags;
    double constant;
} DsInstruction;

typedef struct {
    uint32_t lanes;      /* >= 1 */
    uint32_t inputs;     /* signals per lane */
    uint32_t parameters; /* P, scalars in all */
    uint32_t output;     /* register; width 1 and, where there is more than one lane, varying */
    uint32_t count;      /* registers and instructions */
    uint32_t run_count;
    uint32_t operand_count;
    uint32_t data_count;
    const DsRegister *registers;
    const DsInstruction *instructions;
    const DsRun *runs;
    const uint32_t *operands;
    const double *data;
} DsProgram;

enum {
    DS_MOST_LANES = 1024,
    DS_MOST_WIDTH = 1 << 20,
    DS_MOST_DELAY = 1 << 28,
    DS_MOST_REGISTERS = 1 << 20
};

/* Whether the program is well formed. It borrows nothing. DS_OK, or the first fault found with the number of
 * its instruction in *where (DS_NONE: the fault is not in one); where may be NULL. */
DsStatus ds_program_check(const DsProgram *program, uint32_t *where);

/* The name of an opcode, spelt as in the lists above (its function if it has one), or NULL beyond the last one;
 * static memory. */
const char *ds_opcode_name(uint32_t opcode);

#endif
