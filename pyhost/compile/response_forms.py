"""Weighted sums whose weights are nodes of a `ResponseTape`."""

from __future__ import annotations

from collections.abc import Iterable

from pyhost.compile.response_rules import SLOPES, VALUES
from pyhost.compile.response_tape import Node, ResponseTape

__all__ = ["Form", "Place", "Writer"]

Place = tuple[int, int]
"""An element of a register."""

Form = dict[Place, int]
"""A weighted sum: places, and the nodes of their weights. An empty one is silence."""


class Writer:
    """Writes a tape, each node once, and sums of its nodes."""

    def __init__(self) -> None:
        self.tape = ResponseTape()
        self._known: dict[Node, int] = {}

    def node(self, name: str, *args: int, width: int = 1, response: bool = False, **rest: float) -> int:
        """Write a node, once, and return its number; a factor of 1 is left out."""
        nodes = self.tape.nodes
        if name == "multiply":
            for one, other in (args, args[::-1]):
                if nodes[one] == Node("constant", constant=1.0) and nodes[other].width == width:
                    return other
        flat = name in VALUES and name not in SLOPES and not rest.get("flags")  # a rounding can let partials through
        learned = name == "parameter" or (not flat and any(nodes[arg].learned for arg in args))
        response = response or any(nodes[arg].response for arg in args)
        new = Node(name, args, width, response, learned, **rest)  # type: ignore[arg-type]
        if new not in self._known:
            self._known[new] = len(nodes)
            nodes.append(new)
        return self._known[new]

    def constant(self, value: float) -> int:
        """Return the node of a constant."""
        return self.node("constant", constant=value)

    def past(self, samples: int) -> int:
        """Return the node of a delay by whole samples."""
        return self.node("past", size=samples, response=True) if samples else self.constant(1.0)

    def sum(self, a: Form, b: Form, name: str = "add") -> Form:
        """Return a + b, or a − b."""
        total = dict(a)
        for place, weight in b.items():
            if place in a:
                total[place] = self.node(name, a[place], weight)
            else:
                total[place] = weight if name == "add" else self.node("negate", weight)
        return total

    def scaled(self, form: Form, factor: int) -> Form:
        """Return a form times a node."""
        return {place: self.node("multiply", weight, factor) for place, weight in form.items()}

    def total(self, forms: Iterable[Form]) -> Form:
        """Return the sum of several forms."""
        total: Form = {}
        for form in forms:
            total = self.sum(total, form)
        return total
