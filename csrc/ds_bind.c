/* SPDX-License-Identifier: ISC
 *
 * Binding: from a checked program to steps in memory. Every function here runs twice, first to measure.
 */
#include "ds_bind.h"

#include "ds_delay.h"
#include "ds_operation.h"

#include <string.h>

/* What segments are wanted: those that both operands reach, or one alone. */
typedef enum { WANT_BOTH, WANT_ONLY_A, WANT_ONLY_B } Want;

static uint32_t row_of(const DsProgram *program, const DsRegister *r, uint32_t p, uint32_t *count)
{
    if (r)
        return ds_find_row(program, r, p, count);
    *count = DS_NONE;
    return DS_NONE;
}

static bool is_wanted(uint32_t a, uint32_t b, Want want)
{
    const Want is = a != DS_NONE && b != DS_NONE ? WANT_BOTH : a != DS_NONE ? WANT_ONLY_A : WANT_ONLY_B;
    return is == want && (a != DS_NONE || b != DS_NONE);
}

/* The wanted segments of `out` against a and b (NULL: no such operand), written to `to` unless it is NULL.
 * Answers how many. */
static size_t segments_of(const DsProgram *program, const DsRegister *out, const DsRegister *a,
                          const DsRegister *b, Want want, DsSegment *to)
{
    size_t found = 0;
    uint32_t row = 0;
    for (uint32_t i = 0; i < out->runs; ++i) {
        const DsRun run = program->runs[out->run + i];
        for (uint32_t done = 0, step; done < run.count; done += step, row += step) {
            uint32_t reach_a, reach_b;
            const uint32_t in_a = row_of(program, a, run.first + done, &reach_a);
            const uint32_t in_b = row_of(program, b, run.first + done, &reach_b);
            step = run.count - done;
            step = reach_a < step ? reach_a : step;
            step = reach_b < step ? reach_b : step;
            if (!is_wanted(in_a, in_b, want))
                continue;
            if (to)
                to[found] = (DsSegment){row, in_a, in_b, step};
            ++found;
        }
    }
    for (uint32_t i = 0; i < out->bands; ++i, ++row) {
        const uint32_t base = program->runs[out->band + i].first;
        const uint32_t in_a = a ? ds_find_band(program, a, base) : DS_NONE;
        const uint32_t in_b = b ? ds_find_band(program, b, base) : DS_NONE;
        if (!is_wanted(in_a, in_b, want))
            continue;
        if (to)
            to[found] = (DsSegment){row, in_a, in_b, 1};
        ++found;
    }
    return found;
}

static DsSegments bind_segments(const DsProgram *program, DsArena *plan, const DsRegister *out,
                                const DsRegister *a, const DsRegister *b)
{
    const size_t both = segments_of(program, out, a, b, WANT_BOTH, NULL);
    const size_t only_a = segments_of(program, out, a, b, WANT_ONLY_A, NULL);
    const size_t only_b = segments_of(program, out, a, b, WANT_ONLY_B, NULL);
    DsSegment *to = ds_arena_take(plan, both + only_a + only_b, sizeof *to);
    if (!to)
        return (DsSegments){NULL, NULL, NULL, NULL};
    segments_of(program, out, a, b, WANT_BOTH, to);
    segments_of(program, out, a, b, WANT_ONLY_A, to + both);
    segments_of(program, out, a, b, WANT_ONLY_B, to + both + only_a);
    return (DsSegments){to, to + both, to + both + only_a, to + both + only_a + only_b};
}

/* The terms of one operand of INDEX, SUM, DOT or CONVOLVE: as segments_of. For INDEX `element` is the first one
 * picked, otherwise DS_NONE. */
static size_t terms_of(const DsProgram *program, const DsRegister *out, const DsRegister *in, bool is_b,
                       uint32_t element, DsTerm *to)
{
    size_t found = 0;
    uint32_t row = 0, reach;
    for (uint32_t i = 0; i < in->runs; ++i) {
        const DsRun run = program->runs[in->run + i];
        if (to)
            to[found] = (DsTerm){is_b ? DS_TERM_DENSE_B : DS_TERM_DENSE_A,
                                 ds_find_row(program, out, run.first, &reach), row, run.count};
        row += run.count;
        ++found;
    }
    for (uint32_t i = 0; i < in->bands; ++i, ++row, ++found) {
        const DsRun run = program->runs[in->band + i];
        const uint32_t first = run.first + (element == DS_NONE ? 0 : element);
        if (to)
            to[found] = (DsTerm){is_b ? DS_TERM_BAND_B : DS_TERM_BAND_A,
                                 out->width == 1 ? ds_find_row(program, out, first, &reach)
                                                 : ds_find_band(program, out, first),
                                 row, element == DS_NONE ? run.count : 1};
    }
    return found;
}

static bool terms_overlap(const DsTerm *terms, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t j = 0; j < i; ++j)
            if (terms[i].out < terms[j].out + terms[j].count && terms[j].out < terms[i].out + terms[i].count)
                return true;
    return false;
}

static void bind_terms(DsBinding *binding, DsStep *s, const DsRegister *out, const DsRegister *a,
                       const DsRegister *b, uint32_t element)
{
    const DsProgram *program = binding->program;
    const size_t of_a = terms_of(program, out, a, false, element, NULL);
    const size_t of_b = b ? terms_of(program, out, b, true, element, NULL) : 0;
    DsTerm *to = ds_arena_take(&binding->plan, of_a + of_b, sizeof *to);
    if (!to)
        return;
    terms_of(program, out, a, false, element, to);
    if (b)
        terms_of(program, out, b, true, element, to + of_a);
    s->terms = to;
    s->terms_end = to + of_a + of_b;
    s->overlapping = terms_overlap(to, of_a + of_b);
}

static void bind_parts(DsBinding *binding, DsStep *s, const DsInstruction *i, const DsRegister *out)
{
    const DsProgram *program = binding->program;
    DsPart *parts = ds_arena_take(&binding->plan, i->size, sizeof *parts);
    for (uint32_t k = 0; k < i->size; ++k) {
        const uint32_t number = program->operands[i->data + k];
        const DsSegments segments =
            bind_segments(program, &binding->plan, out, ds_register(program, number), NULL);
        if (parts)
            parts[k] = (DsPart){binding->places[number].value, binding->places[number].rows, segments.both,
                                segments.end};
    }
    s->parts = parts;
    s->length = i->size;
}

/* State beyond the register itself. */
static void bind_state(DsBinding *binding, DsStep *s, const DsInstruction *i)
{
    const DsProgram *program = binding->program;
    const double *table = i->opcode == DS_OP_TABLE ? program->data + i->data : NULL;
    if (i->opcode == DS_OP_DELAY) {
        s->length = ds_delay_samples(i->size, (DsInterpolation)i->flags) + 1;
        s->state = ds_arena_doubles(&binding->state, ((uint64_t)s->length * (1 + s->a_rows_count) + 1) * s->m);
        s->position = ds_arena_take(&binding->state, 1, sizeof *s->position);
    }
    if (i->opcode == DS_OP_CONVOLVE) {
        s->state = ds_arena_doubles(&binding->state, (uint64_t)2 * s->width * s->lanes * (1 + s->b_rows_count));
        s->position = ds_arena_take(&binding->state, 1, sizeof *s->position);
    }
    if (table) {
        double *copy = ds_arena_doubles(&binding->plan, i->size);
        if (copy)
            memcpy(copy, table, i->size * sizeof *copy);
        s->table = copy;
    }
}

/* Pointers to the operands, from the places where their registers were put. */
static void bind_operands(DsBinding *binding, DsStep *s, uint32_t at)
{
    const DsProgram *program = binding->program;
    const DsInstruction *i = &program->instructions[at];
    const uint32_t operands = ds_opcode_operands(i->opcode);
    const bool is_select = i->opcode == DS_OP_SELECT;
    const uint32_t a = operands > 0 ? i->args[is_select ? 1 : 0] : DS_NONE;
    const uint32_t b = operands > 1 ? i->args[is_select ? 2 : 1] : DS_NONE;
    if (a != DS_NONE && binding->places) {
        s->a = binding->places[a].value;
        s->a_rows = binding->places[a].rows;
    }
    if (b != DS_NONE && binding->places) {
        s->b = binding->places[b].value;
        s->b_rows = binding->places[b].rows;
    }
    if (is_select && binding->places)
        s->c = binding->places[i->args[0]].value;
    const DsRegister *ra = a != DS_NONE ? ds_register(program, a) : NULL;
    const DsRegister *rb = b != DS_NONE ? ds_register(program, b) : NULL;
    s->a_rows_count = ra ? ds_register_rows(program, ra) : 0;
    s->b_rows_count = rb ? ds_register_rows(program, rb) : 0;
    s->active = (DsActive){s->a_rows_count > 0, s->b_rows_count > 0};
    s->a_width = ra ? ra->width : 0;
    s->a_lanes = ra ? ds_register_lanes(program, ra) : 0;
}

static DsStepFunction pick(const DsVariant *variant, const DsInstruction *i, const DsStep *s)
{
    DsStepFunction run = variant->element(i->opcode, s->rows, s->m);
    if (!run)
        run = variant->vector(i->opcode, s);
    return run ? run : variant->time(i->opcode, s->rows, s->m);
}

/* What a result's partials are made of. */
static void bind_rows(DsBinding *binding, DsStep *s, uint32_t at, const DsRegister *out)
{
    const DsProgram *program = binding->program;
    const DsInstruction *i = &program->instructions[at];
    const DsRegister *args[3] = {NULL, NULL, NULL};
    for (uint32_t k = 0; k < ds_opcode_operands(i->opcode); ++k)
        args[k] = ds_register(program, i->args[k]);
    switch (i->opcode) {
    case DS_OP_INDEX: bind_terms(binding, s, out, args[0], NULL, i->size); break;
    case DS_OP_SUM:
    case DS_OP_DOT:
    case DS_OP_CONVOLVE: bind_terms(binding, s, out, args[0], args[1], DS_NONE); break;
    case DS_OP_CONCATENATE: bind_parts(binding, s, i, out); break;
    case DS_OP_SELECT: s->segments = bind_segments(program, &binding->plan, out, args[1], args[2]); break;
    default: s->segments = bind_segments(program, &binding->plan, out, args[0], args[1]);
    }
}

DsStep ds_bind_step(DsBinding *binding, uint32_t at)
{
    const DsProgram *program = binding->program;
    const DsInstruction *i = &program->instructions[at];
    const DsRegister *out = ds_register(program, at);
    const DsPlace place = binding->places ? binding->places[at] : (DsPlace){NULL, NULL};
    DsStep s;
    memset(&s, 0, sizeof s);
    s.out = place.value;
    s.out_rows = place.rows;
    s.m = ds_register_elements(program, out);
    s.rows = ds_register_rows(program, out);
    s.lanes = ds_register_lanes(program, out);
    s.flags = i->flags;
    s.size = i->size;
    s.slope_a = binding->scratch;
    s.slope_b = binding->scratch ? binding->scratch + binding->widest : NULL;
    bind_operands(binding, &s, at);
    const bool folds = i->opcode == DS_OP_SUM || i->opcode == DS_OP_DOT || i->opcode == DS_OP_INDEX ||
                       i->opcode == DS_OP_CONVOLVE;
    s.width = folds ? s.a_width : out->width;
    bind_state(binding, &s, i);
    bind_rows(binding, &s, at, out);
    s.run = pick(binding->variant, i, &s);
    return s;
}
