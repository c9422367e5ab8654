"""VST3 plugins, through pedalboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from needs import zam_plugin

import pyhost as ph
from pyhost.errors import ParameterError, PluginError
from pyhost.host import CrashedError, Deadlines, Isolated, vst3

RATE = 48_000
NOISE = 0.3 * ph.noise(4096)


@pytest.fixture(scope="module")
def equaliser() -> Iterator[Isolated]:
    plugin = ph.load(str(zam_plugin("ZamEQ2")))
    yield plugin
    plugin.close()


def test_it_runs_in_a_process_of_its_own_in_blocks_of_any_size(equaliser: Isolated) -> None:
    assert equaliser.pid != os.getpid()
    assert equaliser.channels.inputs == 1
    whole = equaliser.process(NOISE, RATE)
    assert whole.any()
    parts = [equaliser.process(NOISE[at : at + 512], RATE, reset=at == 0) for at in range(0, 4096, 512)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_a_parameter_changes_the_sound_and_its_range_is_kept(equaliser: Isolated) -> None:
    name = next(name for name in equaliser.parameters if "boost" in name)
    parameter = equaliser.parameters[name]
    plain = equaliser.process(NOISE, RATE)
    parameter.value = parameter.maximum
    assert np.abs(equaliser.process(NOISE, RATE) - plain).max() > 0.01
    with pytest.raises(ParameterError, match="out of range"):
        parameter.value = parameter.maximum + 1.0
    parameter.value = parameter.default


def test_its_state_gives_the_same_output_in_another_process(equaliser: Isolated, tmp_path: Path) -> None:
    name = next(name for name in equaliser.parameters if "boost" in name)
    equaliser.parameters[name].value = 6.0
    equaliser.save(tmp_path / "eq.json")
    again = ph.load(tmp_path / "eq.json")
    np.testing.assert_array_equal(again.process(NOISE, RATE), equaliser.process(NOISE, RATE))
    again.close()
    with pytest.raises(PluginError, match="this is no state of a VST3 plugin"):
        equaliser.state = b"nonsense"


def test_a_plugin_that_hangs_while_it_is_loaded_is_ended() -> None:
    path = str(zam_plugin("ZamVerb"))
    with pytest.raises(CrashedError, match=r"ZamVerb.vst3 hung while it was loaded: no answer in 3 s"):
        Isolated({"kind": "vst3", "path": path}, deadlines=Deadlines(load=3.0))


def test_what_is_no_vst3_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.vst3").write_bytes(b"nothing")
    with pytest.raises(PluginError, match="cannot be loaded as a VST3 plugin"):
        ph.load(tmp_path / "x.vst3")


class _Resetting:
    """What pedalboard makes of a plugin with a parameter called Reset: the method of that name hides it."""

    name = "resetting"

    def __init__(self) -> None:
        known = {"type": float, "min_value": 0.0, "max_value": 2.0, "units": "", "label": "", "name": "Reset"}
        self.parameters = {"reset": SimpleNamespace(**known, is_automatable=True)}

    def reset(self) -> None:
        """Fall silent."""

    def __getattr__(self, name: str) -> float:
        return {"reset": 0.75}[name]


def test_a_parameter_may_be_called_as_a_method_of_pedalboard_is() -> None:
    found = vst3._parameter(_Resetting(), "reset")
    assert (found.value, found.default, found.maximum) == (0.75, 0.75, 2.0)
