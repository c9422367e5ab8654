"""``pyhost cache``."""

from __future__ import annotations

import click

__all__ = ["cache"]


@click.command()
@click.option("--clear", is_flag=True, help="Remove them.")
def cache(*, clear: bool) -> None:
    """Tell how many compiled programs are kept, and where (PYHOST_CACHE_DIR sets the folder)."""
    from pyhost.native.cache import Cache, cache_folder

    kept = Cache(cache_folder())
    if clear:
        click.echo(f"removed {_programs(kept.clear())} from {kept.folder}")
        return
    sizes = [size for _, size, _ in kept.files()]
    click.echo(f"{_programs(len(sizes))}, {sum(sizes) / 1024:.0f} KiB, in {kept.folder}")


def _programs(count: int) -> str:
    return f"{count} compiled program{'s' * (count != 1)}"
