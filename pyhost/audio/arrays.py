"""Recordings as arrays: (channels, frames), float64, full scale at ±1.

One shape and one type everywhere behind this door, so that nothing further in has to ask. Nothing is guessed:
integers are not taken for full scale and a transposed array is not turned round, for a wrong guess is a
learner that learns nonsense without a word.
"""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost.errors import AudioError

__all__ = [
    "AudioArray",
    "as_audio",
    "check_finite",
    "check_not_silent",
    "check_pair",
    "check_sample_rate",
    "common_frames",
]

AudioArray = NDArray[np.float64]

MAX_SAMPLE_RATE = 1e6
_MANY_CHANNELS = 64  # no recording has more channels and fewer frames than this: such an array is transposed


def as_audio(value: ArrayLike, what: str = "audio") -> AudioArray:
    """Return ``value`` as a recording, or say why it is none.

    Parameters
    ----------
    value : array_like of real floats, shape (frames,) or (channels, frames)
        Full scale is ±1; larger values are allowed. One dimension becomes one channel.
    what : str
        How an error calls it.

    Returns
    -------
    ndarray of float64, shape (channels, frames)
        C-contiguous. It shares memory with ``value`` where nothing had to be converted.

    Raises
    ------
    AudioError
        For integers, bools, complex numbers or objects, for an empty array, for more than two dimensions, for
        what looks like (frames, channels), and for NaN or infinity (with the channel and the frame of the
        first).
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise AudioError(
            f"{what}: not an array: its rows differ in length; give every channel as many frames"
        ) from error
    _check_type(array.dtype, what)
    if array.ndim not in (1, 2):
        raise AudioError(
            f"{what}: has {array.ndim} dimensions, shape {array.shape}; give (frames,) or (channels, frames)"
        )
    if array.size == 0:
        raise AudioError(f"{what}: is empty, shape {array.shape}; give at least one channel and one frame")
    if array.ndim == 2 and array.shape[0] > _MANY_CHANNELS >= array.shape[1]:
        raise AudioError(
            f"{what}: shape {array.shape} looks like (frames, channels); pyhost takes (channels, frames): "
            "transpose it with .T"
        )
    audio: AudioArray = np.ascontiguousarray(np.atleast_2d(array), dtype=np.float64)
    check_finite(audio, what)
    return audio


def _check_type(dtype: np.dtype[np.generic], what: str) -> None:
    if dtype.kind == "f":
        return
    if dtype.kind in "iu":
        raise AudioError(f"{what}: holds integers ({dtype}), whose full scale is not known; {_how_to_scale(dtype)}")
    kind = {"b": "bools", "c": "complex numbers"}.get(dtype.kind, "no numbers")
    raise AudioError(f"{what}: holds {kind} ({dtype}); give real floats with full scale at ±1")


def _how_to_scale(dtype: np.dtype[np.generic]) -> str:
    if dtype == np.uint8:
        return "subtract 128 and divide by 128"
    if dtype == np.int32:
        return "divide by 2147483648 (by 8388608 if it holds 24-bit samples)"
    if dtype in (np.int8, np.int16):
        return f"divide by {np.iinfo(dtype.name).max + 1}"
    return "divide by the full scale of what was recorded (by 32768 for 16-bit samples, by 8388608 for 24-bit)"


def check_finite(audio: AudioArray, what: str = "audio", first_frame: int = 0) -> None:
    """Refuse NaN and infinity.

    Parameters
    ----------
    audio : ndarray of float, shape (channels, frames)
    what : str
        How an error calls it.
    first_frame : int
        Where in the recording ``audio`` begins, in frames; added to the frame that the error names.

    Raises
    ------
    AudioError
        With the channel and the frame of the earliest bad sample.
    """
    if np.isfinite(audio).all():
        return
    bad = ~np.isfinite(audio)
    frame = int(np.argmax(bad.any(axis=0)))
    channel = int(np.argmax(bad[:, frame]))
    raise AudioError(
        f"{what}: channel {channel}, frame {first_frame + frame} is {audio[channel, frame]}; "
        "only finite samples can be used: repair or cut that place"
    )


def check_sample_rate(rate: object, what: str = "sample rate") -> float:
    """Return ``rate`` in Hz as a float.

    Raises
    ------
    AudioError
        Unless it is a real number with 0 < rate <= 1e6.
    """
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise AudioError(f"{what}: {rate!r} is not a number; give it in Hz, e.g. 48000")
    try:
        hertz = float(rate)
    except OverflowError:
        hertz = math.inf
    if not (math.isfinite(hertz) and 0.0 < hertz <= MAX_SAMPLE_RATE):
        raise AudioError(f"{what}: {hertz:g} Hz is out of range; give it in Hz, above 0 and at most 1e6, e.g. 48000")
    return hertz


def check_not_silent(audio: AudioArray, what: str = "audio") -> None:
    """Refuse a recording whose samples are all exactly zero: nothing can be learned from it.

    Raises
    ------
    AudioError
        Naming ``what`` and its length in frames.
    """
    if not np.any(audio):
        raise AudioError(
            f"{what}: is silent, all {audio.shape[-1]} frames are zero; check that the right file or track was recorded"
        )


def check_pair(
    dry: AudioArray, target: AudioArray, sample_rate: float, *, trim: bool = False
) -> tuple[AudioArray, AudioArray]:
    """Return the dry and the target recording with equal shapes.

    Parameters
    ----------
    dry, target : ndarray of float64, shape (channels, frames)
    sample_rate : float
        Of both, in Hz; for the seconds in the message.
    trim : bool
        Cut the longer at its end instead of refusing.

    Returns
    -------
    (dry, target) : views of what came in, of equal shape

    Raises
    ------
    AudioError
        For different numbers of channels, and, unless ``trim``, of frames.
    """
    frames = common_frames(dry.shape, target.shape, sample_rate, trim=trim)
    return dry[:, :frames], target[:, :frames]


def common_frames(
    dry: tuple[int, ...],
    target: tuple[int, ...],
    sample_rate: float,
    *,
    trim: bool = False,
    names: tuple[str, str] = ("dry", "target"),
) -> int:
    """Return how many frames two recordings of these shapes have in common.

    Parameters
    ----------
    dry, target : (channels, frames)
    sample_rate : float
        Of both, in Hz; for the seconds in the message.
    trim : bool
        Take the shorter length instead of refusing a difference.
    names : (str, str)
        How an error calls the two.

    Raises
    ------
    AudioError
        As `check_pair`.
    """
    if dry[0] != target[0]:
        raise AudioError(
            f"{names[0]} has {_count(dry[0], 'channel')}, {names[1]} has {_count(target[0], 'channel')}; "
            "they must be equal: mix the wider one down, or pick the channels to use"
        )
    if dry[1] != target[1] and not trim:
        raise AudioError(
            f"{names[0]} has {dry[1]} frames ({dry[1] / sample_rate:.3f} s), "
            f"{names[1]} has {target[1]} frames ({target[1] / sample_rate:.3f} s); "
            "align the recordings, or ask for trim (--trim) to cut the longer one at its end"
        )
    return min(dry[1], target[1])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
