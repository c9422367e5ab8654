"""The lines of keys in a TOML file, whatever way they are written down."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from pyhost.host.session.lines import key_lines, line_of

TEXT = (
    """# a comment = 1
top = 1
"quoted key" = 'it"""
    + "'"
    + ''' # not a comment'
[table]  # with a comment
a.b = "x # no comment = 2"
a."c.d" = { e = [1, { f = 2 }], g = "}" }
text = """
fake = 1
[fake]
\\""" still "quoted" """
raw = \'\'\'
[[fake]]
\'\'\'
after = [
  # in between
  [1, 2],
  "]",

  { x = -inf },
]
[[many]]
name = "one"
[many.deep]
x = 1
[[many.inner]]
y = 1
[[many.inner]]
y = 2
[[many]]
name = "two"
[[many.inner]]
y = 3
date = 1979-05-27 07:32:00
'''
)

EXPECTED = {
    ("top",): 2,
    ("quoted key",): 3,
    ("table",): 4,
    ("table", "a"): 5,
    ("table", "a", "b"): 5,
    ("table", "a", "c.d"): 6,
    ("table", "a", "c.d", "e", 1, "f"): 6,
    ("table", "a", "c.d", "g"): 6,
    ("table", "text"): 7,
    ("table", "raw"): 11,
    ("table", "after"): 14,
    ("table", "after", 0): 16,
    ("table", "after", 0, 1): 16,
    ("table", "after", 1): 17,
    ("table", "after", 2, "x"): 19,
    ("many",): 21,
    ("many", 0): 21,
    ("many", 0, "name"): 22,
    ("many", 0, "deep"): 23,
    ("many", 0, "inner", 0, "y"): 26,
    ("many", 0, "inner", 1): 27,
    ("many", 1, "name"): 30,
    ("many", 1, "inner", 0, "y"): 32,
    ("many", 1, "inner", 0, "date"): 33,
}


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything in parsed TOML."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def test_every_key_has_its_line() -> None:
    lines = key_lines(TEXT)
    assert {path: lines.get(path) for path in EXPECTED} == EXPECTED


def test_everything_that_tomllib_reads_has_a_line_and_nothing_else_has() -> None:
    assert set(key_lines(TEXT)) == set(paths(tomllib.loads(TEXT)))


def test_what_has_no_line_has_that_of_what_it_is_in() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("many", 1, "gain")) == 29
    assert line_of(lines, ("nothing",)) == 1
