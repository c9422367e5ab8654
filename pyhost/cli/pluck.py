"""The demo's dry recording: a plucked phrase, made by chains of pyhost's own.

After K. Karplus and A. Strong, "Digital synthesis of plucked-string and drum timbres", Computer Music Journal 7
(1983): a burst of noise in a loop of delay and mean, y[n] = x[n] + decay (y[n−N] + y[n−N−1]) / 2.
"""

from __future__ import annotations

import numpy as np

from pyhost.audio import AudioArray
from pyhost.graph.functions import delay, feedback
from pyhost.graph.signal import Signal
from pyhost.learn.learned import freeze

__all__ = ["SAMPLE_RATE", "pluck", "plucked_phrase"]

SAMPLE_RATE = 48_000
DECAY = 0.996
PEAK = 0.7

# Begin in s, pitch in Hz, place from left (0) to right (1): a broken chord of E minor, and its low fifth at the end.
PHRASE = (
    (0.0, 164.81, 0.3),
    (0.25, 246.94, 0.6),
    (0.5, 329.63, 0.4),
    (0.75, 392.00, 0.7),
    (1.0, 493.88, 0.5),
    (1.5, 659.26, 0.2),
    (2.0, 123.47, 0.5),
)
SECONDS = 4.0


def pluck(excitation: AudioArray, frequency: float) -> AudioArray:
    """Return a plucked string.

    Parameters
    ----------
    excitation : ndarray, (channels, frames)
        What plucks it: a burst of noise of one period.
    frequency : float
        Pitch in Hz, met to the nearest whole period.

    Returns
    -------
    ndarray, (channels, frames)
    """
    # Inside the loop the signal is already one sample late, and the mean of two neighbours adds half a sample.
    period = round(SAMPLE_RATE / frequency - 0.5)

    def string(x: Signal) -> Signal:
        return feedback(  # type: ignore[no-any-return]
            lambda y1: x + (DECAY / 2.0) * (delay(y1, period - 1.0) + delay(y1, float(period)))
        )

    return freeze(string).process(excitation, SAMPLE_RATE)


def plucked_phrase(seed: int = 1) -> AudioArray:
    """Return the phrase, (2, frames), with a peak of 0.7."""
    random = np.random.default_rng(seed)
    phrase = np.zeros((2, int(SECONDS * SAMPLE_RATE)))
    for begin, frequency, place in PHRASE:
        first = int(begin * SAMPLE_RATE)
        period = round(SAMPLE_RATE / frequency)
        excitation = np.zeros((2, phrase.shape[1] - first))
        # One burst for both sides and a little of its own for each: a string with some room around it.
        excitation[:, :period] = random.uniform(-1.0, 1.0, period) + 0.3 * random.uniform(-1.0, 1.0, (2, period))
        pan = np.array([[np.cos(place * np.pi / 2.0)], [np.sin(place * np.pi / 2.0)]])
        phrase[:, first:] += pan * pluck(excitation, frequency)
    phrase *= PEAK / np.abs(phrase).max()
    return phrase
