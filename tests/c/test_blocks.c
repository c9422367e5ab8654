/* SPDX-License-Identifier: ISC
 *
 * The interpreter as a whole: recursion, memories of memories, blocks, reset, lanes, what init refuses.
 */
#include "cases.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = CASE_FRAMES };
static double input[CASE_MOST_LANES * FRAMES];
static double y[CASE_MOST_LANES * FRAMES], again[CASE_MOST_LANES * FRAMES];
static double partials[CASE_MOST_PARAMETERS * CASE_MOST_LANES * FRAMES];
static double partials_again[CASE_MOST_PARAMETERS * CASE_MOST_LANES * FRAMES];
static Build b;

/* y[n] = x[n] + p y[n-1] and its partial y'[n] = y[n-1] + p y'[n-1]. */
static void value_and_partials_circulate_together(void)
{
    void *memory;
    build_start(&b, 1, 1, 1);
    const uint32_t x = build_input(&b, 0);
    const uint32_t p = build_broadcast(&b, build_parameter(&b, 0, 1), 1);
    const uint32_t before = build_open(&b, 1, 1, 1, 0, 0.0);
    build_close(&b, before, build_binary(&b, DS_OP_ADD, x, build_binary(&b, DS_OP_MULTIPLY, p, before)));
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    *ds_interpreter_parameters(interpreter) = 0.9;
    case_input(input, 1);
    build_run(interpreter, input, y, partials, FRAMES, FRAMES);
    double value = 0.0, partial = 0.0;
    for (size_t n = 0; n < FRAMES; ++n) {
        partial = value + 0.9 * partial;
        value = input[n] + 0.9 * value;
        CHECK_CLOSE(y[n], value, 1e-15);
        CHECK_CLOSE(partials[n], partial, 1e-15);
    }
    free(memory);
}

/* Two memories that read each other change places every sample, with their partials; and a chain of three is a
 * delay of three, however they are ordered. */
static void memories_of_memories_swap_and_shift(void)
{
    void *memory;
    build_start(&b, 1, 1, 0);
    const uint32_t one = build_open(&b, 1, 1, 0, 0, 1.0);
    const uint32_t two = build_open(&b, 1, 1, 0, 0, 2.0);
    build_close(&b, one, two);
    build_close(&b, two, one);
    const uint32_t third = build_open(&b, 1, 1, 0, 0, 0.0); /* the last of the chain comes first */
    const uint32_t x = build_input(&b, 0);
    const uint32_t first = build_unary(&b, DS_OP_MEMORY, x);
    const uint32_t second = build_unary(&b, DS_OP_MEMORY, first);
    build_close(&b, third, second);
    build_binary(&b, DS_OP_ADD, build_binary(&b, DS_OP_MULTIPLY, one, build_constant(&b, 100.0, 1, 1)), third);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    case_input(input, 1);
    build_run(interpreter, input, y, NULL, FRAMES, FRAMES);
    for (size_t n = 0; n < FRAMES; ++n)
        CHECK(y[n] == (n % 2 ? 200.0 : 100.0) + (n < 3 ? 0.0 : input[n - 3]));
    free(memory);
}

static void a_memory_of_a_memory_carries_the_partials_of_a_vector(void)
{
    void *memory;
    build_start(&b, 2, 1, 3);
    const uint32_t w = build_parameter(&b, 0, 3);
    const uint32_t u = build_binary(&b, DS_OP_MULTIPLY, build_broadcast(&b, build_input(&b, 0), 3),
                                    build_broadcast(&b, w, 3));
    build_unary(&b, DS_OP_SUM, build_unary(&b, DS_OP_MEMORY, build_unary(&b, DS_OP_MEMORY, u)));
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    memcpy(ds_interpreter_parameters(interpreter), (const double[]){1, 2, 4}, 3 * sizeof(double));
    case_input(input, 2);
    build_run(interpreter, input, y, partials, FRAMES, FRAMES);
    for (size_t l = 0; l < 2; ++l)
        for (size_t n = 0; n < FRAMES; ++n) {
            const double x = n < 2 ? 0.0 : input[l * FRAMES + n - 2];
            CHECK_CLOSE(y[l * FRAMES + n], 7.0 * x, 1e-15);
            for (size_t p = 0; p < 3; ++p)
                CHECK(partials[(p * 2 + l) * FRAMES + n] == x);
        }
    free(memory);
}

static void a_memory_that_reads_itself_keeps_its_first_value(void)
{
    void *memory;
    build_start(&b, 1, 0, 0);
    const uint32_t at = build_open(&b, 1, 1, 0, 0, 0.25);
    build_close(&b, at, at);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    build_run(interpreter, input, y, NULL, 10, 3);
    for (size_t n = 0; n < 10; ++n)
        CHECK(y[n] == 0.25);
    free(memory);
}

static void blocks_and_reset_change_no_bit_of_any_opcode(void)
{
    static const size_t blocks[] = {1, 7, 64, FRAMES};
    for (size_t i = 0; i < case_count(); ++i)
        for (uint32_t lanes = 1; lanes <= 3; lanes += 2) {
            void *memory;
            const uint32_t width = 4;
            case_build(&b, case_at(i), lanes, width);
            DsInterpreter *interpreter = build_interpreter(&b, &memory);
            case_parameters(ds_interpreter_parameters(interpreter), width);
            case_input(input, lanes);
            build_run(interpreter, input, y, partials, FRAMES, FRAMES);
            for (size_t k = 0; k < sizeof blocks / sizeof *blocks; ++k) {
                ds_interpreter_reset(interpreter);
                build_run(interpreter, input, again, partials_again, FRAMES, blocks[k]);
                CHECK_SAME_BITS(again, y, lanes * FRAMES);
                CHECK_SAME_BITS(partials_again, partials, (2 + width) * lanes * FRAMES);
            }
            free(memory);
        }
}

static void a_lane_is_what_it_would_be_alone(void)
{
    for (size_t i = 0; i < case_count(); ++i) {
        double alone[FRAMES];
        void *memory, *memory_alone;
        static Build single;
        case_build(&b, case_at(i), 3, 4);
        case_build(&single, case_at(i), 1, 4);
        DsInterpreter *interpreter = build_interpreter(&b, &memory);
        DsInterpreter *one = build_interpreter(&single, &memory_alone);
        case_parameters(ds_interpreter_parameters(interpreter), 4);
        case_parameters(ds_interpreter_parameters(one), 4);
        case_input(input, 3);
        build_run(interpreter, input, y, NULL, FRAMES, FRAMES);
        for (size_t l = 0; l < 3; ++l) {
            ds_interpreter_reset(one);
            build_run(one, input + l * FRAMES, alone, NULL, FRAMES, FRAMES);
            for (size_t n = 0; n < FRAMES; ++n)
                CHECK_CLOSE(y[l * FRAMES + n], alone[n], 1e-14);
        }
        free(memory);
        free(memory_alone);
    }
}

/* y = x exp(p), and within a block exp(p) is computed once. */
static void a_parameter_set_between_blocks_counts_from_the_next_on(void)
{
    void *memory;
    build_start(&b, 1, 1, 1);
    const uint32_t x = build_input(&b, 0);
    const uint32_t p = build_broadcast(&b, build_unary(&b, DS_OP_EXP, build_parameter(&b, 0, 1)), 1);
    build_binary(&b, DS_OP_MULTIPLY, x, p);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    case_input(input, 1);
    for (size_t block = 0; block < 3; ++block) {
        *ds_interpreter_parameters(interpreter) = 0.5 * (double)block;
        build_run(interpreter, input, y, partials, FRAMES, FRAMES);
        for (size_t n = 0; n < FRAMES; ++n)
            CHECK(y[n] == input[n] * exp(0.5 * (double)block) && partials[n] == y[n]);
        if (block == 1)
            ds_interpreter_reset(interpreter);
    }
    free(memory);
}

static void a_program_without_parameters_runs_and_its_constants_are_folded(void)
{
    void *memory;
    build_start(&b, 2, 1, 0);
    const uint32_t half = build_unary(&b, DS_OP_SQRT, build_constant(&b, 0.25, 3, 1));
    build_binary(&b, DS_OP_MULTIPLY, build_input(&b, 0), build_unary(&b, DS_OP_SUM, half));
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    case_input(input, 2);
    build_run(interpreter, input, y, partials, FRAMES, 7);
    for (size_t n = 0; n < 2 * FRAMES; ++n)
        CHECK(y[n] == 1.5 * input[n]);
    free(memory);
}

static void memory_that_is_too_small_or_not_aligned_is_refused(void)
{
    DsInterpreter *interpreter = NULL;
    size_t bytes = 0;
    case_build(&b, (Case){DS_OP_ADD, 0}, 1, 1);
    CHECK(ds_interpreter_size(&b.program, &bytes) == DS_OK);
    unsigned char *memory = build_memory(bytes + DS_ALIGNMENT);
    CHECK(ds_interpreter_init(&b.program, memory, bytes - 1, &interpreter) == DS_ERROR_MEMORY);
    CHECK(ds_interpreter_init(&b.program, memory + 8, bytes, &interpreter) == DS_ERROR_MEMORY);
    CHECK(ds_interpreter_init(&b.program, NULL, bytes, &interpreter) == DS_ERROR_MEMORY);
    CHECK(interpreter == NULL);
    CHECK(ds_interpreter_init(&b.program, memory, bytes, &interpreter) == DS_OK);
    CHECK(strlen(ds_interpreter_variant(interpreter)) > 1);
    free(memory);
}

static void more_memory_than_the_core_takes_is_refused(void)
{
    size_t bytes = 0;
    DsInterpreter *interpreter = NULL;
    build_start(&b, DS_MOST_LANES, 1, 0);
    const uint32_t wide = build_broadcast(&b, build_input(&b, 0), DS_MOST_WIDTH);
    build_unary(&b, DS_OP_SUM, build_delay(&b, wide, wide, DS_MOST_DELAY, 2));
    CHECK(ds_program_check(&b.program, NULL) == DS_OK);
    CHECK(ds_interpreter_size(&b.program, &bytes) == DS_ERROR_LIMIT);
    CHECK(ds_interpreter_init(&b.program, input, sizeof input, &interpreter) == DS_ERROR_LIMIT);
}

int main(void)
{
    value_and_partials_circulate_together();
    memories_of_memories_swap_and_shift();
    a_memory_of_a_memory_carries_the_partials_of_a_vector();
    a_memory_that_reads_itself_keeps_its_first_value();
    blocks_and_reset_change_no_bit_of_any_opcode();
    a_lane_is_what_it_would_be_alone();
    a_parameter_set_between_blocks_counts_from_the_next_on();
    a_program_without_parameters_runs_and_its_constants_are_folded();
    memory_that_is_too_small_or_not_aligned_is_refused();
    more_memory_than_the_core_takes_is_refused();
    return check_report();
}
