"""The house stands: nothing points upward, and the public names are exactly the ones that are there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import pyhost as ph

ROOT = Path(__file__).resolve().parents[2]

# A module may import from its own floor and those below it. `_binding` needs no more of `compile` than the shape of a
# tape, which is plain data (`compile/lower.py`, `program.py`, `rows.py`).
FLOORS = {
    "errors": 0,
    "graph": 1,
    "audio": 1,
    "compile": 2,
    "_settings": 1,
    "_binding": 3,
    "native": 4,
    "learn": 5,
    "host": 6,
    "report": 6,
    "demo": 6,
    "export": 7,
    "cli": 7,
    "__init__": 7,
    "__main__": 8,
}

# Headers of the core from the ground up; a file may include those before its own place, and its own header.
HEADERS = [
    ["ds_attributes.h", "ds_status.h", "ds_strict.h"],
    ["ds_dual.h", "ds_rows.h", "ds_window.h", "ds_arena.h", "ds_noise.h"],
    ["ds_spectrum.h", "ds_lanes.h"],
    ["ds_arithmetic.h", "ds_transcendental.h", "ds_rounding.h", "ds_logic.h", "ds_delay.h", "ds_table.h"],
    ["ds_program.h"],
    ["ds_operation.h", "ds_step.h"],
    ["ds_interpreter.h"],
    ["ds_learner.h"],
    ["ds_variant.h", "ds_loss.h", "ds_mapping.h", "ds_optimizer.h", "ds_recursion.h", "ds_schedule.h", "ds_settings.h"],
    ["ds_machine.h", "ds_gauss_newton.h"],
    ["ds_bind.h", "ds_learner_state.h"],
    ["ds_loop_direct.h", "ds_loop_spectral.h", "ds_loop_step.h"],
    ["ds_loop_loss.h", "ds_upkeep.h"],
    ["ds_printed.h"],
    ["ds_printed_learner.h"],
    ["ds_lanes_primitives.h"],
    ["ds_printed_lanes.h"],
]


def python_files() -> list[Path]:
    return sorted((ROOT / "pyhost").rglob("*.py"))


def floor_of(module: str) -> int:
    """Return the floor of pyhost.<room>… or of pyhost itself."""
    rooms = module.split(".")
    return FLOORS[rooms[1]] if len(rooms) > 1 else FLOORS["__init__"]


def imports_of(path: Path) -> list[str]:
    """Return every module of pyhost's that a file imports."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides its floor"
            found.append(node.module or "")
    return [name for name in found if name.split(".")[0] == "pyhost" and name != "pyhost._core"]


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_python_imports_point_down(path: Path) -> None:
    own = floor_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name in imports_of(path):
        assert floor_of(name) <= own, f"{path.name} imports {name}, which is above it"


def test_only_the_binding_knows_the_c_core() -> None:
    users = [path.name for path in python_files() if "_core import" in path.read_text(encoding="utf-8")]
    assert users == ["_binding.py"]


def test_only_the_loader_of_compiled_programs_shares_the_bindings_types() -> None:
    users = {
        path.name
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "pyhost._binding"
        if any(name.name == "ffi" for name in node.names)
    }
    assert users == {"library.py"}


def test_the_core_knows_nothing_but_libc_and_itself() -> None:
    place = {name: number for number, row in enumerate(HEADERS) for name in row}
    files = sorted((ROOT / "csrc").glob("*.[ch]"))
    assert {path.name for path in files if path.suffix == ".h"} == set(place)
    libc = {"float.h", "math.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"#include <(.+?)>", text)) <= libc, path.name
        for included in re.findall(r'#include "(.+?)"', text):
            if path.suffix == ".h":
                assert place[included] < place[path.name], f"{path.name} includes {included}, which is above it"


def test_the_core_neither_allocates_nor_prints_nor_keeps_globals() -> None:
    for path in sorted((ROOT / "csrc").glob("*.[ch]")):
        code = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"\b(malloc|calloc|realloc|free|printf|fprintf|puts|abort|exit|assert)\s*\(", code), (
            path.name
        )
        definition = r"^(?:static )?(?!static const|typedef|extern|const)\w[\w *]* \*?\w+(?:\[.*\])? = "
        mutable = re.findall(definition, code, re.MULTILINE)
        assert not mutable, f"{path.name}: {mutable}"


def test_the_public_names_are_exactly_the_ones_exported() -> None:
    there = {
        name
        for name, value in vars(ph).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name != "annotations"
    } | {"nn", "Session"}  # a module, for layers' names say too little beside the primitives; a class loaded late
    assert there == set(ph.__all__)
    assert list(ph.__all__) == sorted(ph.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))


def test_every_public_name_is_described() -> None:
    undescribed = [name for name in ph.__all__ if not (getattr(ph, name).__doc__ or "").strip()]
    assert not undescribed


def test_importing_pyhost_loads_none_of_the_heavy_packages() -> None:
    heavy = ("pedalboard", "soxr", "matplotlib", "rich", "click")
    code = f"import sys, pyhost; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.split() == []


def test_the_version_is_that_of_the_package() -> None:
    assert f'version = "{ph.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
