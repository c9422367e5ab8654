"""One worker process, seen from the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyhost.errors
from pyhost.errors import PluginError, PyhostError
from pyhost.host.isolation.chatter import Chatter, Ear, Heard, who_listens
from pyhost.host.isolation.line import BLOCK, SPEAK, EndedError, LateError, Line, new_line
from pyhost.host.isolation.processor import Holder
from pyhost.host.isolation.shared import PROCESSOR, Shared, new_memory

__all__ = ["MEMORY", "CrashedError", "Deadlines", "WorkerProcess", "label_of", "stop_loading"]

MEMORY = 1 << 33
"""Bytes of address space for a plugin, if nothing else is said."""

AGAIN = "load the plugin again, and look whether memory ran out"
AGAIN_OR_NOT = "load the plugin again, or do without it"

_loading: dict[int, subprocess.Popen[bytes]] = {}
"""Processes in which a plugin is being loaded, by the thread that waits for it."""

START = str(Path(__file__).with_name("start.py"))

ASKED = {
    "prepare": "to make ready",
    "grow": "to run for each channel",
    "reset": "to reset",
    "set_state": "to take up a state",
    "preset": "to load a preset",
    "transport": "to go to a place in the song",
    "midi": "to take MIDI",
}
"""What a plugin was asked to do, as messages tell it; the rest is asked for: its state, its meters."""


class CrashedError(PluginError):
    """A plugin crashed, hung or ended its process. The host is unharmed.

    Attributes
    ----------
    happened : str
        What, without what to do about it.
    blame : bool
        Whether the plugin did it; not so if somebody else killed the process, or it was over before.
    """

    def __init__(self, happened: str, *, advice: str = "", blame: bool = True) -> None:
        super().__init__(f"{happened}; {advice}" if advice else happened)
        self.happened = happened
        self.blame = blame


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
        For one block of audio; a long one goes over in pieces of 16384 frames.
    """

    load: float = 30.0
    answer: float = 30.0
    block: float = 10.0


class WorkerProcess:
    """A process for plugins, one at a time.

    Parameters
    ----------
    deadlines : Deadlines, optional
        How long they may take.
    memory : int
        Bytes of address space it may have; 0: no limit.
    on_crash : callable, optional
        Is told when a plugin crashed or hung, by its own fault.
    heard : callable, optional
        Is told what it writes on standard error; by default who listens, see `overhearing`, and else that of the host
        takes it.

    Attributes
    ----------
    label : str
        How messages call what is in it.
    """

    label: str

    def __init__(
        self,
        deadlines: Deadlines | None = None,
        memory: int = MEMORY,
        on_crash: Callable[[CrashedError], None] | None = None,
        heard: Heard | None = None,
    ) -> None:
        self.label = "the worker"
        self._on_crash = on_crash
        self._deadlines = deadlines or Deadlines()
        self._life: int | None
        self._over = ""
        self._heard = heard or who_listens()
        self._ear = None if self._heard is None else Ear()
        descriptor = new_memory()
        our_ends, their_ends = new_line()
        # Nothing is ever sent through this one: it closes when the host is gone, however it went.
        their_life, self._life = os.pipe()
        self.shared = Shared(descriptor)
        self._line = Line(our_ends)
        self._holder = Holder()
        numbers = [descriptor, their_life, *their_ends]
        try:
            self._process = subprocess.Popen(
                [sys.executable, START, str(memory), *map(str, numbers)],
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if self._ear is None else self._ear.writing,
                start_new_session=True,  # Ctrl-C at a terminal is for the host
            )
        except BaseException:
            self._close()
            raise
        finally:
            for number in numbers if self._ear is None else [*numbers, self._ear.writing]:
                os.close(number)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, do: str, seconds: float | None = None, when: str = "", **given: Any) -> Any:
        """Ask the worker for something and return its answer."""
        limit = self._deadlines.answer if seconds is None else seconds
        when = when or f"when it was asked {ASKED.get(do, 'for its ' + do)}"
        try:
            self._line.say({"do": do, **given})
            self._line.await_ring(limit)
            answer = self._line.hear(limit)
        except (EndedError, LateError) as error:
            raise self._ended(error, limit, when) from None
        except BaseException:
            self.kill()
            raise
        return self._checked(answer)

    def load(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Load a plugin, instead of any before it; return what it says of itself.

        Raises
        ------
        CrashedError
            If it crashed or hung.
        PluginError
            If it could not be loaded.
        """
        self.label = label_of(spec)
        _loading[threading.get_ident()] = self._process
        try:
            described: dict[str, Any] = self.ask("load", self._deadlines.load, "while it was loaded", spec=dict(spec))
        except PyhostError:
            self._tell(failed=True)
            raise
        finally:
            del _loading[threading.get_ident()]
        return described

    def run(self) -> list[list[Any]]:
        """Let the plugin run on the block in the shared memory; return the MIDI that it wrote."""
        limit = self._deadlines.block
        try:
            self.shared.header[PROCESSOR] = self._holder.hold()
            rung = self._line.exchange(BLOCK, limit)
            answer = self._line.hear(limit) if rung == SPEAK else None
        except (EndedError, LateError) as error:
            raise self._ended(error, limit, "while it processed a block") from None
        except BaseException:
            # Ctrl-C between question and answer: what comes next would be the answer to this.
            self.kill()
            raise
        finally:
            self._holder.let_go()
        return [] if rung == BLOCK else list(self._checked(answer))

    def kill(self) -> None:
        """End the process, whatever it does, and give back what it held."""
        self._end()
        self._over = self._over or f"the process of {self.label} was ended; load the plugin again"
        self._close()

    def _end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()

    def _tell(self, *, failed: bool) -> None:
        """Tell what was written and not told yet."""
        if self._heard is not None and self._ear is not None and (text := self._ear.take()):
            self._heard(Chatter(self.label, text, failed))

    def _close(self) -> None:
        """Close the pipes, once."""
        self._line.close()
        self._tell(failed=False)
        if self._ear is not None:
            self._ear.close()
        if self._life is not None:
            os.close(self._life)
            self._life = None

    def _checked(self, answer: Any) -> Any:
        if "answer" in answer:
            return answer["answer"]
        said = answer["error"]
        kind = getattr(pyhost.errors, said["kind"], None)
        if not (isinstance(kind, type) and issubclass(kind, PyhostError)) or kind is pyhost.errors.DivergedError:
            kind = PluginError
            self._tell(failed=True)
        raise kind(said["message"])

    def _ended(self, error: Exception, limit: float, when: str) -> CrashedError:
        """Return the error for a process that died or hung, which is ended first."""
        if self._over:
            return CrashedError(self._over, blame=False)
        if isinstance(error, LateError):
            happened = f"{self.label} hung {when}: no answer in {limit:g} s; its process was ended"
            told = CrashedError(happened, advice=AGAIN_OR_NOT)
        else:
            told = self._died(when)
        self._over = str(told)
        self._end()
        self._tell(failed=told.blame)
        self.kill()
        if told.blame and self._on_crash is not None:
            self._on_crash(told)
        return told

    def _died(self, when: str) -> CrashedError:
        """Return the error for a process that ended by itself."""
        try:
            code = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            code = 0
        if code >= 0:
            happened = f"{self.label} ended its process {when}; the host is unharmed"
            return CrashedError(happened, advice=AGAIN_OR_NOT)
        # Only others can send these.
        blame = -code not in (signal.SIGKILL, signal.SIGTERM)
        how, advice = ("crashed", AGAIN_OR_NOT) if blame else ("was killed", AGAIN)
        happened = f"{self.label} {how} ({_signal_name(-code)}) {when}; the host is unharmed"
        return CrashedError(happened, advice=advice, blame=blame)


def stop_loading(threads: Iterable[int]) -> None:
    """End the processes in which these threads, by `threading.get_ident`, load a plugin; they are told that it died."""
    for process in [_loading[thread] for thread in threads if thread in _loading]:
        process.kill()


def label_of(spec: Mapping[str, Any]) -> str:
    """Return how messages call a plugin that is not loaded."""
    return str(spec.get("uri") or spec.get("path") or spec.get("name") or spec.get("kind"))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
