"""Learn a delay: descent finds ten samples, alignment finds a thousand and descent only has to polish."""

import pyhost as ph

hidden = {"gain": 0.5, "samples": 10.0}
original = "within 1 % from 71969; 50, 100 and 1000 samples never, it stops at 28"


def whole(x):  # as the original: whole samples, held above 0 by a clamp whose slope counts as 1
    gain, samples = ph.param("gain"), ph.param("samples")
    held = samples + ph.stop_gradient(ph.maximum(samples, 0.0) - samples)
    return gain * ph.delay(x, held, 100, "none")


dry = ph.noise(96_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(whole, loss=ph.MSE(window=8), optimizer=ph.SGD(0.2))
trace = learner.learn(dry, lambda x: 0.5 * ph.delay(x, 10), **descent_alone)

for name, value in hidden.items():
    learned, sample = learner.parameters[name].value, trace.settled(name, value)
    print(f"{name}: hidden {value}, learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)


def fractional(x):  # between two samples it interpolates
    return ph.param("gain") * ph.delay(x, ph.param("samples", minimum=0.0, maximum=1_000.0))


also = {}
for samples in (10, 50, 100, 1_000):
    second = ph.Learner(fractional, optimizer=ph.GaussNewton())  # align="auto" sets where it starts
    course = second.learn(dry[:12_000], lambda x, d=samples: 0.5 * ph.delay(x, d), sample_rate=48_000, record=True)
    found = second.parameters["gain"].value, second.parameters["samples"].value
    sample = max(course.settled("gain", 0.5), course.settled("samples", samples))
    also[0.5, samples] = found, sample
    print(f"aligned, GaussNewton: hidden {samples}, learned {found[1]:.5f}, within 1 % from sample {sample}")
