"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOLDERS = (("/usr/share/sonic-pi/samples", "*.flac", 100), ("/usr/share/sounds/alsa", "*.wav", 5))


@pytest.fixture(scope="session")
def real_recordings() -> list[Path]:
    """Recordings that Debian ships: 165 FLAC and 9 WAV files, all of them intact."""
    found: list[Path] = []
    for folder, pattern, least in _FOLDERS:
        files = sorted(Path(folder).glob(pattern))
        if len(files) < least:
            message = f"{folder} holds {len(files)} recordings: apt-get install sonic-pi-samples alsa-utils"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        found += files
    return found
