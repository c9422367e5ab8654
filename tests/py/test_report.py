"""The report: its page, plots and audio, and the folder that is written whole or not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import pyhost as ph
from pyhost.audio import audio_info, read_audio, write_audio
from pyhost.cli import main
from pyhost.report.folder import check_report_folder, report_folder
from pyhost.report.learning import difference_percent
from pyhost.report.measure import LISTEN_SECONDS, SEGMENT, Spectrum

RATE = 48_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_audio(tmp_path / "a<b>&c.wav", 0.5 * np.stack([ph.noise(9600), -ph.noise(9600)]), RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(chain: str, truth: str, *arguments: str) -> int:
    common = ["--rate", "0.1", "--window", "1", "--report", "report", "--quiet"]
    return main(["learn", "a<b>&c.wav", "--chain", chain, "--truth", truth, "-o", "learned.json", *common, *arguments])


class Links(HTMLParser):
    """Gathers what a page refers to, and that its tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_shows_every_file_beside_it(folder: Path) -> None:
    assert learn("gain | fir(taps=4)", "gain(gain=1) | fir(taps=[1, 0.5, 0, -0.25])", "--lock", "gain") == 0
    page = Links()
    page.feed((folder / "report" / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    beside = {path.name for path in (folder / "report").iterdir()} - {"index.html"}
    plots = {"parameters.png", "loss.png", "error.png", "spectrum.png", "vector-taps.png"}
    assert set(page.sources) == beside == plots | {"dry.wav", "target.wav", "learned.wav"}
    for text in (
        "gain | fir(taps=4)",
        "a<b>&c.wav",
        "taps[3]",
        "-0.25",
        "locked",
        "SGD, rate 0.1",
        "hidden",
        "difference",
    ):
        assert text in page.text, text
    for plot in plots:
        assert (folder / "report" / plot).read_bytes().startswith(b"\x89PNG")


def test_the_audio_is_dry_target_and_learned(folder: Path) -> None:
    assert learn("gain", "gain(gain=0.5)") == 0
    dry, target, learned = (read_audio(folder / "report" / f"{name}.wav") for name in ("dry", "target", "learned"))
    np.testing.assert_allclose(dry, read_audio("a<b>&c.wav"), atol=1e-4)
    np.testing.assert_allclose(target, 0.5 * dry, atol=1e-4)
    np.testing.assert_allclose(learned, target, atol=1e-4)


def test_an_earlier_report_is_replaced_and_anything_else_is_left_alone(folder: Path) -> None:
    assert learn("fir(taps=2)", "fir(taps=[1, 0])", "--passes", "1") == 0
    assert learn("gain", "gain(gain=0.5)", "--passes", "1") == 0
    assert not (folder / "report" / "vector-taps.png").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["a<b>&c.wav", "learned.json", "report"]
    (folder / "report" / "index.html").write_text("my own page")
    assert learn("gain", "gain(gain=0.5)") == 2
    assert (folder / "report" / "index.html").read_text() == "my own page"


def test_a_report_that_fails_leaves_the_earlier_one_and_no_trace(tmp_path: Path) -> None:
    with report_folder(tmp_path / "report") as path:
        (path / "index.html").write_text('<meta name="generator" content="pyhost report">first')

    def fail_on_the_way() -> None:
        with report_folder(tmp_path / "report") as path:
            (path / "index.html").write_text("second")
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail_on_the_way()
    assert (tmp_path / "report" / "index.html").read_text().endswith("first")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    check_report_folder(tmp_path / "report")


def test_an_empty_folder_and_one_in_a_folder_reached_by_a_link_are_taken(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with report_folder(tmp_path / "link") as path:
        (path / "index.html").write_text("here")
    assert (tmp_path / "real" / "index.html").read_text() == "here"
    assert (tmp_path / "link").is_symlink()


def test_of_a_long_recording_the_first_minute_can_be_listened_to(folder: Path) -> None:
    rate = 1000
    write_audio("a<b>&c.wav", 0.5 * ph.noise(int(70 * rate)), rate)
    assert learn("gain", "gain(gain=0.5)", "--passes", "1") == 0
    assert audio_info(folder / "report" / "learned.wav").duration == LISTEN_SECONDS
    assert "The first 60 s of 70.0 s." in (folder / "report" / "index.html").read_text(encoding="utf-8")


def test_a_trace_with_bounded_rows_spreads_them_evenly_over_all_passes() -> None:
    noise = ph.noise(1000)
    learner = ph.Learner(lambda x: x * ph.param("gain", 1.0), optimizer=ph.SGD(1e-3))
    trace = learner.learn(noise, 0.5 * noise, sample_rate=RATE, passes=7, tolerance=0.0, record=True, rows=50)
    whole = ph.Learner(lambda x: x * ph.param("gain", 1.0), optimizer=ph.SGD(1e-3)).learn(
        noise, 0.5 * noise, sample_rate=RATE, passes=7, tolerance=0.0, record=True
    )
    assert 7 <= len(trace.loss) <= 50
    assert len(trace.samples) == len(trace.loss) == len(trace.parameters["gain"])
    assert whole.samples.tolist() == list(range(7000))
    assert trace.parameters["gain"].tolist() == whole.parameters["gain"][trace.samples].tolist()
    assert trace.loss.tolist() == whole.loss[trace.samples].tolist()
    assert [int(np.sum(trace.samples // 1000 == number)) for number in range(7)] == [len(trace.loss) // 7] * 7


def test_a_full_scale_sine_has_a_spectral_peak_of_zero_decibels_at_its_frequency() -> None:
    spectrum = Spectrum(1)
    bin_number = 400
    sine = np.sin(2.0 * np.pi * bin_number / SEGMENT * np.arange(5 * SEGMENT))
    for part in np.split(sine[np.newaxis], [100, 5000, 5001], axis=1):
        spectrum.add(part)
    decibels = spectrum.decibels()
    assert int(np.argmax(decibels)) == bin_number
    assert decibels[bin_number] == pytest.approx(0.0, abs=0.01)
    assert decibels[bin_number + 50] < -100.0


def test_the_difference_is_in_percent_of_the_hidden_value() -> None:
    assert difference_percent(0.51, 0.5) == pytest.approx(2.0)
    assert difference_percent([1.0, 0.01], [1.0, 0.0]) == pytest.approx(1.0)
    assert difference_percent(0.0, 0.0) == 0.0
    assert np.isnan(difference_percent(0.1, 0.0))


def test_the_numbers_in_the_page_are_those_that_were_learned(folder: Path) -> None:
    assert learn("gain", "gain(gain=0.5)") == 0
    text = re.sub(r"<[^>]*>", " ", (folder / "report" / "index.html").read_text(encoding="utf-8")).split()
    place = text.index("gain", text.index("range"))
    assert text[place + 1 : place + 4] == ["1", "0.5", "0.5"]
