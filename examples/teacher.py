"""Learn from another plugin's sound: a gain and a low-pass of pedalboard's, told only by what it does to noise."""

import pedalboard

import pyhost as ph

teacher = pedalboard.Pedalboard([pedalboard.Gain(gain_db=-6.0), pedalboard.LowpassFilter(cutoff_frequency_hz=2_000)])

learner = ph.Learner(ph.chain("gain | lowpass"), loss=ph.MSE(window=1), optimizer=ph.SGD(0.05))
learner.learn(ph.noise(96_000), teacher, sample_rate=48_000, passes=20)
learner.use_best()

gain = learner.parameters["gain"].value
print(f"gain   : hidden {10 ** (-6.0 / 20):.4f}, learned {gain:.4f}")
print(f"cutoff : hidden 2000 Hz, learned {learner.parameters['cutoff'].value:.1f} Hz")
print(f"loss   : {learner.best_decibels:.1f} dB below the target")
