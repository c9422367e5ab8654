"""Parameters as a user sees them: by name, with value and range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyhost.errors import ParameterError, suggestion
from pyhost.graph.parameter import ParameterSpec, Scale

__all__ = ["Parameter", "Parameters"]

Value = float | NDArray[np.float64]


class UnknownParameterError(ParameterError, KeyError):
    """No parameter of that name; a `KeyError` too, as mappings have it."""

    __str__ = Exception.__str__


class Parameter:
    """One parameter: its value can be read and set, its range is that of the chain.

    Attributes
    ----------
    locked : bool
        Whether learning leaves it as it is. Its gradient is then not computed at all.
    """

    __slots__ = ("_values", "locked", "spec")

    def __init__(self, spec: ParameterSpec, values: NDArray[np.float64]) -> None:
        self.spec = spec
        self._values = values
        self.locked = spec.locked

    @property
    def name(self) -> str:
        """Name, unique in the chain."""
        return self.spec.name

    @property
    def value(self) -> Value:
        """Value, in `unit`: a float, or an array (N,) of a vector parameter. Setting it checks the range."""
        return self._values.copy() if self.spec.shape else float(self._values[0])

    @value.setter
    def value(self, value: float | Sequence[float] | NDArray[np.float64]) -> None:
        array = np.asarray(value)
        if array.dtype.kind not in "iuf" or array.shape not in {(), self.spec.shape}:
            wanted = f"a list of {self.spec.width} numbers" if self.spec.shape else "a number"
            raise ParameterError(f"parameter {self.name!r} takes {wanted}, not {value!r}")
        self._values[:] = [self.spec.check(float(number)) for number in np.broadcast_to(array, self._values.shape)]

    @property
    def default(self) -> Value:
        """Value at which the chain starts."""
        return np.array(self.spec.default) if self.spec.shape else self.spec.default[0]

    @property
    def minimum(self) -> float:
        """Lower bound, −inf if there is none."""
        return self.spec.minimum

    @property
    def maximum(self) -> float:
        """Upper bound, inf if there is none."""
        return self.spec.maximum

    @property
    def unit(self) -> str:
        """Unit, for people."""
        return self.spec.unit

    @property
    def scale(self) -> Scale:
        """``"linear"`` or ``"log"``."""
        return self.spec.scale

    @property
    def normalised(self) -> bool:
        """Whether the learner moves u in [0, 1] instead of the value."""
        return self.spec.normalised

    def __repr__(self) -> str:
        locked = ", locked" if self.locked else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"<Parameter {self.name} = {self.value}{unit}, {self.minimum:g} … {self.maximum:g}{locked}>"


class Parameters(Mapping[str, Parameter]):
    """The parameters of a chain by name, in the order in which it asks for them.

    ``parameters["gain"].value`` reads one, ``parameters["gain"].value = 0.5`` sets it; an unknown name is a
    `ParameterError` that suggests the nearest.
    """

    def __init__(self, specs: Sequence[ParameterSpec]) -> None:
        self._values = np.array([value for spec in specs for value in spec.default], dtype=np.float64)
        self._by_name: dict[str, Parameter] = {}
        place = 0
        for spec in specs:
            self._by_name[spec.name] = Parameter(spec, self._values[place : place + spec.width])
            place += spec.width

    def __getitem__(self, name: str) -> Parameter:
        if name not in self._by_name:
            raise UnknownParameterError(f"there is no parameter {name!r}{suggestion(name, self._by_name)}")
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"<Parameters {', '.join(repr(p) for p in self.values())}>"

    def values_array(self) -> NDArray[np.float64]:
        """Return all scalars side by side, (P,), a copy."""
        return self._values.copy()

    def set_array(self, values: NDArray[np.float64]) -> None:
        """Set all scalars, (P,), as a learner left them."""
        self._values[:] = values

    def set(self, values: Mapping[str, Any]) -> None:
        """Set some by name; none of them if one is wrong.

        Raises
        ------
        ParameterError
            If a name is unknown or a value out of range.
        """
        before = self.values_array()
        try:
            for name, value in values.items():
                self[name].value = value
        except ParameterError:
            self.set_array(before)
            raise

    def named(self, values: NDArray[np.float64]) -> dict[str, Value]:
        """Return scalars (P,) by name: floats, and arrays of vector parameters."""
        named: dict[str, Value] = {}
        place = 0
        for name, parameter in self.items():
            width = parameter.spec.width
            part = values[place : place + width]
            named[name] = part.copy() if parameter.spec.shape else float(part[0])
            place += width
        return named

    def columns(self, rows: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the columns of (rows, P) by name: (rows,), and (rows, N) of vector parameters."""
        columns: dict[str, NDArray[np.float64]] = {}
        place = 0
        for name, parameter in self.items():
            width = parameter.spec.width
            columns[name] = rows[:, place : place + width] if parameter.spec.shape else rows[:, place]
            place += width
        return columns

    def locked_array(self) -> NDArray[np.bool_]:
        """Return which scalars are locked, (P,)."""
        return np.concatenate([np.zeros(0, np.bool_), *(np.full(p.spec.width, p.locked) for p in self.values())])

    def learned(self) -> frozenset[str]:
        """Return the names of those that are not locked."""
        return frozenset(name for name, parameter in self.items() if not parameter.locked)
