"""What cannot be a chain is refused, with one sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pyhost as ph


def _if(x: Any) -> Any:
    return x if x else -x


MISUSE: list[tuple[Callable[..., Any], str]] = [
    (_if, "a signal is neither true nor false"),
    (lambda x: x and x, "use ph.select2"),
    (lambda x: np.sin(2.0 * x), "numpy cannot compute with signals: use ph.sin"),
    (np.exp, "in place of np.sin, np.exp"),
    (np.add.reduce, "numpy cannot compute with signals: use"),
    (lambda x: np.add(x, 1.0, where=False), "numpy cannot compute with signals"),
    (lambda x: np.array([1.0]) * np.asarray(x), "numpy cannot compute with"),
    (lambda x: ph.sum(ph.param("a", shape=(2,)) * ph.param("b", shape=(3,))), "vectors of 2 and 3 elements"),
    (lambda x: ph.dot(ph.taps(x, 2), [1.0, 2.0, 3.0]), "dot: vectors of 2 and 3 elements"),
    (lambda x: None, "must return a signal, not NoneType; is a return missing"),
    (lambda x: (x, x), "must return a signal, not tuple"),
    (lambda x: True, "must return a signal, not bool"),
    (lambda x: ph.taps(x, 3), "returns a vector of 3 signals"),
    (lambda x: x + "1", "'1' is not a signal or a number"),
    (lambda x: ph.sin(None), "None is not a signal or a number"),
    (lambda x: x * float("nan"), "a constant in a chain must be finite, not nan"),
    (lambda x: ph.taps(x, 3)[3], "element 3 of a signal of width 3 is not there"),
    (lambda x: ph.taps(x, 3)[0.5], "indexed by a whole number or a slice, not by 0.5"),
    (lambda x: ph.taps(x, 0), "whole number from 1 on, not 0"),
    (lambda x: ph.taps(ph.taps(x, 2), 2), "taps: of one signal, not of a vector of 2"),
    (lambda x: ph.stack([ph.taps(x, 2), x]), "one of the parts is a vector itself"),
    (lambda x: x + np.zeros((2, 2)), "must have one dimension, not 2"),
    (lambda x: ph.sum(), "sum: of no signals at all"),
    (lambda x: ph.delay(x, ph.param("v")), "how long can it get"),
    (lambda x: ph.delay(x, -1.0), "maximum must be from 0 to"),
    (lambda x: ph.delay(x, 1.5, 2, "cubic"), "unknown interpolation 'cubic'"),
    (lambda x: ph.table([], x), "at least one finite number"),
    (lambda x: ph.table([float("inf")], x), "at least one finite number"),
    (lambda x: ph.prefix(float("nan"), x), "the first value must be finite, not nan"),
    (lambda x: ph.feedback(lambda: x), "must take at least one signal"),
    (lambda x: ph.feedback(lambda a, b: a), "takes 2 signals but returns 1"),
    (lambda x: ph.feedback(lambda *a: a), "say how many signals circulate"),
    (lambda x: ph.feedback(lambda y1: ph.taps(y1, 2)), "vectors cannot circulate"),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "message"), MISUSE, ids=[message for _, message in MISUSE])
def test_misuse_is_refused_with_a_sentence_that_says_what_is_wrong(chain: Any, message: str) -> None:
    with pytest.raises(ph.ChainError) as caught:
        ph.compile(chain)
    assert message in str(caught.value)


def test_what_is_not_a_chain_is_refused() -> None:
    with pytest.raises(ph.ChainError, match=r"use ph\.chain\('gain'\)"):
        ph.compile("gain")  # type: ignore[arg-type]
    with pytest.raises(ph.ChainError, match="a chain is a function of signals, not 3"):
        ph.compile(3)  # type: ignore[arg-type]
