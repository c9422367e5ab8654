"""Starts a worker; a script, run by its path, with the arguments of `pyhost.host.isolation.worker`.

``import pyhost`` brings in all that learns and compiles: .3 s of computing that a hosted plugin has no need of. So the
package stands here without what its ``__init__`` imports, until somebody, such as a plugin in Python, asks it for a
name.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

__all__ = ["main"]


def _stand_in(folder: str) -> None:
    """Make the package in a folder importable as ``pyhost``, its own code not run yet."""
    spec = importlib.util.spec_from_file_location(
        "pyhost", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    loader, package = spec.loader, importlib.util.module_from_spec(spec)

    def run_for(name: str) -> Any:
        if name.startswith("__"):  # what the import system looks for
            raise AttributeError(f"module 'pyhost' has no attribute {name!r}")
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = run_for
    sys.modules["pyhost"] = package


def main() -> None:
    """Serve the host that started this process."""
    sys.path[0] = os.getcwd()  # as for python -m, and not the folder of this script
    # Threads for matrices, which no plugin's block is, take a sixth of the computing that it takes to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    here = os.path.abspath(__file__)
    _stand_in(os.path.dirname(os.path.dirname(os.path.dirname(here))))
    from pyhost.host.isolation.worker import main as serve

    serve()


if __name__ == "__main__":
    main()
