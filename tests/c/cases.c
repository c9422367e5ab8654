/* SPDX-License-Identifier: ISC */
#include "cases.h"

#include "ds_noise.h"
#include "ds_operation.h"

#include <math.h>

static const Case more[] = {
    {DS_OP_DELAY, 1}, {DS_OP_DELAY, 2}, {DS_OP_FLOOR, 1}, {DS_OP_CEIL, 1},
    {DS_OP_RINT, 1},  {DS_OP_ROUND, 1}, {DS_OP_TRUNCATE, 1},
};

size_t case_count(void)
{
    return DS_OP_COUNT + sizeof more / sizeof *more;
}

Case case_at(size_t number)
{
    return number < DS_OP_COUNT ? (Case){(uint32_t)number, 0} : more[number - DS_OP_COUNT];
}

/* The opcodes that are not element by element. x, g and h are scalars, w is a uniform vector. */
static uint32_t build_other(Build *b, Case c, uint32_t x, uint32_t g, uint32_t w, uint32_t u, uint32_t v)
{
    static const double entries[] = {0.0, 0.1, 0.4, -0.2, 0.9, 1.0, 0.7, 0.2};
    const uint32_t width = b->registers[u].width;
    const uint32_t xg = build_binary(b, DS_OP_MULTIPLY, build_broadcast(b, g, 1), x);
    switch (c.opcode) {
    case DS_OP_CONSTANT: return build_binary(b, DS_OP_MULTIPLY, u, build_constant(b, -1.5, width, 1));
    case DS_OP_SELECT: {
        const uint32_t condition = build_binary(b, DS_OP_LESS, u, build_constant(b, 0.35, width, 1));
        return build_op(b, DS_OP_SELECT, width, 1, (const uint32_t[]){condition, u, v}, 0, 0);
    }
    case DS_OP_DELAY: {
        const uint32_t scaled = build_binary(b, DS_OP_MULTIPLY, v, build_constant(b, 4.0, width, 1));
        return build_delay(b, u, scaled, 6, c.flags);
    }
    case DS_OP_TABLE:
        return build_table(b, build_binary(b, DS_OP_MULTIPLY, u, build_constant(b, 9.0, width, 1)), entries, 8);
    case DS_OP_INDEX:
        return build_op(b, DS_OP_INDEX, 1, 1, (const uint32_t[]){u, DS_NONE, DS_NONE}, width - 1, 0);
    case DS_OP_CONCATENATE: return build_concatenate(b, (const uint32_t[]){x, xg, x, xg}, 4);
    case DS_OP_TAPS:
        return build_binary(b, DS_OP_MULTIPLY, u,
                            build_op(b, DS_OP_TAPS, width, 1, (const uint32_t[]){xg, DS_NONE, DS_NONE}, 0, 0));
    case DS_OP_CONVOLVE: { /* h of the rows of g and w, u of those of g: they overlap */
        const uint32_t wide = build_op(b, DS_OP_BROADCAST, width, 0, (const uint32_t[]){g, DS_NONE, DS_NONE}, 0, 0);
        return build_binary(b, DS_OP_CONVOLVE, build_binary(b, DS_OP_MULTIPLY, wide, w), xg);
    }
    case DS_OP_SUM: return build_unary(b, DS_OP_SUM, u);
    case DS_OP_DOT: return build_binary(b, DS_OP_DOT, u, v);
    case DS_OP_STOP: return build_unary(b, DS_OP_STOP, u);
    case DS_OP_MEMORY: return build_unary(b, DS_OP_MEMORY, u);
    default: return u; /* INPUT, PARAMETER, BROADCAST: u is made of them */
    }
}

void case_build(Build *b, Case c, uint32_t lanes, uint32_t width)
{
    build_start(b, lanes, 1, 2 + width);
    const uint32_t x = build_input(b, 0);
    const uint32_t g = build_parameter(b, 0, 1);
    const uint32_t w = build_parameter(b, 1, width);
    const uint32_t wide_h = build_broadcast(b, build_parameter(b, 1 + width, 1), width);
    const uint32_t wide_g = build_broadcast(b, g, width);
    const uint32_t wide_x = build_broadcast(b, x, width);
    const uint32_t scaled = build_binary(b, DS_OP_MULTIPLY, wide_x, build_broadcast(b, w, width));
    const uint32_t u = build_binary(b, DS_OP_ADD, scaled, wide_g);
    const uint32_t v = build_binary(b, DS_OP_ADD, build_binary(b, DS_OP_ADD, wide_g, wide_x), wide_h);
    const DsKind kind = ds_opcode_kind(c.opcode);
    uint32_t y;
    if (kind == DS_KIND_UNARY)
        y = build_op(b, c.opcode, width, 1, (const uint32_t[]){u, DS_NONE, DS_NONE}, 0, c.flags);
    else if (kind != DS_KIND_OTHER || c.opcode == DS_OP_MINIMUM || c.opcode == DS_OP_MAXIMUM)
        y = build_binary(b, c.opcode, u, v);
    else
        y = build_other(b, c, x, g, w, u, v);
    build_unary(b, DS_OP_SUM, y);
}

void case_parameters(double *parameters, uint32_t width)
{
    parameters[0] = 0.2;
    for (uint32_t k = 0; k < width; ++k)
        parameters[1 + k] = 0.5 - 0.07 * k;
    parameters[1 + width] = 0.13;
}

void case_input(double *input, uint32_t lanes)
{
    uint32_t state = 0;
    ds_noise(input, (size_t)lanes * CASE_FRAMES, &state);
    for (size_t n = 0; n < (size_t)lanes * CASE_FRAMES; ++n)
        input[n] = 0.35 + 0.25 * input[n];
}

/* Comparisons and bit operations of numbers in 0 .. 2: the bits are those of 0 and 1, so far as they are asked. */
static double logic_value(uint32_t opcode, double u, double v)
{
    const unsigned i = (unsigned)u, j = (unsigned)v;
    switch (opcode) {
    case DS_OP_LESS: return u < v;
    case DS_OP_LESS_EQUAL: return u <= v;
    case DS_OP_GREATER: return u > v;
    case DS_OP_GREATER_EQUAL: return u >= v;
    case DS_OP_EQUAL: return u == v;
    case DS_OP_NOT_EQUAL: return u != v;
    case DS_OP_AND: return i & j;
    case DS_OP_OR: return i | j;
    case DS_OP_XOR: return i ^ j;
    case DS_OP_SHIFT_LEFT: return i << j;
    default: return i >> j;
    }
}

static bool binary_value(uint32_t opcode, double u, double v, double *value)
{
    switch (opcode) {
    case DS_OP_ADD: *value = u + v; return true;
    case DS_OP_SUBTRACT: *value = u - v; return true;
    case DS_OP_MULTIPLY: *value = u * v; return true;
    case DS_OP_DIVIDE: *value = u / v; return true;
    case DS_OP_POWER: *value = pow(u, v); return true;
    case DS_OP_ATAN2: *value = atan2(u, v); return true;
    case DS_OP_FMOD: *value = fmod(u, v); return true;
    case DS_OP_REMAINDER: *value = remainder(u, v); return true;
    case DS_OP_MINIMUM: *value = u < v ? u : v; return true;
    case DS_OP_MAXIMUM: *value = u > v ? u : v; return true;
    case DS_OP_SELECT: *value = u < 0.35 ? v : u; return true;
    default: return false;
    }
}

bool case_value(Case c, double u, double v, double *value)
{
    switch (c.opcode) {
    case DS_OP_NEGATE: *value = -u; return true;
    case DS_OP_ABSOLUTE: *value = fabs(u); return true;
    case DS_OP_SIN: *value = sin(u); return true;
    case DS_OP_COS: *value = cos(u); return true;
    case DS_OP_TAN: *value = tan(u); return true;
    case DS_OP_ASIN: *value = asin(u); return true;
    case DS_OP_ACOS: *value = acos(u); return true;
    case DS_OP_ATAN: *value = atan(u); return true;
    case DS_OP_EXP: *value = exp(u); return true;
    case DS_OP_LOG: *value = log(u); return true;
    case DS_OP_LOG10: *value = log10(u); return true;
    case DS_OP_SQRT: *value = sqrt(u); return true;
    case DS_OP_TANH: *value = tanh(u); return true;
    case DS_OP_FLOOR: *value = floor(u); return true;
    case DS_OP_CEIL: *value = ceil(u); return true;
    case DS_OP_RINT: *value = rint(u); return true;
    case DS_OP_ROUND: *value = round(u); return true;
    case DS_OP_TRUNCATE: *value = trunc(u); return true;
    case DS_OP_STOP: *value = u; return true;
    case DS_OP_CONSTANT: *value = -1.5 * u; return true;
    default: break;
    }
    if (ds_opcode_kind(c.opcode) == DS_KIND_LOGIC) {
        *value = logic_value(c.opcode, u, v);
        return true;
    }
    return binary_value(c.opcode, u, v, value);
}
