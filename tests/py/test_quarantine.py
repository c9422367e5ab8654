"""Plugins that crash or hang again and again are refused until they are forgiven; scanning meets them elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from needs import zam_plugin

from pyhost.cli import main
from pyhost.errors import InputError, PluginError
from pyhost.host import CrashedError
from pyhost.host.load import load_plugin
from pyhost.host.quarantine import Quarantine
from pyhost.host.scan import Chatter, Scanned, scan

SPEC = {"kind": "vst3", "path": ""}
SYNTH = "http://drobilla.net/plugins/mda/JX10"


@pytest.fixture(autouse=True)
def _own_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYHOST_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYHOST_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def spec(tmp_path: Path) -> dict[str, str]:
    """Describe a plugin whose file can be changed."""
    (tmp_path / "bad.vst3").write_text("one")
    return {"kind": "vst3", "path": str(tmp_path / "bad.vst3")}


def test_two_failures_and_it_is_refused_until_it_is_forgiven(spec: dict[str, str]) -> None:
    quarantine = Quarantine()
    quarantine.failed(spec, CrashedError("it crashed (SIGSEGV)"))
    quarantine.check(spec)
    quarantine.failed(spec, CrashedError("it hung"))
    with pytest.raises(PluginError, match=r"in quarantine: it failed 2 times, at last: it hung; `pyhost plugins --for"):
        load_plugin(spec["path"])
    with pytest.raises(PluginError, match="in quarantine"):
        load_plugin(spec["path"], isolate=False)
    Quarantine().forgive(spec["path"])
    quarantine.check(spec)
    with pytest.raises(InputError, match="is not in quarantine"):
        quarantine.forgive(spec["path"])


def test_a_plugin_that_was_installed_anew_starts_again(spec: dict[str, str]) -> None:
    quarantine = Quarantine()
    for _ in range(2):
        quarantine.failed(spec, CrashedError("it hung"))
    Path(spec["path"]).write_text("another")
    quarantine.check(spec)
    quarantine.failed(spec, CrashedError("it hung"))
    assert quarantine.entries()[spec["path"]].failures == 1


def test_a_damaged_list_says_what_to_do(spec: dict[str, str]) -> None:
    quarantine = Quarantine()
    quarantine.failed(spec, CrashedError("it hung"))
    for text in ("{", "[]", '{"a": 1}', '{"a": {"b": 1}}'):
        quarantine.path.write_text(text)
        with pytest.raises(InputError, match=r"quarantine\.json: is damaged; delete it"):
            quarantine.check(spec)


def zam(tmp_path: Path, *names: str) -> None:
    """Make a folder with real VST3 plugins in it."""
    for name in names:
        source = zam_plugin(name)
        shutil.copytree(source, tmp_path / "vst3" / source.name)


def test_scanning_survives_a_plugin_that_hangs_and_then_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    zam(tmp_path, "ZamEQ2", "ZamVerb")
    monkeypatch.setenv("VST3_PATH", str(tmp_path / "vst3"))
    monkeypatch.setattr("pyhost.host.scan.PATIENCE", sys.modules["pyhost.host.scan"].Deadlines(load=4.0))
    heard: list[Chatter] = []
    good, bad = scan(["vst3"], heard=heard.append)
    assert (good.name, good.channels.inputs, good.problem) == ("ZamEQ2", 1, "")
    assert bad.problem.endswith("ZamVerb.vst3 hung while it was loaded: no answer in 4 s; its process was ended")
    said = {chatter.who: chatter for chatter in heard}[bad.identifier]
    assert said.failed
    assert "samplerate mismatch" in said.text
    assert capfd.readouterr().err == ""
    Quarantine().failed({"kind": "vst3", "path": bad.identifier}, CrashedError("it hung"))
    looked_at: list[str] = []
    again, bad = scan(["vst3"], looked_at.append)
    assert (again, bad.problem) == (good, "in quarantine")
    assert not looked_at


def test_the_lv2_plugins_are_listed_with_their_channels(
    installed: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    installed(SYNTH)
    assert main(["plugins", "--format", "lv2", "--json"]) == 0
    rows = {row["identifier"]: row for row in json.loads(capsys.readouterr().out)["plugins"]}
    assert rows[SYNTH]["channels"] == {"inputs": 0, "outputs": 2, "sidechain": 0}
    assert rows[SYNTH]["takes_midi"]
    assert rows["urn:zamaudio:ZamCompX2"]["channels"]["sidechain"] == 1


def test_effects_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "--format", "effect"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["plugin", "name", "format", "channels", "problem"]
    assert ["Reverb", "Reverb", "effect", "any"] in [line.split() for line in lines]
    assert lines[-1].endswith(" plugins")


def test_what_plugins_write_is_shown_if_they_fail_or_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def scanned(formats: object, told: object, heard: Callable[[Chatter], None]) -> list[Scanned]:
        heard(Chatter("good.vst3", "hello", failed=False))
        heard(Chatter("bad.vst3", "\x1b[31mno file\x1b[0m\nno file\n\n  the end\x07", failed=True))
        return []

    monkeypatch.setattr("pyhost.host.scan.scan", scanned)
    bad = "bad.vst3 wrote:\n  no file (2 times)\n  the end\n"
    for arguments, expected in (
        ([], bad),
        (["-v"], f"good.vst3 wrote:\n  hello\n{bad}"),
        (["--json"], ""),
        (["--json", "--verbose"], f"good.vst3 wrote:\n  hello\n{bad}"),
    ):
        assert main(["plugins", *arguments]) == 0
        assert capsys.readouterr().err == expected


def test_the_quarantine_is_shown_and_cleared_from_the_shell(
    spec: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugins", "--quarantine"]) == 0
    assert capsys.readouterr().out == "no plugin has crashed or hung\n"
    for _ in range(2):
        Quarantine().failed(spec, CrashedError("it hung"))
    assert main(["plugins", "--quarantine"]) == 0
    assert capsys.readouterr().out == f"{spec['path']}: refused, 2 failures, at last: it hung\n"
    assert main(["plugins", "--forgive", "urn:nothing"]) == 2
    assert "'urn:nothing' is not in quarantine" in capsys.readouterr().err
    assert main(["plugins", "--forgive", spec["path"]]) == 0
    assert main(["plugins", "--quarantine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"quarantine": {}}


def test_info_tells_what_a_plugin_is(installed: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    installed("urn:zamaudio:ZaMaximX2", "urn:zamaudio:ZamCompX2")
    assert main(["info", "urn:zamaudio:ZaMaximX2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["name"], data["latency_samples"]) == ("ZaMaximX2", 480)
    row = next(row for row in data["parameters"] if row["name"] == "thresh")
    assert (row["minimum"], row["maximum"], row["default"], row["unit"]) == (-30.0, 0.0, 0.0, "dB")
    assert main(["info", "urn:zamaudio:ZamCompX2"]) == 0
    shown = capsys.readouterr().out
    assert "channels  2 → 2, side-chain 1" in shown
    assert "a meter" in shown


def test_info_of_what_is_not_there_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "Revreb"]) == 2
    assert "there is no plugin 'Revreb'; did you mean 'Reverb'" in capsys.readouterr().err
