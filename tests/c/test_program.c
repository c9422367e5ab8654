/* SPDX-License-Identifier: ISC
 *
 * Each test takes a program that is accepted and spoils one thing in it.
 */
#include "build.h"
#include "check.h"

#include "ds_operation.h"

static Build b;
static DsProgram *const program = &b.program;

/* x, p (of two scalars), their product, its sum; the registers are numbered X .. SUM. */
enum { X, WIDE, P, WIDE_P, PRODUCT, SUM };

static void start(void)
{
    build_start(&b, 2, 1, 3);
    build_input(&b, 0);
    build_broadcast(&b, X, 2);
    build_parameter(&b, 1, 2);
    build_broadcast(&b, P, 2);
    build_binary(&b, DS_OP_MULTIPLY, WIDE, WIDE_P);
    build_unary(&b, DS_OP_SUM, PRODUCT);
}

static bool refused(DsStatus status, uint32_t at)
{
    uint32_t where = 12345;
    return ds_program_check(program, &where) == status && where == at && ds_program_check(program, NULL) == status;
}

static void the_unspoilt_program_is_accepted(void)
{
    start();
    CHECK(refused(DS_OK, DS_NONE));
}

static void counts_beyond_the_limits_are_refused(void)
{
    start();
    program->lanes = 0;
    CHECK(refused(DS_ERROR_LIMIT, DS_NONE));
    program->lanes = DS_MOST_LANES + 1;
    CHECK(refused(DS_ERROR_LIMIT, DS_NONE));
    start();
    program->inputs = DS_MOST_LANES + 1;
    CHECK(refused(DS_ERROR_LIMIT, DS_NONE));
    start();
    program->parameters = DS_MOST_WIDTH + 1;
    CHECK(refused(DS_ERROR_LIMIT, DS_NONE));
    start();
    program->count = DS_MOST_REGISTERS + 1;
    CHECK(refused(DS_ERROR_LIMIT, DS_NONE));
}

static void an_output_that_is_not_there_or_not_a_signal_is_refused(void)
{
    start();
    program->output = program->count;
    CHECK(refused(DS_ERROR_REGISTER, DS_NONE));
    program->count = 0;
    program->output = 0;
    CHECK(refused(DS_ERROR_REGISTER, DS_NONE));
    start();
    program->output = WIDE;
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
    start();
    b.program.output = build_parameter(&b, 0, 1); /* uniform, with two lanes */
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
    start();
    program->lanes = 1;
    b.program.output = build_parameter(&b, 0, 1);
    CHECK(refused(DS_OK, DS_NONE));
}

static void a_register_of_no_possible_shape_is_refused(void)
{
    start();
    b.registers[WIDE].width = 0;
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
    b.registers[WIDE].width = DS_MOST_WIDTH + 1;
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
    start();
    b.registers[WIDE].varying = 2;
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
    start();
    b.registers[SUM].bands = 1;
    CHECK(refused(DS_ERROR_SHAPE, DS_NONE));
}

static void runs_that_are_empty_out_of_order_or_out_of_place_are_refused(void)
{
    start();
    DsRun *run = &b.runs[b.registers[SUM].run];
    run->count = 0;
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
    *run = (DsRun){2, 2};
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
    *run = (DsRun){UINT32_MAX, 2};
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
    start();
    b.registers[SUM].runs = program->run_count + 1;
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
    start();
    b.registers[SUM].run = UINT32_MAX;
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
    start();
    build_rows(&b, 5, 0); /* parameters 0 and 2: two runs */
    DsRun *two = &b.runs[b.registers[SUM].run];
    const DsRun first = two[0];
    two[0] = two[1];
    two[1] = first;
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
}

static void a_band_is_as_long_as_its_register_is_wide(void)
{
    start();
    b.runs[b.registers[PRODUCT].band].count = 1;
    CHECK(refused(DS_ERROR_PARTIALS, DS_NONE));
}

static void a_register_that_is_missing_or_comes_too_late_cannot_be_read(void)
{
    start();
    b.instructions[PRODUCT].args[1] = DS_NONE;
    CHECK(refused(DS_ERROR_REGISTER, PRODUCT));
    b.instructions[PRODUCT].args[1] = PRODUCT;
    CHECK(refused(DS_ERROR_REGISTER, PRODUCT));
    b.instructions[PRODUCT].args[1] = SUM;
    CHECK(refused(DS_ERROR_REGISTER, PRODUCT));
    start();
    const uint32_t memory = build_open(&b, 1, 1, 0, 0, 0.0);
    CHECK(refused(DS_ERROR_REGISTER, memory)); /* it reads nothing yet */
    build_close(&b, memory, build_input(&b, 0));
    CHECK(refused(DS_OK, DS_NONE));
}

static void an_unknown_opcode_is_refused(void)
{
    start();
    b.instructions[PRODUCT].opcode = DS_OP_COUNT;
    CHECK(refused(DS_ERROR_OPCODE, PRODUCT));
    b.instructions[PRODUCT].opcode = UINT32_MAX;
    CHECK(refused(DS_ERROR_OPCODE, PRODUCT));
}

/* Appends one instruction, whose refusal is asked for. */
static bool appended_is_refused(DsStatus status, uint32_t opcode, uint32_t width, uint32_t varying, uint32_t u,
                                uint32_t v, uint32_t size)
{
    start();
    const uint32_t at = build_op(&b, opcode, width, varying, (const uint32_t[]){u, v, DS_NONE}, size, 0);
    return refused(status, at);
}

static void operands_that_do_not_fit_are_refused(void)
{
    const DsStatus shape = DS_ERROR_SHAPE;
    CHECK(appended_is_refused(shape, DS_OP_INPUT, 2, 1, DS_NONE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_INPUT, 1, 0, DS_NONE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_PARAMETER, 1, 1, DS_NONE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_BROADCAST, 3, 1, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_BROADCAST, 2, 0, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_INDEX, 1, 0, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_SUM, 2, 1, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_DOT, 1, 1, WIDE, X, 0));
    CHECK(appended_is_refused(shape, DS_OP_DOT, 1, 1, WIDE, P, 0));
    CHECK(appended_is_refused(shape, DS_OP_DOT, 2, 1, WIDE, WIDE, 0));
    CHECK(appended_is_refused(shape, DS_OP_TAPS, 3, 1, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_TAPS, 3, 0, X, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_CONVOLVE, 1, 1, WIDE, X, 0));
    CHECK(appended_is_refused(shape, DS_OP_CONVOLVE, 1, 1, P, WIDE, 0));
    CHECK(appended_is_refused(shape, DS_OP_CONVOLVE, 2, 1, P, X, 0));
    CHECK(appended_is_refused(shape, DS_OP_SIN, 1, 1, WIDE, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_ADD, 2, 1, WIDE, X, 0));
    CHECK(appended_is_refused(shape, DS_OP_MEMORY, 1, 0, X, DS_NONE, 0));
    CHECK(appended_is_refused(shape, DS_OP_CONCATENATE, 2, 1, DS_NONE, DS_NONE, 1));
}

static void sizes_out_of_range_are_refused(void)
{
    const DsStatus operand = DS_ERROR_OPERAND;
    CHECK(appended_is_refused(operand, DS_OP_INPUT, 1, 1, DS_NONE, DS_NONE, 1));
    CHECK(appended_is_refused(operand, DS_OP_PARAMETER, 1, 0, DS_NONE, DS_NONE, 3));
    CHECK(appended_is_refused(operand, DS_OP_PARAMETER, 2, 0, DS_NONE, DS_NONE, 2));
    CHECK(appended_is_refused(operand, DS_OP_PARAMETER, 2, 0, DS_NONE, DS_NONE, UINT32_MAX));
    CHECK(appended_is_refused(operand, DS_OP_INDEX, 1, 1, WIDE, DS_NONE, 2));
    CHECK(appended_is_refused(operand, DS_OP_INDEX, 2, 1, WIDE, DS_NONE, 1));
    CHECK(appended_is_refused(operand, DS_OP_INDEX, 1, 1, WIDE, DS_NONE, UINT32_MAX));
    CHECK(appended_is_refused(operand, DS_OP_DELAY, 2, 1, WIDE, WIDE, DS_MOST_DELAY + 1));
    CHECK(appended_is_refused(operand, DS_OP_TABLE, 1, 1, X, DS_NONE, 0));
    CHECK(appended_is_refused(operand, DS_OP_TABLE, 1, 1, X, DS_NONE, 1));
    CHECK(appended_is_refused(operand, DS_OP_CONCATENATE, 2, 1, DS_NONE, DS_NONE, 2));
    start();
    const uint32_t delay = build_delay(&b, WIDE, WIDE, 10, 3);
    CHECK(refused(operand, delay));
}

static void a_flag_that_an_opcode_does_not_have_is_refused(void)
{
    start();
    b.instructions[PRODUCT].flags = 1;
    CHECK(refused(DS_ERROR_OPERAND, PRODUCT));
    start();
    const uint32_t floor = build_op(&b, DS_OP_FLOOR, 1, 1, (const uint32_t[]){SUM, DS_NONE, DS_NONE}, 0, 1);
    CHECK(refused(DS_OK, DS_NONE));
    b.instructions[floor].flags = 2;
    CHECK(refused(DS_ERROR_OPERAND, floor));
}

static void the_parts_of_a_concatenation_are_checked_one_by_one(void)
{
    start();
    const uint32_t joined = build_concatenate(&b, (const uint32_t[]){X, SUM}, 2);
    build_unary(&b, DS_OP_SUM, joined);
    CHECK(refused(DS_OK, DS_NONE));
    b.operands[1] = joined;
    CHECK(refused(DS_ERROR_REGISTER, joined));
    b.operands[1] = WIDE;
    CHECK(refused(DS_ERROR_SHAPE, joined));
    start();
    const uint32_t short_of_rows = build_concatenate(&b, (const uint32_t[]){X, SUM}, 2);
    build_rows(&b, 2, 0);
    CHECK(refused(DS_ERROR_PARTIALS, short_of_rows));
}

/* Appends one instruction with these rows, whose refusal is asked for. */
static bool rows_are_refused(uint32_t opcode, uint32_t width, uint32_t u, uint32_t v, uint32_t w, uint64_t dense,
                             uint64_t bands)
{
    start();
    const uint32_t at = build_op(&b, opcode, width, 1, (const uint32_t[]){u, v, w}, 0, 0);
    build_rows(&b, dense, bands);
    return refused(DS_ERROR_PARTIALS, at);
}

static void a_result_without_room_for_a_partial_that_reaches_it_is_refused(void)
{
    CHECK(rows_are_refused(DS_OP_SIN, 1, SUM, DS_NONE, DS_NONE, 2, 0));
    CHECK(rows_are_refused(DS_OP_ADD, 1, X, SUM, DS_NONE, 4, 0));
    CHECK(rows_are_refused(DS_OP_ADD, 2, PRODUCT, WIDE, DS_NONE, 7, 0)); /* a band needs a band */
    CHECK(rows_are_refused(DS_OP_SELECT, 2, WIDE, WIDE, PRODUCT, 0, 0));
    CHECK(rows_are_refused(DS_OP_SELECT, 2, WIDE, PRODUCT, WIDE, 0, 0));
    CHECK(rows_are_refused(DS_OP_MEMORY, 2, PRODUCT, DS_NONE, DS_NONE, 0, 1));
    CHECK(rows_are_refused(DS_OP_BROADCAST, 2, SUM, DS_NONE, DS_NONE, 2, 0));
    CHECK(rows_are_refused(DS_OP_INDEX, 1, PRODUCT, DS_NONE, DS_NONE, 4, 0));
    CHECK(rows_are_refused(DS_OP_SUM, 1, PRODUCT, DS_NONE, DS_NONE, 2, 0));
    CHECK(rows_are_refused(DS_OP_DOT, 1, WIDE, PRODUCT, DS_NONE, 4, 0));
    CHECK(rows_are_refused(DS_OP_CONVOLVE, 1, P, X, DS_NONE, 4, 0));
    CHECK(rows_are_refused(DS_OP_CONVOLVE, 1, P, SUM, DS_NONE, 2, 0));
}

static void a_result_that_has_no_partials_may_have_no_rows(void)
{
    CHECK(rows_are_refused(DS_OP_STOP, 1, SUM, DS_NONE, DS_NONE, 6, 0));
    CHECK(rows_are_refused(DS_OP_LESS, 1, SUM, SUM, DS_NONE, 6, 0));
    CHECK(rows_are_refused(DS_OP_FLOOR, 1, SUM, DS_NONE, DS_NONE, 6, 0));
    CHECK(rows_are_refused(DS_OP_INPUT, 1, DS_NONE, DS_NONE, DS_NONE, 1, 0));
    CHECK(rows_are_refused(DS_OP_CONSTANT, 2, DS_NONE, DS_NONE, DS_NONE, 0, 1));
}

static void a_parameter_has_its_own_partials_or_none(void)
{
    static const struct {
        uint32_t width;
        uint64_t dense, bands;
        DsStatus status;
    } rows[] = {{1, 0, 0, DS_OK},
                {1, 1, 0, DS_OK},
                {1, 2, 0, DS_ERROR_PARTIALS},
                {1, 3, 0, DS_ERROR_PARTIALS},
                {2, 0, 1, DS_OK},
                {2, 0, 2, DS_ERROR_PARTIALS},
                {2, 3, 0, DS_ERROR_PARTIALS},
                {2, 1, 1, DS_ERROR_PARTIALS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        start();
        const uint32_t at = build_parameter(&b, 0, rows[i].width);
        build_rows(&b, rows[i].dense, rows[i].bands);
        program->output = SUM;
        CHECK(refused(rows[i].status, rows[i].status == DS_OK ? DS_NONE : at));
    }
}

static void every_opcode_has_a_name_of_its_own(void)
{
    for (uint32_t i = 0; i < DS_OP_COUNT; ++i) {
        CHECK(strlen(ds_opcode_name(i)) > 1);
        for (uint32_t j = 0; j < i; ++j)
            CHECK(strcmp(ds_opcode_name(i), ds_opcode_name(j)) != 0);
    }
    CHECK(ds_opcode_name(DS_OP_COUNT) == NULL);
}

int main(void)
{
    the_unspoilt_program_is_accepted();
    counts_beyond_the_limits_are_refused();
    an_output_that_is_not_there_or_not_a_signal_is_refused();
    a_register_of_no_possible_shape_is_refused();
    runs_that_are_empty_out_of_order_or_out_of_place_are_refused();
    a_band_is_as_long_as_its_register_is_wide();
    a_register_that_is_missing_or_comes_too_late_cannot_be_read();
    an_unknown_opcode_is_refused();
    operands_that_do_not_fit_are_refused();
    sizes_out_of_range_are_refused();
    a_flag_that_an_opcode_does_not_have_is_refused();
    the_parts_of_a_concatenation_are_checked_one_by_one();
    a_result_without_room_for_a_partial_that_reaches_it_is_refused();
    a_result_that_has_no_partials_may_have_no_rows();
    a_parameter_has_its_own_partials_or_none();
    every_opcode_has_a_name_of_its_own();
    return check_report();
}
