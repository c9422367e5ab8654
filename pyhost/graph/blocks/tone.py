"""Filters by frequency, Q and gain, and the equaliser made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyhost.graph.biquads import FLAT, allpass, bandpass, highpass2, highshelf, lowpass2, lowshelf, notch, peaking
from pyhost.graph.block import Block, BlockOption, BlockParameter, Value
from pyhost.graph.equalisers import peq, start_frequencies
from pyhost.graph.signal import Signal

__all__ = ["TONE"]

_FLAT = round(FLAT, 4)  # short in help texts


def _frequency(summary: str, default: float = 1000.0, name: str = "frequency") -> BlockParameter:
    return BlockParameter(name, summary, default, 20.0, 20000.0, "Hz", scale="log", normalised=True)


def _q(summary: str, default: float = 1.0, name: str = "q") -> BlockParameter:
    return BlockParameter(name, summary, default, 0.1, 10.0, scale="log", normalised=True)


def _gain(summary: str, name: str = "gain") -> BlockParameter:
    return BlockParameter(name, summary, 0.0, -24.0, 24.0, "dB", normalised=True)


def _pass(name: str, summary: str, build: Callable[..., Signal]) -> Block:
    q = _q("gain at the corner, as a factor", _FLAT)
    return Block(name, summary, (_frequency("the corner"), q), (), build)


def _centred(name: str, summary: str, build: Callable[..., Signal]) -> Block:
    return Block(name, summary, (_frequency("the centre"), _q("centre over bandwidth")), (), build)


def _shelf(name: str, summary: str, build: Callable[..., Signal]) -> Block:
    parameters = (_frequency("middle of the slope"), _q("steepness", _FLAT), _gain("of the shelf"))
    return Block(name, summary, parameters, (), build)


def _band_names(bands: int) -> list[str]:
    return ["low", *(f"band{number}" for number in range(1, bands - 1)), "high"]


def _peq_parameters(options: Mapping[str, Value]) -> tuple[BlockParameter, ...]:
    """Return frequency, Q and gain of every band."""
    chosen = options["bands"]
    assert isinstance(chosen, float)
    found: list[BlockParameter] = []
    for name, start in zip(_band_names(int(chosen)), start_frequencies(int(chosen)), strict=True):
        shelf = name in ("low", "high")
        found += (
            _frequency("middle of the slope" if shelf else "the centre", start, f"{name}_frequency"),
            _q("steepness", _FLAT, f"{name}_q") if shelf else _q("centre over bandwidth", 1.0, f"{name}_q"),
            _gain("of the shelf" if shelf else "at the centre", f"{name}_gain"),
        )
    return tuple(found)


def _peq(x: Signal, *arguments: Signal) -> Signal:
    """Return the equaliser of its parameters, three for each band; the option behind them says no more than that."""
    asked = arguments[:-1]
    return peq(x, list(zip(asked[::3], asked[1::3], asked[2::3], strict=True)))


_BANDS = BlockOption("bands", "how many: two shelves, and bells between", 6.0, minimum=2.0, maximum=32.0, whole=True)

TONE = (
    _pass("lowpass2", "low-pass filter of second order", lowpass2),
    _pass("highpass2", "high-pass filter of second order", highpass2),
    _centred("bandpass", "band-pass filter of second order, 0 dB at its centre", bandpass),
    _centred("notch", "takes one frequency out", notch),
    _centred("allpass", "turns the phase, by 180 degrees at its centre", allpass),
    Block(
        "tone",
        "lets one frequency through: a narrow band-pass, whose width is not learned",
        (_frequency("the tone"),),
        (BlockOption("q", "frequency over bandwidth", 20.0, minimum=1.0, maximum=100.0),),
        bandpass,
    ),
    Block(
        "peaking",
        "raises or lowers what is around a frequency",
        (_frequency("the centre"), _q("centre over bandwidth"), _gain("at the centre")),
        (),
        peaking,
    ),
    _shelf("lowshelf", "raises or lowers what is below a frequency", lowshelf),
    _shelf("highshelf", "raises or lowers what is above a frequency", highshelf),
    Block(
        "peq",
        "parametric equaliser: a low shelf, bells, a high shelf",
        _peq_parameters({_BANDS.name: _BANDS.default}),
        (_BANDS,),
        _peq,
        _peq_parameters,
    ),
)
