"""The parameters of a plugin, as a host shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from pyhost.errors import ParameterError, suggestion
from pyhost.learn.parameters import UnknownParameterError

__all__ = ["ParameterInfo", "PluginParameter", "PluginParameters"]


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What is known of a plugin's parameter before it has a value.

    Attributes
    ----------
    name : str
        A word that is unique in the plugin: an LV2 port's symbol, an attribute of pedalboard's.
    minimum, maximum : float
        Range, in `unit`; infinite where the plugin states none.
    default : float
        Value of a plugin just loaded.
    unit : str
        ``"Hz"``, ``"dB"``, ``"ms"`` …, for people.
    scale : {"linear", "log"}
        How a knob is spread over the range.
    choices : tuple of (str, float)
        Values with names, in ascending order of value.
    integer : bool
        Whether it takes whole numbers only; a switch is one from 0 to 1.
    label : str
        Its name for people.
    """

    name: str
    minimum: float = -math.inf
    maximum: float = math.inf
    default: float = 0.0
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    choices: tuple[tuple[str, float], ...] = ()
    integer: bool = False
    label: str = ""

    def check(self, value: Any) -> float:
        """Return a value, or the value of a choice's name, as a float.

        Raises
        ------
        ParameterError
            If it is no number, not finite, out of range, or no choice.
        """
        if isinstance(value, str):
            return self._chosen(value)
        if isinstance(value, (bool, np.bool_)):
            value = float(value)
        if not isinstance(value, (int, float, np.integer, np.floating)):
            raise ParameterError(f"parameter {self.name!r} takes a number, not {value!r}")
        number = float(value)
        if not math.isfinite(number):
            raise ParameterError(f"parameter {self.name!r} must be finite, not {number}")
        if not self.minimum <= number <= self.maximum:
            unit = f" {self.unit}" if self.unit else ""
            raise ParameterError(
                f"parameter {self.name!r}: {number:g} is out of range; choose from {self.minimum:g} to "
                f"{self.maximum:g}{unit}"
            )
        if self.integer and number != round(number):
            raise ParameterError(f"parameter {self.name!r} takes whole numbers, not {number:g}")
        return number

    def _chosen(self, text: str) -> float:
        if not self.choices:
            raise ParameterError(f"parameter {self.name!r} takes a number, not {text!r}")
        for name, value in self.choices:
            if name.casefold() == text.casefold():
                return value
        raise ParameterError(
            f"parameter {self.name!r} has no choice {text!r}{suggestion(text, (name for name, _ in self.choices))}"
        )


class PluginParameter:
    """One parameter of a plugin: reading asks the plugin, setting checks the range and tells the plugin.

    Parameters
    ----------
    info : ParameterInfo
        What is known of it.
    read : callable
        Returns its value.
    write : callable
        Takes a value that was checked; None if the plugin alone writes it (a meter).
    """

    __slots__ = ("_read", "_write", "info")

    def __init__(self, info: ParameterInfo, read: Callable[[], float], write: Callable[[float], None] | None) -> None:
        self.info = info
        self._read = read
        self._write = write

    def renamed(self, name: str) -> PluginParameter:
        """Return the same parameter under another name."""
        return PluginParameter(replace(self.info, name=name), self._read, self._write)

    @property
    def name(self) -> str:
        """Name, unique in the plugin."""
        return self.info.name

    @property
    def value(self) -> float:
        """Value, in `unit`. It can be set to a number or to the name of a choice."""
        return self._read()

    @value.setter
    def value(self, value: float | str) -> None:
        if self._write is None:
            raise ParameterError(f"parameter {self.name!r} is a meter: it can be read, not set")
        self._write(self.info.check(value))

    @property
    def meter(self) -> bool:
        """Whether the plugin alone writes it."""
        return self._write is None

    @property
    def choice(self) -> str | None:
        """The name of the present value, if it has one."""
        value = self.value
        return next((name for name, number in self.info.choices if number == value), None)

    @property
    def default(self) -> float:
        """Value of a plugin just loaded."""
        return self.info.default

    @property
    def minimum(self) -> float:
        """Lower bound, −inf if the plugin states none."""
        return self.info.minimum

    @property
    def maximum(self) -> float:
        """Upper bound, inf if the plugin states none."""
        return self.info.maximum

    @property
    def unit(self) -> str:
        """Unit, for people."""
        return self.info.unit

    @property
    def scale(self) -> str:
        """``"linear"`` or ``"log"``."""
        return self.info.scale

    @property
    def choices(self) -> tuple[tuple[str, float], ...]:
        """Values with names."""
        return self.info.choices

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        choice = f" ({self.choice})" if self.choices and self.choice else ""
        meter = ", a meter" if self.meter else ""
        return (
            f"<PluginParameter {self.name} = {self.value:g}{unit}{choice}, {self.minimum:g} … {self.maximum:g}{meter}>"
        )


class PluginParameters(Mapping[str, PluginParameter]):
    """The parameters of a plugin by name; an unknown name is an error that suggests the nearest."""

    def __init__(self, parameters: Sequence[PluginParameter]) -> None:
        self._by_name = {parameter.name: parameter for parameter in parameters}

    def __getitem__(self, name: str) -> PluginParameter:
        if name not in self._by_name:
            raise UnknownParameterError(f"there is no parameter {name!r}{suggestion(name, self._by_name)}")
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"<PluginParameters {', '.join(repr(p) for p in self.values())}>"

    def set(self, values: Mapping[str, Any]) -> None:
        """Set some by name; none of them if one is wrong.

        Raises
        ------
        ParameterError
            If a name is unknown, is a meter's, or a value is out of range.
        """
        checked = []
        for name, value in values.items():
            parameter = self[name]
            if parameter.meter:
                raise ParameterError(f"parameter {name!r} is a meter: it can be read, not set")
            checked.append((parameter, parameter.info.check(value)))
        for parameter, number in checked:
            parameter.value = number

    def named(self) -> dict[str, float]:
        """Return the values of those that can be set, by name."""
        return {name: parameter.value for name, parameter in self.items() if not parameter.meter}
