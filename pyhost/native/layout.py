"""The state of a printed learner: the members that its ``DsLearner`` points to, and the pointing."""

from __future__ import annotations

from dataclasses import dataclass

from pyhost._settings import CoreSettings
from pyhost.native.sheet import Sheet
from pyhost.native.text import number

__all__ = ["Layout", "infinite"]

OF_PARAMETERS = ("moved", "gradient", "next", "mean", "descent", "step", "work")
OF_LANES = ("slopes", "residuals", "pulls")
HAS_M = ("momentum", "nesterov", "adam", "adamw")
HAS_V = ("rmsprop", "adam", "adamw")


@dataclass(frozen=True, slots=True)
class Layout:
    """How much of what a learner needs.

    Attributes
    ----------
    sheet : Sheet
        Its chain.
    settings : CoreSettings
        What is structure in them is printed; the numbers are set when it is made.
    window : int
        Values that the window holds side by side.
    choices : tuple of str
        Kinds of optimizers that whoever runs it may set instead of the settings' one; there is room for each.
    """

    sheet: Sheet
    settings: CoreSettings
    window: int
    choices: tuple[str, ...] = ()

    @property
    def scalars(self) -> int:
        """Parameters, and 1 where there is none: an array needs one."""
        return max(self.sheet.tape.parameters, 1)

    @property
    def rows(self) -> int:
        """Rows of the output."""
        return self.sheet.registers[self.sheet.tape.output].rows

    @property
    def history(self) -> int:
        """Doubles of the sample before, for the pre-emphasis."""
        return self.sheet.tape.lanes * (2 + self.rows) if self.settings.loss.kind == "esr" else 0

    def members(self) -> list[str]:
        """Return the members of the state that are not the chain's."""
        lanes, p, window = self.sheet.tape.lanes, self.scalars, self.settings.loss.window
        members = [
            "DsLearner learner;",
            "DsInterpreter machine;",
            f"DsParameter specs[{max(len(self.settings.parameters), 1)}];",
            f"double parameters[{p}];",
            *(f"double {name}[{p}];" for name in OF_PARAMETERS),
            *(f"double {name}[{lanes}];" for name in (*OF_LANES, "output")),
            f"double rows[{max(self.rows, 1) * lanes}];",
            f"double optimizer[{max(map(self._optimizer_doubles, (self.settings.optimizer.kind, *self.choices)))}];",
        ]
        if window > 1:
            size = self.window
            members += [f"double ring[{window * size}];", f"double sum[{size}];", f"double turn[{size}];"]
        if self.history:
            members += [f"double history[{self.history}];", f"double emphasised[{self.history}];"]
        if self.settings.loss.kind == "spectral":
            members.append(f"double spectra[{self._spectral_doubles()}];")
        return members

    def _optimizer_doubles(self, kind: str) -> int:
        p = self.sheet.tape.parameters
        return 3 + p * ((kind in HAS_M) + (kind in HAS_V)) + (p * p if kind == "gauss_newton" else 0)

    def _spectrum_doubles(self, size: int) -> int:
        bins, signals = size // 2 + 1, self.sheet.tape.lanes * (2 + self.rows)
        return 2 * size + 2 * bins + size * signals + 4 * bins * signals

    def _spectral_doubles(self) -> int:
        sizes = self.settings.loss.sizes
        return sum(map(self._spectrum_doubles, sizes)) + 2 * (max(sizes) // 2 + 1)

    def pointing(self) -> list[str]:
        """Return the lines that point the learner to the members."""
        tape, loss, optimizer = self.sheet.tape, self.settings.loss, self.settings.optimizer
        p, kind = tape.parameters, optimizer.kind
        runs = self.sheet.registers[tape.output].op.rows.runs
        lines = []
        if runs:
            listed = ", ".join(f"{{{first}, {count}}}" for first, count in runs)
            lines.append(f"static const DsRun runs[] = {{{listed}}};")
        lines += [
            "s->machine = (DsInterpreter){",
            "    .output = s->output,",
            "    .output_rows = s->rows,",
            *(["    .output_runs = runs,", f"    .output_runs_end = runs + {len(runs)},"] if runs else []),
            f"    .output_row_count = {self.rows},",
            f"    .lanes = {tape.lanes},",
            "    .parameters = s->parameters,",
            f"    .parameter_count = {p},",
            "};",
            "s->learner = (DsLearner){",
            "    .machine = &s->machine,",
            *(f"    .{name} = s->{name}," for name in (*OF_PARAMETERS, *OF_LANES)),
            f"    .state = {{.all = s->optimizer, .count = {self._optimizer_doubles(kind)}, .steps = s->optimizer,",
            "              .power1 = s->optimizer + 1, .power2 = s->optimizer + 2},",
            "};",
            f"s->learner.window.length = {loss.window};",
        ]
        if kind in HAS_M:
            lines.append("s->learner.state.m = s->optimizer + 3;")
        if kind in HAS_V:
            lines.append(f"s->learner.state.v = s->optimizer + {3 + p * (kind in HAS_M)};")
        if kind == "gauss_newton":
            lines.append("s->learner.state.s = s->optimizer + 3;")
        if loss.window > 1:
            lines.append(
                f"s->learner.window = (DsWindow){{s->ring, s->sum, s->turn, {self.window}, {loss.window}, 0}};"
            )
        if self.history:
            lines += [
                "s->learner.before = s->history;",
                f"s->learner.before_count = {self.history};",
                "s->learner.emphasised = s->emphasised;",
            ]
        if loss.kind == "spectral":
            at, signals = 0, tape.lanes * (2 + self.rows)
            for i, size in enumerate(loss.sizes):
                lines.append(f"s->learner.spectra[{i}] = ds_spectrum_init(s->spectra + {at}, {size}, {signals});")
                at += self._spectrum_doubles(size)
            lines.append(f"s->learner.pull = s->spectra + {at};")
        return lines


def infinite(bound: float) -> bool:
    """Whether a bound is none."""
    return number(abs(bound)) == "HUGE_VAL"
