"""Learn the impulse response of a guitar cabinet, one of guitarix's, from what it does to a guitar."""

import numpy as np
import pedalboard

import pyhost as ph

GUITARS = "/usr/share/sonic-pi/samples/guit_"  # Debian: sonic-pi-samples


def guitar(name, seconds):
    with pedalboard.io.AudioFile(f"{GUITARS}{name}.flac") as file:
        played = file.read(int(seconds * file.samplerate)).mean(axis=0)
    return np.concatenate([np.zeros(22_050), played])  # the plugin begins with the dry sound, and fades it out


cabinet = ph.load("http://guitarix.sourceforge.net/plugins/gx_cabinet#CABINET")  # Debian: guitarix-lv2
cabinet.c_model = "4x12"

learner = ph.Learner(ph.chain("fir(taps=800)"), loss=ph.MSE(window=1), optimizer=ph.NLMS(0.3))
dry = guitar("em9", 3.0)
learner.learn(dry, cabinet.process(dry, 44_100), sample_rate=44_100, passes=5, align="off")
learner.use_best()

other = guitar("e_fifths", 3.0)
wanted, learned = cabinet.process(other, 44_100), learner.process(other, 44_100)
unlike = 10 * np.log10(np.square(learned - wanted).sum() / np.square(wanted).sum())
taps = learner.parameters["taps"].value

print(f"left of a guitar's sound  : {learner.best_decibels:.1f} dB")
print(f"of another guitar's sound : {unlike:.1f} dB")
print(f"the largest of 800 taps   : {np.abs(taps).max():.3f}, {np.argmax(np.abs(taps))} samples late")
