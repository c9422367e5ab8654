"""All that a plugin was given since its last reset, kept in a file without a name."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyhost.audio import AudioArray
from pyhost.host.plugin import MidiEvent

__all__ = ["Block", "Record"]


class Block(NamedTuple):
    """One block that a plugin was given."""

    inputs: AudioArray
    values: NDArray[np.float64]
    midi: list[MidiEvent]


class Record:
    """What it takes to bring another process of a plugin to the same place.

    Attributes
    ----------
    state : bytes
        Of the plugin, when it started.
    values : ndarray, (parameters,)
        Of its parameters, then.
    sample_rate, channels
        What it was made ready for.
    """

    state: bytes
    values: NDArray[np.float64]
    sample_rate: float
    channels: int

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def begin(self, state: bytes, values: NDArray[np.float64], sample_rate: float, channels: int) -> None:
        """Forget what was, and start from here."""
        self.state, self.values = state, values
        self.sample_rate, self.channels = sample_rate, channels
        self._file.seek(0)
        self._file.truncate()

    def append(self, inputs: AudioArray, values: NDArray[np.float64], midi: Sequence[MidiEvent]) -> None:
        """Keep one block."""
        header = {"shape": inputs.shape, "values": len(values), "midi": [(at, message.hex()) for at, message in midi]}
        self._file.write(json.dumps(header).encode() + b"\n")
        self._file.write(np.ascontiguousarray(inputs, np.float64).tobytes())
        self._file.write(values.tobytes())

    def append_wish(self, do: str, given: Mapping[str, Any]) -> None:
        """Keep what else was asked of the plugin between two blocks: a state, a preset."""
        self._file.write(json.dumps({"do": do, **given}).encode() + b"\n")

    def deeds(self) -> Iterator[Block | dict[str, Any]]:
        """Yield what was kept, in order: blocks, and wishes as plain data; the next `append` goes behind it."""
        self._file.seek(0)
        while line := self._file.readline():
            header = json.loads(line)
            if "do" in header:
                yield header
                continue
            shape = tuple(header["shape"])
            inputs = np.frombuffer(self._file.read(8 * shape[0] * shape[1]), np.float64).reshape(shape)
            values = np.frombuffer(self._file.read(8 * header["values"]), np.float64)
            yield Block(inputs, values, [(at, bytes.fromhex(message)) for at, message in header["midi"]])
        self._file.seek(0, 2)
