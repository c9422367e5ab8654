"""A plugin that learns in jalv, a host that others wrote, under a JACK server without sound cards."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from lv2_bundles import hosted, seeing
from lv2_learning import Learners, chain_of, recordings
from needs import tool

import pyhost as ph
from pyhost.export import Bundle, export_lv2
from pyhost.learn.learned import freeze

LONGEST = 20.0
"""Seconds that anything may take to start or to end on a busy machine."""


@pytest.fixture(scope="module")
def jack() -> Iterator[dict[str, str]]:
    """The environment of a JACK server's clients."""
    name = f"pyhost-{os.getpid()}"
    environment = {**os.environ, "JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    tools = [tool(program) for program in ("jackd", "jack_lsp", "jalv")]
    command = [tools[0], "-n", name, "-r", "-t", "5000", "-d", "dummy", "-r", "48000", "-p", "512"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for("system:playback_1", environment)
        yield environment
    finally:
        server.terminate()
        server.wait(LONGEST)


def _wait_for(port: str, environment: dict[str, str]) -> None:
    """Wait until a port of JACK is there."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        listed = subprocess.run(["jack_lsp"], env=environment, capture_output=True, text=True, check=False)
        if port in listed.stdout.splitlines():
            return
        time.sleep(0.05)
    raise AssertionError(f"{port} did not appear in JACK")


@contextmanager
def jalv(client: str, bundle: Bundle, jack: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run a plugin; jalv ends when its input does."""
    environment = seeing(bundle, jack)
    command = ["jalv", "-x", "-n", client, *options, bundle.uri]
    pipe = subprocess.PIPE
    host = subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"{client}:out", environment)
        yield host
    finally:
        try:
            if host.poll() is None:
                host.communicate(timeout=LONGEST)  # JACK waits for clients that end without saying so
        finally:
            host.kill()


def told(host: subprocess.Popen[str], commands: str) -> dict[str, float]:
    """Return the values that jalv prints for commands, and end it."""
    out, _ = host.communicate(commands, timeout=LONGEST)
    assert host.returncode == 0
    lines = [line.removeprefix("> ").split(" = ") for line in out.splitlines() if " = " in line]
    return {symbol: float(value) for symbol, value in lines}


@pytest.fixture(scope="module")
def bundles(learners: Learners, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """What learns, what is learned, and a tone to learn it from."""
    folder = tmp_path_factory.mktemp("lv2")
    teacher = chain_of("gain")
    teacher.parameters.set({"gain": 0.5, "dc": 0.1})
    return {
        "learner": learners["gain"],
        "teacher": export_lv2(teacher, folder, name="teacher"),
        "tone": export_lv2(freeze(lambda x: 0.5 * ph.osc(440.0) + 0.0 * x, "tone"), folder, name="tone"),
    }


def test_what_another_host_has_begun_to_learn_is_learned_on(
    bundles: dict[str, Bundle], jack: dict[str, str], tmp_path: Path
) -> None:
    dry, target = recordings("gain", 100)
    first = hosted(bundles["learner"])
    first.parameters["optimizer"].value = 3.0
    first.parameters["rate"].value = 0.01
    first.parameters["gain"].value = 2.0
    first.process(dry, 48_000.0, sidechain=target)
    begun = first.parameters["learned_gain"].value
    assert 1.0 < begun < 2.0
    first.parameters["learn"].value = 0.0
    (tmp_path / "state.ttl").write_bytes(first.state)
    with (
        jalv("tone", bundles["tone"], jack),
        jalv("teacher", bundles["teacher"], jack),
        jalv("learner", bundles["learner"], jack, "-l", str(tmp_path)) as learner,
    ):
        for source, sink in (("tone:out", "teacher:in"), ("tone:out", "learner:in"), ("teacher:out", "learner:target")):
            subprocess.run([tool("jack_connect"), source, sink], env=jack, check=True)
        time.sleep(0.2)
        assert learner.stdin is not None
        learner.stdin.write("controls\nmonitors\nlearn = 1\n")
        learner.stdin.flush()
        time.sleep(2.0)
        out, _ = learner.communicate("monitors\n", timeout=LONGEST)
    values = [float(line.split(" = ")[1]) for line in out.splitlines() if "learned_gain = " in line]
    assert values[0] == pytest.approx(begun, abs=1e-6)
    assert values[-1] == pytest.approx(0.5, abs=0.01)
    assert "optimizer = 3.000000" in out
    assert learner.returncode == 0


def test_its_controls_are_those_of_the_host(bundles: dict[str, Bundle], jack: dict[str, str]) -> None:
    with jalv("alone", bundles["learner"], jack, "-c", "learn=0", "-c", "gain=0.7") as host:
        time.sleep(0.3)
        values = told(host, "controls\nmonitors\n")
    assert values["gain"] == values["learned_gain"] == pytest.approx(0.7)
    assert values["rate"] == 1.0
    assert np.isfinite(list(values.values())).all()


def test_its_presets_are_listed(bundles: dict[str, Bundle], jack: dict[str, str]) -> None:
    with jalv("preset", bundles["learner"], jack) as host:
        out, _ = host.communicate(f"presets\npreset {bundles['learner'].uri}:preset:careful\n", timeout=LONGEST)
    assert f"{bundles['learner'].uri}:preset:careful (Careful)" in out
