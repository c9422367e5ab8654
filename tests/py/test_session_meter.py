"""A session's time signatures: read, refused, and told to plugins that follow the song."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from position_plugin import SHOWN, build, showing
from session_plugins import Late, mix_of

from pyhost.errors import SessionError
from pyhost.host import Transport
from pyhost.host.session import Session

TURNS = [[0, "3/4"], [3, "6/8"], [9, "4/4"]]
"""A bar of three quarters, two of six eighths, then four quarters; at 60 beats a minute a beat is a second."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("lv2"))


def told(bundle: Path, folder: Path, what: str, *, late: int = 0, block: int = 4096, **keys: Any) -> np.ndarray:
    """Return a number that a plugin was told, for each of 1000 samples a second."""
    inserts = [{"plugin": showing(bundle, what)}, *([{"plugin": Late(late)}] if late else [])]
    session = {"track": [{"name": "one", "insert": inserts}], "sample_rate": 1000, "channels": 1, "length": 12.0}
    return mix_of(session | keys, folder, block=block)[0]


def test_a_session_without_a_signature_has_bars_of_four_quarters(bundle: Path, tmp_path: Path) -> None:
    for what, expected in zip(SHOWN, (0, 0, 4, 4, 60), strict=True):
        assert set(told(bundle, tmp_path, what, tempo=60)) == {expected}


def test_a_plugin_is_told_every_signature_at_its_bar_line(bundle: Path, tmp_path: Path) -> None:
    """In beats of the signature's unit, as LV2 counts them: an eighth is twice as fast as a quarter."""
    expected = {"bar": (0, 1, 3), "barBeat": (0, 0, 0), "beatsPerBar": (3, 6, 4), "beatUnit": (4, 8, 4)}
    for what, values in (expected | {"beatsPerMinute": (60, 120, 60)}).items():
        shown = told(bundle, tmp_path, what, tempo=60, time_signature=TURNS)
        np.testing.assert_array_equal(shown, np.repeat(values, [3000, 6000, 3000]))


def test_a_change_of_tempo_says_where_in_the_bar_it_is(bundle: Path, tmp_path: Path) -> None:
    keys = {"tempo": [[0, 60], [5, 120]], "time_signature": TURNS}
    assert told(bundle, tmp_path, "bar", **keys)[5000] == 1.0
    assert told(bundle, tmp_path, "barBeat", **keys)[5000] == 4.0
    assert told(bundle, tmp_path, "beatsPerMinute", **keys)[[4999, 5000, 7000]].tolist() == [120.0, 240.0, 120.0]


def test_signatures_are_told_in_step_whatever_the_block_and_the_latency(bundle: Path, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"tempo": 60, "time_signature": TURNS}
    plain = told(bundle, tmp_path, "beatsPerBar", **keys)
    np.testing.assert_array_equal(told(bundle, tmp_path, "beatsPerBar", late=77, block=333, **keys), plain)


def test_a_place_before_a_bar_line_is_in_the_bar_before() -> None:
    place = Transport(beats_per_minute=60.0, beats_per_bar=3.0, beat=16.0, bar_line=16.0, bars_before=4)
    assert (place.bar, place.beat_in_bar) == (4, 0.0)
    before = place.moved(-500, 1000)
    assert (before.bar, before.beat_in_bar) == (3, 2.5)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("3/5", r"time_signature: '3/5' is no time signature; write \"3/4\" or \"7/8\""),
        ("0/4", "'0/4' is no time signature"),
        (4, "4 is no time signature"),
        ([], "is empty; give a time signature"),
        (["3/4"], r"time_signature\[0\]: a change of time signature is \[beat"),
        ([[1, "3/4"]], "must begin at beat 0 and be in order"),
        ([[0, "3/4"], [0, "4/4"]], "must begin at beat 0 and be in order"),
        ([[0, "3/4"], [4, "4/4"]], r"no bar of 3/4 begins at beat 4 \(a beat is a quarter\); the nearest does at 3"),
        ([[0, "7/8"], [1, "4/4"]], r"no bar of 7/8 begins at beat 1 .* the nearest does at 3\.5"),
    ],
)
def test_a_signature_that_is_none_is_refused(signature: Any, message: str) -> None:
    with pytest.raises(SessionError, match=message):
        Session({"track": [{"name": "one"}], "tempo": 120, "time_signature": signature})


def test_a_signature_without_a_tempo_is_refused() -> None:
    with pytest.raises(SessionError, match="time_signature: the session states no tempo, and so has no bars; add"):
        Session({"track": [{"name": "one"}], "time_signature": "3/4"})
