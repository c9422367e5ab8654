"""Learn through a function: x·exp(−p²) is flat at p = 0, so a start there never leaves, and one beside it does."""

import math

import pyhost as ph

hidden = {"p": 0.5}
original = "within 1 % from 108516"


def gain_exp(x):
    p = ph.param("p", 2.0**-52)  # the slope −2p·exp(−p²)·x grows with p: 1e-16 to 0.5 takes two seconds
    return x * ph.exp(-p * p)


dry = ph.noise(144_000)
learner = ph.Learner(gain_exp, loss=ph.MAE(window=8), optimizer=ph.SGD(1e-3))
trace = learner.learn(dry, dry * math.exp(-(0.5**2)), sample_rate=48_000, record=True, align="off", start="off")

print(f"p: hidden {hidden['p']}, learned {learner.parameters['p'].value:.4f}")
print("within 1 % from sample", trace.settled("p", 0.5))
print("the original:", original)
