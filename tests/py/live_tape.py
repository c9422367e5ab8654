"""A device for the tests of live sound, which is played by the test."""

from __future__ import annotations

from types import TracebackType

import numpy as np

import pyhost as ph

RATE = 48_000
BLOCK = 256
NOISE = 0.25 * ph.noise(8 * BLOCK)


class Tape:
    """A device that plays a recording into the host, keeps what comes out, and presses Ctrl-C at its end."""

    def __init__(self, audio: np.ndarray, sample_rate: float = RATE) -> None:
        self.audio = np.atleast_2d(audio).astype(np.float32)
        self.sample_rate = sample_rate
        self.written: list[np.ndarray] = []
        self.dropped_input_frame_count = 0
        self.buffered_input_sample_count: int | None = None
        self.running = self.closed = False
        self._at = 0

    def read(self, num_samples: int) -> np.ndarray:
        assert self.running
        part = self.audio[:, self._at : self._at + num_samples]
        if part.shape[1] < num_samples:
            raise KeyboardInterrupt
        self._at += num_samples
        return part

    def write(self, audio: np.ndarray, sample_rate: float) -> None:
        assert self.running
        assert sample_rate == self.sample_rate
        assert audio.dtype == np.float32
        self.written.append(audio)

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self.written, axis=1)

    def __enter__(self) -> Tape:
        self.running = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.running = False

    def close(self) -> None:
        self.closed = True
