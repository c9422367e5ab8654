"""A printed program as one file: the headers of the core put into it, without what it does not use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyhost.errors import ExportError
from pyhost.native.compiler import CompileError, headers

__all__ = ["Inlined", "core_headers", "inlined"]

_OWN = re.compile(r'#include "(.+?)"(?: +/\*.*?\*/)?')
_LIBC = re.compile(r"#include (<.+?>)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")
_ENUM = re.compile(r"\benum\b[^{;]*\{(.*?)\}", re.DOTALL)
_PRAGMA = re.compile(r"^\s*#\s*pragma", re.MULTILINE)
_IF = re.compile(r"^\s*#\s*if", re.MULTILINE)
_ENDIF = re.compile(r"^\s*#\s*endif", re.MULTILINE)
_ONE_LINE = re.compile(r"DS_INLINE .*\{.*\}$")
_NAMES = (
    re.compile(r"#\s*define\s+(\w+)"),
    re.compile(r"\b(\w+)\s*\([^;{}]*\)\s*(?:\w+\s*)?(?=\{|;)"),  # functions
    re.compile(r"\(\*(\w+)\)\s*\("),  # types of functions
    re.compile(r"\}\s*(\w+)\s*;"),  # types of structs and enums
    re.compile(r"\b(?:struct|enum)\s+(\w+)\s*\{"),
    re.compile(r"\btypedef\s[^;{}()]*?\b(\w+)\s*;"),
    re.compile(r"\b(\w+)(?:\[[^\]]*\])*\s*=\s*\{"),  # tables
)


@dataclass(frozen=True, slots=True)
class Inlined:
    """What a program needs of the headers.

    Attributes
    ----------
    first : str
        What must stand before all else: how the compiler is to compute.
    libc : tuple of str
        Headers of the C library, as in ``"<math.h>"``.
    primitives : str
        The code of the core's headers that is used.
    program : str
        The program without its includes.
    """

    first: str
    libc: tuple[str, ...]
    primitives: str
    program: str


def core_headers() -> Path:
    """Return the folder of the core's headers, or raise if they are not installed."""
    try:
        return headers()
    except CompileError as error:
        raise ExportError(str(error)) from None


def inlined(program: str, more: str = "") -> Inlined:
    """Return a printed program, and the parts of the core's headers that it and `more` use.

    Parameters
    ----------
    program : str
        As `pyhost.native.printer.print_program` made it.
    more : str
        Other code that stands behind it and uses the core.
    """
    folder = core_headers()
    texts: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        text = (folder / name).read_text(encoding="utf-8")
        for wanted in _OWN.findall(text):
            visit(wanted)
        texts.append(_without_guard(text))

    for name in _OWN.findall(program):
        visit(name)
    body = _OWN.sub("", program).strip()
    blocks = [block for text in texts for block in _blocks(text)]
    first = [block.strip() for block in blocks if _PRAGMA.search(block)]
    used = _used([block for block in blocks if not _PRAGMA.search(block)], _words(body + more))
    libc = {name for text in (*texts, program) for name in _LIBC.findall(text)}
    primitives = "\n\n".join(_LIBC.sub("", block).strip() for block in used)
    return Inlined("\n\n".join(first), tuple(sorted(libc)), primitives, body)


def _without_guard(text: str) -> str:
    """Return a header without its guard and its own includes."""
    text = re.sub(r"#ifndef (\w+)\n#define \1\n", "", text, count=1)
    return _OWN.sub("", text.rstrip().removesuffix("#endif"))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(_COMMENT.sub("", text)))


def _blocks(text: str) -> Iterator[str]:
    """Yield what stands between empty lines outside braces, comments and conditionals; functions of one line alone."""
    lines: list[str] = []
    for line in text.splitlines():
        lines.append(line)
        if line.strip() and not _ONE_LINE.match(line):
            continue
        block = "\n".join(lines)
        if _is_whole(block):
            yield block
            lines = []
    yield "\n".join(lines)


def _is_whole(block: str) -> bool:
    code = _COMMENT.sub("", block)
    opened, closed = len(_IF.findall(code)), len(_ENDIF.findall(code))
    return "/*" not in code and code.count("{") == code.count("}") and opened == closed


def _declared(block: str) -> set[str]:
    """Return the names that a block gives to the rest of the file."""
    code = _COMMENT.sub("", block)
    names = {word for inner in _ENUM.findall(code) for word in re.findall(r"\b[A-Z]\w*", inner)}
    outside = _without_bodies(code)
    for pattern in _NAMES:
        names.update(pattern.findall(outside))
    return names


def _without_bodies(code: str) -> str:
    """Return code with nothing between its outermost braces."""
    kept, depth = [], 0
    for sign in code:
        depth -= sign == "}"
        if depth == 0:
            kept.append(sign)
        depth += sign == "{"
    return "".join(kept)


def _used(blocks: Sequence[str], words: Iterable[str]) -> list[str]:
    """Return the blocks that declare what the words name, what those need in turn, and so on, in their order."""
    by_name: dict[str, list[int]] = {}
    for at, block in enumerate(blocks):
        for name in _declared(block):
            by_name.setdefault(name, []).append(at)
    needed: set[int] = set()
    waiting = [at for word in words for at in by_name.get(word, ())]
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            waiting += [other for word in _words(blocks[at]) for other in by_name.get(word, ())]
    return [blocks[at] for at in sorted(needed)]
