"""Export: what was learned as C, as an LV2 or VST3 plugin, and as one that goes on learning."""

from pyhost.export.bundle import Bundle
from pyhost.export.c import export_c
from pyhost.export.learner import export_lv2_learner
from pyhost.export.lv2 import export_lv2
from pyhost.export.vst3 import export_vst3, export_vst3_learner

__all__ = ["Bundle", "export_c", "export_lv2", "export_lv2_learner", "export_vst3", "export_vst3_learner"]
