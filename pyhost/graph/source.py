"""Where a chain comes from: a text, or a function in a Python file.

Loading ``path/to/file.py:function`` runs the file, with all rights of the user who asks for it, just as
``python path/to/file.py`` would. Load files only from people you would let run a program on your machine. The text
form runs nothing.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from pyhost.errors import ChainError, InputError, suggestion
from pyhost.graph.signal import Signal
from pyhost.graph.text import parse
from pyhost.graph.trace import Chain

__all__ = ["load_chain", "run_file"]

_SUFFIX = ".py"
_numbers = itertools.count(1)


def load_chain(spec: str) -> Chain:
    """Return the chain that a text describes, or a function from a Python file, **whose code is run**.

    Parameters
    ----------
    spec : str
        ``"lowpass(cutoff=800) | gain"``, or ``"path/to/file.py:function"``. The file can import its neighbours while
        it is loaded, not later from within the function.

    Raises
    ------
    ChainError
        If it is neither: the text is wrong, there is no such file or function, or the file fails when it is run.
        The function's own failures, when it is called with signals, are told as a ChainError with its line too.
    ParameterError
        If a start value in the text is out of range.
    """
    path, colon, function = spec.rpartition(":")
    if spec.endswith(_SUFFIX):
        raise ChainError(f"{spec}: which function of it? write {spec}:function")
    if not colon or not path.endswith(_SUFFIX):
        return parse(spec)
    return _blaming(_function(run_file(Path(path)), path, function), Path(path))


def _function(module: ModuleType, path: str, name: str) -> Chain:
    """Return a function of a module by its name."""
    found = vars(module).get(name)
    if callable(found):
        return found  # type: ignore[no-any-return]
    if name in vars(module):
        raise ChainError(f"{path}: {name} is no function but of type {type(found).__name__}")
    own = [
        key
        for key, value in vars(module).items()
        if callable(value) and not key.startswith("_") and getattr(value, "__module__", "") == module.__name__
    ]
    raise ChainError(f"{path} has no function {name!r}{suggestion(name, own)}")


def _blaming(chain: Chain, path: Path) -> Chain:
    """Return a chain whose own mistakes are told as those of its file, with the line."""

    @functools.wraps(chain)
    def called(*signals: Signal) -> Signal:
        try:
            return chain(*signals)
        except InputError as error:
            raise type(error)(f"{path}{_line(error, path)}: {error}") from None
        except Exception as error:
            raise ChainError(f"{path}{_line(error, path)}: {_told(error)}") from None

    called.__name__ = str(getattr(chain, "__name__", type(chain).__name__))
    return called


def run_file(path: Path) -> ModuleType:
    """Run a file as a module of its own and return it; always from its source, never from stale byte code.

    Raises
    ------
    ChainError
        If it cannot be read, or fails.
    """
    source = _read(path)
    name = f"_pyhost_chain_{next(_numbers)}"
    loader = SourceFileLoader(name, str(path))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and others look their module up while it runs
    try:
        code = loader.source_to_code(source, str(path))
        with _neighbours(path):
            exec(code, vars(module))
    except BaseException as error:
        sys.modules.pop(name, None)
        if not isinstance(error, (Exception, SystemExit)):  # an interrupt is no fault of the file
            raise
        raise ChainError(f"{path}{_line(error, path)}: {_told(error)}") from None
    return module


def _read(path: Path) -> bytes:
    """Return what is in a file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise ChainError(f"{path}: there is no folder {str(path.parent)!r}") from None
        names = [other.name for other in path.parent.glob(f"*{_SUFFIX}")]
        near = suggestion(path.name, names) if names else ""
        raise ChainError(f"{path}: there is no such file{near}") from None
    except (OSError, ValueError) as error:  # a null character in a path is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise ChainError(f"{str(path)!r} cannot be read: {reason}") from None


@contextmanager
def _neighbours(path: Path) -> Iterator[None]:
    """Within it, the files beside a file can be imported."""
    folder = str(path.resolve().parent)
    importlib.invalidate_caches()  # they may be younger than the last look into the folder
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:  # the file may have changed sys.path itself
            sys.path.remove(folder)


def _line(error: BaseException, path: Path) -> str:
    """Return ``", line 3"``: the last line of the file that had a part in an error, if any had."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f", line {error.lineno}" if error.lineno else ""
    line, at = 0, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == str(path):
            line = at.tb_lineno
        at = at.tb_next
    return f", line {line}" if line else ""


def _told(error: BaseException) -> str:
    """Return type and message of an error in one line."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(str(message).split())}".removesuffix(": ")
