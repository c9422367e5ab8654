"""Learn from a sine instead of noise: an offset and a gain are told apart by any sound that moves."""

import numpy as np

import pyhost as ph

hidden = {"gain": 0.5, "dc": -0.5}
original = "within 1 % from about 10762"


def gain_dc(x):
    return x * ph.param("gain") + ph.param("dc")


dry = np.sin(2 * np.pi * 440 / 48_000 * np.arange(1, 24_001))
learner = ph.Learner(gain_dc, loss=ph.MAE(), optimizer=ph.SGD(1e-4))
trace = learner.learn(dry, 0.5 * dry - 0.5, sample_rate=48_000, record=True, align="off", start="off")

for name, value in hidden.items():
    learned, sample = learner.parameters[name].value, trace.settled(name, value)
    print(f"{name}: hidden {value}, learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)
