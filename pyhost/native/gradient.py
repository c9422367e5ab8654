"""Loss and gradient of the direct loop: errors and partials through the window, lane by lane, then folded.

What the window holds side by side: first what is gone through in loops, rows of partials, then what has variables,
rows again, then errors (or losses), then the inputs of long filters. The operations and their order are those of
``csrc/ds_loop_loss.h``.
"""

from __future__ import annotations

from pyhost.native.layout import Layout
from pyhost.native.registers import FEW
from pyhost.native.shares import Share, shares_of
from pyhost.native.text import Lines, moved, number

__all__ = ["Gradient"]

LOSSES = {
    "mae": "ds_printed_mae({y} - {t})",
    "mse": "ds_loss_mse({y} - {t})",
    "huber": "ds_loss_huber({y} - {t}, delta)",
    "log_cosh": "ds_loss_log_cosh({y} - {t})",
    "msle": "ds_loss_msle({y}, {t})",
}


class Gradient:
    """Loss and gradient while they are being printed.

    Parameters
    ----------
    layout : Layout
        The learner's; its window is set here.

    Attributes
    ----------
    shares : list of Share
        Of all rows; `fused` are those whose window is gone through together with the step, `windowed` those of long
        filters.
    size : int
        Values that the window holds side by side.
    """

    def __init__(self, layout: Layout) -> None:
        self.sheet, self.loss = layout.sheet, layout.settings.loss
        self.lanes = self.sheet.tape.lanes
        self.output = self.sheet.registers[self.sheet.tape.output]
        self.shares = shares_of(self.sheet, layout.settings)
        self.windowed = [share for share in self.shares if share.window_of is not None]
        rest = [share for share in self.shares if share.window_of is None]
        self.fused = [share for share in rest if self.lanes == 1 and not share.is_spelt]
        own = [share for share in rest if share not in self.fused]
        is_named = self.output.has_few_rows
        self.named = own if is_named else []
        self.arrayed = [] if is_named else own
        self.is_bounded = layout.settings.optimizer.kind == "sgd"  # how far the steps of long filters go
        self.has_window = self.loss.window > 1
        self.of_loss = self.has_window and self.loss.window_of == "loss"
        self.of_signals = self.has_window and not self.of_loss
        self._place_slots()

    def _place_slots(self) -> None:
        """Give everything its place in the window."""
        per_row = 1 if self.of_loss else self.lanes
        self.slots: dict[int, int] = {}
        at = 0
        for shares in ((*self.fused, *self.arrayed), self.named):
            self.in_arrays = at
            for share in shares:
                self.slots[share.row] = at
                at += share.count * per_row
        self.in_arrays = self.in_arrays if self.named else at
        self.errors = at
        if self.lanes >= FEW and self.of_signals:
            self.in_arrays = at + self.lanes
        self.inputs = at + (1 if self.of_loss else self.lanes)
        self.size = self.inputs + len(self.windowed)
        self.variables = list(range(self.in_arrays, self.size)) if self.has_window else []

    def signed_size(self, share: Share, k: int) -> tuple[str, str, str] | None:
        """Return what an element of the gradient is but for its sign, where that is the sign of the error alone.

        Returns
        -------
        error, sum : str
            Which is beyond the clamp of the mean absolute error where this holds, and what has its sign.
        size : str
            The absolute slope of the loss by the mean of the partials; None where the loss is another one.
        """
        if self.loss.kind != "mae" or self.lanes != 1 or self.of_loss or share not in self.named:
            return None
        if not self.has_window:
            error = f"({self.output.value(0)} - {self._target(0)})"
            return error, error, share.strip.read(share.row + k, 0)
        size = f"({number(self._scale())} * run_{self.slots[share.row] + k})"
        return "mean_0", f"run_{self.errors}", size

    def of(self, share: Share, k: int) -> str:
        """Return how an element of the gradient is read, of a share that is not fused."""
        return f"g{share.first + k}" if share in self.named else f"gradient[{share.row + k}]"

    def print_before(self, out: Lines) -> None:
        """Print what goes from the state to variables."""
        if self.has_window:
            out.add("size_t at = learner->window.position;")
        for slot in self.variables:
            out.add(f"double sum_{slot} = s->sum[{slot}], turn_{slot} = s->turn[{slot}];")
        for i, share in enumerate(self.windowed if self.is_bounded else ()):
            line = f"s->means{self.output.number}"
            out.add(f"double most_{i} = ds_printed_largest({line}, {2 * share.count});")
            out.add(f"double bound_{i} = ds_printed_largest(p + {share.first}, {share.count});")

    def _push(self, out: Lines, slot: int, value: str) -> str:
        """Print a value's way through the window; return the sum of the last W."""
        out.add(f"const double run_{slot} = (sum_{slot} - slot[{slot}]) + {value};")
        out.add(f"slot[{slot}] = {value};")
        out.add(f"sum_{slot} = run_{slot};")
        out.add(f"turn_{slot} += {value};")
        return f"run_{slot}"

    @staticmethod
    def push_in_loop(out: Lines, slot: str, value: str) -> None:
        """Print the same in a loop, of an array's element; `run` is the sum."""
        out.add(f"const double own = {value};")
        out.add(f"const double run = (s->sum[{slot}] - slot[{slot}]) + own;")
        out.add(f"slot[{slot}] = own;")
        out.add(f"s->sum[{slot}] = run;")
        out.add(f"s->turn[{slot}] += own;")

    def print_loss(self, out: Lines) -> None:
        """Print the loss of the sample, and by how much each lane's partials count."""
        if self.has_window:
            out.add(f"double *const slot = s->ring + at * {self.size};")
        if self.lanes >= FEW:
            self._print_loss_of_many(out)
        else:
            self._print_loss_of_few(out)
        if self.of_loss:
            out.add(
                f"const double loss = {number(1.0 / self.loss.window)} * {self._push(out, self.errors, 'own_loss')};"
            )

    def _total(self, values: list[str]) -> str:
        """Return the mean over the lanes."""
        if self.lanes == 1:
            return values[0]
        share = number(1.0 / self.lanes)
        return " + ".join(["0.0", *(f"{share} * {value}" for value in values)])

    def _scale(self) -> float:
        """Return what a slope is multiplied by for its lane's partials."""
        return (1.0 / self.lanes) * (1.0 / self.loss.window) if self.of_signals else 1.0 / self.lanes

    def _is_linear(self) -> bool:
        """Whether a slope is the error's sum times powers of 2, which as one factor, so sooner, gives the same bits."""
        is_exact = all(count & (count - 1) == 0 for count in (self.loss.window, self.lanes))
        return self.loss.kind == "mse" and self.of_signals and is_exact

    def _target(self, lane: int | str) -> str:
        return "audio->target[n]" if lane == 0 else f"audio->target[{lane} * audio->stride + n]"

    def _print_loss_of_few(self, out: Lines) -> None:
        call, values = LOSSES[self.loss.kind], []
        for lane in range(self.lanes):
            y, t = self.output.value(lane), self._target(lane)
            total = ""
            if self.of_signals:
                out.add(f"const double error_{lane} = {y} - {t};")
                total = self._push(out, self.errors + lane, f"error_{lane}")
                out.add(f"const double mean_{lane} = {number(1.0 / self.loss.window)} * {total};")
                text = call.replace(" - {t}", "").format(y=f"mean_{lane}", t="0.0")
            else:
                text = call.format(y=y, t=t)
            out.add(f"const DsUnary of_{lane} = {text};")
            values.append(f"of_{lane}.value")
            factor, slope = self._scale(), f"of_{lane}.slope"
            if self._is_linear():
                factor, slope = 2.0 * factor / self.loss.window, total
            out.add(f"const double scale_{lane} = {slope if factor == 1.0 else f'{number(factor)} * {slope}'};")
        out.add(f"const double {'own_loss' if self.of_loss else 'loss'} = {self._total(values)};")

    def _print_loss_of_many(self, out: Lines) -> None:
        call, lanes = LOSSES[self.loss.kind], self.lanes
        out.add(f"double losses[{lanes}];")
        if self.shares:
            out.add(f"double scale[{lanes}];")
        with out.loop("j", lanes):
            y, t = self.output.value("j"), self._target("j")
            if self.of_signals:
                self.push_in_loop(out, f"{self.errors} + j", f"{y} - {t}")
                out.add(f"const double mean = {number(1.0 / self.loss.window)} * run;")
                text = call.replace(" - {t}", "").format(y="mean", t="0.0")
            else:
                text = call.format(y=y, t=t)
            out.add(f"const DsUnary of = {text};")
            out.add("losses[j] = of.value;")
            if self.shares:
                out.add(f"scale[j] = {number(self._scale())} * of.slope;")
        name = "own_loss" if self.of_loss else "loss"
        out.add(f"const double {name} = {self._total([f'losses[{lane}]' for lane in range(lanes)])};")

    def scale_of(self, lane: int | str) -> str:
        """Return by how much a lane's partials count."""
        return f"scale[{lane}]" if self.lanes >= FEW else f"scale_{lane}"

    def print_gradient(self, out: Lines) -> None:
        """Print the gradient, but for what is fused with the steps."""
        for share in self.named:
            for k in range(share.count):
                self._print_named(out, share, k)
        if self.arrayed:
            out.add(f"double gradient[{self.output.rows}];")
        for share in self._joined():
            self._print_arrayed(out, share)
        for i, share in enumerate(self.windowed):
            assert share.window_of is not None
            at = self.output.number
            self.sheet.member(f"means{at}", 2 * share.count)
            out.add(f"double *const mean{at} = s->means{at} + at{at};")
            total = self._push(out, self.inputs + i, share.window_of.value(0))
            out.add(f"mean{at}[0] = mean{at}[{share.count}] = {total};")
            if self.is_bounded:
                out.add(f"most_{i} = fabs({total}) > most_{i} ? fabs({total}) : most_{i};")

    def _folded(self, values: list[str]) -> str:
        """Return the sum over the lanes, each as much as it counts."""
        if self.lanes == 1 and self.of_signals:
            return f"scale_0 * {values[0]}"
        return " + ".join(["0.0", *(f"{self.scale_of(lane)} * {value}" for lane, value in enumerate(values))])

    def _print_named(self, out: Lines, share: Share, k: int) -> None:
        place, rows = share.first + k, [share.strip.read(share.row + k, lane) for lane in range(self.lanes)]
        if self.of_signals:
            slot = self.slots[share.row] + k * self.lanes
            rows = [self._push(out, slot + lane, row) for lane, row in enumerate(rows)]
        if not self.of_loss:
            out.add(f"const double g{place} = {self._folded(rows)};")
            return
        out.add(f"const double own_{place} = {self._folded(rows)};")
        total = self._push(out, self.slots[share.row] + k, f"own_{place}")
        out.add(f"const double g{place} = {number(1.0 / self.loss.window)} * {total};")

    def _joined(self) -> list[Share]:
        """Return the arrayed shares, those on end that are read in one way as one."""
        joined: list[Share] = []
        for share in self.arrayed:
            last = joined[-1] if joined else None
            if last and last.strip.read is share.strip.read and last.row + last.count == share.row:
                joined[-1] = Share(
                    last.row, last.count + share.count, last.first, last.spec, last.number, last.strip, None
                )
            else:
                joined.append(share)
        return joined

    def _print_arrayed(self, out: Lines, share: Share) -> None:
        lanes, slot = self.lanes, self.slots[share.row]
        if self.of_signals:
            with out.loop("r", share.count), out.loop("j", lanes):
                element = f"r + {slot}" if lanes == 1 else f"r * {lanes} + {slot} + j"
                row = share.strip.read(self._row(share), 0 if lanes == 1 else "j")
                self.push_in_loop(out, element, row)
        with out.loop("r", share.count):
            target = f"gradient[{moved('r', share.row)}]"
            values = [self._value(share, slot, lane) for lane in range(lanes)]
            if not self.of_loss:
                out.add(f"{target} = {self._folded(values)};")
                return
            self.push_in_loop(out, f"{slot} + r", self._folded(values))
            out.add(f"{target} = {number(1.0 / self.loss.window)} * run;")

    def _row(self, share: Share) -> int | str:
        return share.row if share.count == 1 else moved("r", share.row)

    def _value(self, share: Share, slot: int, lane: int) -> str:
        if self.of_signals:
            return f"s->sum[r * {self.lanes} + {slot + lane}]"
        return share.strip.read(self._row(share), lane)

    def print_advance(self, out: Lines) -> None:
        """Print how the window goes on to its next slot."""
        if not self.has_window:
            return
        with out.block(f"if (++at == {self.loss.window})"):
            out.add("at = 0;")
            for slot in self.variables:
                out.add(f"sum_{slot} = turn_{slot};")
                out.add(f"turn_{slot} = 0.0;")
            if self.in_arrays:
                out.add(f"memcpy(s->sum, s->turn, {self.in_arrays} * sizeof(double));")
                out.add(f"memset(s->turn, 0, {self.in_arrays} * sizeof(double));")

    def print_after(self, out: Lines) -> None:
        """Print what goes back to the state."""
        for slot in self.variables:
            out.add(f"s->sum[{slot}] = sum_{slot};")
            out.add(f"s->turn[{slot}] = turn_{slot};")
