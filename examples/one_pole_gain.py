"""Learn a pole and the gain behind it; near the unit circle the steps of descent no longer fit both."""

import pyhost as ph

hidden = {"pole": 0.5, "gain": 0.5}
original = "within 1 % from 16024; poles of .95, .98 and .999 end in NaN"


def one_pole_gain(x):
    pole = ph.param("pole", minimum=-0.9999, maximum=0.9999, normalised=False)
    return ph.onepole(x, pole) * ph.param("gain")


dry = ph.noise(96_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(one_pole_gain, loss=ph.MSE(window=8), optimizer=ph.SGD(1e-2))
trace = learner.learn(dry, lambda x: ph.onepole(x, 0.5) * 0.5, **descent_alone)

for name, value in hidden.items():
    learned, sample = learner.parameters[name].value, trace.settled(name, value)
    print(f"{name}: hidden {value}, learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)

also = {}
for pole in (0.95, 0.98, 0.999):
    # A pole of .999 rings for thousands of samples; so long must the memory of least squares be.
    second = ph.Learner(one_pole_gain, optimizer=ph.GaussNewton(forgetting=0.9999))
    course = second.learn(dry, lambda x, p=pole: ph.onepole(x, p) * 0.5, **descent_alone)
    found = tuple(parameter.value for parameter in second.parameters.values())
    sample = max(course.settled("pole", pole, within=0.01 * (1 - pole) / pole), course.settled("gain", 0.5))
    also[pole, 0.5] = found, sample
    print(f"GaussNewton: hidden {pole}, 0.5, learned {found[0]:.5f}, {found[1]:.5f}, within 1 % from sample {sample}")
