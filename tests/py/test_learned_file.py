"""learned.json: what is saved comes back to the bit, what is damaged is refused."""

from __future__ import annotations

import copy
import json
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pyhost as ph

RATE = 48_000


def everything(x: ph.Signal) -> ph.Signal:
    """A chain that uses every kind of node."""
    taps = ph.param("taps", [1.0, 0.5, 0.25])
    cutoff = ph.param("cutoff", 900.0, minimum=20.0, maximum=20e3, scale="log", unit="Hz")
    y = ph.lowpass(ph.fir(x, taps), cutoff) + ph.table([0.0, 0.1, -0.1], 1.0 + ph.osc(ph.param("f", 300.0)))
    y = ph.select2(y > 0.1, ph.tanh(y), ph.delay(y, ph.param("d", 2.5, minimum=0, maximum=10)))
    a, b = ph.feedback(lambda a, b: (y - 0.1 * b, 0.5 * a))
    return a + ph.mem(b) + ph.prefix(0.25, x) + ph.floor(x, straight_through=True) + ph.sum(taps) + ph.stop_gradient(x)


def saved(path: Path) -> ph.LearnedChain:
    learner = ph.Learner(everything)
    learner.parameters["cutoff"].value = 1234.5678901234567
    learner.learn(ph.noise(500), ph.noise(500)[::-1], sample_rate=RATE)
    learner.save(path)
    return learner.freeze()


def test_a_saved_chain_comes_back_to_the_bit(tmp_path: Path) -> None:
    chain = saved(tmp_path / "learned.json")
    back = ph.load(tmp_path / "learned.json")
    x = ph.noise(2000).reshape(2, 1000)
    assert back.process(x, RATE).tobytes() == chain.process(x, RATE).tobytes()
    assert back.sample_rate == RATE
    assert back.parameters["cutoff"].unit == "Hz"
    assert str(back.program) == str(chain.program)


def test_the_file_holds_what_the_contract_names(tmp_path: Path) -> None:
    saved(tmp_path / "learned.json")
    data = json.loads((tmp_path / "learned.json").read_text())
    assert {"format", "version", "chain", "sample_rate", "parameters", "loss"} <= set(data)
    assert data["chain"] == "everything"
    assert set(data["parameters"]) == {"taps", "cutoff", "f", "d"}
    assert len(data["parameters"]["taps"]) == 3


def test_a_chain_learned_at_one_rate_refuses_another(tmp_path: Path) -> None:
    saved(tmp_path / "learned.json")
    with pytest.raises(ph.AudioError, match=r"learned at 48000 Hz and the audio has 44100 Hz"):
        ph.load(tmp_path / "learned.json").process(ph.noise(10), 44_100)


def damage(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update(changes)


def drop(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.pop(key)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage(format="else"), "is not a learned.json"),
        (damage(version=99), "version 99, this pyhost reads version 1"),
        (drop("graph"), "'graph' is missing"),
        (drop("parameters"), "'parameters' is missing"),
        (damage(parameters={}), "has no value"),
        (damage(parameters={"gain": 1.0}), "no parameter 'gain'"),
        (damage(parameters=[1]), "must be objects"),
        (damage(sample_rate=-1), "sample"),
        (damage(graph={}), "damaged"),
        (damage(graph=[]), "damaged"),
        (lambda d: d["graph"].update(output=10**6), "damaged"),
        (lambda d: d["graph"]["nodes"][3].update(operation="format_disk"), "format_disk"),
        (lambda d: d["graph"]["nodes"][3].update(operands=[4000]), "damaged"),
        (lambda d: d["graph"]["nodes"][0].update(width=7), "damaged"),
        (lambda d: d["parameters"].update(cutoff=1e9), "out of range"),
        (lambda d: d["parameters"].update(cutoff="loud"), "takes a number"),
        (lambda d: d["parameters"].update(taps=1.0), "has not 3 elements"),
        (lambda d: d["graph"]["parameters"][1].update(shape=[10**9]), "too many elements"),
    ],
)
def test_a_damaged_file_is_refused_with_one_clear_error(tmp_path: Path, change: Any, message: str) -> None:
    path = tmp_path / "learned.json"
    saved(path)
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(ph.LearnedFileError, match=message) as error:
        ph.load(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": NaN}', "[" * 100_000, "\x00"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "learned.json").write_text(text)
    with pytest.raises(ph.LearnedFileError, match=r"learned\.json"):
        ph.load(tmp_path / "learned.json")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        with pytest.raises(ph.LearnedFileError, match="cannot read"):
            ph.load(path)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damage_to_the_graph_gets_past_the_checks(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "fuzzed.json"
    if not path.exists():
        saved(path)
        (tmp_path / "whole.json").write_text(path.read_text())
    whole = json.loads((tmp_path / "whole.json").read_text())
    nodes = whole["graph"]["nodes"]
    node = data.draw(st.sampled_from(nodes))
    key = data.draw(st.sampled_from(["operation", "operands", "width", "size", "flags", "data", "keeps", "parameter"]))
    values = st.one_of(
        st.integers(-3, 2**33), st.text(max_size=3), st.lists(st.integers(-2, 60), max_size=3), st.none()
    )
    node[key] = data.draw(st.sampled_from(nodes)).get(key) if data.draw(st.booleans()) else data.draw(values)
    path.write_text(json.dumps(whole))
    try:
        chain = ph.load(path)
    except ph.LearnedFileError:
        return
    chain.process(ph.noise(100), RATE)  # what is accepted runs


def test_a_value_that_is_not_finite_is_never_saved(tmp_path: Path) -> None:
    chain = ph.Learner(lambda x: x * ph.param("gain", 1.0)).freeze()
    chain.parameters.set_array(np.array([np.nan]))
    with pytest.raises(ph.LearnedFileError, match="not finite"):
        chain.save(tmp_path / "learned.json")
    assert os.listdir(tmp_path) == []


def test_an_existing_file_survives_a_save_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "learned.json"
    chain = saved(path)
    before = path.read_bytes()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(ph.LearnedFileError, match="space"):
        chain.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["learned.json"]


def test_a_learned_chain_can_be_copied_and_starts_from_silence(tmp_path: Path) -> None:
    chain = saved(tmp_path / "learned.json")
    x = ph.noise(300)
    first = chain.process(x, RATE)
    for copied in (copy.deepcopy(chain), pickle.loads(pickle.dumps(chain))):
        assert copied.process(x, RATE).tobytes() == first.tobytes()
        copied.parameters["cutoff"].value = 50.0
    assert chain.parameters["cutoff"].value != 50.0


def test_threads_take_turns_with_a_chain() -> None:
    chain = ph.Learner(lambda x: ph.onepole(x, 0.9)).freeze()
    signals = [ph.noise(200_000)[50_000 * k : 50_000 * (k + 1)] for k in range(4)]
    expected = [chain.process(x, RATE) for x in signals]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            found = list(pool.map(lambda x: chain.process(x, RATE), signals))
            assert [y.tobytes() for y in found] == [y.tobytes() for y in expected]
