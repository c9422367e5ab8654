"""Networks: neurons, dense layers and activations, as signals like any other.

A network sits in a chain wherever a signal does: a layer takes signals and gives signals, its weights are parameters.
Gradients are the true ones at every depth and for every shape; where nothing in between remembers, the compiler takes
them backwards (`pyhost.compile.reverse`), so that many weights cost no more than a few times the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from pyhost.errors import ChainError, suggestion
from pyhost.graph.functions import dot, exp, log, maximum, stack, tanh
from pyhost.graph.signal import Operand, Signal, as_signal
from pyhost.graph.trace import param

__all__ = ["Activation", "dense", "identity", "neuron", "relu", "sigmoid", "softplus", "tanh"]

Activation = Callable[[Signal], Signal] | Literal["identity", "relu", "sigmoid", "softplus", "tanh"]
Start = Literal["random", "zeros"]


def identity(u: Operand) -> Signal:
    """Return u."""
    return as_signal(u)


def relu(u: Operand) -> Signal:
    """Return max(u, 0); slope 0 at u ≤ 0."""
    return maximum(0.0, u)


def sigmoid(u: Operand) -> Signal:
    """Return 1/(1 + exp(−u)), computed as (1 + tanh(u/2))/2, which neither overflows nor loses its slope."""
    return 0.5 + 0.5 * tanh(0.5 * as_signal(u))


def softplus(u: Operand) -> Signal:
    """Return ln(1 + exp(u)), computed as max(u, 0) + ln(1 + exp(−|u|)), which does not overflow."""
    signal = as_signal(u)
    return relu(signal) + log(1.0 + exp(-abs(signal)))


_ACTIVATIONS: dict[str, Callable[[Signal], Signal]] = {
    "identity": identity,
    "relu": relu,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": tanh,
}


def _activation(activation: Activation) -> Callable[[Signal], Signal]:
    """Return an activation, which may be named."""
    if callable(activation):
        return activation
    if activation not in _ACTIVATIONS:
        raise ChainError(f"unknown activation {activation!r}{suggestion(str(activation), _ACTIVATIONS)}")
    return _ACTIVATIONS[activation]


def dense(
    xs: Signal | Sequence[Operand],
    units: int,
    activation: Activation = "tanh",
    *,
    name: str = "dense",
    start: Start = "random",
    seed: int = 0,
) -> Signal:
    """Return a layer in which every neuron sees every input: activation(W·x + b).

    Parameters
    ----------
    xs : signal or sequence of signals
        The M inputs; a vector, or scalars.
    units : int
        Neurons, N.
    activation : {"identity", "relu", "sigmoid", "softplus", "tanh"} or callable
        Applied to each.
    name : str
        Of the layer: its parameters are ``name_weights``, (N·M,), one neuron after the other, and ``name_bias``, (N,).
        Two layers of a chain need two names.
    start : {"random", "zeros"}
        Weights start evenly distributed over ±√(6/(M+N)), biases at 0. From zeros, the neurons of a layer would stay
        alike for ever.
    seed : int
        Of the random start, together with the layer's name.

    Returns
    -------
    Signal
        A vector of N (a scalar for one neuron).

    Raises
    ------
    ChainError
        If `units`, `activation` or `start` is wrong.

    Notes
    -----
    The start is that of X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.

    Examples
    --------
    >>> import pyhost as ph
    >>> def shaper(x):
    ...     return ph.nn.dense(ph.nn.dense(x, 8, name="hidden"), 1, "identity", name="out")
    >>> ph.compile(shaper).scalars
    25
    """
    inputs = xs if isinstance(xs, Signal) else stack(xs)
    if isinstance(units, bool) or not isinstance(units, (int, np.integer)) or units < 1:
        raise ChainError(f"dense: units must be a whole number from 1 on, not {units!r}")
    if start not in ("random", "zeros"):
        raise ChainError(f"dense: start must be 'random' or 'zeros', not {start!r}")
    count = inputs.width
    weights = param(f"{name}_weights", _start_weights(name, units, count, start, seed), shape=(units * count,))
    bias = param(f"{name}_bias", 0.0, shape=(units,))
    sums = [dot(weights[unit * count : (unit + 1) * count], inputs) for unit in range(units)]
    return _activation(activation)(stack(sums) + bias)


def _start_weights(name: str, units: int, count: int, start: Start, seed: int) -> list[float]:
    """Return the start values of a layer's weights."""
    if start == "zeros":
        return [0.0] * (units * count)
    limit = math.sqrt(6.0 / (units + count))
    generator = np.random.default_rng([seed, *name.encode()])
    return [float(weight) for weight in generator.uniform(-limit, limit, units * count)]


def neuron(
    xs: Signal | Sequence[Operand], activation: Activation = "sigmoid", *, name: str = "neuron", seed: int = 0
) -> Signal:
    """Return one neuron: activation(w·x + b); see `dense`."""
    return dense(xs, 1, activation, name=name, seed=seed)
