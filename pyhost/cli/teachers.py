"""``--teacher`` and ``--teacher-set``: a plugin that makes the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pyhost.errors import InputError, ParameterError
from pyhost.host.load import load_plugin, spec_of
from pyhost.host.spec import names_of_effects, plugin_of

if TYPE_CHECKING:
    from pyhost.audio import AudioSource
    from pyhost.host.plugin import HostedPlugin

__all__ = ["fitted_teacher", "open_teacher", "settings_of"]


def open_teacher(identifier: str, texts: Iterable[str]) -> HostedPlugin:
    """Return a plugin, set as the command line says.

    Parameters
    ----------
    identifier : str
        As `pyhost.load` takes it.
    texts : iterable of str
        ``"gain_db=-6"``, ``"mode=HPF24"``; for an effect of pedalboard's also what its constructor wants.

    Raises
    ------
    InputError
        If there is no such plugin, or a setting is wrong.
    """
    settings = settings_of(texts, "--teacher-set")
    try:
        if identifier in names_of_effects():
            return plugin_of({**spec_of(identifier), "settings": settings})
        plugin = load_plugin(identifier)
        plugin.parameters.set(settings)
    except ParameterError as error:
        raise InputError(f"--teacher-set: {error}") from None
    return plugin


def fitted_teacher(teacher: HostedPlugin, dry: AudioSource) -> HostedPlugin:
    """Return a teacher that takes and gives as many channels as the dry recording has; one for mono runs once for each.

    Raises
    ------
    InputError
        If it is for another number.
    """
    from pyhost.host.each_channel import EachChannel, is_mono

    if is_mono(teacher) and dry.channels > 1:
        return EachChannel(teacher, dry.channels)
    taken = teacher.channels.inputs
    given = teacher.channels.out(dry.channels)
    if taken in (None, dry.channels) and given == dry.channels:
        return teacher
    if taken == given and taken:
        advice = f"give a recording with {taken}, which sox {dry.name} -c {taken} other.wav makes, or another teacher"
    else:
        advice = "play it there by a session, and give the recording that comes out as TARGET"
    raise InputError(
        f"--teacher: {teacher.name} takes {'any' if taken is None else taken} channels and gives {given}, and "
        f"{dry.name} has {dry.channels}; {advice}"
    )


def settings_of(texts: Iterable[str], option: str) -> Mapping[str, float | str]:
    """Return settings by name: numbers, or the names of choices.

    Raises
    ------
    InputError
        If a text does not read so, or a name comes twice.
    """
    settings: dict[str, float | str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(f"{option} {text!r}: write name=value")
        if name in settings:
            raise InputError(f"{option} {name} is given twice; leave one out")
        try:
            settings[name] = float(value)
        except ValueError:
            settings[name] = value
    return settings
