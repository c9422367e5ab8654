"""Learn a recursive filter: the loss can vanish at wrong coefficients, where poles and zeros cancel."""

import numpy as np

import pyhost as ph

hidden = {"b": [1.0, 0.0, 0.0], "a": [0.0, 0.0]}  # the identity
original = "loss to 0 at coefficients that are not those of the identity"


def iir(x):
    return ph.iir(x, ph.param("b", shape=(3,)), ph.param("a", shape=(2,)))


dry = ph.noise(480_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(iir, loss=ph.MSE(window=8), optimizer=ph.SGD(1e-3))
trace = learner.learn(dry, dry, **descent_alone)
loss = float(trace.loss[-4_800:].mean())

print("identity, learned:", *(f"{name} = {np.round(p.value, 3)}" for name, p in learner.parameters.items()))
print(f"loss: {trace.loss[:4_800].mean():.1e} in the first 4800 samples, {loss:.1e} in the last")
print("zeros of b:", np.round(np.roots(learner.parameters["b"].value), 2))
print("poles of a:", np.round(np.roots([1.0, *-learner.parameters["a"].value]), 2), "- nearly the same two")
print("the original:", original)

b, a = (1.0, 0.3, -0.2), (0.6, -0.25)  # nothing cancels: one set of coefficients alone makes this sound
second = ph.Learner(iir, optimizer=ph.GaussNewton())
course = second.learn(dry[:4_800], lambda x: ph.iir(x, b, a), **descent_alone)
found = (*second.parameters["b"].value, *second.parameters["a"].value)
sample = max(course.settled("b", b), course.settled("a", a))
also = {(*b, *a): (found, sample)}
print("GaussNewton: hidden ", *b, *a)
print("             learned", *np.round(found, 4))
print("within 1 % from sample", sample)
