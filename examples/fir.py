"""Find the eight taps of a filter from what it does to noise; a vector parameter costs O(N) per sample."""

import numpy as np

import pyhost as ph

hidden = np.sin(np.arange(1, 9))


def filter8(x):
    return ph.fir(x, ph.param("taps", shape=(8,)))


dry = ph.noise(20_000)
target = np.convolve(dry, hidden)[: len(dry)]

learner = ph.Learner(filter8, loss=ph.MSE(window=8), optimizer=ph.SGD(0.1))
trace = learner.learn(dry, target, sample_rate=48_000, record=True)

within = np.abs(trace.parameters["taps"] - hidden).max(axis=1) < 0.01 * np.abs(hidden).max()
print(ph.compile(filter8))
print("hidden :", np.round(hidden, 4))
print("learned:", np.round(learner.parameters["taps"].value, 4))
print("within 1 % of the largest tap from sample", len(within) - int(np.argmin(within[::-1])))
