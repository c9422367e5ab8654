"""What was learned: a chain with its values, frozen; and the file it is kept in."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pyhost.audio import ANY, AudioArray, Channels, as_audio, atomic_path, check_sample_rate
from pyhost.compile.build import build
from pyhost.errors import AudioError, EngineError, InputError, LearnedFileError, PluginError
from pyhost.graph.serialise import graph_from_data, graph_to_data
from pyhost.graph.trace import Chain, Graph, trace
from pyhost.learn.parameters import Parameters
from pyhost.learn.run import Runner
from pyhost.learn.training import Training, training_from_data

__all__ = ["LearnedChain", "freeze", "learned_from_data", "load"]

FORMAT = "pyhost-learned"
VERSION = 1

LONGEST_OFFSET = 1 << 24
"""Samples, as of the longest ``delay``; 128 MiB of delay line."""


class LearnedChain:
    """A chain with values: a plugin that processes audio.

    Attributes
    ----------
    label : str
        The chain's text form, or its function's name.
    parameters : Parameters
        Its values; they can be changed by hand.
    sample_rate : float or None
        At which it was learned, in Hz; None: it runs at any.
    loss : float or None
        Mean loss over the recording it was learned from; None: unknown.
    offset : int
        By how many samples the target came later than the chain could make it: what it processes is delayed by so
        many before the chain. Negative: the target came earlier; nothing is shifted, its output comes that much later.
    details : dict
        How it was learned, for people: loss, optimizer, passes.
    training : Training or None
        The same for a learner that goes on: loss, optimizer with what it has gathered, locked parameters.
    """

    def __init__(
        self,
        graph: Graph,
        label: str,
        *,
        values: Mapping[str, Any] | None = None,
        sample_rate: float | None = None,
        loss: float | None = None,
        offset: int = 0,
        details: Mapping[str, Any] | None = None,
        training: Training | None = None,
    ) -> None:
        self.graph = graph
        self.program = build(graph)
        self.label = label
        self.parameters = Parameters(self.program.parameters)
        self.parameters.set(values or {})
        self.sample_rate = sample_rate
        self.loss = loss
        self.offset = offset
        self.details = dict(details or {})
        self.training = training
        self._expected = 0
        self._runner: Runner | None = None
        self._in_use = threading.Lock()

    def __repr__(self) -> str:
        return f"<LearnedChain {self.label!r}: {', '.join(f'{p.name} = {p.value}' for p in self.parameters.values())}>"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was processed: a copy starts from silence."""
        return {key: value for key, value in self.__dict__.items() if key not in ("_runner", "_in_use")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _runner=None, _in_use=threading.Lock())

    @property
    def name(self) -> str:
        """The chain's text form, or its function's name."""
        return self.label

    @property
    def channels(self) -> Channels:
        """As many out as in; they run side by side and do not hear each other."""
        return ANY

    @property
    def latency_samples(self) -> int:
        """By how many samples its output comes later than the sound it was learned from: that of a negative offset."""
        return max(-self.offset, 0)

    @property
    def state(self) -> bytes:
        """Its values, as JSON; it can be set."""
        values = {p.name: np.asarray(p.value).tolist() for p in self.parameters.values()}
        return json.dumps(values).encode()

    @state.setter
    def state(self, state: bytes) -> None:
        try:
            self.parameters.set(json.loads(state))
        except (ValueError, TypeError, AttributeError) as error:
            raise PluginError(f"this is no state of {self.label!r}: {error}") from None

    def process(
        self, audio: ArrayLike, sample_rate: float, *, sidechain: ArrayLike | None = None, reset: bool = True
    ) -> AudioArray:
        """Apply the chain.

        Parameters
        ----------
        audio : array_like, (channels, frames) or (frames,)
            Full scale ±1.
        sample_rate : float
            In Hz; the one it was learned at.
        sidechain : None
            It has none.
        reset : bool
            Whether to start from silence. With False it goes on where the last call ended, so that a long
            recording can be processed in blocks. Threads that call at the same time take turns.

        Returns
        -------
        ndarray, (channels, frames)

        Raises
        ------
        AudioError
            If the audio or its rate is wrong, or there is something for a side-chain.
        """
        if sidechain is not None:
            raise AudioError(f"{self.label!r} has no side-chain; leave sidechain= out")
        block = as_audio(audio)
        rate = check_sample_rate(sample_rate, "sample_rate")
        with self._in_use:
            return self._process(block, rate, reset=reset)

    def _process(self, block: AudioArray, rate: float, *, reset: bool) -> AudioArray:
        """Process what was checked; one thread at a time."""
        if self.sample_rate is not None and rate != self.sample_rate:
            raise AudioError(
                f"{self.label!r} was learned at {self.sample_rate:g} Hz and the audio has {rate:g} Hz; resample the "
                "audio first, or ask for it (pyhost apply --resample)"
            )
        runner = self._runner
        if runner is None or (runner.sample_rate, runner.channels) != (rate, block.shape[0]):
            if runner is not None and not reset:
                raise AudioError(
                    f"reset=False goes on from the last call, which had {runner.channels} channels at "
                    f"{runner.sample_rate:g} Hz, not {block.shape[0]} at {rate:g}"
                )
            runner = self._runner = Runner(self.program, rate, block.shape[0], max(self.offset, 0))
        if reset:
            runner.expected, self._expected = self._expected, 0
        return runner.process(block, self.parameters.values_array(), reset=reset)

    def expect(self, frames: int) -> None:
        """Tell that from the next reset on about so many frames will come, in blocks: where it pays, it is compiled.

        It changes nothing but how long that takes.
        """
        self._expected = frames

    def reset(self) -> None:
        """Forget what was processed: the next call starts from silence."""
        self._runner = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file that `pyhost.load` reads; an existing file is replaced only when all is written.

        Raises
        ------
        LearnedFileError
            If the file cannot be written, or a value is not finite.
        """
        text = json.dumps(self.to_data(), indent=1, ensure_ascii=False, allow_nan=False)
        with atomic_path(path, LearnedFileError) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")

    def to_data(self) -> dict[str, Any]:
        """Return all of it as plain data, which `learned_from_data` takes.

        Raises
        ------
        LearnedFileError
            If a value is not finite.
        """
        if not np.isfinite(self.parameters.values_array()).all():
            raise LearnedFileError("a parameter is not finite; it is not saved")
        loss = self.loss if self.loss is not None and math.isfinite(self.loss) else None
        return {
            "format": FORMAT,
            "version": VERSION,
            "chain": self.label,
            "sample_rate": self.sample_rate,
            "parameters": {p.name: np.asarray(p.value).tolist() for p in self.parameters.values()},
            "loss": loss,
            "offset": self.offset,
            "details": self.details,
            "training": None if self.training is None else self.training.to_data(),
            "graph": graph_to_data(self.graph),
        }


def freeze(chain: Chain | LearnedChain, label: str | None = None) -> LearnedChain:
    """Return a chain at its default values as something that processes audio."""
    if isinstance(chain, LearnedChain):
        return chain
    graph = trace(chain)
    return LearnedChain(graph, label or graph.name)


def load(path: str | os.PathLike[str]) -> LearnedChain:
    """Read what was learned.

    Parameters
    ----------
    path : path
        A file that `Learner.save` or ``pyhost learn`` wrote.

    Raises
    ------
    LearnedFileError
        If it is missing, damaged, or of a version that this pyhost does not read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise LearnedFileError(f"cannot read {os.fspath(path)!r}: {reason}; give a learned.json") from None
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise LearnedFileError(f"{os.fspath(path)!r} is damaged: {error}; learn it again") from None
    return learned_from_data(data, os.fspath(path))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}")


def _checked_offset(offset: Any) -> int:
    if isinstance(offset, bool) or not isinstance(offset, int) or abs(offset) > LONGEST_OFFSET:
        raise LearnedFileError(f"offset must be a whole number of at most {LONGEST_OFFSET} samples, not {offset!r}")
    return offset


def learned_from_data(data: Any, path: str) -> LearnedChain:
    """Return the learned chain of parsed JSON; `path` is how messages call it."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise LearnedFileError(f"{path!r} is not a learned.json of pyhost; give a file that pyhost learn wrote")
    if data.get("version") != VERSION:
        raise LearnedFileError(
            f"{path!r} is of version {data.get('version')!r}, this pyhost reads version {VERSION}; learn it again, "
            "or use the pyhost that wrote it"
        )
    missing = [key for key in ("chain", "graph", "parameters", "sample_rate") if key not in data]
    if missing:
        raise LearnedFileError(f"{path!r} is damaged: {missing[0]!r} is missing; learn it again")
    try:
        rate = data["sample_rate"]
        values, details = data["parameters"], data.get("details", {})
        if not isinstance(values, dict) or not isinstance(details, dict):
            raise LearnedFileError("parameters and details must be objects")
        learned = LearnedChain(
            graph_from_data(data["graph"]),
            str(data["chain"]),
            values=values,
            sample_rate=None if rate is None else check_sample_rate(rate, "sample_rate"),
            loss=data.get("loss"),
            offset=_checked_offset(data.get("offset", 0)),
            details=details,
            training=None if data.get("training") is None else training_from_data(data["training"]),
        )
        for name in learned.training.locked if learned.training else ():
            learned.parameters[name].locked = True
        for name, parameter in learned.parameters.items():
            if name not in values:
                raise LearnedFileError(f"parameter {name!r} has no value")
            if np.shape(values[name]) != parameter.spec.shape:
                raise LearnedFileError(f"parameter {name!r} has not {parameter.spec.width} elements as the chain wants")
        Runner(learned.program, learned.sample_rate or 48_000.0, 1)
    except (InputError, EngineError) as error:
        raise LearnedFileError(f"{path!r} is damaged: {error}; learn it again") from None
    return learned
