/* SPDX-License-Identifier: ISC
 *
 * Every processor variant that this machine runs gives the same bits. The linker sends the core's calls of
 * ds_variant_pick to the function here.
 */
#include "cases.h"
#include "check.h"
#include "learning.h"

#include "ds_variant.h"

#define VARIANT(suffix)                                                                                        \
    {#suffix, ds_pick_element_##suffix, ds_pick_vector_##suffix, ds_pick_time_##suffix, ds_interpret_##suffix,       \
     ds_learn_##suffix}

static const DsVariant variants[] = {
    VARIANT(portable),
#ifdef DS_X86_VARIANTS
    VARIANT(v3),
    VARIANT(v4),
#endif
};
static const DsVariant *picked;

const DsVariant *__real_ds_variant_pick(void);
const DsVariant *__wrap_ds_variant_pick(void);
const DsVariant *__wrap_ds_variant_pick(void)
{
    return picked;
}

/* They are listed from the plainest on, and this machine runs all up to the one it would pick itself. */
static size_t variants_here(void)
{
    size_t count = 1;
    while (strcmp(variants[count - 1].name, __real_ds_variant_pick()->name) != 0)
        ++count;
    return count;
}

enum { WIDTH = 5, LANES = 3, SIGNALS = LANES * CASE_FRAMES };

static void run_case(Case c, const DsVariant *variant, double *y, double *partials)
{
    static Build b;
    static double x[SIGNALS];
    void *memory;
    picked = variant;
    case_build(&b, c, LANES, WIDTH);
    DsInterpreter *interpreter = build_interpreter(&b, &memory);
    CHECK(strcmp(ds_interpreter_variant(interpreter), variant->name) == 0);
    case_parameters(ds_interpreter_parameters(interpreter), WIDTH);
    case_input(x, LANES);
    build_run(interpreter, x, y, partials, CASE_FRAMES, CASE_FRAMES);
    free(memory);
}

static void every_opcode_has_the_same_bits(void)
{
    static double y[SIGNALS], again[SIGNALS];
    static double partials[CASE_MOST_PARAMETERS * SIGNALS], partials_again[CASE_MOST_PARAMETERS * SIGNALS];
    for (size_t i = 0; i < case_count(); ++i) {
        run_case(case_at(i), &variants[0], y, partials);
        for (size_t v = 1; v < variants_here(); ++v) {
            run_case(case_at(i), &variants[v], again, partials_again);
            CHECK_SAME_BITS(again, y, SIGNALS);
            CHECK_SAME_BITS(partials_again, partials, CASE_MOST_PARAMETERS * SIGNALS);
        }
    }
}

static void learning_has_the_same_bits(void)
{
    static double before[2 * FRAMES];
    for (uint32_t i = 0; i < 2 * learning_mixtures(); ++i)
        for (size_t v = 0; v < variants_here(); ++v) {
            const DsLearnerSettings settings = learning_mixture(i / 2);
            picked = &variants[v];
            const Learning learning = learning_start(build_gain_dc(1 + i % 2), &settings);
            CHECK(learn(learning.learner, FRAMES, FRAMES) == FRAMES);
            if (v == 0)
                memcpy(before, recorded.parameters, sizeof before);
            CHECK_SAME_BITS(recorded.parameters, before, 2 * FRAMES);
            learning_end(learning);
        }
}

int main(void)
{
    learning_signals();
    printf("%zu variants\n", variants_here());
    every_opcode_has_the_same_bits();
    learning_has_the_same_bits();
    return check_report();
}
