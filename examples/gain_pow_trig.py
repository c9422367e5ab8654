"""Learn through a power and a cosine at once: any formula of signals has its derivative by being called."""

import math

import pyhost as ph

hidden = {"p": 0.5}
original = "within 1 % from 2897"


def gain_pow_trig(x):
    p = ph.param("p", 2.0**-52)  # p^cos(p) has no slope at 0 itself
    return x * p ** ph.cos(p)


dry = ph.noise(24_000)
learner = ph.Learner(gain_pow_trig, loss=ph.MAE(window=8), optimizer=ph.SGD(1e-3))
trace = learner.learn(dry, dry * 0.5 ** math.cos(0.5), sample_rate=48_000, record=True, align="off", start="off")

print(f"p: hidden {hidden['p']}, learned {learner.parameters['p'].value:.4f}")
print("within 1 % from sample", trace.settled("p", 0.5))
print("the original:", original)
