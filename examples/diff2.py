"""See where a gradient is blind: sin(dc) is flat at its extremes, and the hidden offset of -1 is one of them."""

import numpy as np

import pyhost as ph

hidden = {"gain": 0.9, "dc": -np.pi / 2}
original = "a meter of root mean squares, sliders to turn"


def gain_sine(x):
    return x * ph.param("gain", 0.5) + ph.sin(ph.param("dc", 0.0))


dry = ph.noise(1_024)
target = 0.9 * dry - 1.0

for dc in (0.0, -0.5, -1.0, -1.5, np.pi / 2, hidden["dc"]):
    value, jacobian = ph.value_and_jacobian(gain_sine, dry, sample_rate=48_000, parameters={"gain": 0.9, "dc": dc})
    loss = float(np.mean((value[0] - target) ** 2))
    print(f"dc {dc:+.4f}: dy/ddc {jacobian[1, 0, 0]:.4f} (cos: {np.cos(dc):.4f}), loss {loss:.4f}")

print("at both ends the partial is 0: from pi/2, as far off as can be, no descent would ever move")
print("the original:", original)
