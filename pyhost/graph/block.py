"""What a block of the text form is: its name, parameters and options, and how it is made from signals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyhost.errors import ChainError, ParameterError, suggestion
from pyhost.graph.parameter import MOST_ELEMENTS, ParameterSpec, Scale, make_spec
from pyhost.graph.signal import Signal

__all__ = ["COUNT_LIMIT", "Block", "BlockOption", "BlockParameter", "Value", "format_value"]

Value = float | str | tuple[float, ...]
"""What an argument can be: a number, a text, or a list of numbers."""

COUNT_LIMIT = MOST_ELEMENTS


def format_value(value: Value) -> str:
    """Return a value as it is written in the text form; numbers come back exactly."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(format_value, value))}]"
    return repr(float(value)).removesuffix(".0")


def _kind(value: Value) -> str:
    """Return what a value is, in words."""
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    return "a list" if isinstance(value, tuple) else f"the number {value:g}"


def _range_text(minimum: float, maximum: float | str, unit: str) -> str:
    """Return a range for help texts and messages: ``"20 to 20000 Hz"``."""
    if (minimum, maximum) == (-math.inf, math.inf):
        return f"any number {unit}".rstrip()
    low, high = (bound if isinstance(bound, str) else f"{bound:.15g}" for bound in (minimum, maximum))
    return f"{low} to {high} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class BlockParameter:
    """A parameter that a block asks for.

    Attributes
    ----------
    name : str
        As the block calls it; in a chain it can get a suffix, ``gain_2``.
    summary : str
        What it does, in a few words.
    default : float
        Where it starts, unless the text says otherwise.
    minimum, maximum : float, or the latter str
        Bounds, in `unit`; infinite where there is none. A text names the option that holds the maximum.
    unit : str
        ``"Hz"``, ``"dB"``, ``"samples"`` …
    scale : {"linear", "log"}
        How a normalised parameter is spread between its bounds.
    normalised : bool
        Whether learning moves u in [0, 1] in place of the value itself.
    count : int or None
        Of a vector, how many elements it has. In the text a number is another count, a list the start values.
    stable : bool
        Whether it holds the coefficients of a recursion, which learning then keeps stable.
    """

    name: str
    summary: str
    default: float = 0.0
    minimum: float = -math.inf
    maximum: float | str = math.inf
    unit: str = ""
    scale: Scale = "linear"
    normalised: bool = False
    count: int | None = None
    stable: bool = False

    @property
    def range_text(self) -> str:
        """Its range for help texts: ``"20 to 20000 Hz"``."""
        return _range_text(self.minimum, self.maximum, self.unit)

    @property
    def usual(self) -> Value:
        """What its argument is if the text leaves it out."""
        return self.default if self.count is None else float(self.count)

    def spec(self, value: Value, options: Mapping[str, Value]) -> ParameterSpec:
        """Return the parameter for an argument.

        Parameters
        ----------
        value : float or tuple of float
            Where it starts; of a vector, its start values or how many of them there are.
        options : mapping
            All options of the block, checked.

        Raises
        ------
        ChainError
            If the value is of the wrong type, or there are too many elements.
        ParameterError
            If it is out of range.
        """
        maximum = self.maximum
        if isinstance(maximum, str):
            limit = options[maximum]
            assert isinstance(limit, float)
            maximum = limit
        start = self._start(value)
        try:
            return make_spec(
                self.name,
                start,
                minimum=self.minimum,
                maximum=maximum,
                unit=self.unit,
                scale=self.scale,
                normalised=self.normalised,
                stable=self.stable,
            )
        except ParameterError as error:
            if isinstance(self.maximum, str):
                raise ParameterError(f"{error}, or give a larger {self.maximum}=") from None
            raise

    def _start(self, value: Value) -> float | tuple[float, ...]:
        """Return the start values that an argument stands for."""
        if self.count is None:
            if isinstance(value, (str, tuple)):
                raise ChainError(f"{self.name} must be a number, not {_kind(value)}")
            return value
        if isinstance(value, str):
            raise ChainError(f"{self.name} must be a count or a list of numbers, not {_kind(value)}")
        count = float(len(value)) if isinstance(value, tuple) else value
        if not count.is_integer() or not 1 <= count <= COUNT_LIMIT:
            raise ChainError(f"{self.name} must be a whole number from 1 to {COUNT_LIMIT}, not {count:g}")
        return value if isinstance(value, tuple) else (self.default,) * int(count)


@dataclass(frozen=True, slots=True)
class BlockOption:
    """A setting of a block that is not learned: a number within bounds, or one of a few words.

    Attributes
    ----------
    name : str
        As it is written in the text form.
    summary : str
        What it does, in a few words.
    default : float or str
        What it is, unless the text says otherwise.
    choices : tuple of str
        The words to choose from; empty for a number.
    minimum, maximum : float
        Bounds of a number, in `unit`.
    unit : str
        ``"samples"`` …
    whole : bool
        Whether a number must be a whole one.
    """

    name: str
    summary: str
    default: float | str
    choices: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    unit: str = ""
    whole: bool = False

    @property
    def range_text(self) -> str:
        """Its range for help texts: ``"1 to 1000 samples"``, or the words to choose from."""
        return ", ".join(self.choices) or _range_text(self.minimum, self.maximum, self.unit)

    @property
    def usual(self) -> Value:
        """What its argument is if the text leaves it out."""
        return self.default

    def check(self, value: Value) -> None:
        """Raise if a value is not one for this option.

        Raises
        ------
        ChainError
            With the range, or with the nearest of the words to choose from.
        """
        if self.choices:
            if not isinstance(value, str):
                raise ChainError(f"{self.name} must be one of {self.range_text}, not {_kind(value)}")
            if value not in self.choices:
                raise ChainError(f"unknown {self.name} {value[:30]!r}{suggestion(value, self.choices)}")
        elif isinstance(value, (str, tuple)):
            raise ChainError(f"{self.name} must be a number, not {_kind(value)}")
        elif not self.minimum <= value <= self.maximum:
            raise ChainError(f"{self.name} {value:g} is out of range; choose from {self.range_text}")
        elif self.whole and not value.is_integer():
            raise ChainError(f"{self.name} must be a whole number, not {value:g}")


@dataclass(frozen=True, slots=True)
class Block:
    """A named building block of the text form.

    Attributes
    ----------
    name : str
        As it is written in the text form.
    summary : str
        What it does, in one line.
    parameters : tuple of BlockParameter
        What can be learned, in the order of the chain's parameters; as the options usually are.
    options : tuple of BlockOption
        What cannot.
    build : callable
        Takes the signal, then the parameters (signals), then the options, in this order; returns what comes out.
    choose : callable, optional
        Where it depends on the options which parameters there are: takes them by name, checked, returns the parameters.
    """

    name: str
    summary: str
    parameters: tuple[BlockParameter, ...]
    options: tuple[BlockOption, ...]
    build: Callable[..., Signal]
    choose: Callable[[Mapping[str, Value]], tuple[BlockParameter, ...]] | None = None

    def parameters_with(self, options: Mapping[str, Value]) -> tuple[BlockParameter, ...]:
        """Return the parameters that it has with these options, all of them and checked."""
        return self.choose(options) if self.choose else self.parameters

    def arguments_with(self, options: Mapping[str, Value]) -> tuple[BlockParameter | BlockOption, ...]:
        """Return what can be written in its parentheses with these options, in order."""
        return (*self.parameters_with(options), *self.options)

    @property
    def arguments(self) -> tuple[BlockParameter | BlockOption, ...]:
        """What can be written in its parentheses as the options usually are, in order."""
        return (*self.parameters, *self.options)

    @property
    def usage(self) -> str:
        """How it is written in full, with its defaults: ``"lowpass(cutoff=1000)"``."""
        return f"{self.name}({', '.join(f'{a.name}={format_value(a.usual)}' for a in self.arguments)})"
