"""pyhost: an audio plugin host whose plugins can learn.

Write a chain with unknown parameters, give a dry recording and the sound it should become, and find the parameters:
online, one gradient step per sample, from exact derivatives.

>>> import pyhost as ph
>>> def chain(x):
...     return x * ph.param("gain", 1.0) + ph.param("dc", 0.0)
>>> learner = ph.Learner(chain, loss=ph.MSE(window=8), optimizer=ph.SGD(0.05))
>>> dry = ph.noise(48_000)
>>> trace = learner.learn(dry, 0.5 * dry + 0.25, sample_rate=48_000)
>>> {name: round(parameter.value, 6) for name, parameter in learner.parameters.items()}
{'gain': 0.5, 'dc': 0.25}
"""

from __future__ import annotations

import typing

from pyhost.compile.build import compile
from pyhost.compile.program import Program
from pyhost.errors import (
    AudioError,
    ChainError,
    DivergedError,
    EngineError,
    InputError,
    LearnedFileError,
    ParameterError,
    PluginError,
    PyhostError,
    SessionError,
)
from pyhost.graph import nn
from pyhost.graph.biquads import (
    allpass,
    bandpass,
    highpass2,
    highshelf,
    lowpass2,
    lowshelf,
    notch,
    peaking,
)
from pyhost.graph.dynamics import compressor, drive, gate
from pyhost.graph.equalisers import peq
from pyhost.graph.filters import fir, iir, lowpass, onepole
from pyhost.graph.functions import (
    acos,
    asin,
    atan,
    atan2,
    ceil,
    cos,
    delay,
    dot,
    exp,
    feedback,
    floor,
    fmod,
    int,
    log,
    log10,
    maximum,
    mem,
    minimum,
    prefix,
    remainder,
    rint,
    round,
    sample_rate,
    select2,
    sin,
    sqrt,
    stack,
    stop_gradient,
    sum,
    table,
    tan,
    tanh,
    taps,
)
from pyhost.graph.lattice import biquad, cascade
from pyhost.graph.oscillators import osc, phasor, saw, square
from pyhost.graph.signal import Signal
from pyhost.graph.text import parse as chain
from pyhost.graph.trace import param
from pyhost.host.load import load
from pyhost.learn.bank import LearnerBank
from pyhost.learn.certificate import largest_pole, poles
from pyhost.learn.learned import LearnedChain
from pyhost.learn.learner import Learner
from pyhost.learn.losses import ESR, MAE, MSE, MSLE, Huber, LogCosh, Spectral
from pyhost.learn.measure import Measurement, measure
from pyhost.learn.optimizers import NLMS, SGD, Adam, AdamW, Auto, GaussNewton, Momentum, Nesterov, RMSProp
from pyhost.learn.parameters import Parameter
from pyhost.learn.response import frequency_response
from pyhost.learn.run import noise, value_and_jacobian
from pyhost.learn.schedules import Constant, Cosine, Exponential, Oscillating, WarmUp
from pyhost.learn.traces import Progress, Trace

if typing.TYPE_CHECKING:
    from pyhost.host.session import Session

__version__ = "0.1.0"

__all__ = [
    "ESR",
    "MAE",
    "MSE",
    "MSLE",
    "NLMS",
    "SGD",
    "Adam",
    "AdamW",
    "AudioError",
    "Auto",
    "ChainError",
    "Constant",
    "Cosine",
    "DivergedError",
    "EngineError",
    "Exponential",
    "GaussNewton",
    "Huber",
    "InputError",
    "LearnedChain",
    "LearnedFileError",
    "Learner",
    "LearnerBank",
    "LogCosh",
    "Measurement",
    "Momentum",
    "Nesterov",
    "Oscillating",
    "Parameter",
    "ParameterError",
    "PluginError",
    "Program",
    "Progress",
    "PyhostError",
    "RMSProp",
    "Session",
    "SessionError",
    "Signal",
    "Spectral",
    "Trace",
    "WarmUp",
    "acos",
    "allpass",
    "asin",
    "atan",
    "atan2",
    "bandpass",
    "biquad",
    "cascade",
    "ceil",
    "chain",
    "compile",
    "compressor",
    "cos",
    "delay",
    "dot",
    "drive",
    "exp",
    "feedback",
    "fir",
    "floor",
    "fmod",
    "frequency_response",
    "gate",
    "highpass2",
    "highshelf",
    "iir",
    "int",
    "largest_pole",
    "load",
    "log",
    "log10",
    "lowpass",
    "lowpass2",
    "lowshelf",
    "maximum",
    "measure",
    "mem",
    "minimum",
    "nn",
    "noise",
    "notch",
    "onepole",
    "osc",
    "param",
    "peaking",
    "peq",
    "phasor",
    "poles",
    "prefix",
    "remainder",
    "rint",
    "round",
    "sample_rate",
    "saw",
    "select2",
    "sin",
    "sqrt",
    "square",
    "stack",
    "stop_gradient",
    "sum",
    "table",
    "tan",
    "tanh",
    "taps",
    "value_and_jacobian",
]


def __getattr__(name: str) -> typing.Any:
    """Load sessions when they are first asked for: the processes of plugins start sooner without."""
    if name == "Session":
        from pyhost.host.session import Session  # noqa: PLC0415

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
