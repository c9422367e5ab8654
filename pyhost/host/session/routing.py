"""Which strip must come before which, and what cannot be because it goes round in circles."""

from __future__ import annotations

from collections.abc import Iterator

from pyhost.host.session.model import Arrangement, Strip
from pyhost.host.session.tables import Place

__all__ = ["levels", "sources"]


def sources(arrangement: Arrangement) -> dict[str, dict[str, Place]]:
    """Return for each strip that has one what it needs first, and the key that says so."""
    needed: dict[str, dict[str, Place]] = {strip.name: {} for strip in arrangement.strips}
    for strip in arrangement.strips:
        for before, after, place in _edges(strip):
            needed[after].setdefault(before, place)
    return needed


def _edges(strip: Strip) -> Iterator[tuple[str, str, Place]]:
    """Yield (source, destination, place) of all that a strip states."""
    if strip.to and not strip.mute:
        yield strip.name, strip.to, strip.place.key("to")
    for send in strip.sends:
        if not strip.mute:
            yield strip.name, send.to, send.place.key("to")
    for insert in strip.inserts:
        if insert.sidechain and not insert.bypass:
            yield insert.sidechain, strip.name, insert.place.key("sidechain")
        if insert.learning and insert.learning.track and not insert.bypass:
            yield insert.learning.track, strip.name, insert.learning.place.key("track")


def levels(arrangement: Arrangement) -> list[list[Strip]]:
    """Return the strips that can be heard in the mix, level by level: those of one do not need each other.

    Raises
    ------
    SessionError
        If a strip needs itself, with the way round.
    """
    needed = sources(arrangement)
    depth: dict[str, int] = {}
    for strip in arrangement.strips:
        _visit(strip.name, needed, depth, [])
    heard: set[str] = set()
    waiting = [arrangement.strips[-1].name]
    while waiting:
        name = waiting.pop()
        if name not in heard:
            heard.add(name)
            waiting += needed[name]
    ordered: list[list[Strip]] = [[] for _ in range(max(depth.values()) + 1)]
    for strip in arrangement.strips:
        if strip.name in heard:
            ordered[depth[strip.name]].append(strip)
    return [level for level in ordered if level]


def _visit(name: str, needed: dict[str, dict[str, Place]], depth: dict[str, int], path: list[str]) -> int:
    """Return how many strips one behind the other a strip needs first."""
    if name in path:
        circle = [*path[path.index(name) :], name]
        place = needed[circle[0]][circle[1]]
        raise place.error(f"goes round in a circle: {' → '.join(reversed(circle))}; take one of these away")
    if name not in depth:
        before = [_visit(source, needed, depth, [*path, name]) for source in needed[name]]
        depth[name] = max(before, default=-1) + 1
    return depth[name]
