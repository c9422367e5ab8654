"""MIDI files as messages at the frames of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhost.host.plugin import MidiEvent
from pyhost.host.session.model import Clip
from pyhost.host.session.tempo import Tempo

__all__ = ["clip_messages"]

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0
SETTINGS = (CONTROL, 0xC0, 0xD0, 0xE0)
"""Controllers, programs, pressure and bend of a channel: they hold until others come."""


def clip_messages(clip: Clip, tempo: Tempo | None, sample_rate: float) -> list[MidiEvent]:
    """Return what a clip of a MIDI file plays.

    Parameters
    ----------
    clip : Clip
        Notes that sound when it ends are ended, and what was set before it begins is set at its beginning.
    tempo : Tempo or None
        The session's, which the file's beats follow; None: the file's own.
    sample_rate : float
        In Hz.

    Raises
    ------
    SessionError
        If the file cannot be read, or ``mido``, which reads it, is not installed.
    """
    first = round(clip.start * sample_rate)
    last = None if clip.length is None else first + round(clip.length * sample_rate)
    played: list[MidiEvent] = []
    sounding: dict[tuple[int, int], None] = {}
    held: dict[tuple[int, int], bytes] = {}
    for time, message in _timed(clip, tempo):
        frame = round(time * sample_rate)
        kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1] if len(message) > 1 else 0)
        if frame < first and kind in SETTINGS:
            held[message[0], message[1] if kind == CONTROL else 0] = message
        if frame < first or (last is not None and frame >= last):
            continue
        played.append((frame, message))
        if kind == NOTE_ON and message[2]:
            sounding[key] = None
        elif kind in (NOTE_ON, NOTE_OFF):
            sounding.pop(key, None)
    if last is not None:
        played += [(last, bytes([NOTE_OFF | channel, note, 0])) for channel, note in sounding]
    return [(first, message) for message in held.values()] + played


def _timed(clip: Clip, tempo: Tempo | None) -> Iterator[tuple[float, bytes]]:
    """Yield the messages of a file in order, with their times in the session."""
    file = _opened(clip)
    begin = clip.start - clip.offset
    ticks = file.ticks_per_beat
    at_beat = 0 if tempo is None else tempo.beats(begin)
    seconds, beats, length = begin, 0.0, 0.5
    for message in _merged(file):
        beats += message.time / ticks
        seconds += message.time / ticks * length
        if message.type == "set_tempo":
            length = message.tempo / 1e6
        elif not message.is_meta:
            yield (seconds if tempo is None else tempo.seconds(at_beat + beats)), bytes(message.bytes())


def _merged(file: Any) -> Any:
    from mido import merge_tracks

    return merge_tracks(file.tracks)


def _opened(clip: Clip) -> Any:
    place = clip.place.key("file")
    try:
        from mido import MidiFile
    except ImportError:
        raise place.error("reading MIDI files takes mido; install it with: pip install 'pyhost[midi]'") from None
    path = clip.place.file(clip.file)
    try:
        return MidiFile(path)
    except FileNotFoundError:
        raise place.error(f"{path}: does not exist") from None
    except OSError as error:
        raise place.error(f"{path}: cannot be read: {error.strerror or str(error) or 'it is no MIDI file'}") from None
    except (EOFError, ValueError, IndexError, KeyError) as error:
        raise place.error(f"{path}: is no MIDI file, or a damaged one: {str(error) or 'it ends early'}") from None
