/* SPDX-License-Identifier: ISC
 *
 * The spectral loss: how far the magnitudes of the sliding spectra of output and target are apart. With Y and T
 * scaled by 1 / sqrt(W), so that their mean energy over all bins is that of the samples,
 *
 *     L = mean over bins of (1 - log) (|Y_k| - |T_k|)^2 + log (a(Y_k) - a(T_k))^2,   a(X) = ln(|X|^2 + 1e-8) / 2
 *
 * mean over the sizes, and over the lanes. The gradient is exact: d|Y_k| = Re(conj(Y_k) Y'_k) / |Y_k|, where Y' is
 * the sliding spectrum of dy/dp. It asks for magnitudes alone: neither phase nor a small delay matters.
 *
 * For ds_loop_loss.h alone.
 */
#ifndef DS_LOOP_SPECTRAL_H
#define DS_LOOP_SPECTRAL_H

#include "ds_learner_state.h"

#include "ds_rows.h"

/* Magnitude below which the slope of one is bounded; energy below which a logarithm no longer falls (-80 dB). */
#define DS_SMALLEST_MAGNITUDE 1e-10
#define DS_SPECTRAL_FLOOR 1e-8

/* A bin: of the energies of output and target the loss, and by 2 dL/d(energy of the output). */
DS_INLINE DsUnary ds_spectral_bin(double output, double target, double logarithmic)
{
    const double magnitude = sqrt(output), difference = magnitude - sqrt(target);
    const double divisor = magnitude > DS_SMALLEST_MAGNITUDE ? magnitude : DS_SMALLEST_MAGNITUDE;
    const double linear = 1.0 - logarithmic;
    DsUnary bin = {linear * difference * difference, linear * 2.0 * difference / divisor};
    if (logarithmic > 0.0) {
        const double ratio = 0.5 * (log(output + DS_SPECTRAL_FLOOR) - log(target + DS_SPECTRAL_FLOOR));
        bin.value += logarithmic * ratio * ratio;
        bin.slope += logarithmic * 2.0 * ratio / (output + DS_SPECTRAL_FLOOR);
    }
    return bin;
}

/* One lane at one size: answers its loss; writes to `pull` by how much each row's spectrum counts, so that the
 * gradient is their scalar product. `share` scales both. */
static double spectral_lane(const DsSpectrum *spectrum, const double *output, const double *target,
                            double logarithmic, double share, double *pull)
{
    const size_t bins = spectrum->bin_count;
    const double scale = 1.0 / (double)spectrum->length, part = share / (double)bins;
    double loss = 0.0;
    for (size_t k = 0; k < bins; ++k) {
        const double re = output[k], im = output[bins + k], t_re = target[k], t_im = target[bins + k];
        const DsUnary bin =
            ds_spectral_bin((re * re + im * im) * scale, (t_re * t_re + t_im * t_im) * scale, logarithmic);
        loss += part * bin.value;
        pull[k] = part * bin.slope * scale * re;
        pull[bins + k] = part * bin.slope * scale * im;
    }
    return loss;
}

/* Takes the sample in: rows, then outputs, then targets. */
DS_INLINE void spectral_push(const DsInterpreter *machine, DsSpectrum *spectrum, const DsAudio *audio, size_t n)
{
    const size_t lanes = machine->lanes, all = machine->output_row_count * lanes;
    ds_spectrum_begin(spectrum);
    for (size_t i = 0; i < all; ++i)
        ds_spectrum_push(spectrum, i, machine->output_rows[i]);
    for (size_t l = 0; l < lanes; ++l) {
        ds_spectrum_push(spectrum, all + l, machine->output[l]);
        ds_spectrum_push(spectrum, all + lanes + l, audio->target[l * audio->stride + n]);
    }
}

/* Loss of one size; its gradient is added to the learner's. */
static double spectral_size(const DsLearner *learner, DsSpectrum *spectrum, double share)
{
    const DsInterpreter *machine = learner->machine;
    const size_t lanes = machine->lanes, all = machine->output_row_count * lanes;
    double loss = 0.0;
    for (size_t l = 0; l < lanes; ++l) {
        size_t row = 0;
        loss += spectral_lane(spectrum, ds_spectrum_of(spectrum, all + l), ds_spectrum_of(spectrum, all + lanes + l),
                              learner->settings.logarithmic, share / (double)lanes, learner->pull);
        for (const DsRun *run = machine->output_runs; run < machine->output_runs_end; ++run)
            for (size_t k = run->first; k < (size_t)run->first + run->count; ++k, ++row)
                learner->gradient[k] +=
                    ds_dot(learner->pull, ds_spectrum_of(spectrum, row * lanes + l), 2 * spectrum->bin_count);
    }
    return loss;
}

static double spectral_loss(DsLearner *learner, const DsAudio *audio, size_t n)
{
    const double share = 1.0 / (double)learner->settings.size_count;
    double loss = 0.0;
    memset(learner->gradient, 0, learner->machine->parameter_count * sizeof *learner->gradient);
    for (size_t i = 0; i < learner->settings.size_count; ++i) {
        DsSpectrum *spectrum = &learner->spectra[i];
        spectral_push(learner->machine, spectrum, audio, n);
        loss += spectral_size(learner, spectrum, share);
        ds_spectrum_end(spectrum);
    }
    return loss;
}

#endif
