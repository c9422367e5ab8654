/* SPDX-License-Identifier: ISC
 *
 * One small program for every opcode: what the tests of all of them have in common.
 *
 *     u[k] = x w[k] + g      v[k] = g + x + h      y = sum over k of opcode(u[k], v[k])
 *
 * with one input x, in 0.1 .. 0.6, and the parameters g, w (of `width` scalars) and h. In u meet a
 * dense row and, if width > 1, a band; in v two dense rows, one shared with u.
 */
#ifndef CASES_H
#define CASES_H

#include "build.h"

#include <stdbool.h>

typedef struct {
    uint32_t opcode;
    uint32_t flags; /* of a rounding or a delay */
} Case;

enum { CASE_FRAMES = 150, CASE_MOST_LANES = 3, CASE_MOST_WIDTH = 5, CASE_MOST_PARAMETERS = CASE_MOST_WIDTH + 2 };

/* The number of cases, and each of them. */
size_t case_count(void);
Case case_at(size_t number);

/* Builds the program of a case: 1 input, 2 + width parameters. */
void case_build(Build *b, Case c, uint32_t lanes, uint32_t width);

/* Its parameters, and [lanes][CASE_FRAMES] of input. */
void case_parameters(double *parameters, uint32_t width);
void case_input(double *input, uint32_t lanes);

/* What opcode(u, v) is for the opcodes that work element by element; false for the others. */
bool case_value(Case c, double u, double v, double *value);

#endif
