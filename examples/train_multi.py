"""Learn from a batch: ten recordings side by side share the parameters, and their gradients are averaged."""

import pyhost as ph

hidden = {"pole": 0.5, "gain": 0.5}
original = "the gain stays near 0: it compares one noise with the filtered sounds of ten others"


def one_pole_gain(x):
    pole = ph.param("pole", minimum=-0.99, maximum=0.99, normalised=False)
    return ph.onepole(x, pole) * ph.param("gain")


dry = ph.noise(240_000).reshape(10, 24_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(one_pole_gain, loss=ph.MAE(), optimizer=ph.SGD(5e-3))
trace = learner.learn(list(dry), lambda x: ph.onepole(x, 0.5) * 0.5, **descent_alone)

for name, value in hidden.items():
    learned, sample = learner.parameters[name].value, trace.settled(name, value)
    print(f"{name}: hidden {value}, learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)

alone = ph.Learner(one_pole_gain, loss=ph.MAE(), optimizer=ph.SGD(5e-3))
single = alone.learn(dry[0], lambda x: ph.onepole(x, 0.5) * 0.5, **descent_alone)
for name in hidden:
    spread, least = single.parameters[name][-4_800:].std(), trace.parameters[name][-4_800:].std()
    print(f"{name}: chatters by {spread:.4f} when it learns from one of them, by {least:.4f} from ten")
