/* SPDX-License-Identifier: ISC
 *
 * The LV2 plugin of plugin.c as a VST3, by way of DPF, the DISTRHO Plugin Framework: its controls are parameters, what
 * it keeps with a session is DPF's state. ports.h says which ports it has. All of the sound is made there.
 */
#include "DistrhoPlugin.hpp"
#include "lv2_instance.hpp"
#include "ports.h"

#include <algorithm>
#include <memory>
#include <mutex>

START_NAMESPACE_DISTRHO

class Wrapped : public Plugin
{
public:
    Wrapped() : Plugin(CONTROLS, 0, HAS_STATE), instance(made(getSampleRate(), ""))
    {
        for (uint32_t k = 0; k < CONTROLS; ++k)
            values[k] = controls[k].start;
#if DISTRHO_PLUGIN_WANT_LATENCY
        setLatency(LATENCY);
#endif
    }

protected:
    const char *getLabel() const override
    {
        return PLUGIN_LABEL;
    }

    const char *getDescription() const override
    {
        return PLUGIN_COMMENT;
    }

    const char *getMaker() const override
    {
        return DISTRHO_PLUGIN_BRAND;
    }

    const char *getLicense() const override
    {
        return "ISC";
    }

    uint32_t getVersion() const override
    {
        return d_version(1, 0, 0);
    }

    int64_t getUniqueId() const override
    {
        return PLUGIN_ID;
    }

    void initAudioPort(bool input, uint32_t index, AudioPort &port) override
    {
        Plugin::initAudioPort(input, index, port);
        port.name = (input ? inputs : outputs)[index].name;
        port.symbol = (input ? inputs : outputs)[index].symbol;
    }

    void initParameter(uint32_t index, Parameter &parameter) override
    {
        const Control &control = controls[index];
        if (control.kind & CONTROL_ENABLES) {
            parameter.initDesignation(kParameterDesignationBypass);
            return;
        }
        parameter.hints = hints(control.kind);
        parameter.name = control.name;
        parameter.symbol = control.symbol;
        parameter.unit = control.unit;
        parameter.ranges = ParameterRanges(control.start, control.minimum, control.maximum);
        if (control.choice_count == 0)
            return;
        auto *const choices = new ParameterEnumerationValue[control.choice_count];
        for (uint8_t k = 0; k < control.choice_count; ++k) {
            choices[k].label = control.choices[k];
            choices[k].value = k;
        }
        parameter.enumValues.count = control.choice_count;
        parameter.enumValues.restrictedMode = true;
        parameter.enumValues.values = choices;
    }

    void initState(uint32_t, State &state) override
    {
        state.key = "lv2";
        state.hints = kStateIsOnlyForDSP;
    }

    float getParameterValue(uint32_t index) const override
    {
        return controls[index].kind & CONTROL_ENABLES ? 1.0f - values[index] : values[index];
    }

    void setParameterValue(uint32_t index, float value) override
    {
        values[index] = controls[index].kind & CONTROL_ENABLES ? 1.0f - value : value;
    }

    String getState(const char *) const override
    {
        return String(saved().c_str());
    }

    void setState(const char *, const char *value) override
    {
        exchange(made(getSampleRate(), value));
    }

    void sampleRateChanged(double rate) override
    {
        auto fresh = made(rate, saved());
        show_controls(*fresh);
        exchange(std::move(fresh));
    }

    void activate() override
    {
        instance->activate();
    }

    void run(const float **in, float **out, uint32_t frames) override
    {
        const std::unique_lock<std::mutex> lock(exchanging, std::try_to_lock);
        if (!lock.owns_lock() || !instance->runs()) {
            for (float *const *channel = out; channel < out + DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel)
                std::fill_n(*channel, frames, 0.0f);
            return;
        }
        for (uint32_t k = 0; k < DISTRHO_PLUGIN_NUM_INPUTS; ++k)
            instance->connect(inputs[k].port, const_cast<float *>(in[k]));
        for (uint32_t k = 0; k < DISTRHO_PLUGIN_NUM_OUTPUTS; ++k)
            instance->connect(outputs[k].port, out[k]);
        instance->run(frames);
    }

private:
    static uint32_t hints(uint32_t kind)
    {
        return (kind & CONTROL_OUTPUT ? kParameterIsOutput : kParameterIsAutomatable) |
               (kind & CONTROL_TOGGLES ? kParameterIsBoolean | kParameterIsInteger : 0) |
               (kind & CONTROL_COUNTS ? kParameterIsInteger : 0) |
               (kind & CONTROL_LOGARITHMIC ? kParameterIsLogarithmic : 0);
    }

    std::string saved() const
    {
        return instance->runs() ? instance->saved() : kept;
    }

    /* An instance that is ready to run, with what another one saved. */
    std::unique_ptr<Lv2Instance> made(double rate, const std::string &text)
    {
        auto fresh = std::make_unique<Lv2Instance>(rate);
        for (uint32_t k = 0; k < CONTROLS; ++k)
            fresh->connect(controls[k].port, &values[k]);
        if (!text.empty())
            fresh->restore(text);
        kept = text;
        fresh->activate();
        return fresh;
    }

    /* Lets an instance see where the controls stand, by a frame of silence: what a host turns before the first block
     * at a new sample rate is turned for it too. */
    static void show_controls(Lv2Instance &fresh)
    {
        float silence = 0.0f, nothing[DISTRHO_PLUGIN_NUM_OUTPUTS];
        for (const Audio &input : inputs)
            fresh.connect(input.port, &silence);
        for (uint32_t k = 0; k < DISTRHO_PLUGIN_NUM_OUTPUTS; ++k)
            fresh.connect(outputs[k].port, &nothing[k]);
        fresh.run(1);
        fresh.activate();
    }

    /* run never waits for this: a block that meets it is silent. The old instance goes after the lock. */
    void exchange(std::unique_ptr<Lv2Instance> fresh)
    {
        const std::lock_guard<std::mutex> lock(exchanging);
        instance.swap(fresh);
    }

    float values[CONTROLS + 1] = {};
    std::string kept; /* what was restored last, for when no instance runs at the sample rate */
    std::unique_ptr<Lv2Instance> instance;
    std::mutex exchanging;

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(Wrapped)
};

Plugin *createPlugin()
{
    return new Wrapped();
}

END_NAMESPACE_DISTRHO
