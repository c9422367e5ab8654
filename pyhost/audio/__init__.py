"""Recordings: (channels, frames) arrays of float64, streams of blocks, and files read and written safely."""

from pyhost.audio.arrays import (
    AudioArray,
    as_audio,
    check_finite,
    check_not_silent,
    check_pair,
    check_sample_rate,
)
from pyhost.audio.atomic import atomic_path
from pyhost.audio.channels import ANY, Channels
from pyhost.audio.files import READABLE, AudioFileInfo, FileSource, audio_info, open_audio, read_audio
from pyhost.audio.resample import resampled
from pyhost.audio.sources import ArraySource, AudioSource, paired_blocks
from pyhost.audio.write import WRITABLE, AudioWriter, WrittenAudio, write_audio

__all__ = [
    "ANY",
    "READABLE",
    "WRITABLE",
    "ArraySource",
    "AudioArray",
    "AudioFileInfo",
    "AudioSource",
    "AudioWriter",
    "Channels",
    "FileSource",
    "WrittenAudio",
    "as_audio",
    "atomic_path",
    "audio_info",
    "check_finite",
    "check_not_silent",
    "check_pair",
    "check_sample_rate",
    "open_audio",
    "paired_blocks",
    "read_audio",
    "resampled",
    "write_audio",
]
