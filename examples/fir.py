"""Find the eight taps of a filter from what it does to noise; a vector parameter costs O(N) per sample."""

import numpy as np

import pyhost as ph

hidden = {"taps": np.sin(np.arange(8)).tolist()}
original = "within 1 % from 4507"


def fir(x):
    return ph.fir(x, ph.param("taps", shape=(8,)))


dry = ph.noise(20_000)
target = np.convolve(dry, hidden["taps"])[: dry.size]
learner = ph.Learner(fir, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
trace = learner.learn(dry, target, sample_rate=48_000, record=True, align="off", start="off")

print(ph.compile(fir))
print("hidden :", np.round(hidden["taps"], 4))
print("learned:", np.round(learner.parameters["taps"].value, 4))
print("within 1 % from sample", trace.settled("taps", hidden["taps"]))
print("the original:", original)
