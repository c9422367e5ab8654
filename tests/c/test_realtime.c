/* SPDX-License-Identifier: ISC
 *
 * No function that the audio thread may call touches the heap. The linker sends every heap call of this
 * executable to the functions here, which count while `watching`.
 */
#include "cases.h"
#include "check.h"
#include "learning.h"

/* volatile, since a compiler takes it for granted that malloc reads and writes no variable of ours */
static volatile bool watching;
static volatile unsigned heap_calls;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t bytes)
{
    heap_calls += watching;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    heap_calls += watching;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
    heap_calls += watching;
    return __real_realloc(memory, bytes);
}

void __wrap_free(void *memory)
{
    heap_calls += watching;
    __real_free(memory);
}

static void watch(void)
{
    heap_calls = 0;
    watching = true;
}

static unsigned unwatch(void)
{
    watching = false;
    return heap_calls;
}

/* What a careless change might do. */
static void sabotage(void)
{
    void *volatile memory = malloc(8);
    memory = realloc(memory, 16);
    free(memory);
    memory = calloc(1, 8);
    free(memory);
}

static void a_sabotaged_function_is_caught(void)
{
    watch();
    sabotage();
    CHECK(unwatch() == 5);
}

static void the_interpreter_leaves_the_heap_alone_for_every_opcode(void)
{
    static Build b;
    static double x[CASE_MOST_LANES * CASE_FRAMES], y[CASE_MOST_LANES * CASE_FRAMES];
    static double partials[CASE_MOST_PARAMETERS * CASE_MOST_LANES * CASE_FRAMES];
    for (size_t i = 0; i < case_count(); ++i)
        for (uint32_t lanes = 1; lanes <= CASE_MOST_LANES; ++lanes) {
            void *memory;
            case_build(&b, case_at(i), lanes, CASE_MOST_WIDTH);
            DsInterpreter *interpreter = build_interpreter(&b, &memory);
            case_parameters(ds_interpreter_parameters(interpreter), CASE_MOST_WIDTH);
            case_input(x, lanes);
            watch();
            build_run(interpreter, x, y, partials, CASE_FRAMES, 64);
            ds_interpreter_reset(interpreter);
            CHECK(unwatch() == 0);
            free(memory);
        }
}

static void the_learner_leaves_the_heap_alone_for_every_loss_and_optimizer(void)
{
    for (uint32_t i = 0; i < 2 * learning_mixtures(); ++i) {
        const DsLearnerSettings settings = learning_mixture(i / 2);
        const Learning learning = learning_start(build_gain_dc(1 + i % 2), &settings);
        double loss, means[2], kept[64];
        size_t count;
        uint64_t samples;
        watch();
        ds_learner_set_parameters(learning.learner, (const double[]){0.1, 0.2});
        CHECK(learn(learning.learner, FRAMES, 64) == FRAMES);
        ds_learner_lock(learning.learner, 0, 1);
        ds_learner_set_rate(learning.learner, 0.1);
        ds_learner_take_means(learning.learner, &loss, &samples, means);
        const double *state = ds_learner_state(learning.learner, &count);
        memcpy(kept, state, count * sizeof *kept);
        ds_learner_restart(learning.learner);
        ds_learner_set_state(learning.learner, kept);
        ds_learner_reset(learning.learner);
        CHECK(unwatch() == 0);
        learning_end(learning);
    }
}

int main(void)
{
    learning_signals();
    a_sabotaged_function_is_caught();
    the_interpreter_leaves_the_heap_alone_for_every_opcode();
    the_learner_leaves_the_heap_alone_for_every_loss_and_optimizer();
    return check_report();
}
