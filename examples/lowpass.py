"""Learn a cutoff in Hz through everything that a filter's design computes from it."""

import pyhost as ph

hidden = {"cutoff": 440.0}
original = "mean of any 4800 samples within 1 % from 86542; 100 Hz ends below -6 MHz"
mean = 4_800  # samples; steps of several Hz keep it chattering


def lowpass(x):
    return ph.lowpass(x, ph.param("cutoff", 10_075.0, minimum=20.0, maximum=20_000.0, normalised=False, unit="Hz"))


dry = ph.noise(480_000)
rate = 0.5 * 10_025  # the original's .5 moves u, of 50 + 10025 (u + 1) Hz, by the slope per Hz
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(lowpass, loss=ph.MAE(), optimizer=ph.SGD(rate))
trace = learner.learn(dry, lambda x: ph.lowpass(x, 440.0), **descent_alone)
learner.use_best()

print(f"cutoff: hidden {hidden['cutoff']:g} Hz, learned {learner.parameters['cutoff'].value:.1f} Hz")
print("its mean within 1 % from sample", trace.settled("cutoff", 440.0, mean=mean))
print("the original:", original)


def octaves(x):  # a scale by equal ratios: a step is as large at 100 Hz as at 10 kHz, to the ear and to the filter
    return ph.lowpass(x, ph.param("cutoff", 10_075.0, minimum=20.0, maximum=20_000.0, scale="log", unit="Hz"))


also = {}
for cutoff in (440.0, 100.0):
    second = ph.Learner(octaves, optimizer=ph.GaussNewton())
    course = second.learn(dry[:24_000], lambda x, f=cutoff: ph.lowpass(x, f), **descent_alone)
    sample = course.settled("cutoff", cutoff)
    also[cutoff] = second.parameters["cutoff"].value, sample
    print(f"GaussNewton: hidden {cutoff:g} Hz, learned {also[cutoff][0]:.2f} Hz, within 1 % from sample {sample}")
