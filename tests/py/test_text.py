"""The text form of chains: what is read, how it is written again, and what is refused with which words."""

from __future__ import annotations

import math
import re
import warnings
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyhost.errors import ChainError, InputError, ParameterError
from pyhost.graph.block import COUNT_LIMIT, Block, BlockOption, BlockParameter, Value
from pyhost.graph.blocks import blocks
from pyhost.graph.parameter import LONGEST_RECURSION
from pyhost.graph.signal import Signal
from pyhost.graph.text import chain_label, parse
from pyhost.graph.textchain import Stage, TextChain
from pyhost.graph.trace import renamed_parameters, trace


def names(text: str) -> list[str]:
    return [spec.name for spec in trace(parse(text)).parameters]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("gain", "gain"),
        ("gain()", "gain"),
        ("  lowpass( cutoff = 8e2 )|gain ", "lowpass(cutoff=800) | gain"),
        ("gain\n  | dc", "gain | dc"),
        ("fir(taps=[1,\n -.5])", "fir(taps=[1, -0.5])"),
        ("fir(taps=(1, 2,))", "fir(taps=[1, 2])"),
        ("fir(taps=1e2)", "fir(taps=100)"),
        ("gain(gain=1)", "gain(gain=1)"),
        ("dc(dc=-0.0)", "dc(dc=0)"),
        ("gain(gain=0x2)", "gain(gain=2)"),
        ("peq(band1_gain=3, bands=3)", "peq(band1_gain=3, bands=3)"),
        ("delay(interpolation='none', delay=3)", 'delay(delay=3, interpolation="none")'),
    ],
)
def test_a_text_is_written_the_one_normal_way(text: str, normal: str) -> None:
    chain = parse(text)
    assert chain.text == chain.__name__ == str(chain) == chain_label(chain) == normal
    assert parse(normal) == chain


def test_an_argument_sets_where_a_parameter_starts() -> None:
    first, second = trace(parse("lowpass(cutoff=800) | fir(taps=[1, 2])")).parameters
    assert (first.default, first.minimum, first.maximum, first.unit) == ((800.0,), 20.0, 20000.0, "Hz")
    assert (second.default, second.shape) == ((1.0, 2.0), (2,))


def test_an_end_of_the_range_is_within_it() -> None:
    assert trace(parse("gain(gain=4) | gain(gain=0)")).parameters[0].default == (4.0,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gain | gain | gain", ["gain", "gain_2", "gain_3"]),
        ("dc | gain | dc | gain", ["dc", "gain", "dc_2", "gain_2"]),
        ("lowpass | delay | lowpass(cutoff=50)", ["cutoff", "delay", "cutoff_2"]),
        ("peaking | gain", ["frequency", "q", "gain", "gain_2"]),
        (
            "peq(bands=3)",
            [f"{band}_{of}" for band in ("low", "band1", "high") for of in ("frequency", "q", "gain")],
        ),
    ],
)
def test_the_second_of_a_kind_gets_a_number(text: str, expected: list[str]) -> None:
    assert names(text) == expected
    assert names(parse(text).text) == expected


def made_up(name: str, *parameters: str) -> Stage:
    """Return a stage of a block with these parameters, which passes its signal through their product."""

    def build(x: Signal, *asked: Signal) -> Signal:
        for signal in asked:
            x = x * signal
        return x

    return Stage(Block(name, "made up", tuple(BlockParameter(p, "factor") for p in parameters), (), build))


def test_all_parameters_of_a_stage_get_the_same_number_and_none_collides() -> None:
    stages = made_up("a", "x"), made_up("b", "x_2"), made_up("c", "x", "y"), made_up("d", "x_2"), made_up("a", "x")
    asked = [spec.name for spec in trace(TextChain(stages)).parameters]
    assert asked == ["x", "x_2", "x_3", "y_3", "x_2_2", "x_4"]


def test_names_given_around_a_chain_come_after_its_own() -> None:
    def chain(x: Signal) -> Signal:
        with renamed_parameters(lambda name: f"left_{name}"):
            left = parse("gain | gain")(x)
        return left + parse("gain")(x)

    assert [spec.name for spec in trace(chain).parameters] == ["left_gain", "left_gain_2", "gain"]


def test_the_label_of_a_function_is_its_name() -> None:
    def halved(x: Signal) -> Signal:
        return x * 0.5

    assert chain_label(halved) == "halved"
    assert trace(parse("gain(gain=2)")).name == "gain(gain=2)"


READS = "a chain reads like lowpass(cutoff=800) | gain"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("gain | | dc", 7, "stage 2 is empty; write a block there or take out a |"),
        ("| gain", 1, "stage 1 is empty; write a block there or take out a |"),
        ("gain |", 7, "stage 2 is empty; write a block there or take out a |"),
        ("gain(", 5, f"'(' was never closed; {READS}"),
        ("gain dc", 6, f"invalid syntax; {READS}"),
        ("gain=0.5", 5, f"invalid syntax; {READS}"),
        ("lowpass(cutoff=1k)", 16, f"invalid decimal literal; {READS}"),
        ("  gian", 3, "unknown block 'gian'; did you mean 'gain'?"),
        ("é | gain", 1, f"unknown block 'é'; there is {', '.join(sorted(block.name for block in blocks()))}"),
        ("gain | dc(dv=1)", 11, "dc has no argument 'dv'; there is dc"),
        ("delay(é=1)", 7, "delay has no argument 'é'; there is delay, interpolation, maximum"),
        ("gain(0.5)", 6, "gain: write name=value, here gain="),
        ("gain(*[1])", 6, "gain: write name=value, here gain="),
        ("gain(**{})", 6, "gain: write name=value in place of **"),
        ("gain(gain=1, gain=2)", 14, "gain: gain is given twice; leave one out"),
        ("gain(gain=1+1)", 11, "'1+1' is not a number, a text or a list of numbers"),
        ("gain(gain=None)", 11, "'None' is not a number, a text or a list of numbers"),
        ("fir(taps=True)", 10, "'True' is not a number, a text or a list of numbers"),
        ("fir(taps=[1, 'a'])", 10, "\"[1, 'a']\" is not a number, a text or a list of numbers"),
        ("fir(taps={[]})", 10, "'{[]}' is not a number, a text or a list of numbers"),
        ("delay(interpolation=none)", 21, 'none is neither a number nor in quotes, "none"'),
        ("gain(gain=[1])", 6, "gain must be a number, not a list"),
        ("gain(gain='a')", 6, "gain must be a number, not the text 'a'"),
        ("fir(taps='a')", 5, "taps must be a count or a list of numbers, not the text 'a'"),
        ("fir(taps=0)", 5, "taps must be a whole number from 1 to 65536, not 0"),
        ("fir(taps=1e9)", 5, "taps must be a whole number from 1 to 65536, not 1e+09"),
        ("fir(taps=2.5)", 5, "taps must be a whole number from 1 to 65536, not 2.5"),
        ("fir(taps=1e999)", 5, "taps must be a whole number from 1 to 65536, not inf"),
        ("fir(taps=[])", 5, "taps must be a whole number from 1 to 65536, not 0"),
        ("delay(maximum=0)", 7, "maximum 0 is out of range; choose from 1 to 16777216 samples"),
        ("delay(maximum='a')", 7, "maximum must be a number, not the text 'a'"),
        ("delay(interpolation='linera')", 7, "unknown interpolation 'linera'; did you mean 'linear'?"),
        ("delay(interpolation=3)", 7, "interpolation must be one of none, linear, lagrange3, not the number 3"),
        ("peq(bands=2.5)", 5, "bands must be a whole number, not 2.5"),
        ("peq(bands=1)", 5, "bands 1 is out of range; choose from 2 to 32"),
        ("peq(band2_gain=3, bands=3)", 5, "peq has no argument 'band2_gain'; did you mean 'band1_gain'?"),
        ("peq(7)", 5, "peq: write name=value, here low_frequency= or low_q= or low_gain= or band1_frequency="),
        ("gain | gain + dc", 8, f"'gain + dc' is no block; stages are joined by |: {READS}"),
        ("gain or dc", 1, f"'gain or dc' is no block; stages are joined by |: {READS}"),
        ("gain.x(y=1)", 1, f"'gain.x(y=1)' is no block; stages are joined by |: {READS}"),
        ("(gain | dc) | dc", 1, "stages need no parentheses around them; leave them out"),
        ("gain | (dc | gain)", 6, "stages need no parentheses around them; leave them out"),
        ("gain | (dc)", 6, "stages need no parentheses around them; leave them out"),
        ("gain # loud", 6, "a chain has no comments; leave it out"),
        ("gain # loud\n | dc", 6, "a chain has no comments; leave it out"),
    ],
)
def test_what_is_no_chain_is_refused_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(ChainError) as caught:
        parse(text)
    shown = re.sub(r"\s", " ", text)
    assert str(caught.value) == f"chain {shown!r}, column {column}: {message}"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(ChainError, match=r"^the chain is empty; a chain reads like lowpass\(cutoff=800\) \| gain$"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("lowpass(cutoff=5)", 9, "'cutoff': start value 5 is out of range; choose from 20 to 20000 Hz"),
        ("dc | gain(gain=-1)", 11, "'gain': start value -1 is out of range; choose from 0 to 4"),
        ("gain(gain=1e999)", 6, "'gain': start value must be finite, not inf"),
        ("fir(taps=[1, -1e999])", 5, "'taps': start value must be finite, not -inf"),
        (
            "delay(delay=9, maximum=8)",
            7,
            "'delay': start value 9 is out of range; choose from 0 to 8 samples, or give a larger maximum=",
        ),
    ],
)
def test_a_start_value_out_of_range_is_refused_with_the_range(text: str, column: int, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse(text)
    assert str(caught.value) == f"chain {text!r}, column {column}: parameter {message}"


def test_of_a_long_text_the_message_shows_the_part_around_the_fault() -> None:
    with pytest.raises(ChainError) as caught:
        parse("gain | " * 50 + "gian" + " | gain" * 50)
    message = str(caught.value)
    assert message.startswith("chain '…")
    assert "gian | gain" in message
    assert "…', column 351: unknown block 'gian'" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "text", ["gain|" * 20000 + "dc", "-" * 20000, "fir(taps=" + "[" * 300, "\0", "\udc80", "1" * 9999]
)
def test_what_breaks_a_parser_is_refused_like_the_rest(text: str) -> None:
    with pytest.raises(ChainError):
        parse(text)


def test_a_number_too_large_for_any_float_is_refused() -> None:
    with pytest.raises(ParameterError, match="must be finite, not inf"):
        parse(f"gain(gain=0x{'f' * 9000})")


def test_nothing_in_a_text_is_executed(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("gain(gain=print(1))", "print(gain=1)", "gain(gain=[print(1)])", "gain(gain=f'{print(1)}')"):
        with pytest.raises(ChainError):
            parse(text)
    assert capsys.readouterr().out == ""


def test_no_warning_of_the_parser_reaches_the_user() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for text in (r"delay(interpolation='\d')", "gain(gain=1if 1else 2)"):
            with pytest.raises(ChainError):
                parse(text)
    assert caught == []


def parameter_values(parameter: BlockParameter, maximum: float) -> st.SearchStrategy[Value]:
    finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
    if parameter.count is None:
        bounded = math.isfinite(maximum)
        return st.floats(parameter.minimum, maximum).map(lambda value: value + 0.0) if bounded else finite
    counts = st.integers(1, LONGEST_RECURSION if parameter.stable else COUNT_LIMIT).map(float)
    return st.one_of(counts, st.lists(finite, min_size=1, max_size=9).map(tuple))


def option_values(option: BlockOption) -> st.SearchStrategy[Value]:
    if option.choices:
        return st.sampled_from(option.choices)
    if option.whole:
        return st.integers(int(option.minimum), int(option.maximum)).map(float)
    return st.floats(option.minimum, option.maximum)


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    """Return a block with valid arguments, each of them written or not."""
    block = draw(st.sampled_from(blocks()))
    options: dict[str, Value] = {option.name: option.usual for option in block.options}
    written: dict[str, Value] = {}
    for option in block.options:
        if draw(st.booleans()):
            drawn: Value = draw(option_values(option))
            written[option.name] = options[option.name] = drawn
    for parameter in block.parameters_with(options):
        if draw(st.booleans()):
            maximum = parameter.maximum
            bound = cast(float, options[maximum]) if isinstance(maximum, str) else maximum
            written[parameter.name] = draw(parameter_values(parameter, bound))
    return Stage(block, tuple((a.name, written[a.name]) for a in block.arguments_with(options) if a.name in written))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(stages(), min_size=1, max_size=6))
def test_any_chain_is_written_as_a_text_that_parses_to_the_same(drawn: list[Stage]) -> None:
    chain = TextChain(tuple(drawn))
    again = parse(chain.text)
    assert again == chain
    assert again.text == chain.text
    asked = trace(again).parameters
    assert asked == trace(chain).parameters
    assert len({spec.name for spec in asked}) == sum(len(stage.parameters) for stage in drawn)


SNIPPETS = [block.name for block in blocks()] + [a.name for block in blocks() for a in block.arguments]
SNIPPETS += ["|", "(", ")", "=", ",", "[", "]", "{", "}", " ", "\n", "'", '"', "\\", "#", "+", "-", ".", "*", "**"]
SNIPPETS += [
    "1",
    "0.5",
    "1e9",
    "1e999",
    "1j",
    "0x",
    "é",
    "𝔤ain",
    "none",
    "lambda:",
    " if ",
    ":=",
    "f'",
    "b'",
    "...",
    "\0",
]


def parsed_or_refused(text: str) -> TextChain | InputError:
    try:
        return parse(text)
    except InputError as error:
        return error


@settings(derandomize=True, deadline=None, max_examples=600)
@given(st.one_of(st.text(), st.lists(st.sampled_from(SNIPPETS), max_size=12).map("".join)))
def test_any_text_is_a_chain_or_an_error_of_one_line(text: str) -> None:
    outcome = parsed_or_refused(text)
    if isinstance(outcome, TextChain):
        assert parse(outcome.text) == outcome
    else:
        assert type(outcome) in (ChainError, ParameterError)
        assert len(str(outcome).splitlines()) == 1
