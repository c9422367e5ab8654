"""pyhost: an audio plugin host whose plugins can learn."""

from __future__ import annotations

from pyhost.compile.build import compile
from pyhost.graph.trace import param
from pyhost.graph.functions import *
from pyhost.graph.filters import *
