"""What depends on level: compressor, gate, drive."""

from __future__ import annotations

from pyhost.graph.block import Block, BlockOption, BlockParameter
from pyhost.graph.dynamics import SHAPES, compressor, drive, gate

__all__ = ["DYNAMICS"]


def _threshold(default: float, minimum: float) -> BlockParameter:
    return BlockParameter("threshold", "level where it begins", default, minimum, 0.0, "dB", normalised=True)


def _ratio(summary: str, default: float) -> BlockParameter:
    return BlockParameter("ratio", summary, default, 1.0, 20.0, scale="log", normalised=True)


def _attack(summary: str, default: float) -> BlockParameter:
    return BlockParameter("attack", summary, default, 0.0001, 0.2, "s", scale="log", normalised=True)


def _release(summary: str) -> BlockParameter:
    return BlockParameter("release", summary, 0.1, 0.005, 3.0, "s", scale="log", normalised=True)


DYNAMICS = (
    Block(
        "compressor",
        "turns down what is above a level",
        (
            _threshold(-20.0, -60.0),
            _ratio("dB in for a dB out, above", 4.0),
            _attack("time in which the gain falls", 0.01),
            _release("time in which it comes back"),
            BlockParameter("makeup", "gain after it", 0.0, -24.0, 24.0, "dB", normalised=True),
        ),
        (BlockOption("knee", "width of the bend at the threshold", 0.0, minimum=0.0, maximum=40.0, unit="dB"),),
        compressor,
    ),
    Block(
        "gate",
        "turns down what is below a level",
        (
            _threshold(-50.0, -80.0),
            _ratio("dB out for a dB in, below", 4.0),
            _attack("time in which it opens", 0.001),
            _release("time in which it closes"),
            BlockParameter("depth", "how far it closes at most", 60.0, 0.0, 80.0, "dB", normalised=True),
        ),
        (),
        gate,
    ),
    Block(
        "drive",
        "saturates: gain, a curve that ends at 1, gain again",
        (
            BlockParameter("drive", "gain before the curve", 0.0, -24.0, 48.0, "dB", normalised=True),
            BlockParameter("level", "gain after it", 0.0, -48.0, 24.0, "dB", normalised=True),
        ),
        (BlockOption("shape", "the curve", "tanh", choices=SHAPES),),
        drive,
    ),
)
