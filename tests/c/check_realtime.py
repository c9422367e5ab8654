"""Let clang prove that no function marked DS_REALTIME allocates, locks, waits or calls one that might.

Run ``python tests/c/check_realtime.py``; it needs ``pip install ziglang``, which brings a clang of version 20 or
later. Exit status 0: proved; 1: refuted, or the proof would not notice a call of malloc.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

CSRC = Path(__file__).resolve().parents[2] / "csrc"
FLAGS = ("-std=c11", "-Wfunction-effects", "-Werror=function-effects", "-c", "-I", str(CSRC))
SABOTAGE = """
#include "ds_step.h"
#include <stdlib.h>
DS_REALTIME static void step(const DsStep *s) { free(s->out); }
DsStepFunction pick(void);
DsStepFunction pick(void) { return step; }
"""


def compile_with_proof(source: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Compile a C file with clang's analysis of function effects; its object file goes to `folder`."""
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, str(source), "-o", str(folder / f"{source.stem}.o")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    """Check every file of the core, and that the check can fail."""
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sabotage = folder / "sabotage.c"
        sabotage.write_text(SABOTAGE)
        if "non-'nonblocking' function 'free'" not in compile_with_proof(sabotage, folder).stderr:
            sys.stderr.write("clang did not notice a call of free() in a function marked DS_REALTIME\n")
            failures += 1
        for source in sorted(CSRC.glob("*.c")):
            done = compile_with_proof(source, folder)
            failures += done.returncode != 0
            sys.stderr.write(done.stderr if done.returncode else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
