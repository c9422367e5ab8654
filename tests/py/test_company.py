"""Threads of a company: nobody waits for one that will not come."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import pyhost as ph
from pyhost.learn import together
from pyhost.native.company import Company


def test_a_thread_that_begins_when_all_are_to_stop_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    one_waits, all_stop = threading.Event(), threading.Event()
    companies: list[Company] = []
    learn = Company.learn

    class Late(threading.Event):
        """Keeps the second thread until all are told to stop."""

        def wait(self, timeout: float | None = None) -> bool:
            super().wait(timeout)
            return not threading.current_thread().name.endswith("_1") or all_stop.wait(30.0)

        def set(self) -> None:
            super().set()
            if one_waits.is_set():
                all_stop.set()

    def noted(self: Company, *block: Any) -> int | None:
        companies.append(self)
        one_waits.set()
        return learn(self, *block)

    def interrupted(*_: object) -> None:
        one_waits.wait(30.0)
        raise KeyboardInterrupt

    def learn_two() -> None:
        with pytest.raises(KeyboardInterrupt):
            bank.learn(dry, 0.5 * dry, sample_rate=48_000, align="off", start="off")

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(Company, "learn", noted)
    monkeypatch.setattr(together, "Event", Late)
    monkeypatch.setattr(together, "_listen", interrupted)
    dry = ph.noise(2000).reshape(2, 1000)
    bank = ph.LearnerBank(lambda x: x * ph.param("gain", 0.2), count=2, loss=ph.MSE(8), engine="native")
    caller = threading.Thread(target=learn_two)
    caller.start()
    caller.join(10.0)
    hangs = caller.is_alive()
    if hangs:
        companies[0].leave()
        caller.join()
    assert companies
    assert not hangs
    assert all(np.isfinite(parameters.values_array()).all() for parameters in bank.parameters)
