"""From a strip's tables to its inserts, and to what moves in it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyhost.errors import InputError, suggestion
from pyhost.host.session.model import Automation, Insert, Learning, Point, Send, Shape
from pyhost.host.session.tables import LEVEL, Place, Table, as_number
from pyhost.host.session.tempo import Tempo, read_time
from pyhost.learn import losses, optimizers

__all__ = ["Moving", "read_automations", "read_inserts"]

INSERT = ("plugin", "chain", "name", "set", "preset", "state", "sidechain", "bypass", "isolate", "learn")
LEARN = ("target", "track", "loss", "window", "optimizer", "rate", "until", "save", "resample")
FADER = ("gain", "pan")
SENDS = "send"
SHAPES: tuple[Shape, ...] = ("linear", "log", "step")


def read_inserts(strip: Table, tempo: Tempo | None) -> list[Insert]:
    """Return the inserts of a strip, in order."""
    inserts: list[Insert] = []
    for row, place in strip.rows("insert"):
        table = Table(row, place, INSERT)
        taken = [insert.name for insert in inserts]
        inserts.append(_insert(table, taken, tempo))
    return inserts


def _insert(table: Table, taken: Sequence[str], tempo: Tempo | None) -> Insert:
    if ("plugin" in table) == ("chain" in table):
        raise table.place.error("an insert is either a plugin or a chain; give plugin = ..., or chain = ...")
    plugin = table.raw("plugin")
    if plugin is None or isinstance(plugin, str):
        plugin = table.text("plugin", None)
    chain = table.text("chain", None)
    learning = _learning(Table(table.raw("learn"), table.at("learn"), LEARN), tempo) if "learn" in table else None
    if learning is not None and chain is None:
        raise table.error("learn", 'a plugin does not learn; give a chain instead, such as chain = "gain | lowpass"')
    for key in ("preset", "state", "sidechain", "isolate"):
        if chain is not None and key in table:
            raise table.error(key, "a chain has none; leave it out")
    values = table.raw("set", {})
    if not isinstance(values, Mapping):
        raise table.error("set", "must be a table of parameters: set = { gain_db = -3 }")
    return Insert(
        name=_name(table, plugin if chain is None else chain, taken),
        plugin=plugin,
        chain=chain,
        values=dict(values),
        preset=table.text("preset", None),
        state=table.text("state", None),
        sidechain=table.text("sidechain", None),
        bypass=table.switch("bypass"),
        isolate=table.switch("isolate", None),
        learning=learning,
        automation={},
        place=table.place,
    )


def _name(table: Table, identifier: Any, taken: Sequence[str]) -> str:
    """Return the name of an insert: its own, or the plugin's, numbered if there are several."""
    if "name" in table:
        name = str(table.text("name"))
        if name in taken or name in (*FADER, SENDS):
            reason = "another insert of this strip is called so" if name in taken else "the strip itself uses it"
            raise table.error("name", f"{name!r} is taken: {reason}; choose another name")
        return name
    text = identifier if isinstance(identifier, str) else str(getattr(identifier, "name", "plugin"))
    last = re.split(r"[/#:\\]", text.rstrip("/"))[-1] if "|" not in text and "(" not in text else "chain"
    stem = os.path.splitext(last)[0].strip() or "plugin"
    number = 1
    while (name := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return name


def _learning(table: Table, tempo: Tempo | None) -> Learning:
    if ("target" in table) == ("track" in table):
        raise table.place.error('a learner has one target: give target = "file.wav", or track = "name"')
    learning = Learning(
        file=table.text("target", None),
        track=table.text("track", None),
        loss=table.text("loss", "mse"),
        window=table.whole("window", None, 1, losses.LONGEST_WINDOW),
        optimizer=table.text("optimizer", "sgd"),
        rate=table.number("rate", None, 0.0),
        until=read_time(table.raw("until"), table.at("until"), tempo) if "until" in table else None,
        save=table.text("save", None),
        resample=table.switch("resample"),
        place=table.place,
    )
    if learning.until == 0.0:
        raise table.error("until", "nothing is learned by then; give a later time, or leave learn out")
    for key, by_name in (("loss", losses.by_name), ("optimizer", optimizers.by_name)):
        try:
            kind = by_name(getattr(learning, key))
        except InputError as error:
            raise table.error(key, str(error)) from None
        if kind is optimizers.Auto:
            raise table.error(key, "auto goes through a recording again and again; name another, gauss_newton say")
    return learning


@dataclass(frozen=True, slots=True)
class Moving:
    """What a strip automates: inserts and sends that know theirs, and the fader's."""

    inserts: tuple[Insert, ...]
    sends: tuple[Send, ...]
    fader: dict[str, Automation]


def read_automations(strip: Table, inserts: Sequence[Insert], sends: Sequence[Send], tempo: Tempo | None) -> Moving:
    """Read ``automate``: ``gain`` and ``pan``, ``send.GROUP``, and ``INSERT.PARAMETER``."""
    known = (*FADER, *((SENDS,) if sends else ()), *(insert.name for insert in inserts))
    place = strip.at("automate")
    table = Table(strip.raw("automate", {}), place, known)
    fader = {
        key: _automation(table.raw(key), place.key(key), tempo, level=key == "gain") for key in FADER if key in table
    }
    for point in fader["pan"].points if "pan" in fader else ():
        as_number(point.value, point.place, -1.0, 1.0)
    targets = [send.to for send in sends]
    moved = Table(table.raw(SENDS, {}), place.key(SENDS), targets)
    for send in sends:
        if targets.count(send.to) > 1:
            raise send.place.key("to").error(f"there are two sends to {send.to!r}; keep one")
    return Moving(
        tuple(_moving(insert, table, tempo) for insert in inserts),
        tuple(
            replace(send, automation=_automation(moved.raw(send.to), moved.at(send.to), tempo, level=True))
            if send.to in moved
            else send
            for send in sends
        ),
        fader,
    )


def _moving(insert: Insert, table: Table, tempo: Tempo | None) -> Insert:
    """Return an insert with its automation; whether it has such parameters is asked when it is loaded."""
    rows = table.raw(insert.name, {})
    place = table.at(insert.name)
    if not isinstance(rows, Mapping):
        raise place.error(f"name a parameter of it: {insert.name}.PARAMETER = [[0, 1], ...]")
    if rows and insert.learning:
        raise place.error("what learns cannot be automated; leave it out")
    return replace(
        insert, automation={name: _automation(row, place.key(name), tempo, level=False) for name, row in rows.items()}
    )


def _automation(value: Any, place: Place, tempo: Tempo | None, *, level: bool) -> Automation:
    if not isinstance(value, (list, tuple)) or not value:
        raise place.error('must be points in order of time: [[0, -12], [2.5, 0], [4, -6, "log"]]')
    points: list[Point] = []
    for number, row in enumerate(value):
        points.append(_point(row, place.key(number), tempo, level=level))
        if number and points[-1].time < points[-2].time:
            raise place.key(number).error(
                f"the point at {points[-1].time:g} s comes after the one at {points[-2].time:g} s; put them in order"
            )
        _check_log(points[-2:], level=level)
    return Automation(tuple(points), place)


def _point(row: Any, place: Place, tempo: Tempo | None, *, level: bool) -> Point:
    if not isinstance(row, (list, tuple)) or len(row) not in (2, 3):
        raise place.error('a point is [time, value] or [time, value, "linear", "log" or "step"]')
    shape = row[2] if len(row) == 3 else "linear"
    if shape not in SHAPES:
        raise place.error(f"there is no shape {shape!r}{suggestion(str(shape), SHAPES)}")
    low, high = LEVEL if level else (float("-inf"), float("inf"))
    value = as_number(row[1], place, low, high, unit="dB" if level else "", silence=level)
    return Point(read_time(row[0], place, tempo), value, shape, place)


def _check_log(points: Sequence[Point], *, level: bool) -> None:
    """Raise if a logarithmic segment would have to reach or cross nothing."""
    if len(points) < 2 or points[1].shape != "log":
        return
    before, after = points
    nothing = float("-inf") in (before.value, after.value) if level else before.value * after.value <= 0.0
    if nothing:
        what = "-inf dB" if level else "0"
        raise after.place.error(f"a log segment from {before.value:g} to {after.value:g} never gets past {what}")
