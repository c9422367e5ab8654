"""How a linear chain answers each frequency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyhost.audio import check_sample_rate
from pyhost.compile.build import compile
from pyhost.compile.program import Program
from pyhost.compile.response import response_tape
from pyhost.errors import InputError
from pyhost.graph.trace import Chain
from pyhost.learn.parameters import Parameters

__all__ = ["frequency_response"]


class WithValues(Protocol):
    """A chain with values: a learner, or what it learned."""

    program: Program
    parameters: Parameters


def frequency_response(
    chain: Chain | WithValues,
    frequencies: ArrayLike,
    *,
    sample_rate: float | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NDArray[np.complex128]:
    """Return the factors by which a linear chain answers sines, exactly: from its program, not from an impulse.

    Parameters
    ----------
    chain : callable, Learner or LearnedChain
        A function of one signal, or what has values already.
    frequencies : array_like, (F,)
        In Hz, from 0 to half the sample rate.
    sample_rate : float, optional
        In Hz; of a `LearnedChain` the one it was learned at.
    parameters : mapping, optional
        Values by name; the others are at their defaults, or as learned.

    Returns
    -------
    ndarray, (F,), complex
        ``20 * np.log10(abs(response))`` is the level in dB. An offset that the chain adds (``dc``) has no part in it.

    Raises
    ------
    ChainError
        If the chain is not linear, or changes in time by itself; with the operation that makes it so.
    InputError, ParameterError
        If the sample rate is not known, or a frequency or value is out of range.

    Examples
    --------
    >>> import pyhost as ph
    >>> response = ph.frequency_response(lambda x: x + 0.5 * ph.mem(x), [0, 12_000, 24_000], sample_rate=48_000)
    >>> abs(response).round(6).tolist()
    [1.5, 1.118034, 0.5]
    """
    held: Parameters | None = getattr(chain, "parameters", None)
    program: Program = chain.program if held is not None else compile(chain)  # type: ignore[union-attr, arg-type]
    rate = sample_rate if sample_rate is not None else getattr(chain, "sample_rate", None)
    if rate is None:
        raise InputError("a frequency response depends on the sample rate; give sample_rate= in Hz")
    rate = check_sample_rate(rate, "sample_rate")
    points = np.asarray(frequencies)
    if points.ndim != 1 or points.dtype.kind not in "iuf" or not np.all((points >= 0.0) & (points <= 0.5 * rate)):
        raise InputError(f"frequencies must be a list of numbers from 0 to {0.5 * rate:g} Hz, not {frequencies!r}")
    named = Parameters(program.parameters)
    if held is not None:
        named.set_array(held.values_array())
    named.set(parameters or {})
    past = np.exp(-2j * np.pi * points / rate)
    responses, _ = response_tape(program).evaluate(named.values_array()[None], past, rate)
    response: NDArray[np.complex128] = responses[0]
    return response
