"""Chains that several files of tests learn."""

from __future__ import annotations

import pyhost as ph


def gain_dc(x: ph.Signal) -> ph.Signal:
    """Return a line with two parameters, neither of which starts where a test wants it."""
    return x * ph.param("gain", 0.2) + ph.param("dc", -0.1)


def bent(x: ph.Signal) -> ph.Signal:
    """Return something that needs a function of libm, a memory and a parameter."""
    return ph.tanh(x * ph.param("gain", 0.3)) + ph.mem(x)
