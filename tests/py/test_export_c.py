"""A learned chain as one C file: compiled without a warning, it does what ``pyhost apply`` does."""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.cli import main
from pyhost.errors import ExportError
from pyhost.export import export_c
from pyhost.export.headers import inlined
from pyhost.learn.learned import LearnedChain, freeze
from pyhost.native.compiler import find_compiler

STRICT = re.findall(
    r"\S+",
    "-std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror",
)

CHAINS = {
    "gain and dc": ("gain(gain=0.7) | dc(dc=0.01)", None, 0),
    "a filter in Hz": ("lowpass(cutoff=800) | peaking(gain=3)", 44_100.0, 0),
    "something of everything": ("gain | drive | compressor | delay(delay=3.5) | onepole | gate", None, 7),
    "an equaliser that came late": ("peq(bands=3)", 48_000.0, 100),
}


def learned_chain(name: str) -> LearnedChain:
    text, rate, offset = CHAINS[name]
    learned = freeze(ph.chain(text))
    learned.sample_rate, learned.offset = rate, offset
    return learned


def compiled(path: Path, *more: str) -> Path:
    """Compile a file, without any warning, and return what came of it."""
    out = path.with_suffix(".out")
    command = [*find_compiler().command, *STRICT, *more, str(path), "-o", str(out), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


class Loaded:
    """An exported chain, called from Python."""

    def __init__(self, path: Path, name: str, sample_rate: float, *flags: str) -> None:
        self.library = ctypes.CDLL(str(compiled(path, "-fPIC", "-shared", *flags)))
        self.name = name
        self.memory = ctypes.create_string_buffer(1 << 20)
        self.runs = bool(self.call("init", ctypes.c_bool)(self.memory, ctypes.c_double(sample_rate)))

    def call(self, name: str, kind: object = None) -> ctypes._CFuncPtr:  # type: ignore[name-defined]
        function = self.library[f"{self.name}_{name}"]
        function.restype = kind
        return function

    def set(self, place: int, value: float) -> bool:
        return bool(self.call("set", ctypes.c_bool)(self.memory, ctypes.c_size_t(place), ctypes.c_double(value)))

    def process(self, audio: np.ndarray) -> np.ndarray:
        out = np.empty_like(audio)
        pointers = (ctypes.c_void_p(array.ctypes.data) for array in (audio, out))
        self.call("process")(self.memory, *pointers, ctypes.c_size_t(audio.size))
        return out


@pytest.mark.parametrize("name", CHAINS)
def test_an_exported_chain_compiles_without_a_warning_and_passes_its_own_test(name: str, tmp_path: Path) -> None:
    path = export_c(learned_chain(name), tmp_path / "my-chain.c")
    done = subprocess.run([compiled(path, "-DMY_CHAIN_TEST")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "my_chain: largest error" in done.stdout


def test_its_own_test_fails_where_a_value_was_changed(tmp_path: Path) -> None:
    path = export_c(learned_chain("gain and dc"), tmp_path / "chain_of_mine.c")
    text = path.read_text()
    changed = text.replace('{"dc", "", 0x1.47', '{"dc", "", 0x1.57')
    assert changed != text
    path.write_text(changed)
    done = subprocess.run([compiled(path, "-DCHAIN_OF_MINE_TEST")], capture_output=True, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("name", CHAINS)
def test_an_exported_chain_gives_the_bits_of_apply(name: str, tmp_path: Path) -> None:
    learned = learned_chain(name)
    rate = learned.sample_rate or 96_000.0
    exported = Loaded(export_c(learned, tmp_path / "it.c"), "it", rate)
    dry = 0.5 * ph.noise(4000)
    assert exported.runs
    np.testing.assert_array_equal(exported.process(dry), learned.process(dry, rate)[0])


def test_parameters_are_set_by_their_place_within_their_range_and_only_to_numbers(tmp_path: Path) -> None:
    learned = learned_chain("a filter in Hz")
    exported = Loaded(export_c(learned, tmp_path / "it.c"), "it", 44_100.0)
    dry = 0.5 * ph.noise(1000)
    assert exported.set(0, 1e9)
    assert not exported.set(0, float("nan"))
    assert not exported.set(len(learned.parameters), 1.0)
    learned.parameters["cutoff"].value = learned.parameters["cutoff"].maximum
    np.testing.assert_array_equal(exported.process(dry), learned.process(dry, 44_100.0)[0])


def test_another_sample_rate_is_refused_as_apply_refuses_it_unless_any_is_asked_for(tmp_path: Path) -> None:
    learned = learned_chain("a filter in Hz")
    assert not Loaded(export_c(learned, tmp_path / "one.c"), "one", 48_000.0).runs
    exported = Loaded(export_c(learned, tmp_path / "any.c", any_rate=True), "any", 48_000.0)
    dry = 0.5 * ph.noise(1000)
    learned.sample_rate = 48_000.0
    assert exported.runs
    np.testing.assert_array_equal(exported.process(dry), learned.process(dry, 48_000.0)[0])


def test_flags_for_this_processor_change_no_bit(tmp_path: Path) -> None:
    learned = learned_chain("an equaliser that came late")
    exported = Loaded(export_c(learned, tmp_path / "it.c"), "it", 48_000.0, *find_compiler().flags)
    dry = 0.5 * ph.noise(1000)
    np.testing.assert_array_equal(exported.process(dry), learned.process(dry, 48_000.0)[0])


@pytest.mark.parametrize(
    "chain",
    [
        lambda x: ph.tanh(2 * x),
        lambda x: ph.table([0.0, 1.0, 2.0, 5.0, 3.0, 2.0], x * 3 + 2) * ph.param("g", 0.5),
        lambda x: ph.prefix(0.5, x) + ph.feedback(lambda y: x * ph.param("b", 0.3) + ph.param("a", 0.5) * y),
        lambda x: ph.nn.dense([x, ph.mem(x)], 4, activation="tanh")[0],
        lambda x: ph.delay(x, ph.param("d", 1000.5, minimum=0.0, maximum=48_000.0), 48_000) + ((x * 1000) & 7),
    ],
    ids=["no parameter", "a table", "memories", "a network", "a long delay"],
)
def test_chains_of_all_kinds_compile_and_pass_their_own_test(chain: Callable[[Any], Any], tmp_path: Path) -> None:
    path = export_c(freeze(chain, "it"), tmp_path / "it.c")
    assert subprocess.run([compiled(path, "-DIT_TEST")], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("stem", ["exp", "while", "2x", "input", "größe", "a-b.c"])
def test_any_name_of_a_file_makes_names_that_compile(stem: str, tmp_path: Path) -> None:
    path = export_c(learned_chain("gain and dc"), tmp_path / f"{stem}.c")
    name = re.search(r"bool (\w+)_init", path.read_text())
    assert name is not None
    done = subprocess.run([compiled(path, f"-D{name[1].upper()}_TEST")], check=False, capture_output=True)
    assert done.returncode == 0


def test_declarations_alone_can_be_included(tmp_path: Path) -> None:
    path = export_c(learned_chain("gain and dc"), tmp_path / "it.c")
    user = tmp_path / "user.c"
    user.write_text(
        '#define IT_DECLARATIONS\n#include "it.c"\n#include "it.c"\n'
        "static it chain;\nint main(void) { return it_init(&chain, 44100.0) ? 0 : 1; }\n"
    )
    done = subprocess.run([compiled(user, str(path))], check=False)
    assert done.returncode == 0


def test_a_name_of_the_users_cannot_leave_its_comment_or_string(tmp_path: Path) -> None:
    learned = freeze(lambda x: x * ph.param("größe", 0.5, unit='"*/ \\ ??/'), label='*/ #error "out" \n')
    done = subprocess.run([compiled(export_c(learned, tmp_path / "it.c"), "-DIT_TEST")], check=False)
    assert done.returncode == 0


def test_only_what_a_program_uses_is_taken_from_the_headers() -> None:
    made = inlined('#include "ds_printed.h"\ndouble f(double x) { return ds_tan(x).value; }')
    assert "ds_tan(double u)" in made.primitives
    assert "} DsUnary;" in made.primitives
    assert "ds_cos" not in made.primitives
    assert "#include" not in made.primitives
    assert "no-fma" in made.first


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("it.txt", "", "is no name of a C file; end it in .c"),
        ("it.c", "2x", "'2x' cannot name things in C"),
        ("it.c", "while", "'while' cannot name things in C"),
        ("it.c", "remove", "'remove' cannot name things in C"),
        ("it.c", "DsAudio", "'DsAudio' cannot name things in C"),
        ("it.c", "size_t", "'size_t' cannot name things in C"),
        ("none/it.c", "", "there is no folder"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(path: str, name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        export_c(learned_chain("gain and dc"), tmp_path / path, name=name)
    assert not list(tmp_path.iterdir())


def test_what_an_export_wrote_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "it.c"
    export_c(learned_chain("gain and dc"), file)
    first = file.read_text()
    export_c(learned_chain("gain and dc"), file, name="other")
    assert file.read_text() != first
    file.write_text("int mine;")
    with pytest.raises(ExportError, match="was not exported by pyhost; remove it"):
        export_c(learned_chain("gain and dc"), file)
    assert file.read_text() == "int mine;"


def test_a_chain_of_two_signals_is_refused(tmp_path: Path) -> None:
    learned = learned_chain("gain and dc")
    learned.program = ph.compile(lambda x, y: x + y, inputs=2)
    with pytest.raises(ExportError, match="takes 2 signals"):
        export_c(learned, tmp_path / "it.c")


def test_the_command_writes_the_file_and_tells_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learned_chain("gain and dc").save(tmp_path / "learned.json")
    out = tmp_path / "out.c"
    assert main(["export", str(tmp_path / "learned.json"), "--c", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["c"]["path"] == str(out)
    assert "bool out_init(" in out.read_text()


def test_the_command_wants_to_know_what_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learned_chain("gain and dc").save(tmp_path / "learned.json")
    assert main(["export", str(tmp_path / "learned.json")]) == 2
    assert "nothing to write; ask for --c FILE.c, --lv2 DIR, --lv2-learner DIR, --vst3 DIR" in capsys.readouterr().err
