"""Gain, offset, delay, and filters with free coefficients."""

from __future__ import annotations

import operator

from pyhost.graph.block import Block, BlockOption, BlockParameter
from pyhost.graph.filters import fir, iir, lowpass, onepole
from pyhost.graph.functions import INTERPOLATIONS, delay
from pyhost.graph.lattice import biquad

__all__ = ["FREE_FILTERS", "LEVEL_AND_TIME"]

_LONGEST_DELAY = 2.0**24  # samples; nearly six minutes at 48 kHz, 128 MiB

LEVEL_AND_TIME = (
    Block(
        "gain",
        "multiplies by a number",
        (BlockParameter("gain", "factor, 1 changes nothing", 1.0, 0.0, 4.0),),
        (),
        operator.mul,
    ),
    Block(
        "dc",
        "adds a number",
        (BlockParameter("dc", "what is added", 0.0, -1.0, 1.0),),
        (),
        operator.add,
    ),
    Block(
        "delay",
        "delays by a number of samples, whole or not",
        (BlockParameter("delay", "by how much", 0.0, 0.0, "maximum", "samples"),),
        (
            BlockOption("maximum", "longest delay", 1000.0, minimum=1.0, maximum=_LONGEST_DELAY, unit="samples"),
            BlockOption("interpolation", "how it reads between samples", "lagrange3", choices=tuple(INTERPOLATIONS)),
        ),
        delay,
    ),
)

FREE_FILTERS = (
    Block(
        "fir",
        "finite impulse response filter",
        (BlockParameter("taps", "coefficients, that of the newest sample first: a count or a list", count=8),),
        (),
        fir,
    ),
    Block(
        "iir",
        "recursive filter with free coefficients; nothing keeps it stable",
        (
            BlockParameter("b", "coefficients of the input, newest first: a count or a list", count=3),
            BlockParameter("a", "coefficients of the output, added, last first: a count or a list", count=2),
        ),
        (),
        iir,
    ),
    Block(
        "biquad",
        "recursive filter of second order that stays stable",
        (
            BlockParameter("b0", "coefficient of x[n]", 1.0),
            BlockParameter("b1", "coefficient of x[n-1]"),
            BlockParameter("b2", "coefficient of x[n-2]"),
            BlockParameter("k1", "first reflection coefficient", 0.0, -0.9999, 0.9999),
            BlockParameter("k2", "second reflection coefficient", 0.0, -0.9999, 0.9999),
        ),
        (),
        biquad,
    ),
    Block(
        "onepole",
        "recursive filter of first order, y[n] = x[n] + pole y[n-1]",
        (BlockParameter("pole", "feedback coefficient", 0.0, -0.999, 0.999),),
        (),
        onepole,
    ),
    Block(
        "lowpass",
        "Butterworth low-pass filter of first order",
        (BlockParameter("cutoff", "frequency at -3 dB", 1000.0, 20.0, 20000.0, "Hz", scale="log", normalised=True),),
        (),
        lowpass,
    ),
)
