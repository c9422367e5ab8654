"""Tell a sine from a square, at any frequency, level and phase: a small network inside a chain, told only the label."""

import numpy as np

import pyhost as ph

hidden = {"right": 1.0}
original = "averages gradients over neurons; its classifiers see single samples, which sines and squares share"

rate, frames = 48_000, 9_600


def classifier(x):
    power = ph.lowpass(x * x, 4.0) + 1e-12
    contrast = (x * x - power) / (x * x + power)  # -1 to 1 whatever the level; between its edges a square has 0
    seen = ph.nn.dense(contrast, 3, "tanh", name="seen")
    return ph.nn.neuron([ph.lowpass(unit, 4.0) for unit in seen], "sigmoid", name="square")


def tones(count, seed):
    """Draw sines and squares of 20 Hz to 8 kHz, above which a square has no overtone left, over 60 dB of levels."""
    random = np.random.default_rng(seed)
    frequencies = np.repeat(20 * 400 ** random.random((count, 1)), frames, axis=1)
    frequencies[:, 0] += rate * random.random(count)  # where in its period a tone begins
    sines, squares = (ph.value_and_jacobian(wave, frequencies, sample_rate=rate)[0] for wave in (ph.osc, ph.square))
    labels, levels = np.arange(count) % 2, 10 ** random.uniform(-3, 0, (count, 1))
    return levels * np.where(labels[:, None], squares, sines), labels, frequencies[:, 1]


sounds, labels, _ = tones(32, seed=0)
learner = ph.Learner(classifier, loss=ph.MAE(window=8), optimizer=ph.SGD(1.0))
learner.learn(sounds, np.repeat(1.0 * labels[:, None], frames, axis=1), sample_rate=rate, passes=3, align="off")
learner.use_best()

unheard, labels, frequencies = tones(500, seed=1)
answers = learner.process(unheard, rate)[:, -1] > 0.5
wrong = [f"{'square' if labels[k] else 'sine'} at {frequencies[k]:.0f} Hz" for k in np.flatnonzero(answers != labels)]
right = 1 - len(wrong) / len(labels)
print(f"taught 32 tones; right on {right:.1%} of {len(labels)} it has not heard; wrong:", *wrong or ["none"])
print("the original:", original)
