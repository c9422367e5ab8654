"""Printed lines in which a number is a vector: one lane for each of several learners of the same program.

The lines of one learner are the model. Types are widened, functions are exchanged for those of ``csrc/ds_lanes.h``, and
what C does not know of vectors, choices and conditions, is said with functions. Operations and their order stay, and so
every lane has the bits that its learner would have alone. Positions and counters are numbers still: learners in one
pass are in step.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

__all__ = ["widened", "widened_members"]

_TYPES = {"double": "DsLanes", "bool": "DsMaskLanes"}
_TYPES |= {name: f"{name}Lanes" for name in ("DsUnary", "DsBinary", "DsAdam")}
_TYPE = re.compile(r"\b(double|bool|DsUnary|DsBinary)\b")
_CONSTANT = re.compile(r"const (double|bool|DsUnary|DsBinary) (\w+) = (.*);$")
_ADAM = re.compile(r"const DsAdam (\w+) = {(.*)};$")
_VARIABLES = re.compile(r"double (\w+ = .*);$")
_STORE = re.compile(r"((?:s->)?\w+(?:\[.*?\])?|\(.*?\)\[.*?\]) ([+-]?)= (.*);$")
_PLACE = re.compile(r"size_t (\w+) = s->(\w+);$")
_BAD = re.compile(r"bad \|= (.*) \? 0 : 1;$")
_NOT_NUMBERS = re.compile(r"(for|if|else|mem\w+|size_t|uint64_t|\+\+|/\*|\}|#|DS_APART)")
_NAME = re.compile(r"[A-Za-z_]\w*$")
_IS_WIDE = re.compile(r"-?(s->)?[a-z]\w*(\[[^\]]*\])?(\.(value|slope\w*))?$")
_BARE = {"fabs": "ds_lanes_fabs", "exp": "ds_lanes_plain_exp", "log": "ds_lanes_plain_log"}
_OF_ARRAYS = ("ds_dot", "ds_printed_sum")
_NO_NUMBER = ("(DsActive)", "&", "adam")
_COUNTERS = frozenset(["at", "due", "since_mean", "means"])
_OTHERWISE = {
    "audio->input[n]": "input",
    "audio->target[n]": "target",
    "s->specs[": "learner->parameters[",
    "*learner->state.steps": "s->optimizer[0]",
    "*learner->state.power1": "s->optimizer[1]",
    "*learner->state.power2": "s->optimizer[2]",
}
"""What is found elsewhere than in the lines of one learner."""


def widened_members(members: Sequence[str]) -> list[str]:
    """Return the declarations of a state's members, each wide."""
    return [member.replace("double ", "DsLanes ").replace("size_t ", "DsPlaceLanes ") for member in members]


def widened(lines: Sequence[str], places: Collection[str]) -> list[str]:
    """Return the lines of one learner as those of several.

    Parameters
    ----------
    lines : sequence of str
        As they are printed.
    places : collection of str
        Names of positions: kept in the state, the same for all learners.
    """
    wide = []
    for line in lines:
        statement = line.lstrip()
        for one, several in _OTHERWISE.items():
            statement = statement.replace(one, several)
        wide.append(" " * (len(line) - len(line.lstrip())) + _statement(statement, places))
    return wide


def _statement(line: str, places: Collection[str]) -> str:
    return _definition(line) or _assignment(line, places) or _TYPE.sub(lambda word: _TYPES[word[0]], line)


def _definition(line: str) -> str | None:
    """Return what defines numbers, conditions or positions, or None if a line defines none."""
    if found := _CONSTANT.match(line):
        text = _expression(found[3])
        return f"const {_TYPES[found[1]]} {found[2]} = {_number(text) if found[1] == 'double' else text};"
    if found := _ADAM.match(line):
        return f"const DsAdamLanes {found[1]} = {{{', '.join(_number(text) for text in _apart(found[2], ','))}}};"
    if found := _VARIABLES.match(line):
        pairs = (part.split(" = ", 1) for part in _apart(found[1], ","))
        return f"DsLanes {', '.join(f'{name} = {_number(_expression(text))}' for name, text in pairs)};"
    if found := _PLACE.match(line):
        return f"size_t {found[1]} = s->{found[2]}[0];"
    return "DsMaskLanes bad = {0};" if line == "int64_t bad = 0;" else None


def _assignment(line: str, places: Collection[str]) -> str | None:
    """Return what gives a number or a position of the state its value, or None if a line does not."""
    if found := _BAD.match(line):
        return f"bad |= ~({_expression(found[1])});"
    found = None if _NOT_NUMBERS.match(line) else _STORE.match(line)
    if found is None or found[1] in _COUNTERS or found[1] in places:
        return None
    if found[1].removeprefix("s->") in places:
        return f"ds_lanes_place({found[1]}, {found[3]});"
    return f"{found[1]} {found[2]}= {_number(_expression(found[3]))};"


def _number(text: str) -> str:
    """Return a number that may be one for all lanes as lanes."""
    return text if "ds_lanes_" in text or _IS_WIDE.match(text) else f"DS_IN_LANES({text})"


def _expression(text: str) -> str:
    """Return an expression with its calls, choices and conditions wide."""
    out, at = "", 0
    while at < len(text):
        if text[at] != "(":
            out += text[at]
            at += 1
            continue
        end = _closing(text, at)
        inside, name = text[at + 1 : end], _NAME.search(out)
        if name is None:
            out += f"({inside if inside == 'DsActive' else _expression(inside)})"
        else:
            out = out[: name.start()] + _call(name[0], inside)
        at = end + 1
    return _choice(out)


def _closing(text: str, at: int) -> int:
    """Return where the bracket that opens at a place is closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place
    raise AssertionError(f"a bracket is not closed: {text}")


def _apart(text: str, sign: str) -> Iterator[str]:
    """Yield the parts of a text between signs outside of all brackets."""
    depth = start = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter == sign:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _call(name: str, inside: str) -> str:
    arguments = list(_apart(inside, ","))
    if name in _OF_ARRAYS:
        return f"{name.replace('ds_', 'ds_lanes_', 1)}({inside})"
    wide = [text if text.startswith(_NO_NUMBER) else _number(_expression(text)) for text in arguments]
    return f"{_BARE.get(name) or name.replace('ds_', 'ds_lanes_', 1)}({', '.join(wide)})"


def _choice(text: str) -> str:
    """Return a choice, whose operands are wide, as a call; conditions lane by lane."""
    condition, *rest = _apart(text, "?")
    if not rest:
        return _conditions(text)
    first, *others = _apart(" ? ".join(rest), ":")
    return f"ds_lanes_select({_choice(condition)}, {_number(first)}, {_number(_choice(' : '.join(others)))})"


def _conditions(text: str) -> str:
    """Return conditions that are joined by "and" or "or", lane by lane."""
    for word, sign in ((" && ", " & "), (" || ", " | ")):
        text = sign.join(f"({part})" for part in text.split(word)) if word in text else text
    return text
