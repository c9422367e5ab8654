"""A session in a text file: drums, a pluck, and a guitar whose amplifier is learned while the song is rendered.

    python examples/session/song.py [FOLDER]

writes the recordings, all of them made here, and song.toml to a folder, ./song by default, and renders it there. The
same from the shell: pyhost render song/song.toml.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np

import pyhost as ph
from pyhost.audio import write_audio

RATE = 48_000
BEAT = round(RATE * 60 / 100)


def hit(frequency: float, fall: float, decay: float, noise: float = 0.0) -> np.ndarray:
    """A drum: a sine that falls in pitch, and noise, both dying away; (frames,)."""
    time = np.arange(round(6 * decay * RATE)) / RATE
    tone = np.sin(2 * np.pi * frequency * (time + fall * (1 - np.exp(-time / 0.03))))
    return (tone * (1 - noise) + noise * ph.noise(len(time))) * np.exp(-time / decay)


def string(frequency: float, seconds: float) -> np.ndarray:
    """A plucked string after Karplus and Strong; (frames,)."""
    period = round(RATE / frequency)
    out = np.zeros(round(seconds * RATE))
    out[:period] = ph.noise(period)
    for at in range(period, len(out), period):
        before = out[at - period : at]
        part = 0.498 * (before + np.roll(before, 1))
        out[at : at + period] = part[: len(out) - at]
    return out


def placed(frames: int, sounds: list[tuple[float, np.ndarray]]) -> np.ndarray:
    """Sounds at their beats; (frames,)."""
    out = np.zeros(frames)
    for beat, sound in sounds:
        at = round(beat * BEAT)
        out[at : at + len(sound)] += sound[: frames - at]
    return out


def write_recordings(folder: Path) -> None:
    """Write everything that song.toml names."""
    kick, snare, hat = hit(50, 0.12, 0.08), 0.5 * hit(180, 0.01, 0.05, 0.7), 0.2 * hit(9000, 0, 0.01, 1.0)
    beats = [(beat, kick) for beat in (0, 2.5, 4, 6)] + [(beat, snare) for beat in (1, 3, 5, 7)]
    write_audio(folder / "drums.wav", 0.7 * placed(8 * BEAT, beats + [(n / 2, hat) for n in range(16)]), RATE)
    scale = [220.0, 261.6, 329.6, 392.0, 440.0, 392.0, 329.6, 293.7]
    write_audio(
        folder / "pluck.wav",
        0.5 * placed(24 * BEAT, [(n * 1.5, string(scale[n % 8], 1.2)) for n in range(16)]),
        RATE,
    )
    chords = [(bar * 4, sum(string(tone, 2.2) for tone in (110 * 2 ** (bar % 3 / 4), 165.0))) for bar in range(8)]
    guitar = 0.3 * placed(32 * BEAT, chords)
    write_audio(folder / "guitar.wav", guitar, RATE)
    amplifier = ph.value_and_jacobian(
        ph.chain("gain(gain=1.8) | lowpass(cutoff=1500)"), guitar[: 8 * BEAT], sample_rate=RATE
    )[0]
    write_audio(folder / "amplifier.wav", amplifier, RATE)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_recordings(folder)
    shutil.copy(Path(__file__).with_name("song.toml"), folder)
    done = ph.Session.load(folder / "song.toml").render()
    print(f"wrote {done.mix.path}, {done.mix.frames / done.mix.sample_rate:.1f} s")
    for name, value in done.learned["guitar.amplifier"].items():
        print(f"{name}: {value:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "song"))
