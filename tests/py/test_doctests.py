"""The examples in the documentation of every module give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pyhost as ph


def modules() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(ph.__path__, "pyhost.")]
    return ["pyhost", *(name for name in found if name not in {"pyhost._core", "pyhost.__main__"})]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_the_module_are_true(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), globs={})
    assert failed == 0
