"""LV2 plugins, real ones: they sound as in other hosts, and everything of theirs can be reached."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import read_audio, write_audio
from pyhost.errors import AudioError, InputError, ParameterError, PluginError
from pyhost.host import Dry, LV2Plugin, Parallel, Series
from pyhost.host.lv2.catalogue import Catalogue

RATE = 48_000
NOISE = 0.3 * ph.noise(4096)
NOTE = (100, bytes([0x90, 60, 100]))

EQUALISER = "http://gareus.org/oss/lv2/fil4#mono"
LATE = "urn:zamaudio:ZaMaximX2"
LSP_COMPRESSOR = "http://lsp-plug.in/plugins/lv2/sc_compressor_mono"
SYNTH = "http://drobilla.net/plugins/mda/JX10"
ZAM_COMPRESSOR = "urn:zamaudio:ZamCompX2"

# lv2apply offers no features and no atom ports; these can do without.
APPLIED = [
    "http://drobilla.net/plugins/mda/Combo",
    "http://drobilla.net/plugins/mda/Degrade",
    "http://drobilla.net/plugins/mda/Delay",
    "http://drobilla.net/plugins/mda/Overdrive",
    "http://drobilla.net/plugins/mda/RezFilter",
    "http://lv2plug.in/plugins/eg-amp",
    "http://plugin.org.uk/swh-plugins/amp",
    "http://plugin.org.uk/swh-plugins/comb",
    "http://plugin.org.uk/swh-plugins/delay_c",
    "http://plugin.org.uk/swh-plugins/foldover",
    "http://calf.sourceforge.net/plugins/Equalizer5Band",
    "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_mono",
]

Installed = Callable[..., None]


@pytest.fixture
def real(installed: Installed) -> Callable[[str], LV2Plugin]:
    """A function that loads a real plugin into this process: it is faster, and these are known to behave."""

    def load(uri: str) -> LV2Plugin:
        installed(uri)
        return LV2Plugin(uri)

    return load


Real = Callable[[str], LV2Plugin]


def in_blocks(plugin: LV2Plugin, audio: np.ndarray, frames: int) -> np.ndarray:
    parts = [plugin.process(audio[:, at : at + frames], RATE, reset=at == 0) for at in range(0, audio.shape[1], frames)]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("uri", APPLIED)
def test_a_plugin_gives_what_lv2apply_gives_to_the_bit(uri: str, real: Real, tmp_path: Path) -> None:
    plugin = real(uri)
    dry = np.tile(NOISE[:1024], (plugin.channels.inputs or 0, 1)).astype(np.float32).astype(np.float64)
    write_audio(tmp_path / "in.wav", dry, RATE)
    subprocess.run(["lv2apply", "-i", "in.wav", "-o", "out.wav", uri], cwd=tmp_path, check=True, capture_output=True)
    # lv2apply runs a plugin frame by frame, and some smooth their controls once in a run.
    np.testing.assert_array_equal(in_blocks(plugin, dry, 1), read_audio(tmp_path / "out.wav"))


@pytest.mark.parametrize("uri", [ZAM_COMPRESSOR, LSP_COMPRESSOR, "http://drobilla.net/plugins/mda/Delay"])
def test_the_output_does_not_depend_on_the_size_of_blocks(uri: str, real: Real) -> None:
    plugin = real(uri)
    dry = np.tile(NOISE[:2048], (plugin.channels.inputs or 0, 1))
    whole = in_blocks(plugin, dry, 2048)
    assert whole.any()
    for frames in (7, 512):
        np.testing.assert_allclose(in_blocks(plugin, dry, frames), whole, atol=1e-6)


def test_one_frame_at_a_time_is_enough(real: Real) -> None:
    plugin = real("http://lv2plug.in/plugins/eg-amp")
    np.testing.assert_array_equal(in_blocks(plugin, NOISE[None, :64], 1), plugin.process(NOISE[:64], RATE))


def test_parallel_branches_stay_in_step_with_a_plugin_that_looks_ahead(real: Real) -> None:
    late = real(LATE)
    impulse = np.zeros((2, 2048))
    impulse[:, 300] = 0.01
    both = Parallel([Dry(), late])
    made = both.process(impulse, RATE)
    assert both.latency_samples == late.latency_samples == 480
    assert np.argmax(np.abs(made[0])) == 780
    np.testing.assert_allclose(made[:, 780], 0.02, rtol=1e-3)
    assert np.abs(np.delete(made, 780, axis=1)).max() < 1e-4


def test_latencies_of_a_series_add_up(real: Real) -> None:
    series = Series([real(LATE), real(LATE)])
    series.process(np.zeros((2, 8)), RATE)
    assert series.latency_samples == 960
    assert series.names == ("ZaMaximX2", "ZaMaximX2_2")


@pytest.mark.parametrize(
    ("uri", "settings"),
    [
        (ZAM_COMPRESSOR, {"sidechain": 1.0, "thr": -40.0, "rat": 20.0}),
        (LSP_COMPRESSOR, {"sct": 2.0, "al": 0.01, "cr": 20.0}),
    ],
)
def test_a_compressor_reacts_to_its_side_chain(uri: str, settings: dict[str, float], real: Real) -> None:
    plugin = real(uri)
    plugin.parameters.set(settings)
    tone = np.tile(0.1 * np.sin(np.arange(24_000) * 0.1), (plugin.channels.inputs or 0, 1))
    assert plugin.channels.sidechain == 1
    alone = plugin.process(tone, RATE)[:, -4096:]
    ducked = plugin.process(tone, RATE, sidechain=10.0 * tone[:1])[:, -4096:]
    assert np.abs(ducked).max() < 0.5 * np.abs(alone).max()


def test_a_side_chain_is_checked(real: Real) -> None:
    plugin = real(ZAM_COMPRESSOR)
    with pytest.raises(AudioError, match="the side-chain has 9 frames and the audio 10"):
        plugin.process(np.zeros((2, 10)), RATE, sidechain=np.zeros(9))
    with pytest.raises(AudioError, match="the side-chain of ZamCompX2 takes 1 channels, not 3"):
        plugin.process(np.zeros((2, 10)), RATE, sidechain=np.zeros((3, 10)))
    with pytest.raises(AudioError, match=r"x42-eq.* has no side-chain"):
        real(EQUALISER).process(np.zeros(10), RATE, sidechain=np.zeros(10))


def test_an_instrument_plays_what_it_is_told_when_it_is_told(real: Real) -> None:
    synth = real(SYNTH)
    assert synth.channels.inputs == 0
    assert synth.takes_midi
    played = synth.process(np.zeros((0, 4096)), RATE, midi=[NOTE])
    assert played.shape == (2, 4096)
    assert np.abs(played).max() > 0.01
    assert not played[:, :100].any()
    later = synth.process(np.zeros((0, 4096)), RATE, midi=[(600, NOTE[1])])
    assert not later[:, :600].any()
    assert np.abs(later).max() > 0.01


def test_an_instrument_takes_no_audio_and_says_so(real: Real) -> None:
    with pytest.raises(AudioError, match=r"takes no audio; say how long it shall play with np.zeros\(\(0, frames\)\)"):
        real(SYNTH).process(np.zeros(64), RATE)


def test_an_instrument_can_be_followed_by_an_effect(real: Real) -> None:
    series = Series([real(SYNTH), "Gain"])
    series.parameters["Gain.gain_db"].value = -6.0
    alone = real(SYNTH).process(np.zeros((0, 2048)), RATE, midi=[NOTE])
    made = series.process(np.zeros((0, 2048)), RATE, midi=[NOTE])
    np.testing.assert_allclose(made, alone * 10 ** (-6 / 20), rtol=1e-5)


def test_midi_out_of_order_or_for_who_takes_none_is_refused(real: Real) -> None:
    with pytest.raises(InputError, match="out of order, empty or outside"):
        real(SYNTH).process(np.zeros((0, 64)), RATE, midi=[NOTE])
    with pytest.raises(InputError, match="takes no MIDI"):
        real(LSP_COMPRESSOR).process(np.zeros(512), RATE, midi=[NOTE])


def test_every_control_has_its_unit_range_and_choices_from_the_turtle(real: Real) -> None:
    plugin = real(ZAM_COMPRESSOR)
    threshold = plugin.parameters["thr"]
    assert (threshold.minimum, threshold.maximum, threshold.unit) == (-80.0, 0.0, "dB")
    lsp = real(LSP_COMPRESSOR)
    lsp.sct = "External"
    assert lsp.parameters["sct"].choice == "External"
    with pytest.raises(ParameterError, match="no choice 'Extern'; did you mean 'External'"):
        lsp.sct = "Extern"


def test_a_control_can_be_set_to_its_bounds_and_to_what_it_reads(real: Real) -> None:
    for uri in (ZAM_COMPRESSOR, LSP_COMPRESSOR, EQUALISER):
        for parameter in real(uri).parameters.values():
            if not parameter.meter:
                for value in (parameter.minimum, parameter.maximum, parameter.default, parameter.value):
                    parameter.value = value
                    assert parameter.value == pytest.approx(value, rel=1e-6)


def test_a_control_output_is_a_meter_that_moves(real: Real) -> None:
    plugin = real(ZAM_COMPRESSOR)
    plugin.thr = -60.0
    plugin.process(np.tile(NOISE, (2, 1)), RATE)
    assert plugin.gr > 3.0
    with pytest.raises(ParameterError, match="'gr' is a meter"):
        plugin.gr = 1.0


def test_a_preset_is_found_by_name_and_changes_the_sound(real: Real) -> None:
    equaliser = real("urn:zamaudio:ZamEQ2")
    plain = equaliser.process(NOISE, RATE)
    equaliser.load_preset("CarvedBass")
    assert np.abs(equaliser.process(NOISE, RATE) - plain).max() > 0.01
    with pytest.raises(PluginError, match="has no preset 'CarvedBas'; did you mean 'CarvedBass'"):
        equaliser.load_preset("CarvedBas")


@pytest.mark.parametrize("uri", [EQUALISER, LSP_COMPRESSOR])
def test_state_gives_the_same_output_in_another_process(uri: str, real: Real, tmp_path: Path) -> None:
    plugin = real(uri)
    for parameter in list(plugin.parameters.values())[:12]:
        if not (parameter.meter or parameter.choices or parameter.info.integer):
            low, high = max(parameter.minimum, -50.0), min(parameter.maximum, 5000.0)
            parameter.value = low + 0.3 * (high - low)
    plugin.save(tmp_path / "plugin.json")
    np.save(tmp_path / "made.npy", plugin.process(NOISE, RATE))
    code = (
        "import sys, numpy as np, pyhost as ph\n"
        "made = np.load('made.npy')\n"
        "plugin = ph.load('plugin.json')\n"
        f"again = plugin.process(0.3 * ph.noise(4096), {RATE})\n"
        "sys.exit(0 if made.any() and np.array_equal(made, again) else 1)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_state_that_is_none_or_another_s_is_refused(real: Real) -> None:
    plugin = real(EQUALISER)
    with pytest.raises(PluginError, match="this is no state of an LV2 plugin"):
        plugin.state = b"nonsense"
    with pytest.raises(PluginError, match="this state is of urn:zamaudio:ZamCompX2, not of"):
        plugin.state = real(ZAM_COMPRESSOR).state


def test_a_plugin_keeps_its_state_over_a_reset(real: Real) -> None:
    plugin = real(ZAM_COMPRESSOR)
    plugin.thr = -33.0
    plugin.process(np.zeros((2, 64)), RATE)
    plugin.reset()
    assert plugin.thr == -33.0
    assert b"-33" in plugin.state


def test_an_unknown_uri_suggests_the_nearest(installed: Installed) -> None:
    installed(LATE)
    with pytest.raises(PluginError, match="no LV2 plugin 'urn:zamaudio:ZaMaximX3'; did you mean 'urn:zamaudio:ZaMax"):
        LV2Plugin("urn:zamaudio:ZaMaximX3")


def test_a_folder_that_is_no_bundle_is_refused(installed: Installed, tmp_path: Path) -> None:
    installed(LATE)
    with pytest.raises(PluginError, match=r"is no LV2 bundle: it has no manifest\.ttl"):
        Catalogue(tmp_path)


def test_without_lilv_the_message_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "from pyhost.host.lv2 import lilv\n"
        "lilv.LIBRARIES = ('libnothing.so.7',)\n"
        "try:\n    lilv.library()\nexcept lilv.PluginError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "need the library lilv" in done.stdout
    assert "apt install liblilv-0-0" in done.stdout


def test_a_relative_lv2_path_is_made_absolute(installed: Installed) -> None:
    installed(LATE)
    code = (
        "import os\nos.chdir('/usr/lib')\nos.environ['LV2_PATH'] = 'lv2'\n"
        "from pyhost.host import LV2Plugin\n"
        f"print(LV2Plugin({LATE!r}).name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "ZaMaximX2\n"
