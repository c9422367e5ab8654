/* SPDX-License-Identifier: ISC
 *
 * Steps that work element by element. Each primitive comes in four shapes: without partials, with partials
 * of one element (the usual case: a scalar signal in one lane), few or many, and with partials of many elements.
 */
#include "ds_variant.h"

#include "ds_arithmetic.h"
#include "ds_logic.h"
#include "ds_rounding.h"
#include "ds_table.h"
#include "ds_transcendental.h"

#include <string.h>

/* out' = x a' + y b' for one element. */
DS_INLINE void rows_of_one(const DsStep *s, double x, double y)
{
    const DsSegment *g = s->segments.both;
    for (; g < s->segments.only_a; ++g)
        ds_blend(s->out_rows + g->out, s->a_rows + g->a, x, s->b_rows + g->b, y, g->count);
    for (; g < s->segments.only_b; ++g)
        ds_scale(s->out_rows + g->out, s->a_rows + g->a, x, g->count);
    for (; g < s->segments.end; ++g)
        ds_scale(s->out_rows + g->out, s->b_rows + g->b, y, g->count);
}

/* The same for fewer than DS_FEW rows. */
DS_INLINE void few_rows_of_one(const DsStep *s, double x, double y)
{
    const DsSegment *g = s->segments.both;
    for (; g < s->segments.only_a; ++g)
        ds_blend_few(s->out_rows + g->out, s->a_rows + g->a, x, s->b_rows + g->b, y, g->count);
    for (; g < s->segments.only_b; ++g)
        ds_scale_few(s->out_rows + g->out, s->a_rows + g->a, x, g->count);
    for (; g < s->segments.end; ++g)
        ds_scale_few(s->out_rows + g->out, s->b_rows + g->b, y, g->count);
}

/* out' = x[j] a' + y[j] b' for m elements. */
DS_INLINE void rows_of_many(const DsStep *s, const double *x, const double *y)
{
    const size_t m = s->m;
    const DsSegment *g = s->segments.both;
    for (; g < s->segments.only_a; ++g)
        ds_blend_rows(s->out_rows + g->out * m, s->a_rows + g->a * m, x, s->b_rows + g->b * m, y, g->count, m);
    for (; g < s->segments.only_b; ++g)
        ds_scale_rows(s->out_rows + g->out * m, s->a_rows + g->a * m, x, g->count, m);
    for (; g < s->segments.end; ++g)
        ds_scale_rows(s->out_rows + g->out * m, s->b_rows + g->b * m, y, g->count, m);
}

#define DS_UNARY_STEP(NAME, function)                                                                          \
    DS_REALTIME static void function##_plain(const DsStep *s)                                                  \
    {                                                                                                          \
        for (size_t j = 0; j < s->m; ++j)                                                                      \
            s->out[j] = ds_##function(s->a[j]).value;                                                          \
    }                                                                                                          \
    DS_REALTIME static void function##_few(const DsStep *s)                                                    \
    {                                                                                                          \
        const DsUnary u = ds_##function(*s->a);                                                                \
        *s->out = u.value;                                                                                     \
        few_rows_of_one(s, s->flags & DS_FLAG_STRAIGHT_THROUGH ? 1.0 : u.slope, 0.0);                          \
    }                                                                                                          \
    DS_REALTIME static void function##_one(const DsStep *s)                                                    \
    {                                                                                                          \
        const DsUnary u = ds_##function(*s->a);                                                                \
        *s->out = u.value;                                                                                     \
        rows_of_one(s, s->flags & DS_FLAG_STRAIGHT_THROUGH ? 1.0 : u.slope, 0.0);                              \
    }                                                                                                          \
    DS_REALTIME static void function##_many(const DsStep *s)                                                   \
    {                                                                                                          \
        for (size_t j = 0; j < s->m; ++j) {                                                                    \
            const DsUnary u = ds_##function(s->a[j]);                                                          \
            s->out[j] = u.value;                                                                               \
            s->slope_a[j] = s->flags & DS_FLAG_STRAIGHT_THROUGH ? 1.0 : u.slope;                               \
        }                                                                                                      \
        rows_of_many(s, s->slope_a, s->slope_a);                                                               \
    }
DS_UNARY_OPERATIONS(DS_UNARY_STEP)

#define DS_BINARY_STEP(NAME, function)                                                                         \
    DS_REALTIME static void function##_plain(const DsStep *s)                                                  \
    {                                                                                                          \
        const DsActive none = {false, false};                                                                  \
        for (size_t j = 0; j < s->m; ++j)                                                                      \
            s->out[j] = ds_##function(s->a[j], s->b[j], none).value;                                           \
    }                                                                                                          \
    DS_REALTIME static void function##_few(const DsStep *s)                                                    \
    {                                                                                                          \
        const DsBinary u = ds_##function(*s->a, *s->b, s->active);                                             \
        *s->out = u.value;                                                                                     \
        few_rows_of_one(s, u.slope_a, u.slope_b);                                                              \
    }                                                                                                          \
    DS_REALTIME static void function##_one(const DsStep *s)                                                    \
    {                                                                                                          \
        const DsBinary u = ds_##function(*s->a, *s->b, s->active);                                             \
        *s->out = u.value;                                                                                     \
        rows_of_one(s, u.slope_a, u.slope_b);                                                                  \
    }                                                                                                          \
    DS_REALTIME static void function##_many(const DsStep *s)                                                   \
    {                                                                                                          \
        for (size_t j = 0; j < s->m; ++j) {                                                                    \
            const DsBinary u = ds_##function(s->a[j], s->b[j], s->active);                                     \
            s->out[j] = u.value;                                                                               \
            s->slope_a[j] = u.slope_a;                                                                         \
            s->slope_b[j] = u.slope_b;                                                                         \
        }                                                                                                      \
        rows_of_many(s, s->slope_a, s->slope_b);                                                               \
    }
DS_BINARY_OPERATIONS(DS_BINARY_STEP)

#define DS_LOGIC_STEP(NAME, function)                                                                          \
    DS_REALTIME static void function##_plain(const DsStep *s)                                                  \
    {                                                                                                          \
        for (size_t j = 0; j < s->m; ++j)                                                                      \
            s->out[j] = ds_##function(s->a[j], s->b[j]);                                                       \
    }
DS_LOGIC_OPERATIONS(DS_LOGIC_STEP)

/* Element j of the result is a copy of a where first[j] is not 0, else of b, value and partials. The partials
 * of the other operand are not touched at all: they may be infinite. */
static void choose(const DsStep *s, const double *a, const double *b, const double *first)
{
    const size_t m = s->m;
    for (size_t j = 0; j < m; ++j)
        s->out[j] = first[j] != 0.0 ? a[j] : b[j];
    for (const DsSegment *g = s->segments.both; g < s->segments.end; ++g) {
        const bool has_a = g < s->segments.only_b;
        const bool has_b = g < s->segments.only_a || !has_a;
        for (size_t r = 0; r < g->count; ++r)
            for (size_t j = 0; j < m; ++j) {
                const double from_a = has_a ? s->a_rows[(g->a + r) * m + j] : 0.0;
                const double from_b = has_b ? s->b_rows[(g->b + r) * m + j] : 0.0;
                s->out_rows[(g->out + r) * m + j] = first[j] != 0.0 ? from_a : from_b;
            }
    }
}

DS_REALTIME static void minimum(const DsStep *s)
{
    for (size_t j = 0; j < s->m; ++j)
        s->slope_a[j] = (double)ds_minimum_is_first(s->a[j], s->b[j]);
    choose(s, s->a, s->b, s->slope_a);
}

DS_REALTIME static void maximum(const DsStep *s)
{
    for (size_t j = 0; j < s->m; ++j)
        s->slope_a[j] = (double)ds_maximum_is_first(s->a[j], s->b[j]);
    choose(s, s->a, s->b, s->slope_a);
}

DS_REALTIME static void select2(const DsStep *s)
{
    for (size_t j = 0; j < s->m; ++j)
        s->slope_a[j] = (double)(s->c[j] == 0.0);
    choose(s, s->a, s->b, s->slope_a);
}

DS_REALTIME static void table(const DsStep *s)
{
    for (size_t j = 0; j < s->m; ++j) {
        const DsUnary u = ds_table_read(s->table, s->size, s->a[j]);
        s->out[j] = u.value;
        s->slope_a[j] = u.slope;
    }
    rows_of_many(s, s->slope_a, s->slope_a);
}

DS_REALTIME static void stop(const DsStep *s)
{
    memcpy(s->out, s->a, s->m * sizeof *s->out);
}

DsStepFunction DS_VARIANT(ds_pick_element)(uint32_t opcode, size_t rows, size_t m)
{
#define DS_PICK_DUAL(NAME, function)                                                                           \
    case DS_OP_##NAME:                                                                                         \
        return rows == 0 ? function##_plain                                                                    \
               : m > 1   ? function##_many                                                                     \
                         : rows < DS_FEW ? function##_few : function##_one;
#define DS_PICK_LOGIC(NAME, function)                                                                          \
    case DS_OP_##NAME: return function##_plain;
    switch ((DsOpcode)opcode) {
        DS_UNARY_OPERATIONS(DS_PICK_DUAL)
        DS_BINARY_OPERATIONS(DS_PICK_DUAL)
        DS_LOGIC_OPERATIONS(DS_PICK_LOGIC)
    case DS_OP_MINIMUM: return minimum;
    case DS_OP_MAXIMUM: return maximum;
    case DS_OP_SELECT: return select2;
    case DS_OP_TABLE: return table;
    case DS_OP_STOP: return stop;
    default: return NULL;
    }
}
