"""The state of an LV2 plugin as a file: what was saved earlier, and what other hosts save, is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import hosted
from lv2_learning import Learners, recordings

from pyhost.export import Bundle
from pyhost.host.lv2.state import PREFIXES, SUBJECT


@pytest.fixture(scope="module")
def bundle(learners: Learners) -> Bundle:
    return learners["gain"]


@pytest.fixture(scope="module")
def state(bundle: Bundle) -> bytes:
    dry, target = recordings("gain", 480)
    plugin = hosted(bundle)
    plugin.process(dry, 48_000.0, sidechain=target)
    return plugin.state


def gain_of(bundle: Bundle, state: bytes) -> float:
    plugin = hosted(bundle)
    plugin.state = state
    plugin.process(np.zeros((1, 32)), 48_000.0, sidechain=np.zeros((1, 32)))
    return plugin.parameters["learned_gain"].value


def test_a_state_is_a_whole_file_of_turtle_about_itself(state: bytes) -> None:
    text = state.decode()
    used = {name for name in PREFIXES if f"\t{name}:" in text or f" {name}:" in text or f"^^{name}:" in text}
    assert {"lv2", "pset", "state", "xsd"} <= used
    for name in used:
        assert f"@prefix {name}: <{PREFIXES[name]}> .\n" in text
    assert "\n<>\n" in text


def test_a_state_without_prefixes_as_it_was_saved_once_is_loaded(bundle: Bundle, state: bytes) -> None:
    old = state[state.index(b"<>") :].replace(b"<>", SUBJECT, 1)
    assert b"@prefix" not in old
    assert gain_of(bundle, old) == gain_of(bundle, state) != 1.0


def test_a_state_that_another_host_wrote_into_a_file_is_loaded(bundle: Bundle, state: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.ttl").write_bytes(
        b"# by another host\n" + state.replace(b"<>\n\ta pset:Preset", b"<> a pset:Preset")
    )
    assert gain_of(bundle, (tmp_path / "state.ttl").read_bytes()) == gain_of(bundle, state)
