"""The ready plugins as they come with the package: built by its exporter, copied or compiled anew when installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from needs import give_up

import pyhost as ph
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import prebuilt
from pyhost.export.ready import READY, files_of, install_lv2
from pyhost.host.lv2 import LV2Plugin

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pedalboard", "soxr", "matplotlib", "rich", "click", "mido")


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it lies in a package, with one of the plugins."""
    folder = tmp_path_factory.mktemp("package") / "lv2"
    assert not [bundle.not_built for bundle in install_lv2(folder, ["gain-dc"]) if bundle.not_built]
    return folder


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler that only writes down how it is called, into this file, and makes an empty one of what is wanted."""
    told, script = tmp_path / "called", tmp_path / "compiler"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> "{told}"\nfor word; do [ "$last" = -o ] && : > "$word"; last=$word; done; exit 0\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    return told


def test_an_installed_package_has_every_ready_plugin_in_it() -> None:
    folder = prebuilt.prebuilt()
    if folder is None:
        give_up("this pyhost was built without its plugins: pip install . with numpy there")
    names = {f"{files}.lv2" for name in READY for files in files_of(name).values()}
    assert {path.name for path in folder.iterdir()} == names
    assert all(list(path.glob("*.so")) for path in folder.iterdir())


def test_without_a_compiler_they_are_copied_and_work(
    came: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prebuilt, "prebuilt", lambda: came)
    monkeypatch.setenv("CC", "no-such-compiler")
    bundles = list(prebuilt.install(tmp_path, ["gain-dc"]))
    assert [bundle.path.name for bundle in bundles] == ["pyhost-gain-dc.lv2", "pyhost-gain-dc-stereo.lv2"]
    plugin = LV2Plugin(bundles[0].uri, bundles[0].path)
    dry = 0.5 * ph.noise(9600)[None]
    plugin.process(dry, 48_000.0, sidechain=0.5 * dry)
    assert plugin.parameters["learned_gain"].value == pytest.approx(0.5, abs=0.02)


def test_with_a_compiler_they_are_compiled_for_this_machine_unless_that_is_not_wanted(
    came: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: Path
) -> None:
    monkeypatch.setattr(prebuilt, "prebuilt", lambda: came)
    copied = list(prebuilt.install(tmp_path / "copied", ["gain-dc"], as_they_came=True))
    assert not compiler.exists()
    built = list(prebuilt.install(tmp_path / "built", ["gain-dc"]))
    calls = compiler.read_text().splitlines()
    assert len(calls) == len(built) == len(copied) == 2
    assert all(("-march=native" in call) == (os.uname().machine == "x86_64") for call in calls)
    assert [bundle.uri for bundle in built] == [bundle.uri for bundle in copied]


def test_what_comes_with_the_package_is_compiled_for_every_processor(tmp_path: Path, compiler: Path) -> None:
    assert len(list(install_lv2(tmp_path, ["gain-dc"]))) == 2
    assert "-march" not in compiler.read_text()


def test_a_copy_replaces_an_older_one_and_nothing_of_someone_else(
    came: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prebuilt, "prebuilt", lambda: came)
    for _ in range(2):
        first = next(iter(prebuilt.install(tmp_path, ["gain-dc"], as_they_came=True)))
        assert not (first.path / "left over").exists()
        (first.path / "left over").touch()
    shutil.rmtree(first.path)
    first.path.mkdir()
    with pytest.raises(ExportError, match="was not exported by pyhost"):
        next(iter(prebuilt.install(tmp_path, ["gain-dc"], as_they_came=True)))


@pytest.mark.parametrize(
    ("names", "there", "told"),
    [
        (["gain-dc"], False, "built without the ready plugins; leave out --prebuilt"),
        (["lowpass"], True, "pyhost-lowpass did not come with this pyhost"),
        (["gain-dcc"], True, "there is no ready plugin 'gain-dcc'"),
    ],
)
def test_what_is_not_there_to_be_copied_is_told(
    names: list[str],
    there: bool,
    told: str,
    *,
    came: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(prebuilt, "prebuilt", lambda: came if there else None)
    assert main(["install-lv2", *names, "--to", str(tmp_path), "--prebuilt"]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_command_tells_what_it_copied(
    came: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prebuilt, "prebuilt", lambda: came)
    assert main(["install-lv2", "gain-dc", "--to", str(tmp_path), "--prebuilt", "--json"]) == 0
    plugins = json.loads(capsys.readouterr().out)["plugins"]
    assert [plugin["uri"] for plugin in plugins] == ["urn:pyhost:ready:gain-dc", "urn:pyhost:ready:gain-dc-stereo"]
    assert all(plugin["built"] for plugin in plugins)


def test_they_are_exported_with_nothing_but_numpy_and_cffi(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY}))  # importing one of these fails now
from pyhost.export.ready import install_lv2
for bundle in install_lv2({str(tmp_path)!r}, ["gain-dc"]):
    assert bundle.not_built, bundle
"""
    environment = {**os.environ, "CC": "no-such-compiler"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    assert (tmp_path / "pyhost-gain-dc.lv2" / "plugin.c").is_file()


def test_a_build_of_the_package_goes_on_without_them_and_says_why(tmp_path: Path) -> None:
    core = tmp_path / "_core.so"
    core.write_bytes(np.zeros(4, np.uint8).tobytes())
    settings = {
        "SOURCE": ROOT,
        "BINARY": tmp_path / "build",
        "CORE": core,
        "PYTHON": sys.executable,
        "CC": "no-such-compiler",
    }
    command = [shutil.which("cmake") or "cmake", *(f"-D{name}={value}" for name, value in settings.items())]
    done = subprocess.run(
        [*command, "-P", str(ROOT / "plugin" / "ready.cmake")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "the ready plugins are left out of the package" in " ".join(done.stderr.split())
    assert "pyhost install-lv2 builds them later" in " ".join(done.stderr.split())
    assert not (tmp_path / "build" / "lv2").exists()
