"""What is said about a damaged file, wherever the damage is found."""

from __future__ import annotations

__all__ = ["COPY_AGAIN", "damaged_header", "truncated"]

COPY_AGAIN = "copy, download or export it again"


def damaged_header(name: str) -> str:
    """Return the message about a header that breaks off or makes no sense."""
    return f"{name}: is truncated or damaged within its header; {COPY_AGAIN}"


def truncated(name: str, promised: int, held: int, rate: int = 0) -> str:
    """Return the message about a truncated file: what was promised, what is there, what is missing.

    ``promised`` and ``held`` are in frames; ``rate``, in Hz, adds the seconds that are missing.
    """
    missing = promised - held
    seconds = f" ({missing / rate:.3f} s)" if rate else ""
    return (
        f"{name}: is truncated: its header promises {promised} frames, the file holds {held}; "
        f"{missing} frames{seconds} are missing; {COPY_AGAIN}"
    )
