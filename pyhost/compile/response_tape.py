"""The frequency response of a program as a list of operations on numbers and on responses.

Two kinds of node. A *number* does not depend on frequency: it is computed from the parameters alone, and carries its
partials along, forward. A *response* is a complex number at every frequency; all of them depend on the parameters
through few numbers only, so that their partials are taken backward: one sweep gives dH/d(number) for every number
that enters a response, and one product of matrices turns these into dH/d(parameter).

Several sets of values are looked at side by side, as a search does; that costs little more than one, since the time
goes into calls of numpy rather than into arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost.compile.response_rules import SLOPES, VALUES

__all__ = ["Node", "ResponseTape"]

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes
    ----------
    name : str
        That of a primitive; of responses also ``past`` (z to the power of −`size`), ``inverse``, ``polynomial`` (the
        sum of h[k] z to the power of −k) and ``delayed`` (a delay by a number of samples).
    args : tuple of int
        Nodes before it.
    width : int
        Elements of a number; responses have one.
    response : bool
        Whether it depends on frequency.
    learned : bool
        Whether it depends on a parameter.
    constant, size, flags
        As in `pyhost.compile.program.Op`.
    """

    name: str
    args: tuple[int, ...] = ()
    width: int = 1
    response: bool = False
    learned: bool = False
    constant: float = 0.0
    size: int = 0
    flags: int = 0


@dataclass(slots=True)
class ResponseTape:
    """The response of one chain: `nodes` in order, and which of them is the result."""

    nodes: list[Node] = field(default_factory=list)
    output: int = 0

    def evaluate(
        self, values: Array, past: ComplexArray, sample_rate: float, *, partials: bool = False
    ) -> tuple[ComplexArray, ComplexArray | None]:
        """Return the response for several sets of values, (S, F), and its partials, (S, P, F), if asked for.

        Parameters
        ----------
        values : ndarray, (S, P)
            Each row all scalars of the program.
        past : ndarray, (F,)
            1/z at each point: of a frequency it is exp(−2πi frequency/SR).
        sample_rate : float
            In Hz.
        partials : bool
            Whether to take the partials with respect to the parameters' own values.
        """
        with np.errstate(all="ignore"):  # what is not finite is for the caller to see, as anywhere else
            sweep = _Sweep(self, values, past, sample_rate)
            sweep.forward(partials=partials)
            shape = (values.shape[0], past.size)
            response = np.broadcast_to(sweep.value[self.output], shape).astype(complex)
            return response, sweep.backward(shape) if partials else None


class _Sweep:
    """One evaluation."""

    def __init__(self, tape: ResponseTape, values: Array, past: ComplexArray, sample_rate: float) -> None:
        self.nodes, self.output = tape.nodes, tape.output
        self.values, self.past, self.sample_rate = values, past, sample_rate
        self.value: list[Any] = []
        self.slopes: dict[int, Array] = {}  # of learned numbers: (S, P, width)
        self.weights: dict[int, tuple[ComplexArray, ComplexArray]] = {}  # of delays: response and slope

    def forward(self, *, partials: bool) -> None:
        """Compute the values of all nodes, and the partials of the numbers."""
        for number, node in enumerate(self.nodes):
            args = [self.value[arg] for arg in node.args]
            self.value.append(self._response(number, node, args) if node.response else self._number(node, args))
            if partials and node.learned and not node.response:
                self._add_slopes(number, node)

    def _number(self, node: Node, args: list[Any]) -> Array:
        """Return the value of a number, (S or 1, width)."""
        value: Array
        match node.name:
            case "constant":
                value = np.full((1, node.width), node.constant)
            case "sample_rate":
                value = np.full((1, 1), self.sample_rate)
            case "parameter":
                value = self.values[:, node.size : node.size + node.width]
            case "index":
                value = args[0][:, node.size : node.size + node.width]
            case "concatenate":
                value = np.concatenate(np.broadcast_arrays(*args), axis=1)
            case "sum":
                value = args[0].sum(axis=1, keepdims=True)
            case "dot":
                value = (args[0] * args[1]).sum(axis=1, keepdims=True)
            case _:
                value = VALUES[node.name](*args)
        return value

    def _add_slopes(self, number: int, node: Node) -> None:
        """Compute the partials of a number from those of its operands."""
        sets, count = self.values.shape
        if node.name == "parameter":
            total = np.zeros((sets, count, node.width))
            total[:, range(node.size, node.size + node.width), range(node.width)] = 1.0
        elif node.name == "index":
            total = self.slopes[node.args[0]][:, :, node.size : node.size + node.width]
        elif node.name == "sum":
            total = self.slopes[node.args[0]].sum(axis=2, keepdims=True)
        elif node.name == "concatenate":
            none = np.zeros((sets, count, 1))
            total = np.concatenate([self.slopes.get(arg, none) for arg in node.args], axis=2)
        elif node.name == "dot":
            total = self._chained(node.args, [self.value[arg] for arg in node.args[::-1]]).sum(axis=2, keepdims=True)
        else:
            operands = [self.value[arg] for arg in node.args]
            slopes = (1.0,) if node.flags else SLOPES[node.name](*operands, self.value[number])
            total = self._chained(node.args, slopes)
            if total.shape[2] != node.width:
                total = np.repeat(total, node.width, axis=2)
        self.slopes[number] = total

    def _chained(self, args: Sequence[int], by: Sequence[Any]) -> Array:
        """Return the sum over the operands of their partials, each times the slope with respect to it."""
        total: Array | None = None
        for arg, slope in zip(args, by, strict=True):
            own = self.slopes.get(arg)
            if own is None:
                continue
            part = own * (slope if isinstance(slope, float) else slope[:, None, :])
            total = part if total is None else total + part
        assert total is not None
        return total

    def _response(self, number: int, node: Node, args: list[Any]) -> ComplexArray:
        """Return the value of a response, (S or 1, F)."""
        value: ComplexArray
        match node.name:
            case "past":
                value = self.past[None] ** node.size
            case "inverse":
                value = 1.0 / args[0]
            case "polynomial":
                value = args[0] @ self._powers(args[0].shape[1])
            case "delayed":
                self.weights[number] = self._delayed(node, args[0])
                value = self.weights[number][0]
            case _:
                value = VALUES[node.name](*args)
        return value

    def _powers(self, count: int) -> ComplexArray:
        return np.asarray(self.past[None] ** np.arange(count)[:, None])

    def _delayed(self, node: Node, by: Array) -> tuple[ComplexArray, ComplexArray]:
        """Return the response of a delay, and its slope; the readers of ``csrc/ds_delay.h``."""
        inside = (by >= 0.0) & (by <= node.size)
        v = np.where(inside, by, np.where(by > node.size, float(node.size), 0.0))
        whole = np.floor(v)
        if node.flags == 0:
            moved = self.past[None] ** whole
            return moved, -1.0 * inside * (moved - moved * self.past)
        if node.flags == 1:
            weights, slopes = [1.0 - v + whole, v - whole], [-np.ones_like(v), np.ones_like(v)]
        else:
            whole = np.maximum(whole - 1.0, 0.0)
            d = v - whole
            d1, d2, d3 = d - 1.0, d - 2.0, d - 3.0
            weights = [-d1 * d2 * d3 / 6.0, d * d2 * d3 / 2.0, -d * d1 * d3 / 2.0, d * d1 * d2 / 6.0]
            slopes = [
                -(d2 * d3 + d1 * d3 + d1 * d2) / 6.0,
                (d2 * d3 + d * d3 + d * d2) / 2.0,
                -(d1 * d3 + d * d3 + d * d1) / 2.0,
                (d1 * d2 + d * d2 + d * d1) / 6.0,
            ]
        moved = self.past[None] ** whole
        powers = self._powers(len(weights))
        value = sum(weight * power for weight, power in zip(weights, powers, strict=True))
        slope = sum(slope * power for slope, power in zip(slopes, powers, strict=True))
        return moved * value, inside * moved * slope

    def backward(self, shape: tuple[int, int]) -> ComplexArray:
        """Return the partials of the output with respect to the parameters, (S, P, F)."""
        sets, count = self.values.shape
        partials = np.zeros((sets, count, shape[1]), dtype=complex)
        by: dict[int, ComplexArray] = {self.output: np.ones((1, 1), dtype=complex)}
        for number in range(self.output, -1, -1):
            node = self.nodes[number]
            if node.response and node.learned and number in by:
                self._spread(number, node, by.pop(number), by, partials)
        numbers = [number for number in by if number in self.slopes]
        if numbers:
            inner = np.empty((sets, len(numbers), shape[1]), dtype=complex)
            for place, number in enumerate(numbers):
                inner[:, place] = by[number]
            outer = np.concatenate([self.slopes[number] for number in numbers], axis=2)
            partials += (outer @ inner.view(float)).view(complex)
        return partials

    def _spread(
        self, number: int, node: Node, a: ComplexArray, by: dict[int, ComplexArray], partials: ComplexArray
    ) -> None:
        """Pass d(output)/d(node) on to what the node is made of."""

        def add(arg: int, part: ComplexArray) -> None:
            if self.nodes[arg].learned:
                by[arg] = by[arg] + part if arg in by else part

        match node.name:
            case "add" | "subtract":
                add(node.args[0], a)
                add(node.args[1], a if node.name == "add" else -a)
            case "negate":
                add(node.args[0], -a)
            case "multiply":
                u, v = node.args
                if self.nodes[u].learned:
                    add(u, a * self.value[v])
                if self.nodes[v].learned:
                    add(v, a * self.value[u])
            case "inverse":
                add(node.args[0], -a * self.value[number] * self.value[number])
            case "delayed":
                add(node.args[0], a * self.weights[number][1])
            case "polynomial":
                slopes = self.slopes[node.args[0]]
                partials += a[:, None, :] * (slopes @ self._powers(slopes.shape[2]))
