"""Sessions as Python sees them: loaded, checked, rendered."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyhost.host.session.apart import check_apart
from pyhost.host.session.engine import Engine
from pyhost.host.session.model import Arrangement
from pyhost.host.session.output import check_output
from pyhost.host.session.parse import arrangement_of, read_arrangement
from pyhost.host.session.rendering import BLOCK, render
from pyhost.host.session.results import Progress, Rendered, StripSummary, Summary
from pyhost.host.session.tables import Document

__all__ = ["Session"]


class Session:
    """Tracks, groups and a master, with plugins, sends, side-chains and automation.

    Parameters
    ----------
    description : mapping
        What a session file says, as plain data; ``plugin`` may also be a plugin, or a function from audio to audio. A
        plugin that was handed over is not ended with the session.
    folder : path
        That relative paths start from.

    Raises
    ------
    SessionError
        If it says what a session cannot be.

    Examples
    --------
    >>> import pyhost as ph
    >>> session = ph.Session({"track": [{"name": "one", "gain": -6}], "length": 1.0})
    >>> session.check().frames
    48000
    """

    arrangement: Arrangement

    def __init__(self, description: Mapping[str, Any], folder: str | os.PathLike[str] = ".") -> None:
        self.arrangement = arrangement_of(description, Document("session", Path(folder)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Session:
        """Read a session file.

        Raises
        ------
        SessionError
            If it cannot be read or is wrong, with file, line and key.
        """
        session = cls.__new__(cls)
        session.arrangement = read_arrangement(Path(path))
        return session

    def check(self) -> Summary:
        """Open all files and load all plugins, but render nothing.

        Raises
        ------
        SessionError
            If anything is not as the session says.
        """
        arrangement = self.arrangement
        output = arrangement.output
        mix = None if output.file is None else output.place.file(output.file)
        if mix is not None:
            check_output(arrangement, mix)
        check_apart(arrangement, mix, None if output.stems is None else output.place.file(output.stems))
        with Engine(arrangement, threads=1) as engine:
            strips = []
            for lane in engine.lanes:
                inserts = tuple((s.insert.name, s.plugin.name, s.plugin.latency_samples) for s in lane.slots)
                strips.append(StripSummary(lane.strip.kind, lane.strip.name, lane.strip.to, inserts, lane.late))
            rate, channels = arrangement.sample_rate, arrangement.channels
            return Summary(rate, channels, engine.frames, engine.master.late, tuple(strips))

    def render(
        self,
        output: str | os.PathLike[str] | None = None,
        *,
        stems: str | os.PathLike[str] | None = None,
        block: int = BLOCK,
        threads: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Rendered:
        """Render it to files, which appear whole or not at all.

        Parameters
        ----------
        output : path, optional
            The mix; by default what the session says.
        stems : path, optional
            A folder for a file of each strip that goes to the master; by default what the session says.
        block : int
            Frames that are run at a time. It changes nothing in the result.
        threads : int, optional
            That strips are spread over; by default two for each processor. It changes nothing in the result.
        progress : callable, optional
            Called with a `Progress` about ten times a second.

        Raises
        ------
        SessionError
            If anything is not as the session says.
        PluginError
            If a plugin fails and cannot be brought back.
        DivergedError
            If a learner leaves the finite numbers.
        AudioError
            If a recording turns out to be damaged, or the mix cannot be written.
        """
        return render(self.arrangement, output, stems, block=block, threads=threads, progress=progress)
