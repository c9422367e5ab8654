"""Learn a frequency by the gradient of a spectrum: what the original's spectral loss shows, this one descends."""

import numpy as np

import pyhost as ph

hidden = {"frequency": 500.0}
original = "a meter of the loss, at 440 Hz; nothing learns"


def oscillator(start):
    return lambda x: ph.osc(ph.param("frequency", start, minimum=20.0, maximum=20_000.0, normalised=False, unit="Hz"))


def descend(start, frames, rate):
    """Learn a short take again and again, without any search."""
    learner = ph.Learner(oscillator(start), loss=ph.Spectral(frames), optimizer=ph.SGD(rate))
    settings = {"sample_rate": 48_000, "passes": 10_240 // frames, "record": True, "align": "off", "start": "off"}
    return learner, learner.learn(np.zeros(frames), lambda x: ph.osc(500.0), **settings)


learner, trace = descend(440.0, 256, 1e2)
learned, sample = learner.parameters["frequency"].value, trace.settled("frequency", 500.0)
print(f"hidden 500 Hz, learned {learned:.4f} Hz, from 440 Hz, within 1 % from sample {sample}")

# The shorter the take, the wider the peak in its spectrum, and from the further away it is felt.
starts = [20.0, 50.0, 100.0, 200.0, 300.0, 400.0, 600.0, 800.0, 1_000.0, 1_200.0, 1_600.0, 2_000.0]
for frames, rate in ((256, 1e2), (64, 1e3)):
    near = [start for start in starts if descend(start, frames, rate)[1].settled("frequency", 500.0) is not None]
    print(f"takes of {frames} samples find it from {len(near)} of {len(starts)} starts, {near[0]:g} to {near[-1]:g} Hz")
print("the original:", original)
