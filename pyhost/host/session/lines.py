"""On which line of a TOML file a key stands; `tomllib` knows, but does not tell.

Only for text that `tomllib` has read without complaint: what is wrong with a file is `tomllib`'s to say.
"""

from __future__ import annotations

import bisect
import re
import tomllib

__all__ = ["Path", "key_lines", "line_of"]

Path = tuple[str | int, ...]
"""Keys and places in arrays, from the top: ``("track", 0, "name")``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, of every key, table and element of an array."""
    return _Scanner(text).lines()


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest thing above it that has one; 1 if none has."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scanner:
    """Goes through the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Skip what matches here, and return where it ends."""
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _peek(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _note(self, path: Path, at: int) -> None:
        """Remember where a path stands first."""
        self._lines.setdefault(path, bisect.bisect_right(self._starts, at))

    def _header(self) -> Path:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of the table that begins."""
        begin, many = self._at, self._peek("[[")
        self._at += 2 if many else 1
        keys = self._keys()
        self._at += 2 if many else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
        path = (*path, keys[-1])
        self._note(path, begin)
        if many:
            self._counts[path] = self._counts.get(path, 0) + 1
            path = self._inside(path)
            self._note(path, begin)
        return path

    def _inside(self, path: Path) -> Path:
        """Return the path of the newest table of an array of tables; the path itself if it is none."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _keys(self) -> list[str]:
        """Read a key with dots."""
        keys = []
        while True:
            self._skip(_SPACE)
            begin = self._at
            if self._peek('"') or self._peek("'"):
                self._skip(_STRING)
                keys.append(next(iter(tomllib.loads(f"{self._text[begin : self._at]} = 0"))))
            else:
                self._skip(_BARE)
                keys.append(self._text[begin : self._at])
            self._skip(_SPACE)
            if not self._peek("."):
                return keys
            self._at += 1

    def _pair(self, table: Path) -> None:
        """Read ``key = value``."""
        begin = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, begin)
        self._at += 1
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._peek("["):
            self._listed("]", path, inline=False)
        elif self._peek("{"):
            self._listed("}", path, inline=True)
        elif self._peek('"') or self._peek("'"):
            self._skip(_STRING)
        else:
            self._skip(_SCALAR)

    def _listed(self, end: str, path: Path, *, inline: bool) -> None:
        """Read an array or an inline table."""
        self._at += 1
        count = 0
        while self._skip(_BLANK) < len(self._text) and not self._peek(end):
            if inline:
                self._pair(path)
            else:
                self._note((*path, count), self._at)
                self._value((*path, count))
                count += 1
            self._skip(_BLANK)
            if self._peek(","):
                self._at += 1
        self._at += 1
