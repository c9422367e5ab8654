"""Find a gain and an offset: two parameters, learned at the same time from the same error."""

import pyhost as ph

hidden = {"gain": 0.5, "dc": 0.5}
original = "within 1 % from 26525"


def gain_dc(x):
    return x * ph.param("gain") + ph.param("dc")


dry = ph.noise(48_000)
learner = ph.Learner(gain_dc, loss=ph.MSE(window=32), optimizer=ph.SGD(1e-2))
trace = learner.learn(dry, 0.5 * dry + 0.5, sample_rate=48_000, record=True, align="off", start="off")

for name, value in hidden.items():
    learned, sample = learner.parameters[name].value, trace.settled(name, value)
    print(f"{name}: hidden {value}, learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)
