"""Instructions that work element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyhost.graph.functions import STRAIGHT_THROUGH
from pyhost.native.registers import Register
from pyhost.native.sheet import Sheet, place
from pyhost.native.text import Index, number, product

__all__ = ["ELEMENTS"]

Slope = Callable[[Index], str]

LIBM = frozenset(["sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "log10", "tanh", "power", "atan2"])
"""Functions of which the compiler may know better digits than libm."""

TRIGONOMETRIC = ("sin", "cos", "tan", "asin", "acos", "atan")
ROUNDING = ("floor", "ceil", "rint", "round", "truncate")
UNARY = frozenset(["absolute", *TRIGONOMETRIC, "exp", "log", "log10", "sqrt", "tanh", *ROUNDING])
BINARY = frozenset(["divide", "power", "atan2", "fmod", "remainder"])
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
LOGIC = frozenset([*COMPARISONS, "and", "or", "xor", "shift_left", "shift_right"])
SIGNS = {"add": ("+", "1.0"), "subtract": ("-", "-1.0")}


def _negative(text: str) -> str:
    return f"-({text})" if text.startswith("-") else f"-{text}"


def _blend(slopes: Sequence[Slope]) -> Callable[[Sequence[str | None], Index], str]:
    """Return the sum of slope · partial over the operands that have one."""

    def blend(rows: Sequence[str | None], j: Index) -> str:
        terms = []
        for row, slope in zip(rows, slopes, strict=True):
            if row is not None:
                terms.append(_negative(row) if slope(j) == "-1.0" else product(slope(j), row))
        return " + ".join(terms) if terms else "0.0"

    return blend


def _read(sheet: Sheet, register: Register, operand: Register, j: Index) -> str:
    """Return an element of an operand, hidden from the compiler where it would compute the result itself."""
    text = operand.value(j)
    is_known = register.op.name in LIBM and operand.op.name == "constant" and register.number in sheet.steady
    return f"ds_opaque({text})" if is_known else text


def _print_call(
    sheet: Sheet, register: Register, kind: str, call: Callable[[Index], str], slots: Sequence[str]
) -> None:
    """Print a primitive that answers value and slopes, and the rows from these; `slots` are those that are used."""
    m, operands = register.elements, sheet.operands(register)
    if not register.rows:
        sheet.set_value(register, lambda j: f"{call(j)}.value")
        return
    if register.is_small:
        names = [f"f{place(register.number, j, m)}" for j in range(m)]
        for j, name in enumerate(names):
            sheet.out.add(f"const {kind} {name} = {call(j)};")
        register.value = lambda j: f"{names[int(j)]}.value"
        slopes: list[Slope] = [_of_names(names, slot) for slot in slots]
    else:
        array = sheet.new_array(register)
        kept = [slot if slot == "1.0" else sheet.scratch(f"x{register.number}{slot[-1]}", m) for slot in slots]
        with sheet.out.loop("j", m):
            u = f"f{register.number}"
            sheet.out.add(f"const {kind} {u} = {call('j')};")
            sheet.out.add(f"{array}[j] = {u}.value;")
            for slot, name in zip(slots, kept, strict=True):
                if slot != "1.0":
                    sheet.out.add(f"{name}[j] = {u}.{slot};")
        slopes = [_of_array(name) for name in kept]
    sheet.set_rows(register, operands, _blend(slopes))


def _of_names(names: Sequence[str], slot: str) -> Slope:
    return lambda j: slot if slot == "1.0" else f"{names[int(j)]}.{slot}"


def _of_array(name: str) -> Slope:
    return lambda j: name if name == "1.0" else f"{name}[{j}]"


def _unary(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    slot = "1.0" if register.op.flags & STRAIGHT_THROUGH else "slope"
    _print_call(sheet, register, "DsUnary", lambda j: f"ds_{register.op.name}({_read(sheet, register, a, j)})", [slot])


def _binary(sheet: Sheet, register: Register) -> None:
    a, b = sheet.operands(register)
    active = ", ".join("true" if operand.rows and register.rows else "false" for operand in (a, b))

    def call(j: Index) -> str:
        x, y = _read(sheet, register, a, j), _read(sheet, register, b, j)
        return f"ds_{register.op.name}({x}, {y}, (DsActive){{{active}}})"

    _print_call(sheet, register, "DsBinary", call, ["slope_a", "slope_b"])


def _logic(sheet: Sheet, register: Register) -> None:
    a, b = sheet.operands(register)
    sheet.set_value(register, lambda j: f"ds_{register.op.name}({a.value(j)}, {b.value(j)})")


def _sum(sheet: Sheet, register: Register) -> None:
    a, b = sheet.operands(register)
    sign, slope = SIGNS[register.op.name]
    sheet.set_value(register, lambda j: f"{a.value(j)} {sign} {b.value(j)}")

    def blend(rows: Sequence[str | None], j: Index) -> str:
        if rows[0] is not None and rows[1] is not None:
            return f"{rows[0]} {sign} {rows[1]}"
        return _blend([lambda _: "1.0", lambda _: slope])(rows, j)

    sheet.set_rows(register, (a, b), blend)


def _multiply(sheet: Sheet, register: Register) -> None:
    a, b = sheet.operands(register)
    sheet.set_value(register, lambda j: f"{a.value(j)} * {b.value(j)}")
    sheet.set_rows(register, (a, b), _blend([b.value, a.value]))


def _negate(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    sheet.set_value(register, lambda j: _negative(a.value(j)))
    sheet.set_rows(register, (a,), _blend([lambda _: "-1.0"]))


def _choice(sheet: Sheet, register: Register) -> None:
    """Print a result that is a copy of one of two operands, value and partials."""
    *_, a, b = operands = sheet.operands(register)
    m = register.elements

    def first(j: Index) -> str:
        if register.op.name == "select":
            return f"{operands[0].value(j)} == 0.0"
        return f"ds_{register.op.name}_is_first({a.value(j)}, {b.value(j)})"

    if register.is_small:
        names = [f"is{place(register.number, j, m)}" for j in range(m)]
        for j, name in enumerate(names):
            sheet.out.add(f"const bool {name} = {first(j)};")

        def chosen(j: Index) -> str:
            return names[int(j)]
    else:
        sheet.arrays.append(f"bool is{register.number}[{m}];")
        with sheet.out.loop("j", m):
            sheet.out.add(f"is{register.number}[j] = {first('j')};")

        def chosen(j: Index) -> str:
            return f"is{register.number}[{j}]"

    sheet.set_value(register, lambda j: f"{chosen(j)} ? {a.value(j)} : {b.value(j)}")
    sheet.set_rows(register, (a, b), lambda rows, j: f"{chosen(j)} ? {rows[0] or '0.0'} : {rows[1] or '0.0'}")


def _table(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    name = f"table{register.number}"
    entries = ", ".join(number(entry) for entry in register.op.data)
    sheet.tables.append(f"static const double PREFIX_{name}[] = {{{entries}}};")
    _print_call(
        sheet,
        register,
        "DsUnary",
        lambda j: f"ds_table_read(PREFIX_{name}, {register.op.size}, {a.value(j)})",
        ["slope"],
    )


def _stop(sheet: Sheet, register: Register) -> None:
    (a,) = sheet.operands(register)
    sheet.set_value(register, a.value)


ELEMENTS: dict[str, Callable[[Sheet, Register], None]] = {
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(BINARY, _binary),
    **dict.fromkeys(LOGIC, _logic),
    "add": _sum,
    "subtract": _sum,
    "multiply": _multiply,
    "negate": _negate,
    "minimum": _choice,
    "maximum": _choice,
    "select": _choice,
    "table": _table,
    "stop": _stop,
}
