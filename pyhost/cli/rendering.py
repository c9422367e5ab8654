"""Applying a learned chain to a recording, block by block, in constant memory."""

from __future__ import annotations

import math
from pathlib import Path

from pyhost.audio import AudioSource, AudioWriter, WrittenAudio
from pyhost.learn.learned import LearnedChain

__all__ = ["render", "written_text"]

BLOCK = 1 << 16


def render(learned: LearnedChain, source: AudioSource, path: Path) -> WrittenAudio:
    """Write what a chain makes of a recording; the file appears whole or not at all.

    Raises
    ------
    AudioError
        If the recording cannot be read, has another rate, or the file cannot be written.
    """
    learned.expect(source.frames)
    with AudioWriter(path, source.sample_rate, source.channels) as writer:
        for number, block in enumerate(source.blocks(BLOCK)):
            writer.write(learned.process(block, source.sample_rate, reset=number == 0))
    return writer.result


def written_text(written: WrittenAudio) -> str:
    """Return what was written in one line."""
    level = f"peak {20.0 * math.log10(written.peak):z.1f} dB" if written.peak > 0.0 else "silence"
    beyond = f"; {written.clipped} samples beyond full scale were cut" if written.clipped else ""
    if not written.clipped and written.peak > 1.0:
        beyond = "; beyond full scale, but this format keeps it"
    return f"{written.path} ({written.frames / written.sample_rate:.2f} s, {level}{beyond})"
