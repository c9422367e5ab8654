"""Learn a neuron of two inputs: a layer takes signals, here the newest sample and the one before it."""

import pyhost as ph

hidden = {"neuron_weights": [2.0, -1.0], "neuron_bias": [0.5]}
original = "a rate of 1e-7 moves a weight by .0012 a second at most"


def neuron(x):
    return ph.nn.neuron(ph.taps(x, 2), "sigmoid")


def teacher(x):
    return ph.nn.sigmoid(2.0 * x - ph.mem(x) + 0.5)


dry = ph.noise(96_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}
falling = ph.Exponential(every=4_800, exponent=-0.5)  # the absolute error chatters unless the rate falls
learner = ph.Learner(neuron, loss=ph.MAE(window=8), optimizer=ph.SGD(0.5, schedule=falling))
trace = learner.learn(dry, teacher, **descent_alone)

second = ph.Learner(neuron, optimizer=ph.GaussNewton())
course = second.learn(dry, teacher, **descent_alone)
for name, value in hidden.items():
    print(f"{name}: hidden {value}, learned {learner.parameters[name].value.round(4).tolist()}", end=", ")
    print("within 1 % from sample", trace.settled(name, value), "and by GaussNewton from", course.settled(name, value))
print("the original:", original)
