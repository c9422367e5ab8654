"""From a session's text to its arrangement: names, types and ranges; files and plugins are looked at later."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pyhost.errors import SessionError, suggestion
from pyhost.host.session.lines import key_lines
from pyhost.host.session.meter import read_signatures
from pyhost.host.session.model import MASTER, Arrangement, Clip, Output, Send, Strip
from pyhost.host.session.parse_inserts import read_automations, read_inserts
from pyhost.host.session.tables import LEVEL, Document, Place, Table
from pyhost.host.session.tempo import Tempo, read_tempo, read_time

__all__ = ["arrangement_of", "read_arrangement"]

TOP = ("sample_rate", "channels", "length", "tail", "tempo", "time_signature", "output", "track", "group", MASTER)
OUTPUT = ("file", "bits", "normalise", "dither", "seed", "stems")
FADER = ("gain", "pan", "insert", "automate")
ROUTED = ("name", *FADER, "mute", "to", "send")
TRACK = (*ROUTED, "channels", "clips")
CLIP = ("file", "start", "offset", "length", "gain", "fade_in", "fade_out", "resample")
SEND = ("to", "level", "pre")


def read_arrangement(path: Path) -> Arrangement:
    """Read a session file.

    Raises
    ------
    SessionError
        If it cannot be read, is no TOML, or says what a session cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SessionError(f"{path}: cannot be read: {reason}; give a session file (.toml)") from None
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SessionError(f"{path}{_toml_complaint(error)}") from None
    # tomllib takes \r\n for \n too.
    document = Document(str(path), path.parent, key_lines(text.replace("\r\n", "\n")))
    return arrangement_of(data, document)


def _toml_complaint(error: Exception) -> str:
    """Return what tomllib says, its line first, to go behind the name of the file."""
    said, found, place = str(error).partition(" (at ")
    if not found:
        return f": is no TOML: {said or 'nested too deeply'}"
    return f", {place.removesuffix(')')}: is no TOML: {said[:1].lower()}{said[1:]}"


def arrangement_of(data: Mapping[str, Any], document: Document) -> Arrangement:
    """Return the arrangement that plain data describes."""
    top = Table(data, Place(document), TOP)
    tempo = read_tempo(top.raw("tempo"), top.at("tempo"))
    signatures = read_signatures(top.raw("time_signature"), top.at("time_signature"), tempo=tempo is not None)
    if tempo is not None:
        tempo = replace(tempo, signatures=signatures)
    strips = [_strip("track", row, place, tempo) for row, place in top.rows("track")]
    strips += [_strip("group", row, place, tempo) for row, place in top.rows("group")]
    strips.append(_strip("master", top.raw(MASTER, {}), top.at(MASTER), tempo))
    if not any(strip.kind == "track" for strip in strips):
        raise top.place.error("has no track; begin one with [[track]] and a name")
    _check_names(strips)
    return Arrangement(
        document=document,
        sample_rate=top.whole("sample_rate", 48_000, 1000, 768_000),
        channels=top.whole("channels", 2, 1, 2),
        length=_time(top, "length", None, tempo),
        tail=_time(top, "tail", 0.0, tempo),
        tempo=tempo,
        output=_output(Table(top.raw("output", {}), top.at("output"), OUTPUT)),
        strips=tuple(strips),
    )


def _time(table: Table, key: str, default: Any, tempo: Tempo | None, **beats: float) -> Any:
    return read_time(table.raw(key), table.at(key), tempo, **beats) if key in table else default


def _output(table: Table) -> Output:
    return Output(
        file=table.text("file", None),
        bits=table.whole("bits", None, 16, 32),
        normalise=table.number("normalise", None, -200.0, 0.0, unit="dB"),
        dither=table.switch("dither"),
        seed=table.whole("seed", 0, 0, 2**63 - 1),
        stems=table.text("stems", None),
        place=table.place,
    )


def _strip(kind: Literal["track", "group", "master"], row: Any, place: Place, tempo: Tempo | None) -> Strip:
    table = Table(row, place, {"track": TRACK, "group": ROUTED, "master": FADER}[kind])
    name = MASTER if kind == "master" else table.text("name")
    inserts = read_inserts(table, tempo)
    sends = [_send(Table(row, its, SEND)) for row, its in table.rows("send")]
    automation = read_automations(table, inserts, sends, tempo)
    return Strip(
        kind=kind,
        name=name,
        place=place,
        channels=table.whole("channels", None, 1, 2),
        gain=table.number("gain", 0.0, *LEVEL, unit="dB", silence=True),
        pan=table.number("pan", 0.0, -1.0, 1.0),
        mute=table.switch("mute"),
        to="" if kind == "master" else table.text("to", MASTER),
        clips=tuple(_clip(Table(row, its, CLIP), tempo) for row, its in table.rows("clips")),
        inserts=automation.inserts,
        sends=automation.sends,
        automation=automation.fader,
    )


def _send(table: Table) -> Send:
    level = table.number("level", 0.0, *LEVEL, unit="dB", silence=True)
    return Send(table.text("to"), level, table.switch("pre"), None, table.place)


def _clip(table: Table, tempo: Tempo | None) -> Clip:
    start = _time(table, "start", 0.0, tempo)
    clip = Clip(
        file=table.text("file"),
        start=start,
        offset=_time(table, "offset", 0.0, tempo),
        length=_time(table, "length", None, tempo, since=start),
        gain=table.number("gain", 0.0, *LEVEL, unit="dB", silence=True),
        fade_in=_time(table, "fade_in", 0.0, tempo, since=start),
        fade_out=_time(table, "fade_out", 0.0, tempo, since=start),
        resample=table.switch("resample"),
        place=table.place,
    )
    if clip.midi:  # whose beats are those of the session: at its start it is so many beats in
        clip = replace(clip, offset=_time(table, "offset", 0.0, tempo, until=start))
    if clip.length == 0.0:
        raise table.error("length", "is 0; leave it out, and the clip goes to the end of its file")
    for key in ("gain", "fade_in", "fade_out", "resample"):
        if clip.midi and key in table:
            raise table.error(key, "a MIDI clip has none; leave it out")
    return clip


def _check_names(strips: list[Strip]) -> None:
    """Raise unless strips have names of their own, and what they name is there."""
    seen: dict[str, Place] = {}
    for strip in strips:
        if set("/\\") & set(strip.name) or strip.name.startswith(".") or not strip.name.isprintable():
            raise strip.place.key("name").error(
                f"{strip.name!r}: a stem is called so; use no '/', '\\' or control characters, nor '.' first"
            )
        if strip.name in seen or (strip.name == MASTER and strip.kind != "master"):
            other = "the master is called so" if strip.name == MASTER else "another track or group is called so"
            raise strip.place.key("name").error(f"{strip.name!r} is taken: {other}; choose another name")
        seen[strip.name] = strip.place
    names = set(seen)
    groups = {strip.name for strip in strips if strip.kind == "group"}
    for strip in strips:
        if strip.to:
            _check_target(strip.to, groups | {MASTER}, names, strip.place.key("to"))
        for send in strip.sends:
            _check_target(send.to, groups, names, send.place.key("to"))
        for insert in strip.inserts:
            _check_heard(insert.sidechain, strip, names, insert.place.key("sidechain"))
            if insert.learning:
                _check_heard(insert.learning.track, strip, names, insert.learning.place.key("track"))


def _check_target(name: str, possible: set[str], names: set[str], place: Place) -> None:
    if name not in possible:
        if name in names:
            raise place.error(f"{name!r} is no group; only groups take what others send")
        raise place.error(f"there is no group {name!r}{suggestion(name, possible)}")


def _check_heard(name: str | None, strip: Strip, names: set[str], place: Place) -> None:
    if name is None:
        return
    if name == strip.name:
        raise place.error(f"{name!r} is the strip itself; name another")
    if name not in names - {MASTER}:
        raise place.error(f"there is no track or group {name!r}{suggestion(name, names - {MASTER, strip.name})}")
