"""Loops over the same rows or lanes, made one: what a step leaves behind is then still at hand for the next.

The chain is printed operation by operation, each with loops of its own over the partials that it has. Here such loops
wait until something needs what they write; one with the same head that comes before joins them. What one statement
writes and a later one reads in the same turn becomes a variable, and an array that no one else reads is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["fused", "without_dead_stores"]

_HEAD = re.compile(r"for \(size_t (\w+) = 0; \w+ < (\d+); \+\+\w+\) \{$")
_STORE = re.compile(r"((?:s->)?\w+)\[([^\]]+)\] = (.*);$")
_DEFINITION = re.compile(r"const (?:double|DsUnary|DsBinary) \w+ = .*;$")
_ACCESS = re.compile(r"((?:s->)?[A-Za-z_]\w*)(?:\[([^\]]*)\])?")
_LINEAR = re.compile(r"(?:(\d+) \+ )?(\w+)$")
_ROWS = re.compile(r"\((?:(\d+) \+ )?(\w+)\) \* (\d+)(?: \+ (?:(\d+)|(\w+)))?$")
_PART = re.compile(r"(\d+) \+ (\w+)$")

Head = tuple[str, int]
Span = tuple[int, int]
EVERYTHING: Span = (0, 1 << 62)


def _span(index: str | None, heads: Sequence[Head]) -> Span:
    """Return the elements that an index in a loop may touch, from .. to before; all of them if that is not plain."""
    counts = dict(heads)
    if index is None:
        return EVERYTHING
    if index.isdecimal():
        return int(index), int(index) + 1
    if (found := _LINEAR.match(index)) and found[2] in counts:
        start = int(found[1] or 0)
        return start, start + counts[found[2]]
    if (found := _ROWS.match(index)) and found[2] in counts:
        start, m = int(found[1] or 0), int(found[3])
        return start * m, (start + counts[found[2]]) * m
    return EVERYTHING


@dataclass(slots=True)
class _Chunk:
    """Some lines that belong together: one line, one block, or one loop of plain statements, then with its heads."""

    lines: list[str]
    heads: tuple[Head, ...] = ()
    statements: list[str] = field(default_factory=list)

    def accesses(self) -> Iterator[tuple[str, str | None]]:
        """Yield all names with their indices."""
        for line in self.statements if self.heads else self.lines:
            for found in _ACCESS.finditer(line):
                yield found[1], found[2]

    def stores(self) -> Iterator[tuple[str, str]]:
        """Yield the arrays that are written, with their indices."""
        for line in self.statements if self.heads else self.lines:
            if found := _STORE.match(line.strip()):
                yield found[1], found[2]


@dataclass(slots=True)
class _Group:
    """Loops with the same heads that are going to be one."""

    heads: tuple[Head, ...]
    statements: list[str] = field(default_factory=list)
    written: dict[str, list[tuple[str, Span]]] = field(default_factory=dict)
    read: dict[str, list[tuple[str | None, Span]]] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def conflicts(self, chunk: _Chunk) -> bool:
        """Whether a chunk must come after this: beyond what the same turn of the same loop has in common."""
        if not chunk.heads and any("learner" in line for line in chunk.lines):
            return True  # it reaches the state by pointers of its own
        is_same = chunk.heads == self.heads
        for name, index in chunk.accesses():
            span = None
            for known, theirs in self.written.get(name, ()):
                if is_same and known == index:
                    continue
                span = span or _span(index, chunk.heads)
                if span[0] < theirs[1] and theirs[0] < span[1]:
                    return True
        for name, index in chunk.stores():
            for known_read, theirs in self.read.get(name, ()):
                if is_same and known_read == index:
                    continue
                span = _span(index, chunk.heads)
                if span[0] < theirs[1] and theirs[0] < span[1]:
                    return True
        return False

    def add(self, chunk: _Chunk, fresh: Iterator[str]) -> None:
        """Take a loop in."""
        for statement in chunk.statements:
            store = _STORE.match(statement)
            text = store[3] if store else statement
            for found in _ACCESS.finditer(text):
                if found[2] is not None and (found[1], found[2]) not in self.names:
                    entry = (found[2], _span(found[2], self.heads))
                    if entry not in self.read.setdefault(found[1], []):
                        self.read[found[1]].append(entry)
            text = _ACCESS.sub(self._at_hand, text)
            if store is None:
                self.statements.append(text)
                continue
            name = next(fresh)
            kind = "bool" if store[1].startswith("is") else "double"
            self.statements += [f"const {kind} {name} = {text};", f"{store[1]}[{store[2]}] = {name};"]
            self.names[store[1], store[2]] = name
            self.written.setdefault(store[1], []).append((store[2], _span(store[2], self.heads)))

    def _at_hand(self, found: re.Match[str]) -> str:
        return found[0] if found[2] is None else self.names.get((found[1], found[2]), found[0])

    def lines(self, indent: str) -> list[str]:
        """Return the one loop."""
        lines: list[str] = []
        closing: list[str] = []
        for index, count in self.heads:
            lines += [f"{indent}DS_APART", f"{indent}for (size_t {index} = 0; {index} < {count}; ++{index}) {{"]
            closing.insert(0, f"{indent}}}")
            indent += "    "
        return [*lines, *(indent + statement for statement in self.statements), *closing]


def _chunks(lines: Sequence[str], indent: str) -> Iterator[_Chunk]:
    """Cut lines where a statement or a block ends."""
    block: list[str] = []
    for line in lines:
        block.append(line)
        is_inside = line.startswith(indent + " ") or line == f"{indent}DS_APART" or line.endswith("{")
        if not is_inside:
            yield _chunk(block)
            block = []


def _chunk(lines: list[str]) -> _Chunk:
    """Recognise a loop of plain statements."""
    heads: list[Head] = []
    at = 0
    while at + 1 < len(lines) and lines[at].strip() == "DS_APART" and (found := _HEAD.match(lines[at + 1].strip())):
        heads.append((found[1], int(found[2])))
        at += 2
    statements = [line.strip() for line in lines[at : len(lines) - len(heads)]]
    is_plain = bool(heads) and all(_STORE.match(line) or _DEFINITION.match(line) for line in statements)
    return _Chunk(lines, tuple(heads), statements) if is_plain else _Chunk(lines)


def fused(lines: Sequence[str], depth: int, tag: str) -> list[str]:
    """Return lines at a depth with their loops fused; the new variables' names begin with `tag`."""
    indent = "    " * depth
    fresh = (f"{tag}{number}" for number in range(1 << 62))
    out: list[str] = []
    waiting: list[_Group] = []
    for chunk in _chunks(lines, indent):
        for group in [group for group in waiting if group.conflicts(chunk)]:
            waiting.remove(group)
            out += group.lines(indent)
        if not chunk.heads:
            out += chunk.lines
            continue
        group = next((group for group in waiting if group.heads == chunk.heads), None) or _Group(chunk.heads)
        if group not in waiting:
            waiting.append(group)
        group.add(chunk, fresh)
    for group in waiting:
        out += group.lines(indent)
    return out


def without_dead_stores(lines: Sequence[str], arrays: Sequence[str]) -> list[str]:
    """Return the lines without what is only written to arrays that none of them reads."""
    kept = list(lines)
    candidates = set(arrays)
    while True:
        read: set[str] = set()
        for line in kept:
            store = _STORE.match(line.strip())
            text = line if store is None else f"{store[2]} {store[3]}"
            read.update(found[1] for found in _ACCESS.finditer(text))
        dead = candidates - read
        if not dead:
            return kept
        candidates -= dead
        kept = [line for line in kept if not ((store := _STORE.match(line.strip())) and store[1] in dead)]
