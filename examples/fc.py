"""Descend three layers, 1 to 2 to 3 to 1 neurons: the gradient is the true one also where it comes from the deepest."""

import numpy as np

import pyhost as ph

hidden = {"explained": 1.0}
original = "averages gradients over neurons, drops some, and ends in NaN"


def network(x):
    first = ph.nn.dense(x, 2, "sigmoid", name="first")
    second = ph.nn.dense(first, 3, "sigmoid", name="second")
    return ph.nn.dense(second, 1, "sigmoid", name="third")


def teacher(x):
    a, b = ph.nn.sigmoid(6 * x - 2), ph.nn.sigmoid(-5 * x - 1)
    c, d, e = (ph.nn.sigmoid(u) for u in (4 * a - 3 * b - 1, 2 * b - 5 * a + 1, 3 * a + 4 * b - 3))
    return ph.nn.sigmoid(3 * c - 4 * d + 3 * e - 1)


def answers(weights):
    return ph.value_and_jacobian(network, [0.8], sample_rate=48_000, parameters={"first_weights": weights})


weights = np.array([0.4, -0.3])
value, exact = answers(weights)
difference = [(answers(weights + step)[0] - answers(weights - step)[0])[0, 0] / 2e-5 for step in 1e-5 * np.eye(2)]
print("first layer, exact gradient :", exact[:2, 0, 0])
print("first layer, by differences :", np.array(difference))
print("averaged over three neurons :", exact[:2, 0, 0] / 3)

dry = ph.noise(48_000)
target, _ = ph.value_and_jacobian(teacher, dry, sample_rate=48_000)
learner = ph.Learner(network, loss=ph.MAE(window=8), optimizer=ph.SGD(0.5))
second = ph.Learner(network, optimizer=ph.GaussNewton(forgetting=0.999, initial=10.0))
for name, way in {"GaussNewton": second, "SGD": learner}.items():
    way.learn(dry, target, sample_rate=48_000, align="off")
    way.use_best()
    explained = 1 - np.var(way.process(dry, 48_000) - target) / target.var()
    print(f"{name}: {explained:.3%} of a hidden network's answers is explained")
print("the original:", original)
