"""An LV2 plugin called as C calls it, with buffers and blocks that no careful host would choose."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_P = ctypes.c_void_p
_U = ctypes.c_uint32


class _Descriptor(ctypes.Structure):
    _fields_ = (
        ("uri", ctypes.c_char_p),
        ("instantiate", ctypes.CFUNCTYPE(_P, _P, ctypes.c_double, ctypes.c_char_p, _P)),
        ("connect_port", ctypes.CFUNCTYPE(None, _P, _U, _P)),
        ("activate", ctypes.CFUNCTYPE(None, _P)),
        ("run", ctypes.CFUNCTYPE(None, _P, _U)),
        ("deactivate", _P),
        ("cleanup", ctypes.CFUNCTYPE(None, _P)),
        ("extension_data", ctypes.CFUNCTYPE(_P, ctypes.c_char_p)),
    )


class Direct:
    """A plugin of a bundle, by the indices of its ports.

    `controls` maps the indices of its control ports to their values; they are read back after a run.
    """

    def __init__(self, library: Path, sample_rate: float, controls: Mapping[int, float]) -> None:
        loaded = ctypes.CDLL(str(library))
        loaded.lv2_descriptor.restype = ctypes.POINTER(_Descriptor)
        self.plugin = loaded.lv2_descriptor(0).contents
        features = (ctypes.c_void_p * 1)()
        self.handle = self.plugin.instantiate(ctypes.addressof(self.plugin), sample_rate, b"", features)
        if not self.handle:
            return
        self.controls = {port: np.array([value], np.float32) for port, value in controls.items()}
        for port, value in self.controls.items():
            self.connect(port, value)
        self.plugin.activate(self.handle)

    def connect(self, port: int, data: NDArray[Any]) -> None:
        self.plugin.connect_port(self.handle, port, data.ctypes.data)

    def run(self, inputs: Array, outputs: int, blocks: list[int], *, in_place: bool = False) -> Array:
        """Run blocks of these lengths, over and over; inputs are the first ports, then come the outputs."""
        inputs = inputs.astype(np.float32).copy()
        out = inputs[:outputs] if in_place else np.full((outputs, inputs.shape[1]), np.nan, np.float32)
        done, turn = 0, 0
        while done < inputs.shape[1]:
            count = min(blocks[turn % len(blocks)], inputs.shape[1] - done)
            for port, row in enumerate([*inputs, *out]):
                self.connect(port, row[done:])
            self.plugin.run(self.handle, count)
            done, turn = done + count, turn + 1
        return out.copy()

    def close(self) -> None:
        self.plugin.cleanup(self.handle)
