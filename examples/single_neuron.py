"""Learn one neuron: a weight and a bias behind a sigmoid, from what a hidden one answers."""

import pyhost as ph

hidden = {"neuron_weights": [2.0], "neuron_bias": [-0.5]}
original = "one weight and no bias, against a label that alternates whatever comes in"


def neuron(x):
    return ph.nn.neuron(x, "sigmoid")


def teacher(x):
    return ph.nn.sigmoid(2.0 * x - 0.5)


dry = ph.noise(96_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}
falling = ph.Exponential(every=4_800, exponent=-0.5)  # the absolute error chatters unless the rate falls
learner = ph.Learner(neuron, loss=ph.MAE(window=8), optimizer=ph.SGD(0.5, schedule=falling))
trace = learner.learn(dry, teacher, **descent_alone)

second = ph.Learner(neuron, optimizer=ph.GaussNewton())
course = second.learn(dry, teacher, **descent_alone)
for name, value in hidden.items():
    learned, sample = learner.parameters[name].value[0], trace.settled(name, value)
    print(f"{name}: hidden {value[0]}, learned {learned:.4f}, within 1 % from sample {sample}")
    learned, sample = second.parameters[name].value[0], course.settled(name, value)
    print(f"{name}: hidden {value[0]}, GaussNewton learned {learned:.4f}, within 1 % from sample {sample}")
print("the original:", original)
