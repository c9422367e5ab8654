"""Fit by hand: set a gain and an offset, and read the loss and how the sound answers to each of them."""

import numpy as np

import pyhost as ph

hidden = {"gain": 0.5, "dc": -0.5}
original = "a meter of abs(y - t), at the same values; the partials go to the outputs"


def gain_dc(x):
    return x * ph.param("gain", 1.0) + ph.param("dc", 0.0)


dry = np.sin(2 * np.pi * 440 / 48_000 * np.arange(1, 4_801))
target, _ = ph.value_and_jacobian(gain_dc, dry, sample_rate=48_000, parameters=hidden)

for by_hand in ({"gain": 1.0, "dc": 0.0}, {"gain": 0.7, "dc": -0.3}, hidden):
    value, jacobian = ph.value_and_jacobian(gain_dc, dry, sample_rate=48_000, parameters=by_hand)
    loss = np.abs(value - target)
    print(f"{by_hand}: loss {loss.min():.3f} to {loss.max():.3f}, mean {loss.mean():.3f}")

print("dy/dgain is the sine itself:", np.array_equal(jacobian[0, 0], dry))
print("dy/ddc is 1 everywhere:", np.array_equal(jacobian[1, 0], np.ones(dry.size)))
print("the original:", original)
