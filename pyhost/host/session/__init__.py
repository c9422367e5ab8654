"""Sessions: tracks, groups and a master, written down in a text file and rendered."""

from pyhost.host.session.results import Progress, Rendered, Summary
from pyhost.host.session.session import Session

__all__ = ["Progress", "Rendered", "Session", "Summary"]
