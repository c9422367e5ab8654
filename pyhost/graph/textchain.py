"""A chain of named blocks: a callable chain that has a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyhost.graph.block import Block, Value, format_value
from pyhost.graph.parameter import ParameterSpec
from pyhost.graph.signal import Operand, Signal, as_signal
from pyhost.graph.trace import param, renamed_parameters

__all__ = ["Stage", "TextChain"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A block with its arguments.

    Attributes
    ----------
    block : Block
        What it is.
    arguments : tuple of (str, Value)
        Those that the text gives.
    """

    block: Block
    arguments: tuple[tuple[str, Value], ...] = ()

    @property
    def options(self) -> dict[str, Value]:
        """All options by name."""
        given = dict(self.arguments)
        return {option.name: given.get(option.name, option.usual) for option in self.block.options}

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """All parameters, named as the block calls them."""
        given, options = dict(self.arguments), self.options
        return tuple(p.spec(given.get(p.name, p.usual), options) for p in self.block.parameters_with(options))

    @property
    def text(self) -> str:
        """How it is written: ``"lowpass(cutoff=800)"``, arguments in the order of the block's declaration."""
        given = dict(self.arguments)
        arguments = self.block.arguments_with(self.options)
        written = (f"{a.name}={format_value(given[a.name])}" for a in arguments if a.name in given)
        return f"{self.block.name}({', '.join(written)})" if given else self.block.name

    def __call__(self, signal: Signal) -> Signal:
        """Return what comes out of the block."""
        asked = (
            param(
                spec.name,
                spec.default if spec.shape else spec.default[0],
                minimum=spec.minimum,
                maximum=spec.maximum,
                unit=spec.unit,
                scale=spec.scale,
                normalised=spec.normalised,
                stable=spec.stable,
            )
            for spec in self.parameters
        )
        return self.block.build(signal, *asked, *self.options.values())


@dataclass(frozen=True, slots=True)
class TextChain:
    """A chain of named blocks, usable wherever a function of one signal is.

    Attributes
    ----------
    stages : tuple of Stage
        From input to output.
    """

    stages: tuple[Stage, ...]

    @property
    def text(self) -> str:
        """The chain's text, written the one normal way; it parses to an equal chain."""
        return " | ".join(stage.text for stage in self.stages)

    @property
    def __name__(self) -> str:
        """The text again: what messages and programs call the chain."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def __call__(self, signal: Operand) -> Signal:
        """Return what comes out of the last stage."""
        result = as_signal(signal)
        for stage, suffix in zip(self.stages, self._suffixes(), strict=True):
            with renamed_parameters(_appending(suffix)):
                result = stage(result)
        return result

    def _suffixes(self) -> Iterator[str]:
        """Yield what each stage appends to all its parameters' names: ``_2``, ``_3`` … where one is taken already."""
        used: set[str] = set()
        for stage in self.stages:
            names = {parameter.name for parameter in stage.block.parameters_with(stage.options)}
            suffix, number = "", 1
            while not used.isdisjoint(name + suffix for name in names):
                number += 1
                suffix = f"_{number}"
            used.update(name + suffix for name in names)
            yield suffix


def _appending(suffix: str) -> Callable[[str], str]:
    return lambda name: name + suffix
