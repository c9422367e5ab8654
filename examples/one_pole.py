"""Learn through a recursion: the derivative runs round the same loop as the sound."""

import pyhost as ph

hidden = {"pole": 0.5}
original = "within 1 % from 32306; poles of .95 and .98 never, .999 ends in NaN"


def one_pole(x):
    return ph.onepole(x, ph.param("pole", minimum=-0.9999, maximum=0.9999, normalised=False))


dry = ph.noise(96_000)
descent_alone = {"sample_rate": 48_000, "record": True, "align": "off", "start": "off"}  # as the original has it
learner = ph.Learner(one_pole, loss=ph.MSE(window=16), optimizer=ph.SGD(5e-4))
trace = learner.learn(dry, lambda x: ph.onepole(x, 0.5), **descent_alone)

print(f"pole: hidden {hidden['pole']}, learned {learner.parameters['pole'].value:.4f}")
print("within 1 % from sample", trace.settled("pole", 0.5))
print("the original:", original)

also = {}
for pole in (0.95, 0.98, 0.999):
    second = ph.Learner(one_pole, optimizer=ph.GaussNewton(forgetting=0.999))
    course = second.learn(dry[:24_000], lambda x, p=pole: ph.onepole(x, p), **descent_alone)
    # How long a pole rings depends on its distance from 1: that is to be within 1 %.
    sample = course.settled("pole", pole, within=0.01 * (1 - pole) / pole)
    also[pole] = second.parameters["pole"].value, sample
    print(f"GaussNewton: hidden {pole}, learned {also[pole][0]:.6f}, 1 - pole within 1 % from sample {sample}")
