"""Runs a plugin in DawDreamer, a host of JUCE's, over what lies in a file:

    python dawdreamer_host.py PLUGIN IN.npy OUT.npy SAMPLE_RATE

PLUGIN is the path of a .vst3, or the URI of an LV2 plugin in ~/.lv2: DawDreamer looks nowhere else that can be chosen.
It prints what the parameters show at the end, as JSON; meters may be late there.
"""

import json
import sys

import dawdreamer
import numpy as np

BLOCK = 480


def main(identifier: str, source: str, sink: str, sample_rate: float) -> None:
    engine = dawdreamer.RenderEngine(sample_rate, BLOCK)
    audio = np.load(source)
    plugin = engine.make_plugin_processor("plugin", identifier)
    engine.load_graph([(engine.make_playback_processor("source", audio), []), (plugin, ["source"])])
    engine.render(audio.shape[1] / sample_rate)
    np.save(sink, engine.get_audio())
    print(json.dumps({each["name"]: each["text"] for each in plugin.get_parameters_description()}))


if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[4]))
