"""What a session consists of, as plain data: what was written down, checked as far as that goes without opening files.

Times are in seconds from the start of the session, levels in dB, pan from −1, left, to 1, right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pyhost.host.session.tables import Document, Place
from pyhost.host.session.tempo import Tempo

__all__ = [
    "MASTER",
    "Arrangement",
    "Automation",
    "Clip",
    "Insert",
    "Learning",
    "Output",
    "Point",
    "Send",
    "Shape",
    "Strip",
]

MASTER = "master"
"""The name of the strip that everything ends in."""

Shape = Literal["linear", "log", "step"]


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a time, and how it is reached from the point before."""

    time: float
    value: float
    shape: Shape
    place: Place


@dataclass(frozen=True, slots=True)
class Automation:
    """How something moves: the points in order; before the first and after the last it holds still."""

    points: tuple[Point, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of a recording or of a MIDI file on a track.

    Attributes
    ----------
    file : str
        From the session's folder.
    start : float
        When it is heard.
    offset : float
        Where in the file it begins.
    length : float or None
        Of what is heard; None: to the end of the file.
    gain : float
        In dB.
    fade_in, fade_out : float
        Seconds; the sound rises and falls along a quarter of a sine.
    resample : bool
        Whether a recording of another rate is converted instead of refused.
    """

    file: str
    start: float
    offset: float
    length: float | None
    gain: float
    fade_in: float
    fade_out: float
    resample: bool
    place: Place

    @property
    def midi(self) -> bool:
        """Whether it is of a MIDI file."""
        return self.file.lower().endswith((".mid", ".midi"))


@dataclass(frozen=True, slots=True)
class Learning:
    """What a chain learns while the session is rendered.

    Attributes
    ----------
    file, track : str or None
        What it should come to sound like, one of them: a recording from time 0 on, or another strip before its fader.
    loss, optimizer : str
        Their kinds.
    window : int or None
        Of the loss, in samples.
    rate : float or None
        Of the optimizer.
    until : float or None
        From when on the values are held; None: it never ends.
    save : str or None
        A ``learned.json`` that is written at the end.
    resample : bool
        Whether a recording of another rate is converted instead of refused.
    """

    file: str | None
    track: str | None
    loss: str
    window: int | None
    optimizer: str
    rate: float | None
    until: float | None
    save: str | None
    resample: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Insert:
    """A plugin in a strip.

    Attributes
    ----------
    name : str
        Unique in the strip.
    plugin : str, plugin or None
        What `pyhost.load` takes; from Python also anything that is a plugin.
    chain : str or None
        A chain instead: text, or ``file.py:function``.
    values : mapping
        Of parameters, by name.
    preset, state : str or None
        The name of a preset, a file with a state; set before `values`.
    sidechain : str or None
        The strip that its side-chain hears, before its fader.
    bypass : bool
        Whether it is left out.
    isolate : bool or None
        Whether it runs in a process of its own; None: as `pyhost.load` has it.
    learning : Learning or None
        Of a chain.
    """

    name: str
    plugin: Any
    chain: str | None
    values: Mapping[str, Any]
    preset: str | None
    state: str | None
    sidechain: str | None
    bypass: bool
    isolate: bool | None
    learning: Learning | None
    automation: Mapping[str, Automation]
    place: Place


@dataclass(frozen=True, slots=True)
class Send:
    """A copy of a strip to a group, behind its fader or before it."""

    to: str
    level: float
    pre: bool
    automation: Automation | None
    place: Place


@dataclass(frozen=True, slots=True)
class Strip:
    """A track, a group or the master: what comes in goes through inserts and fader to the next.

    Attributes
    ----------
    kind : {"track", "group", "master"}
        Tracks have clips, groups get what is routed or sent to them.
    channels : int or None
        Of a track; None: as many as its clips.
    to : str
        The strip behind its fader; of the master "".
    mute : bool
        Whether nothing hears it but side-chains.
    """

    kind: Literal["track", "group", "master"]
    name: str
    place: Place
    channels: int | None = None
    gain: float = 0.0
    pan: float = 0.0
    mute: bool = False
    to: str = ""
    clips: tuple[Clip, ...] = ()
    inserts: tuple[Insert, ...] = ()
    sends: tuple[Send, ...] = ()
    automation: Mapping[str, Automation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """What is written.

    Attributes
    ----------
    file : str or None
        Its extension chooses the format.
    bits : int or None
        Of a sample; None: the most that the format has.
    normalise : float or None
        The peak that the mix is brought to, in dB.
    dither : bool
        Whether noise of triangular distribution, one step wide to either side, is added before rounding to `bits`.
    seed : int
        Of that noise.
    stems : str or None
        A folder that gets a file for each strip that goes to the master.
    """

    file: str | None
    bits: int | None
    normalise: float | None
    dither: bool
    seed: int
    stems: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A whole session.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
        Of the mix, 1 or 2.
    length : float or None
        Without the tail; None: to the end of the last clip.
    tail : float
        How long it goes on after that.
    tempo : Tempo or None
        None: that of each MIDI file is its own.
    strips : tuple of Strip
        Tracks, then groups, then the master.
    """

    document: Document
    sample_rate: int
    channels: int
    length: float | None
    tail: float
    tempo: Tempo | None
    output: Output
    strips: tuple[Strip, ...]

    def strip(self, name: str) -> Strip:
        """Return a strip by its name."""
        return next(strip for strip in self.strips if strip.name == name)
