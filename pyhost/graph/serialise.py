"""Graphs as plain data, so that a learned chain can be saved and read without running anybody's code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pyhost.errors import ChainError, PyhostError
from pyhost.graph.parameter import ParameterSpec, make_spec
from pyhost.graph.signal import Loop, Signal
from pyhost.graph.trace import Graph

__all__ = ["graph_from_data", "graph_to_data"]

ATTRIBUTES: dict[str, Any] = {"width": 1, "constant": 0.0, "size": 0, "flags": 0}
"""Attributes of a node that are written where they differ from these."""


def graph_to_data(graph: Graph) -> dict[str, Any]:
    """Return a graph as dicts, lists, numbers and strings; infinite bounds are left out."""
    order, number = _numbered(graph.output)
    nodes = []
    for signal in order:
        entry: dict[str, Any] = {"operation": signal.operation}
        if signal.operands:
            entry["operands"] = [number[id(operand)] for operand in signal.operands]
        entry |= {key: getattr(signal, key) for key, plain in ATTRIBUTES.items() if getattr(signal, key) != plain}
        if signal.data:
            entry["data"] = list(signal.data)
        if signal.spec is not None:
            entry["parameter"] = signal.spec.name
        if signal.loop is not None:
            entry["keeps"] = number[id(signal.loop.outputs[signal.size])]
            entry.pop("size", None)
        nodes.append(entry)
    return {
        "name": graph.name,
        "inputs": graph.inputs,
        "parameters": [_spec_to_data(spec) for spec in graph.parameters],
        "nodes": nodes,
        "output": number[id(graph.output)],
    }


def _numbered(output: Signal) -> tuple[list[Signal], dict[int, int]]:
    """Return all signals of a graph, operands first, and the number of each by its id."""
    order: list[Signal] = []
    number: dict[int, int] = {}
    roots = [output]
    while roots:
        waiting = [roots.pop()]
        while waiting:
            signal = waiting[-1]
            missing = [operand for operand in signal.operands if id(operand) not in number]
            if id(signal) not in number and missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if id(signal) not in number:
                number[id(signal)] = len(order)
                order.append(signal)
                if signal.loop is not None:
                    roots.append(signal.loop.outputs[signal.size])
    return order, number


def _spec_to_data(spec: ParameterSpec) -> dict[str, Any]:
    data = {field.name: getattr(spec, field.name) for field in fields(spec)}
    data["shape"] = list(spec.shape)
    data["default"] = list(spec.default) if spec.shape else spec.default[0]
    return {key: value for key, value in data.items() if not (isinstance(value, float) and math.isinf(value))}


def graph_from_data(data: Mapping[str, Any]) -> Graph:
    """Return the graph that `graph_to_data` wrote.

    Raises
    ------
    ChainError
        If the data is not a graph.
    """
    try:
        return _graph(data)
    except PyhostError as error:
        raise ChainError(f"its graph is none: {error}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise ChainError("its graph is none: something in it is missing or of the wrong kind") from None


def _graph(data: Mapping[str, Any]) -> Graph:
    specs = {}
    for entry in data["parameters"]:
        given = dict(entry)
        given["shape"] = tuple(given["shape"])
        spec = make_spec(given.pop("name"), given.pop("default"), **given)
        specs[spec.name] = spec
    entries: Sequence[Mapping[str, Any]] = data["nodes"]
    signals: list[Signal] = []
    for entry in entries:
        operands = entry.get("operands", [])
        if any(not 0 <= operand < len(signals) for operand in operands):
            raise ChainError("a node needs one that comes after it")
        signal = Signal(
            str(entry["operation"]),
            tuple(signals[operand] for operand in operands),
            int(entry.get("width", 1)),
            constant=float(entry.get("constant", 0.0)),
            size=int(entry.get("size", 0)),
            flags=int(entry.get("flags", 0)),
            data=tuple(float(number) for number in entry.get("data", ())),
            spec=specs[entry["parameter"]] if "parameter" in entry else None,
            loop=Loop() if "keeps" in entry else None,
        )
        if (signal.operation == "memory") != (signal.loop is not None):
            raise ChainError("a memory keeps a signal, and nothing else does")
        if (signal.operation == "parameter") != (signal.spec is not None):
            raise ChainError("a parameter has a name, and nothing else has")
        signals.append(signal)
    for signal, entry in zip(signals, entries, strict=True):
        if signal.loop is not None:
            kept = entry["keeps"]
            if not 0 <= kept < len(signals):
                raise ChainError("a memory keeps a node that is not there")
            signal.loop.outputs = (signals[kept],)
    return Graph(str(data["name"]), int(data["inputs"]), signals[data["output"]], tuple(specs.values()))
