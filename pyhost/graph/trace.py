"""Tracing: calling a chain with signals to see what it does."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pyhost.errors import ChainError, ParameterError
from pyhost.graph.parameter import ParameterSpec, Scale, make_spec
from pyhost.graph.signal import Signal

__all__ = ["Chain", "Graph", "param", "renamed_parameters", "trace"]

Chain = Callable[..., Signal]
"""A chain: an ordinary function of signals."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A traced chain.

    Attributes
    ----------
    name : str
        The function's name.
    inputs : int
        Signals that it takes.
    output : Signal
        What it returns.
    parameters : tuple of ParameterSpec
        In the order in which the chain first asks for them.
    """

    name: str
    inputs: int
    output: Signal
    parameters: tuple[ParameterSpec, ...]


class _Tracing:
    """The parameters that the chain being traced has asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, Signal] = {}
        self.rename: Callable[[str], str] = lambda name: name


_current: ContextVar[_Tracing | None] = ContextVar("pyhost_tracing", default=None)


def param(
    name: str,
    default: float | Sequence[float] = 0.0,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    scale: Scale = "linear",
    normalised: bool | None = None,
    locked: bool = False,
    shape: tuple[int, ...] = (),
    stable: bool = False,
) -> Signal:
    """Return a parameter of the chain: a number that can be set by hand and learned.

    Asking twice for the same name in one chain gives the same parameter.

    Parameters
    ----------
    name : str
        A word of letters, digits and ``_``, unique in the chain.
    default : float or sequence of float
        Where it starts; a sequence gives each element of a vector its own.
    minimum, maximum : float, optional
        Bounds, in `unit`. A learned value never leaves them.
    unit : str
        For people: ``"Hz"``, ``"dB"``, ``"samples"`` …
    scale : {"linear", "log"}
        How a normalised parameter is spread between its bounds: evenly, or by equal ratios.
    normalised : bool, optional
        Whether learning moves u in [0, 1], mapped to the bounds, instead of the value itself; by default it does
        if there are both bounds. A learning rate then means the same for every parameter.
    locked : bool
        Whether it starts locked: set by hand, not learned.
    shape : tuple of int
        ``(N,)`` makes a vector: the taps of a filter, the weights of a layer.
    stable : bool
        Whether it holds the coefficients of a recursion, as `pyhost.iir` has them. A step of learning that would make
        the recursion unstable is followed by drawing its poles inwards, all by the same factor.

    Returns
    -------
    Signal

    Raises
    ------
    ParameterError
        If a setting is wrong, or the name was asked for before with other settings.

    Examples
    --------
    >>> import pyhost as ph
    >>> def chain(x):
    ...     return x * ph.param("gain", 1.0, minimum=0.0, maximum=2.0)
    """
    tracing = _current.get()
    spec = make_spec(
        tracing.rename(name) if tracing else name,
        default,
        minimum=minimum,
        maximum=maximum,
        unit=unit,
        scale=scale,
        normalised=normalised,
        locked=locked,
        shape=shape,
        stable=stable,
    )
    signal = Signal("parameter", width=spec.width, spec=spec)
    if tracing is None:
        return signal
    known = tracing.asked.setdefault(spec.name, signal)
    if known.spec != spec:
        raise ParameterError(
            f"parameter {spec.name!r} is asked for twice with different settings; give the second another name"
        )
    return known


@contextlib.contextmanager
def renamed_parameters(rename: Callable[[str], str]) -> Iterator[None]:
    """Within it, `param` of the chain being traced asks for ``rename(name)`` in place of ``name``.

    One within another renames first.
    """
    tracing = _current.get()
    if tracing is None:
        yield
        return
    before = tracing.rename
    tracing.rename = lambda name: before(rename(name))
    try:
        yield
    finally:
        tracing.rename = before


def _check_arguments(chain: Chain, name: str, signals: list[Signal]) -> None:
    """Raise ChainError if a chain does not take that many signals."""
    try:
        inspect.signature(chain).bind(*signals)
    except TypeError as error:
        raise ChainError(f"chain {name!r} is called with {len(signals)} signal and cannot be: {error}") from None
    except ValueError:  # written in C, it tells nothing of its arguments
        return


def trace(chain: Chain, *, inputs: int = 1) -> Graph:
    """Call a chain with input signals and return what it does.

    Parameters
    ----------
    chain : callable
        A function of `inputs` signals that returns one signal.
    inputs : int
        How many signals it is called with.

    Raises
    ------
    ChainError
        If it is not callable, or does not return one scalar signal.
    """
    if not callable(chain):
        raise ChainError(
            f"a chain is a function of signals, not {chain!r}; for the text form use ph.chain({chain!r})"
            if isinstance(chain, str)
            else f"a chain is a function of signals, not {chain!r}"
        )
    name = str(getattr(chain, "__name__", type(chain).__name__))
    signals = [Signal("input", size=i) for i in range(inputs)]
    _check_arguments(chain, name, signals)
    tracing = _Tracing()
    token = _current.set(tracing)
    try:
        result: Any = chain(*signals)
    finally:
        _current.reset(token)
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        result = Signal("constant", constant=float(result))
    if not isinstance(result, Signal):
        raise ChainError(f"chain {name!r} must return a signal, not {type(result).__name__}; is a return missing?")
    if result.width != 1:
        raise ChainError(
            f"chain {name!r} returns a vector of {result.width} signals; return one, for instance their ph.sum"
        )
    specs = tuple(signal.spec for signal in tracing.asked.values() if signal.spec is not None)
    return Graph(name, inputs, result, specs)
