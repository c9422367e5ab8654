"""The floating-point mode of this thread, kept as it is.

Some plugins are linked with ``-ffast-math``: that they are loaded sets flush-to-zero in the thread that loads them, and
from then on all arithmetic of the host rounds denormal numbers to 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from cffi import FFI

__all__ = ["kept_floating_point"]

ffi = FFI()
ffi.cdef("int fegetenv(void *); int fesetenv(const void *);")

LIBRARIES = ("libm.so.6", "libSystem.dylib", "ucrtbase.dll")

SIZE = 64
"""Bytes; no platform's fenv_t is larger."""


@cache
def _library() -> Any:
    """Return the library of C's <fenv.h>; None if it is not to be found, and then the mode is not kept."""
    for name in LIBRARIES:
        try:
            return ffi.dlopen(name)
        except OSError:
            continue
    return None


@contextmanager
def kept_floating_point() -> Iterator[None]:
    """Whatever happens inside, rounding and denormal numbers are as before afterwards, in this thread."""
    library = _library()
    before = ffi.new("char[]", SIZE)
    if library is not None:
        library.fegetenv(before)
    try:
        yield
    finally:
        if library is not None:
            library.fesetenv(before)
