"""Read a gradient: from the partials of a chain, which way to turn each knob and how much it matters."""

import numpy as np

import pyhost as ph

hidden = {"gain": 0.9, "dc": -0.15}
original = "a meter of root mean squares, which tells no polarity"
window = 1_024


def gain_dc(x):
    return x * ph.param("gain", 0.5) + ph.param("dc", 0.0)


dry = ph.noise(window)
target, _ = ph.value_and_jacobian(gain_dc, dry, sample_rate=48_000, parameters=hidden)

by_hand = {"gain": 0.5, "dc": 0.0}
for _ in range(6):
    value, jacobian = ph.value_and_jacobian(gain_dc, dry, sample_rate=48_000, parameters=by_hand)
    error = value[0] - target[0]
    loss = float(np.mean(error**2))
    gradient = 2 * jacobian[:, 0] @ error / window
    print(f"gain {by_hand['gain']:.3f}, dc {by_hand['dc']:+.3f}: loss {loss:.6f}, gradient", np.round(gradient, 4))
    by_hand = {"gain": by_hand["gain"] - gradient[0], "dc": by_hand["dc"] - 0.4 * gradient[1]}

print("hidden: gain 0.9, dc -0.15")

turned, _ = ph.value_and_jacobian(gain_dc, dry, sample_rate=48_000, parameters={"gain": 0.9, "dc": 0.15})
levels = np.sqrt(np.mean(turned**2)) - np.sqrt(np.mean(target**2))
print(f"dc +0.15, the wrong way: loss {np.mean((turned - target) ** 2):.6f}, the original's meter {levels**2:.6f}")
print("the original:", original)
