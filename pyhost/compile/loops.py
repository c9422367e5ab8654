"""The loops of a program: where a signal comes back to itself."""

from __future__ import annotations

from collections.abc import Sequence

from pyhost.compile.program import Op

__all__ = ["loops"]


def loops(ops: Sequence[Op]) -> list[frozenset[int]]:
    """Return the registers of every loop: the strongly connected parts of the graph that hold an edge.

    R. Tarjan, Depth-First Search and Linear Graph Algorithms, SIAM J. Comput. 1, 1972; without recursion, since
    programs are deep.
    """
    found: list[frozenset[int]] = []
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_registers: list[int] = []
    is_open: set[int] = set()
    for root in range(len(ops)):
        path = [] if root in order else [(root, iter(ops[root].args))]
        while path:
            at, remaining = path[-1]
            if at not in order:
                order[at] = lowest[at] = len(order)
                open_registers.append(at)
                is_open.add(at)
            operand = next(remaining, None)
            if operand is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[at])
                if lowest[at] == order[at]:
                    cut = open_registers.index(at)
                    part = open_registers[cut:]
                    del open_registers[cut:]
                    is_open.difference_update(part)
                    if len(part) > 1 or at in ops[at].args:
                        found.append(frozenset(part))
            elif operand not in order:
                path.append((operand, iter(ops[operand].args)))
            elif operand in is_open:
                lowest[at] = min(lowest[at], order[operand])
    return found
