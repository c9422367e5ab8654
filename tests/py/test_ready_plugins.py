"""The delay aligner and the tone tracker: guides find, live, what gradients alone cannot find."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lv2_direct import Direct, tool
from numpy.typing import NDArray

import pyhost as ph
from pyhost.audio import read_audio
from pyhost.cli import main
from pyhost.export import Bundle
from pyhost.export.ready import READY, install_lv2, installed
from pyhost.host.lv2 import LV2Plugin
from pyhost.native.compiler import find_compiler

Array = NDArray[np.float64]

RATE = 48_000.0
ALIGNER, TRACKER = "delay-aligner", "tone-tracker"
ALONE, INPUT, WITHOUT = range(3)
"""What the tone tracker's Output chooses from."""

CONTROLS = ("enabled", "learn", "reset", "hold_best", "rate", "amount", "output", "optimizer")
METER = len(CONTROLS) + 3
"""The first meter of a parameter, by its place behind the ports of audio."""

DRIVER = Path(__file__).with_name("lv2_heap.c")
SOUNDS = ["loop_amen", "loop_compus", "guit_e_fifths", "bass_hit_c", "ambi_choir"]


def build_quickly(folder: Path, name: str) -> str:
    """Compile a plugin to the same numbers as always, in less time."""
    flags = ["-std=c11", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-o", f"{name}.so", "plugin.c", "-lm"]
    subprocess.run([*find_compiler().command, *flags], cwd=folder, check=True)
    return ""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Bundle]:
    """The two plugins by name and number of channels."""
    made = list(install_lv2(tmp_path_factory.mktemp("lv2"), [ALIGNER, TRACKER], build=build_quickly))
    keys = [(name, channels) for name in (ALIGNER, TRACKER) for channels in (1, 2)]
    return dict(zip(keys, made, strict=True))


@pytest.fixture(scope="module")
def sound(real_recordings: list[Path]) -> Callable[..., Array]:
    """A function that returns the beginning of a recording, over and over, at -20 dBFS."""
    paths = {path.stem: path for path in real_recordings}

    def read(name: str, seconds: float = 1.0) -> Array:
        frames = int(seconds * RATE)
        x = np.resize(read_audio(paths[name])[0], frames) if name in paths else ph.noise(frames)
        return 0.1 * x / np.std(x)

    return read


def hosted(bundle: Bundle) -> LV2Plugin:
    return LV2Plugin(bundle.uri, bundle.path)


def later(x: Array, samples: float) -> Array:
    """Return a sound that many samples later, by band-limited interpolation."""
    length = 2 * len(x)
    omega = 2.0 * np.pi * np.arange(length // 2 + 1) / length
    return np.fft.irfft(np.fft.rfft(x, length) * np.exp(-1j * omega * samples), length)[: len(x)]


def tone(frames: int, frequency: float | Array, level: float = 0.1, sample_rate: float = RATE) -> Array:
    """Return a sine of that root mean square, whose frequency can move."""
    return level * np.sqrt(2.0) * np.sin(2.0 * np.pi * np.cumsum(np.full(frames, frequency)) / sample_rate)


def delay_of(plugin: LV2Plugin, sample_rate: float = RATE) -> float:
    """Return the delay that an aligner shows, in samples."""
    return float(plugin.parameters["learned_delay"].value) * sample_rate


def frequency_of(plugin: LV2Plugin) -> float:
    return float(plugin.parameters["learned_frequency"].value)


def decibels(x: Array, reference: Array) -> float:
    return float(10.0 * np.log10(np.mean(np.square(x)) / np.mean(np.square(reference))))


@pytest.mark.parametrize("name", ["noise", *SOUNDS])
@pytest.mark.parametrize(("samples", "gain"), [(0.0, 0.8), (37.4, 0.7), (777.7, -0.5), (2200.5, 1.2)])
def test_a_delay_is_found_to_a_fiftieth_of_a_sample(
    name: str, samples: float, gain: float, sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    x = sound(name, 1.5)
    plugin = hosted(bundles[ALIGNER, 1])
    plugin.process(x[None], RATE, sidechain=gain * later(x, samples)[None])
    assert delay_of(plugin) == pytest.approx(samples, abs=0.02)
    assert plugin.parameters["learned_gain"].value == pytest.approx(gain, rel=0.2)


def test_the_aligned_input_comes_when_the_target_does(
    sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    x = sound("loop_amen", 2.0)
    target = -0.5 * np.concatenate([np.zeros(500), x[:-500]])
    out = hosted(bundles[ALIGNER, 1]).process(x[None], RATE, sidechain=target[None])[0]
    assert decibels((out - target)[72_000:], target[72_000:]) < -100.0


@pytest.mark.parametrize("name", ["noise", "loop_amen", "ambi_choir"])
def test_a_delay_that_changes_is_followed(
    name: str, sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    x = sound(name, 2.0)
    target = np.concatenate([later(x, 200.3)[:48_000], later(x, 1900.6)[48_000:]])
    plugin = hosted(bundles[ALIGNER, 1])
    plugin.process(x[None, :48_000], RATE, sidechain=target[None, :48_000])
    assert delay_of(plugin) == pytest.approx(200.3, abs=0.02)
    plugin.process(x[None, 48_000:], RATE, sidechain=target[None, 48_000:], reset=False)
    assert delay_of(plugin) == pytest.approx(1900.6, abs=0.02)


@pytest.mark.parametrize("name", ["noise", "loop_compus", "guit_e_fifths", "ambi_choir"])
def test_sounds_that_have_nothing_to_do_with_each_other_are_not_aligned(
    name: str, sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    plugin = hosted(bundles[ALIGNER, 1])
    plugin.process(sound("loop_amen", 2.0)[None], RATE, sidechain=sound(name, 2.0)[None])
    assert delay_of(plugin) == 0.0


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("port", [0, 1])
def test_a_delay_outlives_silence_and_what_is_no_number(
    bad: float, port: int, sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    x = sound("loop_amen", 3.0)
    both = np.stack([x, later(x, 321.25)]).astype(np.float32)
    both[port, 48_000:96_000] = bad
    both[1, 96_000:] = later(x, 654.75)[96_000:]
    plugin = direct(bundles[ALIGNER, 1])
    plugin.run(both[:, :96_000], 1, [64])
    kept = plugin.controls[3 + METER][0] * RATE
    plugin.run(both[:, 96_000:], 1, [64])
    found = plugin.controls[3 + METER][0] * RATE
    plugin.close()
    assert kept == pytest.approx(321.25, abs=1.0)
    assert found == pytest.approx(654.75, abs=0.02)


@pytest.mark.parametrize("sample_rate", [8_000.0, 44_100.0, 192_000.0])
def test_both_know_the_sample_rate(sample_rate: float, bundles: dict[tuple[str, int], Bundle]) -> None:
    frames = int(sample_rate)
    x = 0.1 * ph.noise(frames)
    aligner, tracker = hosted(bundles[ALIGNER, 1]), hosted(bundles[TRACKER, 1])
    aligner.process(x[None], sample_rate, sidechain=later(x, 0.03 * sample_rate)[None])
    assert aligner.parameters["learned_delay"].value == pytest.approx(0.03, abs=0.02 / sample_rate)
    tracker.process((x + tone(frames, 1234.5, 0.1, sample_rate))[None], sample_rate, sidechain=np.zeros((1, frames)))
    assert frequency_of(tracker) == pytest.approx(1234.5, abs=1.0)


@pytest.mark.parametrize("name", ["noise", "loop_amen", "loop_mika", "ambi_choir"])
@pytest.mark.parametrize("frequency", [50.0, 97.3, 440.0, 3150.0, 8000.0])
def test_a_tone_is_found_in_a_sound_as_loud_as_it(
    name: str, frequency: float, sound: Callable[..., Array], bundles: dict[tuple[str, int], Bundle]
) -> None:
    rest = sound(name, 2.0)
    hum = tone(96_000, frequency)
    plugin = hosted(bundles[TRACKER, 1])
    out = plugin.process((rest + hum)[None], RATE, sidechain=np.zeros((1, 96_000)))[0]
    assert frequency_of(plugin) == pytest.approx(frequency, abs=max(1.0, 3e-4 * frequency))
    assert decibels((out - rest)[72_000:], hum) < -12.0


def test_a_tone_that_jumps_or_glides_is_followed(bundles: dict[tuple[str, int], Bundle]) -> None:
    seconds = np.arange(96_000) / RATE
    plugin = hosted(bundles[TRACKER, 1])
    for course in (np.full(96_000, 300.0), np.full(96_000, 4321.0), 4321.0 * 2.0 ** (-0.2 * seconds)):
        sound = 0.1 * ph.noise(96_000) + tone(96_000, course)
        plugin.process(sound[None], RATE, sidechain=np.zeros((1, 96_000)), reset=False)
        assert frequency_of(plugin) == pytest.approx(course[-1], rel=0.01)


@pytest.mark.parametrize("rumble", [0.0, 25.0, 30.0])
def test_noise_alone_and_what_is_too_low_move_no_tone(rumble: float, bundles: dict[tuple[str, int], Bundle]) -> None:
    heard = 0.01 * ph.noise(96_000) + tone(96_000, rumble, 0.3)
    plugin = hosted(bundles[TRACKER, 1])
    plugin.process(heard[None], RATE, sidechain=np.zeros((1, 96_000)))
    assert frequency_of(plugin) == 1000.0


@pytest.mark.parametrize("choice", [ALONE, INPUT, WITHOUT])
def test_the_tone_or_the_rest_can_be_heard(choice: int, bundles: dict[tuple[str, int], Bundle]) -> None:
    rest, hum = 0.03 * ph.noise(96_000), tone(96_000, 440.0)
    plugin = hosted(bundles[TRACKER, 1])
    assert plugin.parameters["output"].value == WITHOUT
    plugin.parameters["output"].value = float(choice)
    out = plugin.process((rest + hum)[None], RATE, sidechain=np.zeros((1, 96_000)))[0]
    wanted = {ALONE: hum, INPUT: rest + hum, WITHOUT: rest}[choice]
    assert decibels((out - wanted)[48_000:], hum) < -30.0


def test_a_tone_that_is_heard_on_the_side_chain_is_taken_out_of_the_input(
    bundles: dict[tuple[str, int], Bundle],
) -> None:
    hum, other = tone(96_000, 97.0), tone(96_000, 2000.0)
    plugin = hosted(bundles[TRACKER, 1])
    out = plugin.process((other + 0.1 * hum)[None], RATE, sidechain=hum[None])[0]
    assert frequency_of(plugin) == pytest.approx(97.0, abs=0.1)
    assert decibels((out - other)[72_000:], 0.1 * hum) < -20.0


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_tone_outlives_silence_and_what_is_no_number(bad: float, bundles: dict[tuple[str, int], Bundle]) -> None:
    both = np.zeros((2, 144_000), np.float32)
    both[0] = 0.1 * ph.noise(144_000) + tone(144_000, np.repeat([440.0, 880.0], [96_000, 48_000]))
    both[0, 48_000:96_000] = bad
    plugin = direct(bundles[TRACKER, 1])
    out = plugin.run(both[:, :96_000], 1, [64])
    kept = plugin.controls[3 + METER][0]
    plugin.run(both[:, 96_000:], 1, [64])
    found = plugin.controls[3 + METER][0]
    plugin.close()
    assert np.isfinite(out).all()
    assert kept == pytest.approx(440.0, rel=0.02)
    assert found == pytest.approx(880.0, abs=1.0)


def test_stereo_plugins_learn_from_both_sides(bundles: dict[tuple[str, int], Bundle]) -> None:
    x = 0.1 * np.stack([ph.noise(48_000), ph.noise(96_000)[48_000:]])
    aligner, tracker = hosted(bundles[ALIGNER, 2]), hosted(bundles[TRACKER, 2])
    aligner.process(x, RATE, sidechain=np.stack([later(side, 432.1) for side in x]))
    assert delay_of(aligner) == pytest.approx(432.1, abs=0.02)
    right = np.stack([x[0], x[1] + tone(48_000, 700.0, 0.2)])
    tracker.process(right, RATE, sidechain=np.zeros_like(right))
    assert frequency_of(tracker) == pytest.approx(700.0, abs=1.0)


def direct(bundle: Bundle) -> Direct:
    """Return a mono plugin as it starts, with its first meter connected."""
    starts = [float(hosted(bundle).parameters[name].value) for name in CONTROLS]
    values = dict(enumerate([*starts, 0.0, 0.0, 0.0, 0.0]))
    return Direct(next(bundle.path.glob("*.so")), RATE, {3 + port: value for port, value in values.items()})


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
@pytest.mark.parametrize("blocks", [[1, 0, 31], [8192], [33, 7]])
def test_what_a_guide_says_does_not_depend_on_blocks(
    name: str, blocks: list[int], bundles: dict[tuple[str, int], Bundle]
) -> None:
    x = 0.1 * ph.noise(20_000)
    both = np.stack([x + tone(20_000, 440.0), later(x, 60.5)]).astype(np.float32)
    if name == TRACKER:
        both[1] = 0.0
    outs = []
    for sizes in ([512], blocks):
        plugin = direct(bundles[name, 1])
        outs.append(plugin.run(both, 1, sizes))
        moved = plugin.controls[3 + METER][0]
        plugin.close()
    assert moved not in {0.0, 1000.0}
    np.testing.assert_array_equal(*outs)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_what_was_found_goes_into_the_session(name: str, bundles: dict[tuple[str, int], Bundle]) -> None:
    x = 0.1 * ph.noise(24_000)
    both = (x, later(x, 60.5)) if name == ALIGNER else (x + tone(24_000, 440.0), np.zeros(24_000))
    first, second = hosted(bundles[name, 1]), hosted(bundles[name, 1])
    first.process(both[0][None], RATE, sidechain=both[1][None])
    second.state = first.state
    for plugin in (first, second):
        plugin.parameters["learn"].value = 0.0
    expected, again = (
        plugin.process(both[0][None], RATE, sidechain=both[1][None], reset=False) for plugin in (first, second)
    )
    meter = "learned_delay" if name == ALIGNER else "learned_frequency"
    found = {ALIGNER: 60.5 / RATE, TRACKER: 440.0}[name]
    assert second.parameters[meter].value == first.parameters[meter].value == pytest.approx(found, rel=0.01)
    np.testing.assert_allclose(again[0, 12_000:], expected[0, 12_000:], atol=1e-6)


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_a_guide_never_calls_the_heap_and_one_that_does_is_caught(
    name: str, bundles: dict[tuple[str, int], Bundle], tmp_path: Path
) -> None:
    assert heap_is_called(bundles[name, 1].path, tmp_path) == 0
    folder = sabotaged(bundles[name, 1].path, tmp_path)
    assert heap_is_called(folder, tmp_path) == 1


def heap_is_called(bundle: Path, work: Path) -> int:
    wrapped = "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free"
    flags = ["-std=c11", "-O1", "-fno-builtin-malloc", "-fno-builtin-free", wrapped, "-I", str(bundle)]
    files = [str(bundle / "plugin.c"), str(DRIVER), "-o", str(work / "drive"), "-lm"]
    subprocess.run([*find_compiler().command, *flags, *files], check=True)
    return subprocess.run([work / "drive"], check=False, timeout=60).returncode


def sabotaged(bundle: Path, work: Path) -> Path:
    """Return a copy of a plugin whose guide calls the heap."""
    folder = work / "sabotaged"
    folder.mkdir()
    for path in [*bundle.glob("*.c"), *bundle.glob("*.h")]:
        text = path.read_text()
        if path.name in {"aligner.h", "tracker.h"}:
            mark = "static inline void guide_step(Guide *g)\n{\n"
            assert mark in text
            text = text.replace(mark, f"{mark}    free(malloc((size_t)g->rate));\n")
            text = text.replace("#include", "#include <stdlib.h>\n#include", 1)
        (folder / path.name).write_text(text)
    return folder


@pytest.mark.parametrize("name", [ALIGNER, TRACKER])
def test_clang_proves_that_a_guide_never_waits_and_refutes_one_that_does(
    name: str, bundles: dict[tuple[str, int], Bundle], tmp_path: Path
) -> None:
    flags = ["-std=c11", "-Wfunction-effects", "-Werror=function-effects", "-c", "plugin.c", "-o", tmp_path / "it.o"]
    command = [sys.executable, "-m", "ziglang", "cc", *flags]
    done = subprocess.run(command, cwd=bundles[name, 1].path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = sabotaged(bundles[name, 1].path, tmp_path)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "calls non-'nonblocking' function 'free'" in done.stderr


def test_validators_find_nothing_wrong(bundles: dict[tuple[str, int], Bundle]) -> None:
    for bundle in bundles.values():
        files = sorted(map(str, bundle.path.glob("*.ttl")))
        done = subprocess.run([tool("lv2_validate"), *files], capture_output=True, text=True, check=False)
        told = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("Skipping file /usr")]
        assert done.returncode == 0
        assert len(told) == 1, told


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
    assert rows[TRACKER]["heard"] == "Without the tone"
    assert main(["plugins", "--ours"]) == 0
    table = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert str(tmp_path / "here") in table["lowpass"]
    assert "nowhere" in table[ALIGNER]
