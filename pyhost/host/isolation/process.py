"""One worker process, seen from the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pyhost import errors
from pyhost.errors import PluginError, PyhostError
from pyhost.host.isolation.shared import DONE, RUN, SPEAK, EndedError, LateError, Line, Shared, new_memory

__all__ = ["CrashedError", "Deadlines", "WorkerProcess"]


class CrashedError(PluginError):
    """A plugin crashed, hung or ended its process. The host is unharmed."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds after which a plugin counts as hung.

    Attributes
    ----------
    load : float
        For loading it.
    answer : float
        For a state, a preset, or making ready for a rate.
    block : float
        For one block of audio.
    """

    load: float = 30.0
    answer: float = 30.0
    block: float = 10.0


class WorkerProcess:
    """A process with a plugin in it.

    Parameters
    ----------
    spec : mapping
        Which plugin; see `pyhost.host.spec.plugin_of`.
    deadlines : Deadlines
        How long it may take.
    memory : int
        Bytes of address space it may have; 0: no limit.

    Attributes
    ----------
    description : dict
        What the worker says of the plugin.

    Raises
    ------
    CrashedError
        If it crashed or hung while loading.
    PluginError
        If it could not be loaded.
    """

    def __init__(self, spec: Mapping[str, Any], deadlines: Deadlines, memory: int) -> None:
        self.label = str(spec.get("uri") or spec.get("path") or spec.get("name"))
        self._deadlines = deadlines
        descriptor = new_memory()
        their_reading, our_writing = os.pipe()
        our_reading, their_writing = os.pipe()
        self.shared = Shared(descriptor)
        self._line = Line(our_reading, our_writing)
        numbers = [descriptor, their_reading, their_writing]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pyhost.host.isolation.worker", *map(str, numbers), str(memory)],
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        finally:
            for number in numbers:
                os.close(number)
        self.description: dict[str, Any] = self.ask("load", deadlines.load, "while it was loaded", spec=dict(spec))

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, do: str, seconds: float | None = None, when: str = "", **given: Any) -> Any:
        """Ask the worker for something and return its answer."""
        limit = self._deadlines.answer if seconds is None else seconds
        when = when or f"when it was asked for its {do.replace('_', ' ')}"
        try:
            self._line.say({"do": do, **given})
            self._line.receive(limit)
            answer = self._line.hear(limit)
        except (EndedError, LateError) as error:
            raise self._ended(error, limit, when) from None
        except BaseException:
            self.kill()
            raise
        return self._checked(answer)

    def run(self) -> None:
        """Let the plugin run on the block in the shared memory."""
        limit = self._deadlines.block
        try:
            self._line.send(RUN)
            byte = self._line.receive(limit)
            answer = self._line.hear(limit) if byte == SPEAK else None
        except (EndedError, LateError) as error:
            raise self._ended(error, limit, "while it processed a block") from None
        except BaseException:
            # Ctrl-C between question and answer: what comes next would be the answer to this.
            self.kill()
            raise
        if byte != DONE:
            self._checked(answer)

    def kill(self) -> None:
        """End the process, whatever it does, and give back what it held."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            self._line.close()

    def _checked(self, answer: Any) -> Any:
        if "answer" in answer:
            return answer["answer"]
        said = answer["error"]
        kind = getattr(errors, said["kind"], None)
        if not (isinstance(kind, type) and issubclass(kind, PyhostError)) or kind is errors.DivergedError:
            kind = PluginError
        raise kind(said["message"])

    def _ended(self, error: Exception, limit: float, when: str) -> CrashedError:
        """Return the error for a process that died or hung, which is ended first."""
        if isinstance(error, EndedError):
            try:
                code = self._process.wait(5.0)
            except subprocess.TimeoutExpired:
                code = None
            self.kill()
            self._line_closed()
            how = "ended its process" if code is None or code >= 0 else f"crashed ({_signal_name(-code)})"
            return CrashedError(f"{self.label} {how} {when}; the host is unharmed")
        self.kill()
        return CrashedError(f"{self.label} hung {when}: no answer in {limit:g} s; its process was ended")

    def _line_closed(self) -> None:
        """Close the pipes of a process that ended by itself."""
        with suppress(OSError):
            self._line.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
