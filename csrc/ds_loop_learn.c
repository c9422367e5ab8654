/* SPDX-License-Identifier: ISC
 *
 * The learner's loop over the samples of a block: run, loss and gradient, step.
 */
#include "ds_loop_direct.h"
#include "ds_loop_loss.h"
#include "ds_loop_step.h"

/* Adds the parameters to their means every DS_MEAN_EVERY samples. */
DS_INLINE void count_sample(DsLearner *learner, double loss)
{
    learner->loss_sum += loss;
    ++learner->samples;
    if (DS_LIKELY(++learner->since_mean < DS_MEAN_EVERY))
        return;
    learner->since_mean = 0;
    ++learner->mean_count;
    for (size_t k = 0; k < learner->machine->parameter_count; ++k)
        learner->mean[k] += learner->machine->parameters[k];
}

/* Writes down a sample at which the parameters were `used`. */
static void write_record(const DsLearner *learner, const DsRecord *record, size_t row, double loss,
                         const double *used)
{
    const size_t p = learner->machine->parameter_count;
    if (record->loss)
        record->loss[row] = loss;
    if (record->gradient)
        memcpy(record->gradient + row * p, learner->gradient, p * sizeof *record->gradient);
    if (record->parameters)
        memcpy(record->parameters + row * p, used, p * sizeof *record->parameters);
}

DS_INLINE void write_output(const DsInterpreter *machine, const DsAudio *audio, size_t n)
{
    if (audio->output)
        for (size_t l = 0; l < machine->lanes; ++l)
            audio->output[l * audio->stride + n] = machine->output[l];
}

/* Whether any parameter may move. */
static bool parameters_move(const DsLearner *learner)
{
    for (uint32_t i = 0; i < learner->settings.parameter_count; ++i)
        if (!learner->parameters[i].locked)
            return true;
    return false;
}

static DsStatus learn_directly(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    const DsInterpreter *machine = learner->machine;
    const DsStep *const first = ds_machine_begin(machine, parameters_move(learner));
    size_t n = 0;
    for (; n < audio->frames; ++n) {
        double loss;
        ds_machine_run(machine, first, audio, n);
        write_output(machine, audio, n);
        const bool good = ds_direct_sample(learner, audio->target[n], &loss);
        if (record && n % record->every == 0)
            write_record(learner, record, n / record->every, loss, learner->next);
        ds_machine_latch(machine);
        if (DS_UNLIKELY(!good))
            break;
        count_sample(learner, loss);
    }
    ds_direct_finish(learner);
    *learner->state.steps += (double)n;
    *done = n;
    if (n == audio->frames)
        return DS_OK;
    ds_learner_restart(learner);
    return DS_DIVERGED;
}

static DsStatus learn_anyhow(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    const DsInterpreter *machine = learner->machine;
    const DsStep *const first = ds_machine_begin(machine, parameters_move(learner));
    for (size_t n = 0; n < audio->frames; ++n) {
        ds_machine_run(machine, first, audio, n);
        const double loss = loss_and_gradient(learner, audio, n);
        write_output(machine, audio, n);
        if (record && n % record->every == 0)
            write_record(learner, record, n / record->every, loss, machine->parameters);
        const bool good = fabs(loss) <= DBL_MAX && find_steps(learner);
        ds_machine_latch(machine);
        if (DS_UNLIKELY(!good)) {
            *done = n;
            ds_learner_restart(learner);
            return DS_DIVERGED;
        }
        take_steps(learner);
        count_sample(learner, loss);
    }
    *done = audio->frames;
    return DS_OK;
}

DsStatus DS_VARIANT(ds_learn)(DsLearner *learner, const DsAudio *audio, const DsRecord *record, size_t *done)
{
    return ds_direct_fits(learner) ? learn_directly(learner, audio, record, done)
                                   : learn_anyhow(learner, audio, record, done);
}
