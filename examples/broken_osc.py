"""Hear a loss: an oscillator that cannot learn its frequency, kept for the sound that its loss makes."""

import numpy as np

import pyhost as ph

hidden = {"frequency": 500.0}
original = "never; it plays its loss"


def oscillator(x):
    return ph.osc(ph.param("frequency", 2_530.0, unit="Hz"))


def bounded(x):
    return ph.osc(ph.param("frequency", 2_530.0, minimum=20.0, maximum=5_000.0, unit="Hz"))


silence = np.zeros(48_000)
learner = ph.Learner(oscillator, loss=ph.MSE(), optimizer=ph.SGD(1e-4 * 2_510**2))  # steps of the original's, in Hz
trace = learner.learn(silence, lambda x: ph.osc(500.0), sample_rate=48_000, record=True, align="off", start="off")
# learn(..., hear={"loss": "loss.wav"}) writes it as it is, from 0 to 4: the square of an error of 2 at most.
heard = trace.loss / 2 - 1

for part, frequency in zip(heard.reshape(4, -1), trace.parameters["frequency"][::12_000], strict=True):
    power = np.abs(np.fft.rfft(part - part.mean())) ** 2
    centre = np.sum(power * np.fft.rfftfreq(part.size, 1 / 48_000)) / power.sum()
    print(f"frequency {frequency:10.0f} Hz; the loss plays {part.std():.2f} of full scale around {centre:5.0f} Hz")
print("the original:", original)

whole = ph.Learner(bounded, optimizer=ph.NLMS(0.1))
whole.learn(silence, lambda x: ph.osc(500.0), sample_rate=48_000)  # start="auto" searches first
solved = {"frequency": whole.parameters["frequency"].value}
print(f"searched first: hidden 500 Hz, learned {solved['frequency']:.2f} Hz")
