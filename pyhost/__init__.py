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
    PyhostError,
)
from pyhost.graph.filters import fir, lowpass, onepole, osc, phasor
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
from pyhost.graph.signal import Signal
from pyhost.graph.text import parse as chain
from pyhost.graph.trace import param
from pyhost.learn.learned import LearnedChain, load
from pyhost.learn.learner import Learner
from pyhost.learn.losses import MAE, MSE
from pyhost.learn.optimizers import SGD
from pyhost.learn.parameters import Parameter
from pyhost.learn.run import noise, value_and_jacobian
from pyhost.learn.traces import Progress, Trace

__version__ = "0.1.0"

__all__ = [
    "MAE",
    "MSE",
    "SGD",
    "AudioError",
    "ChainError",
    "DivergedError",
    "EngineError",
    "InputError",
    "LearnedChain",
    "LearnedFileError",
    "Learner",
    "Parameter",
    "ParameterError",
    "Program",
    "Progress",
    "PyhostError",
    "Signal",
    "Trace",
    "acos",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "chain",
    "compile",
    "cos",
    "delay",
    "dot",
    "exp",
    "feedback",
    "fir",
    "floor",
    "fmod",
    "int",
    "load",
    "log",
    "log10",
    "lowpass",
    "maximum",
    "mem",
    "minimum",
    "noise",
    "onepole",
    "osc",
    "param",
    "phasor",
    "prefix",
    "remainder",
    "rint",
    "round",
    "sample_rate",
    "select2",
    "sin",
    "sqrt",
    "stack",
    "stop_gradient",
    "sum",
    "table",
    "tan",
    "tanh",
    "taps",
    "value_and_jacobian",
]
