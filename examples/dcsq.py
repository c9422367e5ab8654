"""Learn an offset that is a square: both roots fit, the start decides which one is found."""

import pyhost as ph

hidden = {"dc": 0.75}
original = "within 1 % from 11426"


def dcsq(x):
    return x + ph.param("dc", 1e-10) ** 2  # at 0 itself the square has no slope


dry = ph.noise(48_000)
learner = ph.Learner(dcsq, loss=ph.MSE(), optimizer=ph.SGD(1e-3))
trace = learner.learn(dry, dry + 0.75**2, sample_rate=48_000, record=True, align="off", start="off")

print(f"dc: hidden {hidden['dc']}, learned {learner.parameters['dc'].value:.4f}")
print("within 1 % from sample", trace.settled("dc", 0.75))
print("the original:", original)

mirrored = ph.Learner(dcsq, loss=ph.MSE(), optimizer=ph.SGD(1e-3))
mirrored.parameters["dc"].value = -1e-10
mirrored.learn(dry, dry + 0.75**2, sample_rate=48_000, align="off", start="off")
print(f"from the other side of 0: learned {mirrored.parameters['dc'].value:.4f}")
