"""An LV2 plugin in C that shows what it is told of the place in the song."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pyhost.host import LV2Plugin
from pyhost.native.compiler import find_compiler

URI = "urn:pyhost:test:position"
SHOWN = ("bar", "barBeat", "beatsPerBar", "beatUnit", "beatsPerMinute")

MANIFEST = f"""@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<{URI}> a lv2:Plugin ; lv2:binary <position.so> ; rdfs:seeAlso <plugin.ttl> .
"""

TURTLE = f"""@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix time: <http://lv2plug.in/ns/ext/time#> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
<{URI}> a lv2:Plugin ; doap:name "position" ; lv2:requiredFeature urid:map ; lv2:port
  [ a lv2:InputPort, atom:AtomPort ; atom:bufferType atom:Sequence ; atom:supports time:Position ;
    lv2:index 0 ; lv2:symbol "told" ; lv2:name "Told" ] ,
  [ a lv2:InputPort, lv2:ControlPort ; lv2:index 1 ; lv2:symbol "show" ; lv2:name "Show" ;
    lv2:default 0 ; lv2:minimum 0 ; lv2:maximum {len(SHOWN) - 1} ; lv2:portProperty lv2:integer ] ,
  [ a lv2:OutputPort, lv2:AudioPort ; lv2:index 2 ; lv2:symbol "out" ; lv2:name "Out" ] .
"""


def build(folder: Path) -> Path:
    """Make its bundle; return where it is."""
    bundle = folder / "position.lv2"
    bundle.mkdir()
    source = Path(__file__).with_name("lv2_position.c")
    flags = ["-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*find_compiler().command, *flags, str(source), "-o", str(bundle / "position.so")], check=True)
    (bundle / "manifest.ttl").write_text(MANIFEST, encoding="utf-8")
    (bundle / "plugin.ttl").write_text(TURTLE, encoding="utf-8")
    return bundle


def showing(bundle: Path, what: str) -> LV2Plugin:
    """Return one that puts out a number of those that it is told."""
    plugin = LV2Plugin(URI, bundle)
    plugin.parameters["show"].value = SHOWN.index(what)
    return plugin
