"""Rendering: the engine runs, and what comes out is written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from pyhost.audio import AudioArray, AudioWriter
from pyhost.errors import InputError, SessionError
from pyhost.host.isolation import CrashedError
from pyhost.host.session.apart import check_apart, stem_file
from pyhost.host.session.engine import Engine
from pyhost.host.session.lanes import Feed
from pyhost.host.session.model import Arrangement
from pyhost.host.session.output import MixWriter, Trimmed, check_output
from pyhost.host.session.results import Progress, Rendered

__all__ = ["BLOCK", "render"]

BLOCK = 4096
"""Frames that are run at a time, if nothing else is said."""

MOST_BLOCK = 1 << 20

REPORT_EVERY = 0.1
"""Seconds between two calls of the progress function."""

MOST_RESTARTS = 5
"""How often a render begins again because a plugin crashed, each time behind the place of the last."""

Write = Callable[[AudioArray], None]


class _Sink:
    """A file that takes blocks, and of a render that is run again only those that it does not have yet."""

    def __init__(self, write: Callable[[AudioArray], None]) -> None:
        self._write = write
        self._written = 0
        self._known = 0

    def take(self, block: AudioArray) -> None:
        """Append what is new."""
        known = min(self._known, block.shape[1])
        self._known -= known
        if block.shape[1] > known:
            self._write(block[:, known:])
            self._written += block.shape[1] - known

    def run_again(self) -> None:
        """Expect everything from its beginning."""
        self._known = self._written


class _Take:
    """One run of an engine from its beginning: the mix, and the strips as they arrive at the master."""

    def __init__(self, engine: Engine, *, stems: bool) -> None:
        self._engine = engine
        self._mix = Trimmed(engine.master.late, engine.frames)
        self._stems = {lane.strip.name: Feed(lane) for lane in engine.stems if stems}
        self._trims = {name: Trimmed(engine.master.arrives, engine.frames) for name in self._stems}
        for feed in self._stems.values():
            feed.align(engine.master.arrives, engine.arrangement.channels)

    def blocks(self, block: int) -> Iterator[tuple[int, AudioArray, dict[str, AudioArray]]]:
        """Yield how many frames were run so far, and what of the mix and of each stem came with the last."""
        channels, done = self._engine.arrangement.channels, 0
        for frames in self._engine.run(block):
            parts = {name: self._trims[name].cut(feed.read(done, channels)) for name, feed in self._stems.items()}
            done += frames
            yield done, self._mix.cut(self._engine.master.post), parts


def render(
    arrangement: Arrangement,
    output: str | os.PathLike[str] | None,
    stems: str | os.PathLike[str] | None,
    *,
    block: int,
    threads: int | None,
    progress: Callable[[Progress], None] | None,
) -> Rendered:
    """Render a session; see `Session.render`."""
    if isinstance(block, bool) or not isinstance(block, int) or not 1 <= block <= MOST_BLOCK:
        raise InputError(f"block must be a whole number of frames from 1 to {MOST_BLOCK}, not {block!r}")
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads must be a whole number from 1 on, not {threads!r}")
    begin = time.monotonic()
    said = arrangement.output
    if output is None and said.file is None:
        raise said.place.error('no file is named; give file = "mix.wav", or name one for this render (-o)')
    file = Path(output) if output is not None else said.place.file(str(said.file))
    folder = Path(stems) if stems is not None else None if said.stems is None else said.place.file(said.stems)
    check_output(arrangement, file)
    check_apart(arrangement, file, folder)
    run = _Run(arrangement, block, threads, progress)
    try:
        with ExitStack() as stack:
            parts = {} if folder is None else _stem_writers(stack, run.engine, folder)
            mix = stack.enter_context(MixWriter(said, file, arrangement.sample_rate, arrangement.channels))
            run.into(mix.write, {name: writer.write for name, writer in parts.items()})
    finally:
        run.engine.close()
    learners = run.engine.learners
    return Rendered(
        mix=mix.result,
        stems={name: writer.result for name, writer in parts.items()},
        peak=mix.peak,
        learned={f"{strip}.{insert.name}": plugin.learned_values() for strip, insert, plugin in learners},
        saved=_saved(run.engine),
        restarts=run.restarts,
        seconds=time.monotonic() - begin,
    )


class _Run:
    """A render that begins again when a plugin's process is lost; what was written stays, for it would be the same."""

    def __init__(
        self,
        arrangement: Arrangement,
        block: int,
        threads: int | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.engine = Engine(arrangement, threads)
        self.restarts = 0
        self._arrangement = arrangement
        self._block = block
        self._threads = threads
        self._progress = progress
        self._begin = self._told = time.monotonic()
        self._done = 0

    def into(self, mix: Write, stems: Mapping[str, Write]) -> None:
        """Write the mix and the stems."""
        sinks = {name: _Sink(write) for name, write in stems.items()}
        main = _Sink(mix)
        reached = -1
        while True:
            try:
                self._take(main, sinks)
            except CrashedError:
                if self._done <= reached or self.restarts == MOST_RESTARTS:
                    raise
                reached = self._done
                self.restarts += 1
                self.engine.close()
                self.engine = Engine(self._arrangement, self._threads)
                for sink in (main, *sinks.values()):
                    sink.run_again()
            else:
                return

    def _take(self, main: _Sink, stems: Mapping[str, _Sink]) -> None:
        self._done = 0
        for done, mix, parts in _Take(self.engine, stems=bool(stems)).blocks(self._block):
            self._done = done
            main.take(mix)
            for name, part in parts.items():
                stems[name].take(part)
            now = time.monotonic()
            if self._progress is not None and now - self._told >= REPORT_EVERY:
                self._told = now
                self._progress(_progress(self.engine, self._done, now - self._begin))


def _progress(engine: Engine, done: int, seconds: float) -> Progress:
    peaks = {lane.strip.name: lane.peak for lane in engine.lanes}
    for lane in engine.lanes:
        lane.peak = 0.0
    return Progress(done, engine.frames + engine.master.late, seconds, peaks)


def _stem_writers(stack: ExitStack, engine: Engine, folder: Path) -> dict[str, AudioWriter]:
    """Open a file for each strip that goes to the master; folders made for them go if the render fails."""
    try:
        for missing in [each for each in (*reversed(folder.parents), folder) if not each.exists()]:
            stack.callback(_remove_if_empty, missing)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(f"{folder}: cannot be made for the stems: {error.strerror}; name another folder") from None
    rate, channels = engine.arrangement.sample_rate, engine.arrangement.channels
    files = {lane.strip.name: stem_file(folder, lane.strip.name) for lane in engine.stems}
    return {name: stack.enter_context(AudioWriter(file, rate, channels)) for name, file in files.items()}


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _saved(engine: Engine) -> tuple[Path, ...]:
    """Write what was learned, where that was asked for."""
    paths = []
    for _, insert, plugin in engine.learners:
        learning = insert.learning
        if learning is not None and learning.save is not None:
            path = learning.place.file(learning.save)
            plugin.learned(float(engine.arrangement.sample_rate)).save(path)
            paths.append(path)
    return tuple(paths)
