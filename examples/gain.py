"""Find a gain: one parameter, one derivative, a step every sample."""

import pyhost as ph

hidden = {"gain": 0.5}
original = "mean of any 4800 samples within 1 % from 9600"
mean = 4_800  # samples; the absolute error has the same slope near and far, so the gain chatters around its goal


def gain(x):
    return x * ph.param("gain")


dry = ph.noise(48_000)
learner = ph.Learner(gain, loss=ph.MAE(window=32), optimizer=ph.SGD(1e-3))
trace = learner.learn(dry, 0.5 * dry, sample_rate=48_000, record=True, align="off", start="off")
learner.use_best()

print(f"gain: hidden {hidden['gain']}, learned {learner.parameters['gain'].value:.4f}")
print("its mean within 1 % from sample", trace.settled("gain", 0.5, mean=mean))
print("the original:", original)
