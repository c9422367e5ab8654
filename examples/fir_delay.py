"""Find two echoes without a delay line: among sixteen taps, the two that are theirs become 1, all others 0."""

import numpy as np

import pyhost as ph

hidden = {"taps": [1.0 if n in {2, 8} else 0.0 for n in range(16)]}
original = "within 1 % from 11793"


def fir(x):
    return ph.fir(x, ph.param("taps", shape=(16,)))


def echoes(x):
    return ph.delay(x, 2) + ph.delay(x, 8)


dry = ph.noise(48_000)
learner = ph.Learner(fir, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
trace = learner.learn(dry, echoes, sample_rate=48_000, record=True, align="off", start="off")

taps = learner.parameters["taps"].value
print("hidden : taps 2 and 8 are 1, the others 0")
print("learned:", ", ".join(f"tap {n} is {taps[n]:.4f}" for n in np.flatnonzero(np.abs(taps) > 0.01)))
print("within 1 % from sample", trace.settled("taps", hidden["taps"]))
print("the original:", original)
