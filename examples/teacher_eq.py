"""Learn the settings of a real equaliser, x42's, from its sound: a bell of one's own finds where its bell is."""

import pyhost as ph

teacher = ph.load("http://gareus.org/oss/lv2/fil4#mono")  # Debian: x42-plugins
teacher.freq2, teacher.gain2 = 1_000, 9


def bell(x):
    frequency = ph.param("frequency", 400.0, minimum=50.0, maximum=10_000.0, scale="log", unit="Hz")
    q = ph.param("q", 1.0, minimum=0.1, maximum=10.0, scale="log")
    return ph.peaking(x, frequency, q, ph.param("gain", 0.0, minimum=-18.0, maximum=18.0, unit="dB"))


learner = ph.Learner(bell, loss=ph.MSE(window=1), optimizer=ph.GaussNewton())
learner.learn(0.25 * ph.noise(48_000), teacher, sample_rate=48_000, passes=6)
learner.use_best()

parameters = learner.parameters
print(f"frequency: hidden {teacher.freq2:.0f} Hz, learned {parameters['frequency'].value:.2f} Hz")
print(f"gain     : hidden {teacher.gain2:.0f} dB, learned {parameters['gain'].value:.4f} dB")
print(f"q        : {teacher.q2} for the plugin, {parameters['q'].value:.4f} in the usual measure")
