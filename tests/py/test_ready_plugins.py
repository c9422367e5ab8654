"""The ready plugins as a user meets them: installed by a command, listed, and found where they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.cli import main
from pyhost.export.ready import READY, installed
from pyhost.host.lv2 import LV2Plugin


def test_ready_plugins_are_installed_mono_and_stereo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install-lv2", "echo-canceller", "--to", str(tmp_path), "--json"]) == 0
    mono, stereo = json.loads(capsys.readouterr().out)["plugins"]
    speech = np.stack([ph.noise(24_000), ph.noise(24_000)[::-1]]) * np.sin(np.arange(24_000) / 2000)
    microphone = 0.3 * np.roll(speech, 37, axis=1)
    for told, channels in ((mono, 1), (stereo, 2)):
        plugin = LV2Plugin(told["uri"], told["path"])
        assert plugin.parameters["output"].value == 2.0
        left = plugin.process(speech[:channels], 48_000.0, sidechain=microphone[:channels])
        assert np.square(left[:, -4800:]).mean() < 1e-3 * np.square(microphone[:, -4800:]).mean()


def test_ready_plugins_are_listed_and_an_unknown_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install-lv2", "--list"]) == 0
    assert "match-eq         peq(bands=6)" in capsys.readouterr().out
    assert main(["install-lv2", "match-eg"]) == 2
    assert "there is no ready plugin 'match-eg'; did you mean 'match-eq'?" in capsys.readouterr().err


def test_our_plugins_are_listed_with_where_they_are_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LV2_PATH", f"{tmp_path}/none:{tmp_path}/here")
    (tmp_path / "here" / "pyhost-lowpass-stereo.lv2").mkdir(parents=True)
    assert installed("lowpass", 2) == [tmp_path / "here" / "pyhost-lowpass-stereo.lv2"]
    assert main(["plugins", "--ours", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["ours"]}
    assert set(rows) == set(READY)
    assert [plugin["installed"] for plugin in rows["lowpass"]["plugins"]] == [
        [],
        [str(tmp_path / "here" / "pyhost-lowpass-stereo.lv2")],
    ]
    assert rows["tone-tracker"]["heard"] == "Without the tone"
    assert main(["plugins", "--ours"]) == 0
    table = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert str(tmp_path / "here") in table["lowpass"]
    assert "nowhere" in table["delay-aligner"]
