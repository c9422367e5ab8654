"""Learn the frequency of an oscillator: a search finds the slope to descend, and descent stays at its foot."""

import numpy as np

import pyhost as ph

hidden = {"frequency": 440.0}
original = "in a small band only"


def oscillator(start, **scale):
    def chain(x):
        frequency = ph.param("frequency", start, minimum=20.0, maximum=20_000.0, unit="Hz", **scale)
        turns = ph.feedback(lambda last: ph.fmod(last + frequency / ph.sample_rate(), 1.0))
        return ph.sin(2 * np.pi * turns)

    return chain


silence = np.zeros(12_000)  # an oscillator hears nothing; what counts is how long it is
course = {"sample_rate": 48_000, "record": True, "align": "off"}
rate = 5e-6 * 525**2  # the original's 5e-6 moves u, of 50 + 525 (u + 1) Hz, by the slope per Hz
alone = ph.Learner(oscillator(575.0, normalised=False), loss=ph.MAE(), optimizer=ph.SGD(rate))
alone.learn(silence, lambda x: ph.osc(440.0), start="off", **course)
print(f"descent alone: hidden 440 Hz, learned {alone.parameters['frequency'].value:.2f} Hz, from 575 Hz")

for start in (20.0, 575.0, 20_000.0):
    # Each second the wave's derivative grows by 2 pi per Hz. NLMS divides by its square, so that its steps do not grow.
    learner = ph.Learner(oscillator(start, scale="log"), optimizer=ph.NLMS(0.1))
    trace = learner.learn(silence, lambda x: ph.osc(440.0), start="auto", **course)
    learned, sample = learner.parameters["frequency"].value, trace.settled("frequency", 440.0)
    print(f"search first : hidden 440 Hz, learned {learned:.2f} Hz, from {start:g} Hz, within 1 % from sample {sample}")
print("the original :", original)
