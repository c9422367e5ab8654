"""Pieces of C: numbers, comments, indices, products, and lines that are dropped again if nothing needs them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["Index", "Lines", "comment", "moved", "number", "product", "without_unused"]

Index = int | str
"""A place in an array: known, or a C expression."""

_UNKNOWN = re.compile(r"[^A-Za-z0-9 _.,:;+()\[\]<>=%|-]")
_DEFINITION = re.compile(r"^\s*const (?:double|bool|DsUnary|DsBinary) (?:\*const )?(\w+) = ")
_OFFSET = re.compile(r"(\d+) \+ (.+)")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")  # neither a member of a struct nor the exponent of a number


def number(value: float) -> str:
    """Return a double as C, to the bit."""
    if math.isnan(value):
        return "(double)NAN"
    if math.isinf(value):
        return "HUGE_VAL" if value > 0.0 else "-HUGE_VAL"
    if value == int(value) and abs(value) < 1e6:
        return f"{value:.1f}"
    mantissa, _, exponent = value.hex().partition("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


def comment(text: str) -> str:
    """Return a text that may come from anyone as a C comment of one line."""
    return f"/* {_UNKNOWN.sub('_', text)[:100].replace('*/', '__')} */"


def moved(index: Index, by: int) -> Index:
    """Return an index, further on."""
    if isinstance(index, int):
        return index + by
    known = _OFFSET.match(index)
    if known:
        return f"{int(known[1]) + by} + {known[2]}"
    return f"{by} + {index}" if by else index


def product(x: str, y: str) -> str:
    """Return x · y, where either may be the number 1 or −1."""
    if x == "1.0":
        return y
    if y == "1.0":
        return x
    if x == "-1.0":
        return f"-{y}"
    return f"{x} * {y}"


class Lines:
    """Lines of C at a depth."""

    def __init__(self, depth: int = 1) -> None:
        self.text: list[str] = []
        self.depth = depth

    def add(self, line: str) -> None:
        """Write one line."""
        self.text.append("    " * self.depth + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write what is in the body between braces, behind a head."""
        self.add(f"{head} {{")
        self.depth += 1
        yield
        self.depth -= 1
        self.add("}")

    @contextmanager
    def loop(self, index: str, count: int) -> Iterator[None]:
        """Write a loop of so many turns, over arrays that are apart."""
        self.add("DS_APART")
        with self.block(f"for (size_t {index} = 0; {index} < {count}; ++{index})"):
            yield


def without_unused(lines: Sequence[str], below: Sequence[str] = ()) -> list[str]:
    """Return the lines without definitions that neither the lines after them nor those below read."""
    read = {word for line in below for word in _WORD.findall(line)}
    kept = []
    for line in reversed(lines):
        found = _DEFINITION.match(line)
        if found and found[1] not in read:
            continue
        read.update(_WORD.findall(line[found.end() :] if found else line))
        kept.append(line)
    return kept[::-1]
