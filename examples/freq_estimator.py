"""Estimate the frequency of any tone that can be heard, from any start; its wave need not be the estimator's."""

import numpy as np

import pyhost as ph

hidden = {"frequency": 500.0}
original = "in a small band only; what it descends, a signed difference of energies, is no gradient"


def estimated(tone, start):
    def estimator(x):
        return ph.osc(ph.param("frequency", start, minimum=20.0, maximum=20_000.0, scale="log", unit="Hz"))

    learner = ph.Learner(estimator, optimizer=ph.NLMS(0.1))
    trace = learner.learn(np.zeros(9_600), tone, sample_rate=48_000, record=True, align="off")  # start is "auto"
    learner.use_best()
    return learner, trace


also = {}
for frequency, start in ((25.0, 20_000.0), (100.0, 440.0), (2_000.0, 20.0), (8_000.0, 20.0), (19_000.0, 440.0)):
    other, course = estimated(lambda x, f=frequency: ph.osc(f), start)
    also[frequency] = other.parameters["frequency"].value, course.settled("frequency", frequency)
    print(f"hidden {frequency:g} Hz, learned {also[frequency][0]:.2f} Hz, from {start:g} Hz")

saw, _ = estimated(lambda x: 0.1 * ph.saw(500.0, 0.3), 20_000.0)
print(f"hidden 500 Hz, learned {saw.parameters['frequency'].value:.2f} Hz, of a quiet saw that begins elsewhere")
learner, trace = estimated(lambda x: ph.osc(500.0), 20.0)
print(f"hidden 500 Hz, learned {learner.parameters['frequency'].value:.2f} Hz, from 20 Hz")
print("the original:", original)
