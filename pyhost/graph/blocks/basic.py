"""Gain, offset, delay, and filters with free coefficients."""

from __future__ import annotations

import operator
from collections.abc import Mapping

from pyhost.graph.block import Block, BlockOption, BlockParameter, Value
from pyhost.graph.filters import fir, iir, lowpass, onepole
from pyhost.graph.functions import INTERPOLATIONS, delay, sample_rate
from pyhost.graph.lattice import biquad, cascade, start_sections
from pyhost.graph.signal import Signal

__all__ = ["FREE_FILTERS", "LEVEL_AND_TIME"]

_LONGEST_DELAY = 2.0**24  # samples; nearly six minutes at 48 kHz, 128 MiB

_HIGHEST_RATE = 192_000.0
_LONGEST_PATH = 10.0  # seconds

_POLES = BlockOption("poles", "free, or held within the unit circle while learning", "free", choices=("free", "held"))


def _iir_parameters(options: Mapping[str, Value]) -> tuple[BlockParameter, ...]:
    """Return the coefficients; those of the recursion are kept stable where the poles are held."""
    return (
        BlockParameter("b", "coefficients of the input, newest first: a count or a list", count=3),
        BlockParameter(
            "a",
            "coefficients of the output, added, last first: a count or a list",
            count=2,
            stable=options[_POLES.name] == "held",
        ),
    )


_SECTIONS = BlockOption("sections", "how many of second order", 2.0, minimum=1.0, maximum=32.0, whole=True)


def _cascade_parameters(options: Mapping[str, Value]) -> tuple[BlockParameter, ...]:
    """Return a gain, and zeros and poles of every section, which start at different places and cancel."""
    count = options[_SECTIONS.name]
    assert isinstance(count, float)
    found = [BlockParameter("gain", "factor of them all", 1.0)]
    for number, (b1, b2, k1, k2) in enumerate(start_sections(int(count)), 1):
        found += (
            BlockParameter(f"section{number}_b1", "coefficient of x[n-1]", b1),
            BlockParameter(f"section{number}_b2", "coefficient of x[n-2]", b2),
            BlockParameter(f"section{number}_k1", "first reflection coefficient", k1, -0.9999, 0.9999),
            BlockParameter(f"section{number}_k2", "second reflection coefficient", k2, -0.9999, 0.9999),
        )
    return tuple(found)


def _cascade(x: Signal, gain: Signal, *arguments: Signal) -> Signal:
    """Return the cascade of its parameters, four for each section; the option behind them says no more than that."""
    asked = arguments[:-1]
    return cascade(x * gain, list(zip(asked[::4], asked[1::4], asked[2::4], asked[3::4], strict=True)))


def _path(x: Signal, seconds: Signal, gain: Signal, longest: float) -> Signal:
    """Return what comes along a path; above 192 kHz its longest delay is shorter."""
    return gain * delay(x, seconds * sample_rate(), longest * _HIGHEST_RATE, "lagrange3")


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
    Block(
        "path",
        "a way that sound takes: delays by a time, and multiplies by a number",
        (
            BlockParameter("delay", "by how much", 0.0, 0.0, "longest", "s", normalised=True),
            BlockParameter("gain", "factor, below 0 it turns the polarity", 1.0, -4.0, 4.0),
        ),
        (BlockOption("longest", "longest delay", 0.05, minimum=0.001, maximum=_LONGEST_PATH, unit="s"),),
        _path,
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
        "recursive filter with free coefficients",
        _iir_parameters({_POLES.name: _POLES.default}),
        (_POLES,),
        lambda x, b, a, _: iir(x, b, a),
        _iir_parameters,
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
        "cascade",
        "recursive filters of second order in a row, which stay stable",
        _cascade_parameters({_SECTIONS.name: _SECTIONS.default}),
        (_SECTIONS,),
        _cascade,
        _cascade_parameters,
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
