"""Descend to a frequency by steps of one size: RMSProp divides the gradient of a spectrum by how large it is."""

import numpy as np

import pyhost as ph

hidden = {"frequency": 500.0}
original = "in a small band only"
mean = 256  # samples; steps of .1 Hz and more keep it chattering


def estimator(start):
    # In Hz and not normalised, so that the original's rate of .1 is a tenth of a Hz.
    return lambda x: ph.osc(ph.param("frequency", start, minimum=0.0, maximum=20_000.0, normalised=False, unit="Hz"))


take = np.zeros(256)  # learned again and again; each time oscillator and target begin anew
for start in (300.0, 440.0):
    learner = ph.Learner(estimator(start), loss=ph.Spectral(256), optimizer=ph.RMSProp(0.1, decay=0.9))
    trace = learner.learn(take, lambda x: ph.osc(500.0), sample_rate=48_000, passes=40, record=True, start="off")
    learner.use_best()
    learned, sample = learner.parameters["frequency"].value, trace.settled("frequency", 500.0, mean=mean)
    print(f"hidden 500 Hz, learned {learned:.2f} Hz, from {start:g} Hz, its mean within 1 % from sample {sample}")

for start in (0.0, 20_000.0):  # too far for descent; a search is first, and what it finds stays the best
    far = ph.Learner(estimator(start), loss=ph.Spectral(256), optimizer=ph.RMSProp(0.1, decay=0.9))
    far.learn(np.zeros(9_600), lambda x: ph.osc(500.0), sample_rate=48_000, start="auto")
    far.use_best()
    print(f"hidden 500 Hz, learned {far.parameters['frequency'].value:.2f} Hz, from {start:g} Hz, searched first")
print("the original:", original)
