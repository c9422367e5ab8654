"""Loops over the same elements become one exactly where that changes nothing."""

from __future__ import annotations

import pytest

from pyhost.native.fusion import fused, without_dead_stores
from pyhost.native.text import comment, moved, number, without_unused


def _loop(index: str, count: int, *statements: str) -> list[str]:
    inside = [f"    {statement}" for statement in statements]
    return ["DS_APART", f"for (size_t {index} = 0; {index} < {count}; ++{index}) {{", *inside, "}"]


def test_loops_with_one_head_become_one_and_what_is_written_is_at_hand() -> None:
    lines = [*_loop("r", 5, "d1[r] = x * d0[r];"), "const double v = 1.0;", *_loop("r", 5, "d2[r] = d1[r] + y;")]
    assert fused(lines, 0, "t") == [
        "const double v = 1.0;",
        *_loop("r", 5, "const double t0 = x * d0[r];", "d1[r] = t0;", "const double t1 = t0 + y;", "d2[r] = t1;"),
    ]


@pytest.mark.parametrize(
    "between",
    [
        ["const double v = d1[3];"],
        ["const double v = ds_dot(d1, d0, 5);"],
        _loop("r", 4, "d3[r] = d1[r];"),
        ["if (record) {", "    use(d1);", "}"],
        ["const double loss = loss_of_sample(learner, audio, n);"],
    ],
    ids=["an element", "the whole", "another loop", "a block", "a function that knows the state"],
)
def test_a_loop_comes_before_what_needs_it(between: list[str]) -> None:
    lines = [*_loop("r", 5, "d1[r] = x;"), *between, *_loop("r", 5, "d2[r] = y;")]
    found = fused(lines, 0, "t")
    assert found.index("    d1[r] = t0;") < found.index(between[-1 if between[0] == "DS_APART" else 0])


def test_elements_that_a_loop_does_not_write_need_not_wait_for_it() -> None:
    lines = [*_loop("r", 5, "d1[r] = x;"), "d2[5] = d1[5];", *_loop("r", 5, "d2[r] = d1[r];")]
    assert fused(lines, 0, "t")[0] == "d2[5] = d1[5];"


def test_a_loop_that_reads_other_elements_than_were_written_does_not_join() -> None:
    lines = [*_loop("r", 5, "d1[r] = x;"), *_loop("r", 5, "d2[r] = d1[3 + r];")]
    assert sum(line.startswith("for") for line in fused(lines, 0, "t")) == 2


def test_what_is_read_is_not_overwritten_before() -> None:
    lines = [*_loop("r", 5, "d2[r] = s->d1[1 + r];"), *_loop("r", 5, "s->d1[r] = x;")]
    found = fused(lines, 0, "t")
    assert sum(line.startswith("for") for line in found) == 2
    assert found.index("    d2[r] = t0;") < found.index("    s->d1[r] = t1;")


def test_an_array_that_nothing_reads_is_not_written() -> None:
    lines = ["d1[0] = x;", "d2[0] = d1[0];", "s->d3[0] = x;"]
    assert without_dead_stores(lines, ["d1", "d2"]) == ["s->d3[0] = x;"]


def test_a_definition_that_nothing_reads_is_dropped_with_all_that_only_it_needs() -> None:
    lines = ["    const double v1 = a;", "    const double v2 = v1;", "    const double v3 = f1.value;", "    use(v3);"]
    assert without_unused(lines) == lines[2:]


def test_offsets_are_added_up() -> None:
    assert [moved(2, 3), moved("r", 0), moved("r", 3), moved(moved("r", 3), 4)] == [5, "r", "3 + r", "7 + r"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0x1p-1"), (-0.0, "-0.0"), (48_000.0, "48000.0"), (0.1, "0x1.999999999999ap-4")]
)
def test_numbers_are_written_to_the_bit(value: float, text: str) -> None:
    assert number(value) == text
    assert float.fromhex(text) == value or float(text) == value


@pytest.mark.parametrize("text", ["*/ int x; /*", "a\n#include <b>", "a\\", "??/", "*" * 300 + "/", "é"])
def test_a_comment_cannot_be_left(text: str) -> None:
    written = comment(text)
    assert written.startswith("/* ")
    assert written.endswith(" */")
    assert written.count("*/") == 1
    assert written.isascii()
    assert not set(written) & set('\n\\?"#')
