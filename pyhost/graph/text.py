"""The text form of chains: ``"lowpass(cutoff=800) | gain"``.

Stages are joined by ``|`` and run from left to right. A stage is the name of a block, with arguments in
parentheses where they differ from the usual: the start value of a parameter, or an option. The grammar is a corner
of Python's, so Python's parser reads it; nothing in a text is ever executed.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyhost.errors import ChainError, InputError, suggestion
from pyhost.graph.block import Block, Value
from pyhost.graph.blocks import find_block
from pyhost.graph.textchain import Stage, TextChain
from pyhost.graph.trace import Chain

__all__ = ["TextChain", "chain_label", "parse"]

_EXAMPLE = "a chain reads like lowpass(cutoff=800) | gain"
_SHOWN_BEFORE, _SHOWN_AFTER = 40, 40  # characters of a long text around a fault


def parse(text: str) -> TextChain:
    """Return the chain that a text describes.

    Parameters
    ----------
    text : str
        Blocks joined by ``|``; `pyhost.graph.blocks.blocks` lists them.

    Raises
    ------
    ChainError
        If the text is no chain, with the place in the text.
    ParameterError
        If a start value is out of range, with the place and the range.

    Examples
    --------
    >>> from pyhost.graph.text import parse
    >>> chain = parse("lowpass( cutoff = 8e2 )|gain")
    >>> chain.text
    'lowpass(cutoff=800) | gain'
    """
    return _Parser(text).chain()


def chain_label(chain: Chain) -> str:
    """Return what is written down of a chain: the text of a `TextChain`, else the function's name."""
    if isinstance(chain, TextChain):
        return chain.text
    return str(getattr(chain, "__name__", type(chain).__name__))


class _Parser:
    """Reads one text; every error tells where in it."""

    def __init__(self, text: str) -> None:
        self.text = re.sub(r"\s", " ", text)  # one line, one character each: places stay what they were
        self.start = len(self.text) - len(self.text.lstrip())  # Python takes leading blanks for indentation

    def chain(self) -> TextChain:
        """Return the chain."""
        if not self.text.strip():
            raise ChainError(f"the chain is empty; {_EXAMPLE}")
        nodes = self._joined(self._expression())
        self._check_between(nodes)
        return TextChain(tuple(self._stage(node) for node in nodes))

    def _error(self, place: int, message: str) -> ChainError:
        return ChainError(f"{self._where(place)}: {message}")

    def _where(self, place: int) -> str:
        """Return the text, or what is around the place in a long one, and the column, counted from 1."""
        first, last = max(place - _SHOWN_BEFORE, 0), place + _SHOWN_AFTER
        before, after = "…" * (first > 0), "…" * (last < len(self.text))
        return f"chain {before + self.text[first:last] + after!r}, column {place + 1}"

    @contextmanager
    def _placed(self, place: int) -> Iterator[None]:
        """Within it, errors get the place."""
        try:
            yield
        except InputError as error:
            raise type(error)(f"{self._where(place)}: {error}") from None

    def _place(self, offset: int) -> int:
        """Return the place in the text for an offset of the syntax tree, which counts UTF-8 bytes."""
        return self.start + len(self.text[self.start :].encode()[:offset].decode())

    def _begin(self, node: Any) -> int:
        return self._place(node.col_offset)

    def _end(self, node: Any) -> int:
        return self._place(node.end_col_offset)

    def _expression(self) -> ast.expr:
        """Return the syntax tree of the text."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on 1if and "\d": they become errors of ours further on
                return ast.parse(self.text[self.start :], mode="eval").body
        except SyntaxError as error:
            self._check_for_empty_stages()
            hint = (error.msg or "invalid syntax").split(". ")[0]  # what follows is advice for programs
            place = min(self.start + max((error.offset or 1) - 1, 0), len(self.text))
            raise self._error(place, f"{hint}; {_EXAMPLE}") from None
        except (ValueError, RecursionError, MemoryError):  # null and surrogate characters; nesting
            raise self._error(self.start, f"not readable as a chain; {_EXAMPLE}") from None

    def _check_for_empty_stages(self) -> None:
        place = 0
        for number, part in enumerate(self.text.split("|"), 1):
            if not part.strip():
                raise self._error(place, f"stage {number} is empty; write a block there or take out a |")
            place += len(part) + 1

    def _joined(self, node: ast.expr) -> list[ast.expr]:
        """Return the stages of ``((a | b) | c)``, from the left."""
        stages = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            stages.append(node.right)
            node = node.left
        return [node, *reversed(stages)]

    def _check_between(self, nodes: list[ast.expr]) -> None:
        """Raise if there is anything but a | between two stages, or anything at all around them."""
        edges = [0, *(edge for node in nodes for edge in (self._begin(node), self._end(node))), len(self.text)]
        for number, (first, last) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
            found = self.text[first:last].strip()
            if found == ("|" if 0 < number < len(nodes) else ""):
                continue
            place = first + len(self.text[first:last]) - len(self.text[first:last].lstrip())
            if found.startswith("#"):
                raise self._error(place, "a chain has no comments; leave it out")
            raise self._error(place, "stages need no parentheses around them; leave them out")

    def _stage(self, node: ast.expr) -> Stage:
        """Return one stage."""
        place = self._begin(node)
        name = node.func if isinstance(node, ast.Call) else node
        if not isinstance(name, ast.Name):
            written = self.text[place : self._end(node)][:60]
            raise self._error(place, f"{written!r} is no block; stages are joined by |: {_EXAMPLE}")
        with self._placed(place):
            block = find_block(name.id)
        return Stage(block, self._arguments(block, node) if isinstance(node, ast.Call) else ())

    def _arguments(self, block: Block, call: ast.Call) -> tuple[tuple[str, Value], ...]:
        """Return the checked arguments of a stage, in the order in which the block declares them."""
        for positional in call.args:
            names = " or ".join(f"{argument.name}=" for argument in block.arguments[:4])
            raise self._error(self._begin(positional), f"{block.name}: write name=value, here {names}")
        options = self._options(block, call)
        known = {argument.name: argument for argument in block.arguments_with(options)}
        values: dict[str, Value] = {}
        places: dict[str, int] = {}
        for keyword in call.keywords:
            name, place = keyword.arg, self._begin(keyword)
            if name is None:
                raise self._error(place, f"{block.name}: write name=value in place of **")
            if name not in known:
                raise self._error(place, f"{block.name} has no argument {name[:60]!r}{suggestion(name[:60], known)}")
            if name in values:
                raise self._error(place, f"{block.name}: {name} is given twice; leave one out")
            values[name], places[name] = self._value(keyword.value), place
        for parameter in block.parameters_with(options):
            with self._placed(places.get(parameter.name, self._begin(call))):
                parameter.spec(values.get(parameter.name, parameter.usual), options)
        return tuple((name, values[name]) for name in known if name in values)

    def _options(self, block: Block, call: ast.Call) -> dict[str, Value]:
        """Return all options by name, checked: they come first, for parameters depend on them."""
        written = {keyword.arg: keyword for keyword in call.keywords}
        options: dict[str, Value] = {}
        for option in block.options:
            keyword = written.get(option.name)
            options[option.name] = self._value(keyword.value) if keyword else option.usual
            with self._placed(self._begin(keyword or call)):
                option.check(options[option.name])
        return options

    def _value(self, node: ast.expr) -> Value:
        """Return the number, text or list of numbers that a literal stands for."""
        try:
            literal = ast.literal_eval(node)
        except (ValueError, TypeError, RecursionError, MemoryError):
            literal = None
        if isinstance(literal, str):
            return literal
        if _is_number(literal):
            return _as_float(literal)
        if isinstance(literal, (list, tuple)) and all(map(_is_number, literal)):
            return tuple(map(_as_float, literal))
        place = self._begin(node)
        written = self.text[place : self._end(node)]
        if isinstance(node, ast.Name):
            raise self._error(place, f'{written[:60]} is neither a number nor in quotes, "{written[:60]}"')
        raise self._error(place, f"{written[:60]!r} is not a number, a text or a list of numbers")


def _is_number(literal: object) -> bool:
    return isinstance(literal, (int, float)) and not isinstance(literal, bool)


def _as_float(number: float) -> float:
    """Return a number as a float, −0 as 0; one too large for a float as inf, which no range holds."""
    try:
        return float(number) + 0.0
    except OverflowError:
        return math.inf if number > 0 else -math.inf
