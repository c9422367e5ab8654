"""LV2 plugins, hosted through lilv."""

from pyhost.host.lv2.catalogue import Catalogue
from pyhost.host.lv2.plugin import LV2Plugin

__all__ = ["Catalogue", "LV2Plugin"]
