"""Let the learning rate fall: far away the gain takes large steps, near its goal it no longer chatters."""

import pyhost as ph

hidden = {"gain": 0.5}
original = "never moves"
mean = 4_800  # samples, as for gain.py


def gain(x):
    return x * ph.param("gain")


dry = ph.noise(480_000)
slower = ph.Exponential(every=10_000, exponent=-0.1)
learner = ph.Learner(gain, loss=ph.MAE(window=32), optimizer=ph.SGD(1e-1, schedule=slower))
trace = learner.learn(dry, 0.5 * dry, sample_rate=48_000, record=True, align="off", start="off")
learner.use_best()

chatter = trace.parameters["gain"]
print(f"gain: hidden {hidden['gain']}, learned {learner.parameters['gain'].value:.4f}")
print("its mean within 1 % from sample", trace.settled("gain", 0.5, mean=mean))
print(f"chatter: {chatter[10_000:20_000].std():.4f} in the second 10000 samples,")
print(f"         {chatter[-10_000:].std():.4f} in the last")
print("the original:", original)
