/* SPDX-License-Identifier: ISC
 *
 * Building an interpreter; what runs per sample is in ds_loop_interpret.c.
 */
#include "ds_interpreter.h"

#include "ds_bind.h"
#include "ds_operation.h"

#include <string.h>

/* When a register changes. */
typedef enum { CHANGES_NEVER, CHANGES_WITH_PARAMETERS, CHANGES_WITH_SAMPLES, CHANGES } Change;

/* The lists of an interpreter while it is being built. */
typedef struct {
    DsStep *steps[CHANGES + 1]; /* where those of each kind begin, one behind the other, and where the last ends */
    DsStep *latches;
    DsStep *stashes;
    DsFeed *feeds;
    DsInitial *initials;
    Change *change; /* by register */
    size_t step_count[CHANGES];
    size_t latch_count;
    size_t stash_count;
    size_t feed_count;
    size_t initial_count;
} Lists;

static bool is_step(uint32_t opcode)
{
    return opcode != DS_OP_CONSTANT && opcode != DS_OP_INPUT && opcode != DS_OP_PARAMETER && opcode != DS_OP_MEMORY;
}

/* A MEMORY that keeps what another MEMORY shows must take it before that one moves on: by way of a copy. */
static bool reads_memory(const DsProgram *program, const DsInstruction *i)
{
    return i->opcode == DS_OP_MEMORY && program->instructions[i->args[0]].opcode == DS_OP_MEMORY;
}

/* A register with neither state nor input changes with what it depends on. */
static Change change_of(const DsProgram *program, const Change *change, uint32_t at)
{
    const DsInstruction *i = &program->instructions[at];
    if (i->opcode == DS_OP_CONSTANT)
        return CHANGES_NEVER;
    if (i->opcode == DS_OP_PARAMETER)
        return CHANGES_WITH_PARAMETERS;
    if (!is_step(i->opcode) || i->opcode == DS_OP_DELAY || i->opcode == DS_OP_TAPS || i->opcode == DS_OP_CONVOLVE)
        return CHANGES_WITH_SAMPLES;
    const bool listed = i->opcode == DS_OP_CONCATENATE;
    const uint32_t *operands = listed ? program->operands + i->data : i->args;
    const uint32_t count = listed ? i->size : ds_opcode_operands(i->opcode);
    Change latest = CHANGES_NEVER;
    for (uint32_t k = 0; k < count; ++k)
        latest = change[operands[k]] > latest ? change[operands[k]] : latest;
    return latest;
}

/* Finds when each register changes, and from that where the steps of each kind begin. */
static void divide_steps(const DsProgram *program, Lists *lists)
{
    size_t count[CHANGES] = {0};
    for (uint32_t at = 0; at < program->count; ++at) {
        lists->change[at] = change_of(program, lists->change, at);
        count[lists->change[at]] += is_step(program->instructions[at].opcode);
    }
    for (int kind = 0; kind < CHANGES; ++kind)
        lists->steps[kind + 1] = lists->steps[kind] + count[kind];
}

static void take_lists(DsBinding *binding, Lists *lists)
{
    const DsProgram *program = binding->program;
    size_t steps = 0, latches = 0, stashes = 0, feeds = 0, initials = 0;
    for (uint32_t at = 0; at < program->count; ++at) {
        const DsInstruction *i = &program->instructions[at];
        steps += is_step(i->opcode);
        latches += i->opcode == DS_OP_MEMORY;
        stashes += reads_memory(program, i);
        feeds += i->opcode == DS_OP_INPUT;
        initials += i->opcode == DS_OP_CONSTANT || i->opcode == DS_OP_PARAMETER || i->opcode == DS_OP_MEMORY;
    }
    lists->change = ds_arena_take(&binding->plan, program->count, sizeof *lists->change);
    lists->steps[0] = ds_arena_take(&binding->plan, steps, sizeof *lists->steps[0]);
    if (lists->change)
        divide_steps(program, lists);
    lists->stashes = ds_arena_take(&binding->plan, stashes + latches, sizeof *lists->stashes);
    lists->latches = lists->stashes ? lists->stashes + stashes : NULL;
    lists->feeds = ds_arena_take(&binding->plan, feeds, sizeof *lists->feeds);
    lists->initials = ds_arena_take(&binding->plan, initials, sizeof *lists->initials);
}

/* Registers of parameters are the parameters themselves; all others lie in the state, rows behind values. Many rows
 * start on a cache line, so that vectors do not cross from one into the next. */
static void place_registers(DsBinding *binding, double *parameters)
{
    const DsProgram *program = binding->program;
    DsPlace *places = ds_arena_take(&binding->plan, program->count, sizeof *places);
    for (uint32_t at = 0; at < program->count; ++at) {
        const DsRegister *r = ds_register(program, at);
        const size_t m = ds_register_elements(program, r);
        const size_t rows = ds_register_rows(program, r);
        const size_t line = DS_ALIGNMENT / sizeof(double);
        const size_t before = m * rows < line ? 0 : (line - m % line) % line;
        double *value = ds_arena_doubles(&binding->state, before + (uint64_t)m * (rows + 1));
        if (!places)
            continue;
        value += before;
        places[at] = (DsPlace){value, value + m};
        if (program->instructions[at].opcode == DS_OP_PARAMETER)
            places[at].value = parameters + program->instructions[at].size;
    }
    binding->places = places;
}

/* A latch that reads another is split: a stash copies what it reads, then the latch copies the stash, whose
 * rows are laid out as its own. */
static void split_latch(DsBinding *binding, Lists *lists, DsStep *latch)
{
    double *copy = ds_arena_doubles(&binding->state, (uint64_t)latch->m * (1 + latch->rows));
    DsSegment *whole = ds_arena_take(&binding->plan, 1, sizeof *whole);
    if (whole) {
        DsStep stash = *latch;
        stash.out = copy;
        stash.out_rows = copy + latch->m;
        lists->stashes[lists->stash_count] = stash;
        *whole = (DsSegment){0, 0, 0, (uint32_t)latch->rows};
        latch->a = stash.out;
        latch->a_rows = stash.out_rows;
        latch->segments = (DsSegments){whole, whole, whole + 1, whole + 1};
    }
    ++lists->stash_count;
}

static void bind_memory(DsBinding *binding, Lists *lists, uint32_t at)
{
    DsStep latch = ds_bind_step(binding, at);
    if (reads_memory(binding->program, &binding->program->instructions[at]))
        split_latch(binding, lists, &latch);
    if (lists->latches)
        lists->latches[lists->latch_count] = latch;
    ++lists->latch_count;
}

static void add_initial(Lists *lists, double *at, size_t count, double value)
{
    if (lists->initials)
        lists->initials[lists->initial_count] = (DsInitial){at, count, value};
    ++lists->initial_count;
}

static void bind_instruction(DsBinding *binding, Lists *lists, uint32_t at)
{
    const DsProgram *program = binding->program;
    const DsInstruction *i = &program->instructions[at];
    const DsRegister *r = ds_register(program, at);
    const DsPlace place = binding->places ? binding->places[at] : (DsPlace){NULL, NULL};
    switch (i->opcode) {
    case DS_OP_CONSTANT:
        add_initial(lists, place.value, ds_register_elements(program, r), i->constant);
        break;
    case DS_OP_PARAMETER:
        add_initial(lists, place.rows, ds_register_rows(program, r) * ds_register_elements(program, r), 1.0);
        break;
    case DS_OP_INPUT:
        if (lists->feeds)
            lists->feeds[lists->feed_count] = (DsFeed){place.value, (size_t)i->size * program->lanes};
        ++lists->feed_count;
        break;
    case DS_OP_MEMORY:
        add_initial(lists, place.value, ds_register_elements(program, r), i->constant);
        bind_memory(binding, lists, at);
        break;
    default: {
        const DsStep step = ds_bind_step(binding, at);
        if (lists->change) {
            const Change change = lists->change[at];
            lists->steps[change][lists->step_count[change]++] = step;
        }
    }
    }
}

static size_t widest_register(const DsProgram *program)
{
    size_t widest = 0;
    for (uint32_t at = 0; at < program->count; ++at) {
        const size_t m = ds_register_elements(program, ds_register(program, at));
        widest = m > widest ? m : widest;
    }
    return widest;
}

static void build(DsBinding *binding, DsInterpreter *machine)
{
    const DsProgram *program = binding->program;
    Lists lists;
    memset(&lists, 0, sizeof lists);
    double *parameters = ds_arena_doubles(&binding->plan, program->parameters);
    const DsRegister *output = ds_register(program, program->output);
    DsRun *runs = ds_arena_take(&binding->plan, output->runs, sizeof *runs);
    binding->widest = widest_register(program);
    binding->scratch = ds_arena_doubles(&binding->plan, (uint64_t)2 * binding->widest);
    take_lists(binding, &lists);
    place_registers(binding, parameters);
    for (uint32_t at = 0; at < program->count; ++at)
        bind_instruction(binding, &lists, at);
    if (!machine)
        return;
    for (uint32_t i = 0; i < output->runs; ++i)
        runs[i] = program->runs[output->run + i];
    *machine = (DsInterpreter){
        .once = lists.steps[CHANGES_NEVER],
        .steps = lists.steps[CHANGES_WITH_PARAMETERS],
        .moving = lists.steps[CHANGES_WITH_SAMPLES],
        .steps_end = lists.steps[CHANGES],
        .latches = lists.stashes,
        .latches_end = lists.stashes + lists.stash_count + lists.latch_count,
        .feeds = lists.feeds,
        .feeds_end = lists.feeds + lists.feed_count,
        .output = binding->places[program->output].value,
        .output_rows = binding->places[program->output].rows,
        .output_runs = runs,
        .output_runs_end = runs + output->runs,
        .output_row_count = ds_register_rows(program, output),
        .lanes = program->lanes,
        .parameters = parameters,
        .parameter_count = program->parameters,
        .variant = binding->variant,
        .initials = lists.initials,
        .initials_end = lists.initials + lists.initial_count,
        .state = binding->state.memory,
        .state_bytes = (size_t)binding->state.used,
    };
}

/* Bytes of the interpreter with its plan, rounded up so that the state behind it is aligned. */
static uint64_t plan_bytes(const DsBinding *binding)
{
    return (binding->plan.used + DS_ALIGNMENT - 1) / DS_ALIGNMENT * DS_ALIGNMENT;
}

static DsStatus measure(const DsProgram *program, DsBinding *binding)
{
    const DsStatus status = ds_program_check(program, NULL);
    if (status != DS_OK)
        return status;
    *binding = (DsBinding){.program = program, .variant = ds_variant_pick()};
    ds_arena_take(&binding->plan, 1, sizeof(DsInterpreter));
    build(binding, NULL);
    return plan_bytes(binding) + binding->state.used > DS_ARENA_LIMIT ? DS_ERROR_LIMIT : DS_OK;
}

DsStatus ds_interpreter_size(const DsProgram *program, size_t *bytes)
{
    DsBinding binding;
    const DsStatus status = measure(program, &binding);
    if (status == DS_OK)
        *bytes = (size_t)(plan_bytes(&binding) + binding.state.used);
    return status;
}

DsStatus ds_interpreter_init(const DsProgram *program, void *memory, size_t bytes, DsInterpreter **interpreter)
{
    DsBinding measured;
    const DsStatus status = measure(program, &measured);
    if (status != DS_OK)
        return status;
    const uint64_t plan = plan_bytes(&measured);
    if (!memory || (uintptr_t)memory % DS_ALIGNMENT != 0 || bytes < plan + measured.state.used)
        return DS_ERROR_MEMORY;
    memset(memory, 0, (size_t)(plan + measured.state.used));
    DsBinding binding = {.program = program, .variant = measured.variant};
    binding.plan.memory = memory;
    binding.state.memory = (unsigned char *)memory + plan;
    DsInterpreter *machine = ds_arena_take(&binding.plan, 1, sizeof *machine);
    build(&binding, machine);
    ds_interpreter_reset(machine);
    *interpreter = machine;
    return DS_OK;
}

void ds_interpreter_reset(DsInterpreter *interpreter)
{
    memset(interpreter->state, 0, interpreter->state_bytes);
    for (const DsInitial *i = interpreter->initials; i < interpreter->initials_end; ++i)
        for (size_t k = 0; k < i->count; ++k)
            i->at[k] = i->value;
    for (const DsStep *s = interpreter->once; s < interpreter->steps; ++s)
        s->run(s);
}

double *ds_interpreter_parameters(DsInterpreter *interpreter)
{
    return interpreter->parameters;
}

void ds_interpreter_process(DsInterpreter *interpreter, const DsAudio *audio, double *partials)
{
    interpreter->variant->interpret(interpreter, audio, partials);
}

const char *ds_interpreter_variant(const DsInterpreter *interpreter)
{
    return interpreter->variant->name;
}
