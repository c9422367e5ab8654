/* SPDX-License-Identifier: ISC
 *
 * libFuzzer target: bytes become a program, mostly well formed, its settings and a few frames of audio. The core
 * must refuse what is wrong by a status and must never read or write out of place.
 *
 * An instruction whose operands are taken at random is nearly always refused, so most choices are bent towards
 * what fits: registers that come before, few shapes, rows for all parameters. One byte in sixteen is let
 * through as it comes.
 */
#include "ds_learner.h"
#include "ds_noise.h"
#include "ds_operation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 24, MOST_PARAMETERS = 6, MOST_INPUTS = 2, FRAMES = 24, MOST_LANES = 3, DATA = 8, MOST_BYTES = 1 << 24 };

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} Bytes;

static uint8_t take(Bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

/* Any number at all, with one in sixteen; else one below `limit`. */
static uint32_t number(Bytes *bytes, uint32_t limit)
{
    const uint8_t byte = take(bytes);
    if (byte < 240)
        return limit ? byte % limit : byte;
    const uint32_t high = take(bytes);
    const uint32_t middle = take(bytes);
    return high << 24 | middle << 12 | take(bytes);
}

static double real(Bytes *bytes)
{
    static const double special[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, -1e300, 3.0, (double)INFINITY,
                                     (double)-INFINITY, (double)NAN};
    const uint8_t byte = take(bytes);
    return byte < sizeof special / sizeof *special ? special[byte] : (byte - 128) / 16.0;
}

typedef struct {
    DsProgram program;
    DsRegister registers[MOST];
    DsInstruction instructions[MOST];
    DsRun runs[MOST * (MOST_PARAMETERS + 1)];
    uint32_t operands[DATA];
    double data[DATA];
} Made;

/* The rows that a result needs if its operands have all they can have. */
static void make_rows(Bytes *bytes, Made *m, uint32_t at, uint32_t opcode)
{
    DsRegister *r = &m->registers[at];
    const bool rounding = opcode >= DS_OP_FLOOR && opcode <= DS_OP_TRUNCATE && !m->instructions[at].flags;
    const bool none = opcode == DS_OP_CONSTANT || opcode == DS_OP_INPUT || opcode == DS_OP_STOP || rounding ||
                      (ds_opcode_kind(opcode) == DS_KIND_LOGIC);
    const uint32_t p = m->program.parameters;
    const uint8_t choice = take(bytes);
    DsRun *run = &m->runs[m->program.run_count];
    r->run = r->band = m->program.run_count;
    if (p == 0 || none || choice % 8 == 7)
        return;
    if (opcode == DS_OP_PARAMETER) {
        *run = (DsRun){m->instructions[at].size, r->width};
        r->runs = r->width == 1;
        r->bands = r->width != 1;
    } else {
        run[r->runs++] = choice % 8 == 6 ? (DsRun){number(bytes, p), number(bytes, p + 1)} : (DsRun){0, p};
        r->band = m->program.run_count + 1;
        for (uint32_t first = choice % 3; r->width > 1 && first + r->width <= p; first += r->width)
            run[r->runs + r->bands++] = (DsRun){first, r->width};
    }
    m->program.run_count += r->runs + r->bands;
}

static void make_instruction(Bytes *bytes, Made *m, uint32_t at)
{
    static const uint32_t widths[] = {1, 1, 2, 3};
    DsInstruction *i = &m->instructions[at];
    DsRegister *r = &m->registers[at];
    i->opcode = number(bytes, DS_OP_COUNT);
    const uint32_t operands = i->opcode < DS_OP_COUNT ? ds_opcode_operands(i->opcode) : 0;
    for (uint32_t k = 0; k < 3; ++k)
        i->args[k] = k < operands ? number(bytes, i->opcode == DS_OP_MEMORY ? m->program.count : at) : DS_NONE;
    const bool known = operands > 0 && i->args[operands - 1] < at;
    const DsRegister like = known ? m->registers[i->args[operands - 1]] : (DsRegister){.width = 1, .varying = 1};
    const uint8_t choice = take(bytes);
    const bool folds = i->opcode == DS_OP_SUM || i->opcode == DS_OP_DOT || i->opcode == DS_OP_CONVOLVE ||
                       i->opcode == DS_OP_INDEX;
    const bool widens = i->opcode == DS_OP_TAPS || i->opcode == DS_OP_BROADCAST || i->opcode == DS_OP_CONSTANT ||
                        i->opcode == DS_OP_PARAMETER || i->opcode == DS_OP_CONCATENATE;
    r->width = choice >= 240 ? number(bytes, 0) : folds ? 1 : widens ? widths[choice % 4] : like.width;
    r->varying = i->opcode == DS_OP_PARAMETER ? 0 : choice / 4 % 16 == 0 ? !like.varying : like.varying;
    i->size = number(bytes, i->opcode == DS_OP_DELAY ? 40 : i->opcode == DS_OP_CONCATENATE ? r->width + 1 : 4);
    if (i->opcode == DS_OP_CONCATENATE && choice % 16)
        i->size = r->width;
    i->data = number(bytes, 3);
    i->flags = i->opcode == DS_OP_DELAY ? number(bytes, 3) : choice % 16 == 5;
    i->constant = real(bytes);
    make_rows(bytes, m, at, i->opcode);
}

static void make_program(Bytes *bytes, Made *m)
{
    memset(m, 0, sizeof *m);
    const uint32_t lanes = 1 + take(bytes) % MOST_LANES, inputs = take(bytes) % (MOST_INPUTS + 1);
    m->program = (DsProgram){.lanes = lanes,
                             .inputs = inputs,
                             .parameters = take(bytes) % (MOST_PARAMETERS + 1),
                             .count = 1 + take(bytes) % MOST,
                             .operand_count = DATA,
                             .data_count = DATA,
                             .registers = m->registers,
                             .instructions = m->instructions,
                             .runs = m->runs,
                             .operands = m->operands,
                             .data = m->data};
    for (uint32_t k = 0; k < DATA; ++k) {
        m->operands[k] = number(bytes, m->program.count);
        m->data[k] = real(bytes);
    }
    for (uint32_t at = 0; at < m->program.count; ++at)
        make_instruction(bytes, m, at);
    m->program.output = number(bytes, m->program.count);
}

/* A number that most often suits a share. */
static double share(Bytes *bytes)
{
    const uint8_t byte = take(bytes);
    return byte < 240 ? byte / 240.0 : real(bytes);
}

static void make_optimizer(Bytes *bytes, DsLearnerSettings *settings)
{
    settings->optimizer = (DsOptimizer){.kind = number(bytes, DS_OPTIMIZER_COUNT),
                                        .momentum = share(bytes),
                                        .decay = share(bytes),
                                        .epsilon = fabs(real(bytes)),
                                        .weight_decay = fabs(real(bytes)),
                                        .initial = fabs(real(bytes)),
                                        .clip_value = fabs(real(bytes)),
                                        .clip_norm = fabs(real(bytes))};
    if (settings->optimizer.kind == DS_OPTIMIZER_GAUSS_NEWTON && take(bytes) < 240) {
        settings->optimizer.clip_value = settings->optimizer.clip_norm = 0.0;
        settings->optimizer.decay = 0.9 + 0.1 * settings->optimizer.decay;
    }
    settings->schedule = (DsSchedule){.kind = number(bytes, DS_SCHEDULE_COUNT),
                                      .warm_up = number(bytes, 30),
                                      .samples = number(bytes, 30),
                                      .amount = share(bytes)};
}

static void make_loss(Bytes *bytes, DsLearnerSettings *settings)
{
    settings->delta = fabs(real(bytes));
    settings->pre_emphasis = share(bytes);
    settings->logarithmic = share(bytes);
    settings->size_count = number(bytes, 4);
    for (uint32_t i = 0; i < DS_MOST_SIZES; ++i)
        settings->sizes[i] = number(bytes, 40);
    if (settings->loss == DS_LOSS_ESR && take(bytes) < 240)
        settings->window_of = DS_WINDOW_OF_LOSS;
}

static void make_settings(Bytes *bytes, const Made *m, DsParameter *parameters, DsLearnerSettings *settings)
{
    *settings = (DsLearnerSettings){.loss = number(bytes, DS_LOSS_COUNT),
                                    .window_of = number(bytes, DS_WINDOW_OF_COUNT),
                                    .window = number(bytes, 9),
                                    .rate = fabs(real(bytes)),
                                    .parameters = parameters};
    make_loss(bytes, settings);
    make_optimizer(bytes, settings);
    for (uint32_t first = 0; first < m->program.parameters; first += parameters[settings->parameter_count++].count) {
        const uint8_t choice = take(bytes);
        const uint32_t left = m->program.parameters - first;
        const bool recursive = (choice >> 6 & 1u) != 0;
        const double low = real(bytes), high = real(bytes);
        parameters[settings->parameter_count] = (DsParameter){.first = first,
                                                              .count = 1 + choice % left,
                                                              .normalised = choice >> 3 & 1u,
                                                              .logarithmic = choice >> 4 & 1u,
                                                              .locked = choice >> 5 & 1u,
                                                              .recursive = recursive,
                                                              .minimum = recursive ? -HUGE_VAL : low,
                                                              .maximum = recursive ? HUGE_VAL : high};
    }
}

static double input[MOST_INPUTS * MOST_LANES * FRAMES], target[MOST_LANES * FRAMES], output[MOST_LANES * FRAMES];
static double partials[MOST_PARAMETERS * MOST_LANES * FRAMES];

static void fill_audio(Bytes *bytes)
{
    uint32_t state = take(bytes);
    ds_noise(target, sizeof target / sizeof *target, &state);
    ds_noise(input, sizeof input / sizeof *input, &state);
    input[take(bytes) % FRAMES] = real(bytes);
}

static void run_interpreter(const DsProgram *program)
{
    DsInterpreter *interpreter = NULL;
    size_t bytes = 0;
    if (ds_interpreter_size(program, &bytes) != DS_OK || bytes > MOST_BYTES)
        return;
    void *memory = aligned_alloc(DS_ALIGNMENT, (bytes + DS_ALIGNMENT - 1) / DS_ALIGNMENT * DS_ALIGNMENT);
    const DsAudio audio = {.input = input, .output = output, .stride = FRAMES, .frames = FRAMES};
    if (!memory || ds_interpreter_init(program, memory, bytes, &interpreter) != DS_OK)
        abort(); /* what was measured must be accepted */
    ds_interpreter_process(interpreter, &audio, partials);
    ds_interpreter_reset(interpreter);
    ds_interpreter_process(interpreter, &audio, NULL);
    free(memory);
}

static void run_learner(Bytes *bytes, const Made *m)
{
    DsParameter parameters[MOST_PARAMETERS];
    DsLearnerSettings settings;
    DsLearner *learner = NULL;
    size_t size = 0, done = 0;
    double gradient[FRAMES * MOST_PARAMETERS], values[MOST_PARAMETERS];
    make_settings(bytes, m, parameters, &settings);
    if (ds_learner_size(&m->program, &settings, &size) != DS_OK || size > MOST_BYTES)
        return;
    void *memory = aligned_alloc(DS_ALIGNMENT, (size + DS_ALIGNMENT - 1) / DS_ALIGNMENT * DS_ALIGNMENT);
    const DsAudio audio = {.input = input, .target = target, .output = output, .stride = FRAMES, .frames = FRAMES};
    const DsRecord record = {.gradient = gradient, .every = 1};
    if (!memory || ds_learner_init(&m->program, &settings, memory, size, &learner) != DS_OK)
        abort();
    for (size_t p = 0; p < MOST_PARAMETERS; ++p)
        values[p] = real(bytes);
    ds_learner_set_parameters(learner, values);
    const DsStatus status = ds_learner_process(learner, &audio, &record, &done);
    if ((status == DS_OK) != (done == FRAMES))
        abort();
    const double *now = ds_learner_parameters(learner), *state = ds_learner_state(learner, &size);
    for (size_t i = 0; i < size && status == DS_DIVERGED; ++i)
        if (!isfinite(state[i]))
            abort(); /* what has diverged must be able to start anew */
    for (size_t i = 0; i < m->program.parameters; ++i)
        if (!isfinite(now[i]) && isfinite(values[i]))
            abort();
    ds_learner_lock(learner, 0, 1);
    ds_learner_reset(learner);
    ds_learner_process(learner, &audio, NULL, &done);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Made made;
    Bytes bytes = {data, data + size};
    make_program(&bytes, &made);
    fill_audio(&bytes);
    if (ds_program_check(&made.program, NULL) != DS_OK)
        return 0;
    run_interpreter(&made.program);
    run_learner(&bytes, &made);
    return 0;
}
