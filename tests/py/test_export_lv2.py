"""A learned chain as an LV2 plugin: valid, the same sound, and nothing a host does breaks it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import assert_clean, assert_valid, hosted, seeing
from lv2_direct import Direct
from needs import tool

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import Bundle, export_lv2
from pyhost.export.bundle import bundle_name
from pyhost.export.learner import describe_learner
from pyhost.export.turtle import Port, check_ports, check_uri
from pyhost.learn.learned import LearnedChain, freeze

CEILING = 16.0


def equaliser(offset: int = 0, sample_rate: float | None = 48_000.0) -> LearnedChain:
    learned = freeze(ph.chain("gain(gain=0.7) | peaking(gain=6) | lowpass(cutoff=5000) | dc"))
    learned.sample_rate, learned.offset = sample_rate, offset
    learned.parameters["cutoff"].value = 1234.56789012345
    return learned


def matcher() -> LearnedChain:
    learned = freeze(ph.chain("fir(taps=64)"))
    learned.parameters["taps"].value = np.sin(np.arange(64)) / 8
    return learned


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Plugins that several tests look at."""
    folder = tmp_path_factory.mktemp("lv2")
    return {
        "mono": export_lv2(equaliser(), folder, name="mono"),
        "stereo": export_lv2(equaliser(), folder, name="stereo", channels=2),
        "late": export_lv2(equaliser(70), folder, name="late", channels=2),
        "early": export_lv2(equaliser(-70), folder, name="early"),
        "matcher": export_lv2(matcher(), folder, name="matcher"),
    }


CHAINS = {
    "mono": equaliser(),
    "stereo": equaliser(),
    "late": equaliser(70),
    "early": equaliser(-70),
    "matcher": matcher(),
}


def noise(channels: int, frames: int) -> np.ndarray:
    return np.stack([0.5 * ph.noise(frames + c)[c:] for c in range(channels)]).astype(np.float32).astype(float)


@pytest.mark.parametrize("name", CHAINS)
def test_a_plugin_does_in_a_host_what_apply_does(name: str, bundles: dict[str, Bundle]) -> None:
    plugin = hosted(bundles[name])
    dry = noise(plugin.channels.inputs or 0, 6000)
    expected = CHAINS[name].process(dry, 48_000.0)
    error = np.abs(plugin.process(dry, 48_000.0) - expected).max()
    assert error <= 1e-6 * np.abs(expected).max()
    assert plugin.latency_samples == CHAINS[name].latency_samples


@pytest.mark.parametrize("name", CHAINS)
def test_validators_find_nothing_wrong(name: str, bundles: dict[str, Bundle]) -> None:
    assert_valid(bundles[name])


def test_valgrind_finds_nothing_wrong(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    assert_clean(bundles["stereo"], tmp_path)


def test_hosts_that_others_wrote_run_it(bundles: dict[str, Bundle]) -> None:
    command = [tool("lv2bench"), "-b", "64", "-n", "640", bundles["stereo"].uri]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=seeing(bundles["stereo"]))
    assert done.returncode == 0
    assert float(done.stdout.split()[0]) > 0.0


def test_lv2apply_gives_what_apply_gives(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    dry = noise(1, 4000)
    write_audio(tmp_path / "dry.wav", dry, 48_000.0, bit_depth=32)
    command = [tool("lv2apply"), "-i", str(tmp_path / "dry.wav"), "-o", str(tmp_path / "out.wav"), bundles["mono"].uri]
    assert subprocess.run(command, check=False, env=seeing(bundles["mono"]), capture_output=True).returncode == 0
    wet = read_audio(tmp_path / "out.wav")
    np.testing.assert_allclose(wet, CHAINS["mono"].process(dry, 48_000.0), atol=1e-6)


def test_controls_are_the_parameters_and_start_where_they_were_learned(bundles: dict[str, Bundle]) -> None:
    plugin = hosted(bundles["mono"])
    cutoff = plugin.parameters["cutoff"]
    assert list(plugin.parameters) == ["enabled", *CHAINS["mono"].parameters]
    assert (cutoff.minimum, cutoff.maximum, cutoff.unit, cutoff.scale) == (20.0, 20_000.0, "Hz", "log")
    assert cutoff.value == pytest.approx(1234.56789, rel=1e-7)
    assert plugin.parameters["gain_2"].unit == "dB"


def test_the_elements_of_a_vector_are_constants_not_controls(bundles: dict[str, Bundle]) -> None:
    assert list(hosted(bundles["matcher"]).parameters) == ["enabled"]


def test_a_control_that_is_turned_moves_the_sound_there_without_a_jump(bundles: dict[str, Bundle]) -> None:
    plugin = Direct(bundles["mono"].path / "mono.so", 48_000.0, {2: 1.0, **_controls("mono", 3)})
    steady = np.full((1, 9600), 0.5, np.float32)
    plugin.run(steady, 1, [512])
    gain = list(CHAINS["mono"].parameters).index("gain")
    plugin.controls[3 + gain][0] = 1.4
    moving = plugin.run(steady, 1, [480])[0]
    plugin.close()
    assert moving[-1] == pytest.approx(0.7, abs=1e-4)
    assert np.abs(np.diff(moving)).max() < 0.02
    assert moving[:480].max() < 0.55


def test_bypass_lets_the_input_through_as_late_as_the_latency_says(bundles: dict[str, Bundle]) -> None:
    plugin = Direct(bundles["early"].path / "early.so", 48_000.0, {2: 0.0, **_controls("early", 3)})
    dry = noise(1, 1000)
    out = plugin.run(dry, 1, [64])
    plugin.close()
    np.testing.assert_array_equal(out[0, 70:], dry[0, :-70].astype(np.float32))
    np.testing.assert_array_equal(out[0, :70], 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-42])
def test_no_input_breaks_it_and_no_output_passes_the_ceiling(bad: float, bundles: dict[str, Bundle]) -> None:
    plugin = Direct(bundles["stereo"].path / "stereo.so", 48_000.0, {4: 1.0, **_controls("stereo", 5)})
    dry = noise(2, 96_000)
    broken = dry.copy()
    broken[:, 100:140] = bad
    with np.errstate(over="ignore"):
        out = plugin.run(broken, 2, [256])
    plugin.close()
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= CEILING
    np.testing.assert_allclose(out[:, -100:], CHAINS["stereo"].process(dry, 48_000.0)[:, -100:], atol=1e-4)


def test_a_control_that_is_no_number_is_not_listened_to(bundles: dict[str, Bundle]) -> None:
    dry = noise(1, 1000)
    plugin = Direct(bundles["mono"].path / "mono.so", 48_000.0, {2: 1.0, **dict.fromkeys(_controls("mono", 3), np.nan)})
    out = plugin.run(dry, 1, [100])
    plugin.close()
    np.testing.assert_allclose(out, CHAINS["mono"].process(dry, 48_000.0), atol=1e-6)


@pytest.mark.parametrize("blocks", [[1], [7, 0, 33], [8192], [0, 1, 4096, 3]])
@pytest.mark.parametrize("in_place", [False, True])
def test_block_sizes_and_shared_buffers_change_nothing(
    blocks: list[int], in_place: bool, bundles: dict[str, Bundle]
) -> None:
    dry = noise(2, 10_000)
    plugin = Direct(bundles["late"].path / "late.so", 48_000.0, {4: 1.0, **_controls("late", 5)})
    out = plugin.run(dry, 2, blocks, in_place=in_place)
    plugin.close()
    np.testing.assert_array_equal(out, CHAINS["late"].process(dry, 48_000.0).astype(np.float32))


def test_another_sample_rate_is_refused_unless_any_was_asked_for(bundles: dict[str, Bundle], tmp_path: Path) -> None:
    assert not Direct(bundles["mono"].path / "mono.so", 44_100.0, {}).handle
    bundle = export_lv2(equaliser(), tmp_path, name="any", any_rate=True)
    dry = noise(1, 2000)
    expected = equaliser(sample_rate=44_100.0).process(dry, 44_100.0)
    np.testing.assert_allclose(hosted(bundle).process(dry, 44_100.0), expected, atol=1e-6)


def test_the_folder_builds_with_make_and_without_python(tmp_path: Path) -> None:
    bundle = export_lv2(equaliser(), tmp_path, name="made")
    (bundle.path / "made.so").unlink()
    command = ["make", "-C", str(bundle.path), "CFLAGS=-O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    symbols = subprocess.check_output(["nm", "-D", "--defined-only", bundle.path / "made.so"], text=True)
    assert [line.split()[-1] for line in symbols.splitlines()] == ["lv2_descriptor"]


def test_without_a_compiler_the_folder_is_written_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    bundle = export_lv2(equaliser(), tmp_path, name="unbuilt")
    assert "no-such-compiler" in bundle.not_built
    assert not (bundle.path / "unbuilt.so").exists()
    assert (bundle.path / "Makefile").is_file()


def test_a_compiler_that_fails_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "false")
    with pytest.raises(ExportError, match=r"false failed with status 1 on the plugin: it wrote nothing"):
        export_lv2(equaliser(), tmp_path, name="x")
    assert not list(tmp_path.iterdir())


def test_a_bundle_is_replaced_as_a_whole_and_nothing_else_is(tmp_path: Path) -> None:
    first = export_lv2(equaliser(), tmp_path, name="same")
    (first.path / "left over").touch()
    export_lv2(matcher(), tmp_path, name="same")
    assert not (first.path / "left over").exists()
    (tmp_path / "mine.lv2").mkdir()
    with pytest.raises(ExportError, match="was not exported by pyhost"):
        export_lv2(equaliser(), tmp_path, name="mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.lv2", "same.lv2"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"name": "a b"}, "'a b' is no name for a plugin's files"),
        ({"name": "manifest"}, "'manifest' is no name for a plugin's files, of which one is manifest.ttl"),
        ({"uri": "http://my.site/a#b#c"}, "is no URI"),
        ({"uri": "my plugin"}, "'my plugin' is no URI"),
        ({"uri": "urn:a:<b>"}, "is no URI"),
        ({"channels": 3}, "channels must be 1 or 2, not 3"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(settings: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        export_lv2(equaliser(), tmp_path, **settings)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"cannot be written.*choose another folder"):
        export_lv2(equaliser(), tmp_path / "file", name="x")


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        ([Port("a", "A"), Port("a", "B")], "'a' is wrong or there twice"),
        ([Port("1a", "A")], "'1a' is wrong"),
        ([Port("a", "A", default=2.0)], "starts at 2 in a range of 0 to 1"),
        ([Port("a", "A", minimum=1.0)], "in a range of 1 to 1"),
        ([Port("a", "A", properties=("pprop:logarithmic",))], "logarithmic from 0 on"),
    ],
)
def test_what_validators_miss_is_refused(ports: list[Port], told: str) -> None:
    with pytest.raises(ExportError, match=told):
        check_ports(ports)


def test_a_uri_with_a_mark_in_it_has_no_second_one_in_any_file() -> None:
    uri = "http://my.site/plugins#eq"
    plugin = describe_learner(equaliser(), name="it", uri=uri, channels=2, loss=None, optimizer=None)
    text = "".join(plugin.lv2_files()[file] for file in ("manifest.ttl", "it.ttl", "presets.ttl", "config.h"))
    parts = set(re.findall(r"http://my\.site/[^>\"]*", text))
    assert {uri, f"{uri}-in", f"{uri}-target", f"{uri}-state", f"{uri}-preset-quick"} <= parts
    assert {part.count("#") for part in parts} == {1}


def test_a_chain_called_as_a_file_of_every_bundle_is_written_beside_it() -> None:
    assert bundle_name("", "manifest") == "manifest-plugin"
    assert bundle_name("", "presets") == "presets-plugin"


def test_usual_uris_are_taken() -> None:
    for uri in ("http://my.site/plugins/eq#mono", "https://my.site/eq", "urn:pyhost:eq:stereo"):
        check_uri(uri)


def test_the_command_tells_where_the_plugin_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    equaliser().save(tmp_path / "my eq.json")
    arguments = ["export", str(tmp_path / "my eq.json"), "--lv2", str(tmp_path / "new"), "--channels", "2", "--json"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)["lv2"]
    assert told == {"path": str(tmp_path / "new" / "my-eq.lv2"), "uri": "urn:pyhost:my-eq:stereo", "built": True}
    assert (tmp_path / "new" / "my-eq.lv2" / "my-eq.so").is_file()


def _controls(name: str, first: int) -> dict[int, float]:
    """Return the learned values as the controls that start at a port."""
    return {first + k: float(np.float32(p.value)) for k, p in enumerate(CHAINS[name].parameters.values())}
