"""The engine: strips become lanes, which run level by level, block by block, each path in step with the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from pyhost.audio import AudioArray
from pyhost.host.combine import Parallel, Series
from pyhost.host.each_channel import EachChannel
from pyhost.host.isolation import Isolated
from pyhost.host.learned import LearnedPlugin
from pyhost.host.plugin import HostedPlugin, MidiEvent
from pyhost.host.session.clips import ClipReader, Stream, open_recording
from pyhost.host.session.lanes import Feed, Lane, Level
from pyhost.host.session.learning import LearningPlugin
from pyhost.host.session.midi import clip_messages
from pyhost.host.session.model import Arrangement, Insert, Strip
from pyhost.host.session.plugins import close_inserts, load_inserts
from pyhost.host.session.routing import levels
from pyhost.host.session.slots import Heard, Slot
from pyhost.host.session.tables import Place

__all__ = ["Engine"]


class _HeardLane:
    """Another lane before its fader."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    @property
    def late(self) -> int:
        return self._lane.late

    @property
    def channels(self) -> int:
        return self._lane.pre_channels

    def read(self, frames: int) -> AudioArray:
        return self._lane.pre


class _HeardFile:
    """A recording from time 0 on."""

    late = 0

    def __init__(self, stream: Stream, channels: int) -> None:
        self._stream = stream
        self.channels = channels

    def read(self, frames: int) -> AudioArray:
        return self._stream.read(frames)


def _leaves_python(lane: Lane) -> bool:
    """Return whether a lane spends its time elsewhere: in another process, or in the C core.

    Only then does a thread of its own pay: pedalboard's effects are so short that threads wait for each other.
    """
    return any(_is_elsewhere(slot.plugin) for slot in lane.slots)


def _is_elsewhere(plugin: HostedPlugin) -> bool:
    if isinstance(plugin, (EachChannel, Series, Parallel)):
        return any(map(_is_elsewhere, plugin.plugins))
    return isinstance(plugin, (Isolated, LearningPlugin))


class Engine:
    """A session ready to run; a context manager that ends the plugins' processes.

    Parameters
    ----------
    arrangement : Arrangement
        What is to be rendered.
    threads : int, optional
        That lanes of a level are spread over; by default two for each processor, for most wait for another process. It
        changes nothing in the result.

    Attributes
    ----------
    levels : list of lists of Lane
        Those of one need only what is in the ones before.
    master : Lane
        The last.
    frames : int
        Of the mix.
    pool : ThreadPoolExecutor or None
        What runs lanes side by side.

    Raises
    ------
    SessionError
        If a file, a plugin or a parameter is not as the session says.
    """

    def __init__(self, arrangement: Arrangement, threads: int | None = None) -> None:
        self.arrangement = arrangement
        self._lanes: dict[str, Lane] = {}
        self._last = 0
        self.pool: ThreadPoolExecutor | None = None
        plan = levels(arrangement)
        self._midi: dict[str, list[MidiEvent]] = {}
        self._widths: dict[str, int] = {}
        self._readers = {strip.name: self._clips(strip) for level in plan for strip in level}
        inserts = [(i, s) for level in plan for s in level for i in s.inserts if not i.bypass]
        self.frames = self._frames()
        loaded = load_inserts((insert, self._width(strip)) for insert, strip in inserts)
        self._loaded = [(insert, plugin) for (insert, _), plugin in zip(inserts, loaded, strict=True)]
        self._plugins = {id(insert): plugin for insert, plugin in self._loaded}
        try:
            for plugin in self._plugins.values():
                if isinstance(plugin, LearnedPlugin):
                    plugin.expect(self.frames)
            self.levels = [[self._lane(strip) for strip in level] for level in plan]
        except BaseException:
            self.close()
            raise
        self.master = self._lanes[arrangement.strips[-1].name]
        widest = max(sum(map(_leaves_python, level)) for level in self.levels)
        count = min(threads or 2 * (os.cpu_count() or 1), widest)
        if count > 1:
            self.pool = ThreadPoolExecutor(count, "lane")

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all threads and processes."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)
        close_inserts(self._loaded)

    @property
    def lanes(self) -> list[Lane]:
        """All of them, in the order of the session."""
        return [self._lanes[strip.name] for strip in self.arrangement.strips if strip.name in self._lanes]

    @property
    def stems(self) -> list[Lane]:
        """Those that go to the master."""
        master = self.master.strip.name
        return [lane for lane in self.lanes if lane.strip.to == master and not lane.strip.mute]

    @property
    def learners(self) -> list[tuple[str, Insert, LearningPlugin]]:
        """What learns: strip, insert, plugin."""
        slots = [(lane.strip.name, slot) for lane in self.lanes for slot in lane.slots]
        return [(name, slot.insert, slot.plugin) for name, slot in slots if isinstance(slot.plugin, LearningPlugin)]

    def run(self, block: int) -> Iterator[int]:
        """Run everything, so many frames at a time; yield how many were run of each, behind its being run."""
        total = self.frames + self.master.late
        for first in range(0, total, block):
            frames = min(block, total - first)
            for level in self.levels:
                self._run_level(level, first, frames)
            yield frames

    def _run_level(self, level: list[Lane], first: int, frames: int) -> None:
        if self.pool is None:
            for lane in level:
                lane.run(first, frames)
            return
        busy = [lane for lane in level if _leaves_python(lane)] if len(level) > 1 else []
        tasks = [self.pool.submit(lane.run, first, frames) for lane in busy]
        for lane in level:
            if lane not in busy:
                lane.run(first, frames)
        for task in tasks:
            task.result()

    def _clips(self, strip: Strip) -> list[ClipReader]:
        """Open what a track plays."""
        rate = float(self.arrangement.sample_rate)
        sound = [clip for clip in strip.clips if not clip.midi]
        opened = [open_recording(c.place, "file", c.file, rate, resample=c.resample) for c in sound]
        usual = max((source.channels for source in opened), default=self.arrangement.channels)
        channels = strip.channels or usual
        readers = [ClipReader(clip, source, channels) for clip, source in zip(sound, opened, strict=True)]
        # In order of time, for at one frame the end of a note comes before its next beginning.
        played = sorted((clip for clip in strip.clips if clip.midi), key=lambda clip: clip.start)
        messages = [m for clip in played for m in clip_messages(clip, self.arrangement.tempo, rate)]
        self._midi[strip.name] = sorted(messages, key=lambda message: message[0])
        ends = [reader.last for reader in readers] + [frame + 1 for frame, _ in messages]
        self._last = max([self._last, *ends])
        self._widths[strip.name] = channels
        return readers

    def _width(self, strip: Strip) -> int:
        return self._widths[strip.name] if strip.kind == "track" else self.arrangement.channels

    def _frames(self) -> int:
        """Return how long the mix is."""
        a = self.arrangement
        length = self._last if a.length is None else round(a.length * a.sample_rate)
        frames = length + round(a.tail * a.sample_rate)
        if frames < 1:
            raise Place(a.document).error("nothing is played, and it has no length; add clips, or length = 10, say")
        return frames

    def _lane(self, strip: Strip) -> Lane:
        """Return a strip at work; those that it needs are there already."""
        slots = [
            Slot(
                insert,
                self._plugins[id(insert)],
                self._heard(insert),
                self._played(strip, insert),
                self.arrangement.tempo,
            )
            for insert in strip.inserts
            if not insert.bypass
        ]
        if self._midi[strip.name] and not any(slot.plugin.takes_midi for slot in slots):
            place = next(clip.place for clip in strip.clips if clip.midi)
            raise place.key("file").error(f"no insert of {strip.name!r} takes MIDI; insert an instrument")
        lane = Lane(
            strip,
            channels=self._width(strip),
            out=self.arrangement.channels,
            clips=self._readers[strip.name],
            feeds=self._feeds(strip),
            slots=slots,
        )
        lane.prepare(float(self.arrangement.sample_rate))
        self._lanes[strip.name] = lane
        return lane

    def _played(self, strip: Strip, insert: Insert) -> list[MidiEvent]:
        return self._midi[strip.name] if self._plugins[id(insert)].takes_midi else []

    def _heard(self, insert: Insert) -> Heard | None:
        """Return what an insert listens to."""
        rate = float(self.arrangement.sample_rate)
        learning = insert.learning
        if learning is not None and learning.file is not None:
            place = learning.place
            source = open_recording(place, "target", learning.file, rate, resample=learning.resample)
            return _HeardFile(Stream(source), source.channels)
        name = insert.sidechain if learning is None else learning.track
        return None if name is None else _HeardLane(self._lanes[name])

    def _feeds(self, strip: Strip) -> list[Feed]:
        """Return what comes into a strip, in the order of the session."""
        feeds = []
        for other in self.arrangement.strips:
            if other.mute or other.name not in self._lanes:
                continue
            lane = self._lanes[other.name]
            if other.to == strip.name:
                feeds.append(Feed(lane))
            for send in other.sends:
                if send.to == strip.name:
                    level = Level(send.level, send.automation, float(self.arrangement.sample_rate))
                    feeds.append(Feed(lane, level, pre=send.pre))
        return feeds
