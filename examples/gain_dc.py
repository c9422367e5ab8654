"""Find a gain and an offset: the smallest learner, and the shape of all others."""

import pyhost as ph


def gain_dc(x):
    return x * ph.param("gain", 0.0) + ph.param("dc", 0.0)


dry = ph.noise(48_000)
target = 0.5 * dry + 0.25

learner = ph.Learner(gain_dc, loss=ph.MSE(window=8), optimizer=ph.SGD(0.05))
learner.learn(dry, target, sample_rate=48_000)

for name, hidden in (("gain", 0.5), ("dc", 0.25)):
    print(f"{name}: hidden {hidden}, learned {learner.parameters[name].value:.6f}")
