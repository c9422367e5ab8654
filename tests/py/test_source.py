"""Chains out of Python files: found, run on their own, and refused in one line when they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pyhost.errors import ChainError
from pyhost.graph.source import load_chain
from pyhost.graph.text import chain_label, parse
from pyhost.graph.trace import trace

CHAIN = """
from pyhost.graph.trace import param

def louder(x):
    return x * param("gain", 2.0)

twice = 2
_private = len
"""


def put(folder: Path, source: str | bytes, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return path


def failure(spec: str) -> str:
    before = list(sys.path)
    with pytest.raises(ChainError) as caught:
        load_chain(spec)
    assert sys.path == before
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_a_text_is_parsed() -> None:
    assert load_chain("lowpass(cutoff=800) | gain") == parse("lowpass(cutoff=800) | gain")


def test_a_function_in_a_file_is_a_chain(tmp_path: Path) -> None:
    chain = load_chain(f"{put(tmp_path, CHAIN)}:louder")
    assert [spec.name for spec in trace(chain).parameters] == ["gain"]
    assert chain_label(chain) == "louder"


def test_a_file_can_import_its_neighbours_and_leaves_the_path_as_it_was(tmp_path: Path) -> None:
    put(tmp_path, "FACTOR = 0.25\n", "neighbour_of_mine.py")
    path = put(tmp_path, "from neighbour_of_mine import FACTOR\ndef chain(x):\n    return x * FACTOR\n")
    before = list(sys.path)
    try:
        assert trace(load_chain(f"{path}:chain")).output.operands[1].constant == 0.25
    finally:
        sys.modules.pop("neighbour_of_mine", None)
    assert sys.path == before


def test_a_path_that_the_file_extends_itself_stays_extended(tmp_path: Path) -> None:
    path = put(tmp_path, "import sys\nsys.path.append('/extra')\ndef chain(x):\n    return x\n")
    before = list(sys.path)
    try:
        load_chain(f"{path}:chain")
        assert sys.path == [*before, "/extra"]
    finally:
        sys.path[:] = before


def test_a_file_changed_at_once_is_run_as_it_is_now_and_leaves_no_byte_code(tmp_path: Path) -> None:
    labels = []
    for name in ("aaa", "bbb"):
        path = put(tmp_path, f"def chain(x):\n    return x\nchain.__name__ = '{name}'\n")
        labels.append(chain_label(load_chain(f"{path}:chain")))
    assert labels == ["aaa", "bbb"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.py"]


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = load_chain(f"{put(tmp_path, CHAIN)}:louder")
    second = load_chain(f"{put(tmp_path / 'other', CHAIN)}:louder")
    assert first is not second
    assert first.__module__ != second.__module__


def test_a_dataclass_in_a_file_finds_its_module(tmp_path: Path) -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Louder:\n    factor: float\n"
        "    def __call__(self, x):\n        return x * self.factor\nlouder = Louder(2.0)\n"
    )
    chain = load_chain(f"{put(tmp_path, source)}:louder")
    assert chain_label(chain) == "Louder"
    assert trace(chain).output.operands[1].constant == 2.0


def test_a_missing_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    put(tmp_path, CHAIN)
    asked = tmp_path / "mime.py"
    assert failure(f"{asked}:f") == f"{asked}: there is no such file; did you mean 'mine.py'?"
    (tmp_path / "mine.py").unlink()
    assert failure(f"{asked}:f") == f"{asked}: there is no such file"


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    asked = tmp_path / "no" / "mine.py"
    assert failure(f"{asked}:f") == f"{asked}: there is no folder {str(asked.parent)!r}"


def test_a_folder_or_an_impossible_name_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    assert failure(f"{tmp_path}/folder.py:f") == f"'{tmp_path}/folder.py' cannot be read: Is a directory"
    assert failure("\0.py:f").startswith(r"'\x00.py' cannot be read: embedded null")
    assert failure(f"{'a' * 5000}.py:f").endswith("cannot be read: File name too long")


def test_a_missing_function_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = put(tmp_path, CHAIN)
    assert failure(f"{path}:loude") == f"{path} has no function 'loude'; did you mean 'louder'?"
    assert failure(f"{path}:") == f"{path} has no function ''; there is louder"


def test_a_file_without_a_function_named_is_told_how(tmp_path: Path) -> None:
    path = put(tmp_path, CHAIN)
    assert failure(str(path)) == f"{path}: which function of it? write {path}:function"


def test_what_is_no_function_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, CHAIN)
    assert failure(f"{path}:twice") == f"{path}: twice is no function but of type int"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import math\nmath.sqrt(-1)\n", ", line 2: ValueError: "),
        ("def f():\n    raise KeyError('a')\n\nf()\n", ", line 2: KeyError: 'a'"),
        ("raise RuntimeError('one\\n  two')\n", ", line 1: RuntimeError: one two"),
        ("assert False\n", ", line 1: AssertionError"),
        ("\nimport sys\nsys.exit(3)\n", ", line 3: SystemExit: 3"),
        ("import no_such_module_at_all\n", ", line 1: ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("from . import x\n", ", line 1: ImportError: attempted relative import"),
        ("def f(:\n", ", line 1: SyntaxError: invalid syntax"),
        ("x = 1\n  y = 2\n", ", line 2: IndentationError: unexpected indent"),
    ],
)
def test_a_file_that_fails_is_told_with_its_line(tmp_path: Path, source: str, told: str) -> None:
    path = put(tmp_path, source)
    before = set(sys.modules)
    message = failure(f"{path}:f")
    assert message.startswith(f"{path}{told}")
    assert "\n" not in message
    assert not any(name.startswith("_pyhost_chain_") for name in set(sys.modules) - before)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, b"x = '\xff'\n")
    message = failure(f"{path}:f")
    assert message.startswith(str(path))
    assert "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff" in message


def test_an_interrupt_while_a_file_runs_is_not_swallowed(tmp_path: Path) -> None:
    path = put(tmp_path, "raise KeyboardInterrupt\n")
    before = set(sys.modules), list(sys.path)
    with pytest.raises(KeyboardInterrupt):
        load_chain(f"{path}:f")
    assert (set(sys.modules), sys.path) == before


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return y", r"mine\.py, line 2: NameError: name 'y' is not defined"),
        ("return x if x else 0", r"mine\.py, line 2: a signal is neither true nor false"),
    ],
)
def test_a_function_that_fails_is_told_with_its_line(tmp_path: Path, body: str, told: str) -> None:
    chain = load_chain(f"{put(tmp_path, f'def mine(x):{chr(10)}    {body}{chr(10)}')}:mine")
    with pytest.raises(ChainError, match=told):
        trace(chain)


def test_a_function_of_the_wrong_number_of_signals_is_told(tmp_path: Path) -> None:
    chain = load_chain(f"{put(tmp_path, 'def mine(x, y):' + chr(10) + '    return x')}:mine")
    with pytest.raises(ChainError, match=r"'mine' is called with 1 signal and cannot be: missing a required argument"):
        trace(chain)
