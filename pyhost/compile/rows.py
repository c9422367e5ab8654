"""Active sets: which parameters can reach a register, as rows of partials.

A register of a program holds a value of some width and rows of partials. A *dense* row belongs to one parameter
and says how every element changes with it. A *band* belongs to a whole vector parameter of the register's own width
and says how element k changes with parameter base + k alone: the Jacobian of a vector parameter is never spelt out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["NO_ROWS", "Rows", "dense", "elements", "spread", "union"]

Run = tuple[int, int]
"""Parameters first … first + count − 1."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one register.

    Attributes
    ----------
    runs : tuple of (int, int)
        First and count of the parameters with dense rows; ascending, apart, as long as can be.
    bands : tuple of int
        First parameter of each band, ascending.
    """

    runs: tuple[Run, ...] = ()
    bands: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.runs or self.bands)

    def count(self) -> int:
        """Return the number of rows."""
        return sum(count for _, count in self.runs) + len(self.bands)


NO_ROWS = Rows()


def _merge(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return overlapping and touching runs as one."""
    merged: list[Run] = []
    for first, count in sorted(runs):
        if merged and first <= merged[-1][0] + merged[-1][1]:
            start, length = merged[-1]
            merged[-1] = (start, max(length, first + count - start))
        else:
            merged.append((first, count))
    return tuple(merged)


def union(parts: Iterable[Rows]) -> Rows:
    """Return the rows of something that depends on all of `parts`, element by element."""
    each = list(parts)
    if len(each) == 1:
        return each[0]
    return Rows(
        _merge(run for rows in each for run in rows.runs),
        tuple(sorted({band for rows in each for band in rows.bands})),
    )


def dense(first: int, count: int = 1) -> Rows:
    """Return dense rows of `count` parameters."""
    return Rows(runs=((first, count),))


def spread(rows: Rows, width: int) -> Rows:
    """Return the rows of a sum over the elements: each band becomes `width` dense rows."""
    return Rows(_merge([*rows.runs, *((band, width) for band in rows.bands)]))


def elements(rows: Rows, first: int, count: int) -> Rows:
    """Return the rows of some elements: of one, each band becomes a dense row; of several, a shorter band."""
    if count > 1:
        return Rows(rows.runs, tuple(band + first for band in rows.bands))
    return Rows(_merge([*rows.runs, *((band + first, 1) for band in rows.bands)]))
