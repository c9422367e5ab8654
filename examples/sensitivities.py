"""Read a derivative through a recursion: how a one-pole filter answers to its coefficient."""

import numpy as np

import pyhost as ph


def one_pole(x):
    return ph.onepole(x, ph.param("pole", 0.5))


impulse = np.zeros(8)
impulse[0] = 1.0
value, jacobian = ph.value_and_jacobian(one_pole, impulse, sample_rate=48_000, parameters={"pole": 0.5})

n = np.arange(8)
print("y[n]     = p^n      :", value[0])
print("dy/dp[n] = n p^(n-1):", jacobian[0, 0])
print("largest difference from the formula:", np.abs(jacobian[0, 0] - n * 0.5 ** (n - 1.0)).max())
