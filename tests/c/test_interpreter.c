/* SPDX-License-Identifier: ISC
 *
 * Every opcode alone; how they play together, in recursions and in blocks, is in test_blocks.c.
 */
#include "cases.h"
#include "check.h"
#include "ds_operation.h"

#include <stdlib.h>

enum { OUTPUTS = CASE_MOST_LANES * CASE_FRAMES };
static double input[OUTPUTS];
static double parameters[CASE_MOST_PARAMETERS];
static const struct {
    uint32_t lanes, width;
} shapes[] = {{1, 1}, {1, 5}, {3, 1}, {3, 4}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Output and partials of a case, with parameter number `moved` further by `by`. */
static void run_case(Case c, uint32_t lanes, uint32_t width, uint32_t moved, double by, double *output,
                     double *partials)
{
    static Build b;
    void *memory;
    case_build(&b, c, lanes, width);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    case_input(input, lanes);
    case_parameters(parameters, width);
    memcpy(ds_interpreter_parameters(interpreter), parameters, b.program.parameters * sizeof *parameters);
    ds_interpreter_parameters(interpreter)[moved] += by;
    build_run(interpreter, input, output, partials, CASE_FRAMES, CASE_FRAMES);
    free(memory);
}

static void every_elementwise_opcode_has_the_value_of_c(void)
{
    double y[OUTPUTS];
    for (size_t i = 0; i < case_count(); ++i)
        for (size_t s = 0; s < SHAPES; ++s) {
            const uint32_t lanes = shapes[s].lanes, width = shapes[s].width;
            run_case(case_at(i), lanes, width, 0, 0.0, y, NULL);
            for (size_t n = 0; n < (size_t)lanes * CASE_FRAMES; ++n) {
                double expected = 0.0, value = 0.0;
                bool known = true;
                for (uint32_t k = 0; k < width && known; ++k) {
                    const double u = input[n] * parameters[1 + k] + parameters[0];
                    known = case_value(case_at(i), u, parameters[0] + input[n] + parameters[1 + width], &value);
                    expected += value;
                }
                if (known)
                    CHECK_CLOSE(y[n], expected, 1e-14);
            }
        }
}

/* Not so: STOP, which has none on purpose; straight-through rounding; and the whole delay, whose slope is taken
 * in time. Each has a test of its own. */
static bool is_derivative(Case c)
{
    return c.opcode != DS_OP_STOP && !(ds_opcode_kind(c.opcode) == DS_KIND_UNARY && c.flags) &&
           !(c.opcode == DS_OP_DELAY && c.flags == 0);
}

static void every_partial_equals_a_central_difference(void)
{
    static double y[OUTPUTS], above[OUTPUTS], below[OUTPUTS], partials[CASE_MOST_PARAMETERS * OUTPUTS];
    const double h = 1e-6;
    for (size_t i = 0; i < case_count(); ++i)
        for (size_t s = 0; s < SHAPES; ++s) {
            const Case c = case_at(i);
            const uint32_t lanes = shapes[s].lanes, width = shapes[s].width;
            const size_t count = (size_t)lanes * CASE_FRAMES;
            memset(partials, 0, sizeof partials);
            run_case(c, lanes, width, 0, 0.0, y, partials);
            for (uint32_t p = 0; p < 2 + width && is_derivative(c); ++p) {
                run_case(c, lanes, width, p, h, above, NULL);
                run_case(c, lanes, width, p, -h, below, NULL);
                for (size_t n = 0; n < count; ++n)
                    CHECK_CLOSE(partials[p * count + n], (above[n] - below[n]) / (2 * h), 1e-6);
            }
        }
}

static void a_stop_lets_no_partials_through(void)
{
    double y[OUTPUTS], partials[CASE_MOST_PARAMETERS * OUTPUTS] = {0};
    run_case((Case){DS_OP_STOP, 0}, 1, 5, 0, 0.0, y, partials);
    for (size_t i = 0; i < 7 * CASE_FRAMES; ++i)
        CHECK(partials[i] == 0.0);
}

static void straight_through_rounding_keeps_the_partials_of_its_operand(void)
{
    double y[OUTPUTS], partials[CASE_MOST_PARAMETERS * OUTPUTS] = {0};
    for (uint32_t opcode = DS_OP_FLOOR; opcode <= DS_OP_TRUNCATE; ++opcode) {
        run_case((Case){opcode, DS_FLAG_STRAIGHT_THROUGH}, 1, 5, 0, 0.0, y, partials);
        for (size_t n = 0; n < CASE_FRAMES; ++n) {
            CHECK(partials[n] == 5.0);
            for (size_t k = 0; k < 5; ++k)
                CHECK(partials[(1 + k) * CASE_FRAMES + n] == input[n]);
        }
    }
}

/* y = u @ p with u = x g: w = x[n - trunc p] g, dy/dg = x[n - trunc p], dy/dp = -(w[n] - w[n-1]). */
static void a_whole_delay_has_the_slope_of_the_delayed_signal_in_time(void)
{
    enum { DELAY = 3 };
    static Build b;
    double y[CASE_FRAMES], partials[2 * CASE_FRAMES];
    void *memory;
    build_start(&b, 1, 1, 2);
    const uint32_t u = build_binary(&b, DS_OP_MULTIPLY, build_broadcast(&b, build_parameter(&b, 0, 1), 1),
                                    build_input(&b, 0));
    build_delay(&b, u, build_broadcast(&b, build_parameter(&b, 1, 1), 1), 10, 0);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    memcpy(ds_interpreter_parameters(interpreter), (const double[]){0.5, DELAY + 0.7}, 2 * sizeof(double));
    case_input(input, 1);
    build_run(interpreter, input, y, partials, CASE_FRAMES, CASE_FRAMES);
    for (size_t n = 0; n < CASE_FRAMES; ++n) {
        const double now = n >= DELAY ? input[n - DELAY] : 0.0, before = n > DELAY ? input[n - DELAY - 1] : 0.0;
        CHECK(y[n] == 0.5 * now);
        CHECK(partials[n] == now);
        CHECK_CLOSE(partials[CASE_FRAMES + n], 0.5 * (before - now), 1e-15);
    }
    free(memory);
}

/* What is delayed is a parameter's own register, whose value lies apart from its rows. */
static void a_delayed_parameter_keeps_its_own_partials(void)
{
    static Build b;
    double y[8], partials[3 * 8];
    void *memory;
    build_start(&b, 1, 0, 3);
    const uint32_t u = build_parameter(&b, 0, 1);
    build_delay(&b, u, build_parameter(&b, 2, 1), 4, 1);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    memcpy(ds_interpreter_parameters(interpreter), (const double[]){7.0, 11.0, 2.0}, 3 * sizeof(double));
    build_run(interpreter, input, y, partials, 8, 8);
    for (size_t n = 0; n < 8; ++n) {
        CHECK(y[n] == (n < 2 ? 0.0 : 7.0));
        CHECK(partials[n] == (n < 2 ? 0.0 : 1.0));
    }
    free(memory);
}

static void values_of_vectors_are_the_ones_worked_out_by_hand(void)
{
    static const double x[] = {1, 2, 3, 4, 5, 6};
    static Build b;
    double y[6];
    void *memory;
    build_start(&b, 1, 1, 3);
    const uint32_t in = build_input(&b, 0);
    const uint32_t h = build_parameter(&b, 0, 3);
    const uint32_t taps = build_op(&b, DS_OP_TAPS, 3, 1, (const uint32_t[]){in, DS_NONE, DS_NONE}, 0, 0);
    const uint32_t dot = build_binary(&b, DS_OP_DOT, build_broadcast(&b, h, 3), taps);
    const uint32_t oldest = build_op(&b, DS_OP_INDEX, 1, 1, (const uint32_t[]){taps, DS_NONE, DS_NONE}, 2, 0);
    const uint32_t sum = build_unary(&b, DS_OP_SUM, build_concatenate(&b, (const uint32_t[]){dot, oldest}, 2));
    build_binary(&b, DS_OP_SUBTRACT, sum, build_binary(&b, DS_OP_CONVOLVE, h, in));
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    memcpy(ds_interpreter_parameters(interpreter), (const double[]){1, -2, 10}, 3 * sizeof(double));
    build_run(interpreter, x, y, NULL, 6, 6);
    for (size_t n = 0; n < 6; ++n) /* the dot product and the convolution are the same: what is left is x[n-2] */
        CHECK(y[n] == (n < 2 ? 0.0 : x[n - 2]));
    free(memory);
    b.program.output = dot;
    interpreter = build_interpreter(&b, &memory);
    memcpy(ds_interpreter_parameters(interpreter), (const double[]){1, -2, 10}, 3 * sizeof(double));
    build_run(interpreter, x, y, NULL, 6, 6);
    CHECK(y[0] == 1 && y[1] == 0 && y[2] == 9 && y[3] == 18 && y[4] == 27 && y[5] == 36);
    free(memory);
}

int main(void)
{
    every_elementwise_opcode_has_the_value_of_c();
    every_partial_equals_a_central_difference();
    a_stop_lets_no_partials_through();
    straight_through_rounding_keeps_the_partials_of_its_operand();
    a_whole_delay_has_the_slope_of_the_delayed_signal_in_time();
    a_delayed_parameter_keeps_its_own_partials();
    values_of_vectors_are_the_ones_worked_out_by_hand();
    return check_report();
}
