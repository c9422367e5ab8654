"""Parameters that are vectors, in the direct loop: gone through in loops, a step of each element.

Their next values are written beside the present ones and come in force when all of a sample is known to be finite;
those of long filters go in place, as far as a bound on all of them tells that no step leaves the finite numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyhost.native.bounds import clipped, ends
from pyhost.native.gradient import Gradient
from pyhost.native.shares import Share
from pyhost.native.steps import Steps
from pyhost.native.text import Lines, moved, number

__all__ = ["Vectors"]


class Vectors:
    """The vectors of a learner while it is being printed.

    Parameters
    ----------
    gradient : Gradient
        The learner's.
    steps : Steps
        Its optimizer.
    shares : sequence of Share
        Which rows of the output are theirs.

    Attributes
    ----------
    is_in_place : bool
        Whether all of them are long filters, which need no second copy but where they may diverge.
    """

    def __init__(self, gradient: Gradient, steps: Steps, shares: Sequence[Share]) -> None:
        self.gradient, self.steps, self.shares = gradient, steps, list(shares)
        windowed = gradient.windowed
        self.is_in_place = bool(windowed) and self.shares == windowed and gradient.is_bounded

    def print_steps(self, out: Lines) -> None:
        """Print the steps of all of them."""
        for share in self.shares:
            self._print_steps_of(out, share)

    def print_exchange(self, out: Lines) -> None:
        """Print how their next values come in force."""
        if self.is_in_place:
            with out.block("if (!is_safe)"):
                _print_exchange(out)
        elif self.shares:
            _print_exchange(out)

    def _print_steps_of(self, out: Lines, share: Share) -> None:
        """Print the steps of a vector."""
        gradient = self.gradient
        with out.loop("k", share.count):
            if share in gradient.fused and gradient.has_window:
                row = share.strip.read(moved("k", share.row), 0)
                value = f"0.0 + scale_0 * {row}" if gradient.of_loss else row
                gradient.push_in_loop(out, f"{gradient.slots[share.row]} + k", value)
            self._print_step(out, share, self.gradient_of(share))

    def print_in_place(self, out: Lines) -> None:
        """Print the steps of long filters: where a bound on them all is safe, without a look at each."""
        places = range(len(self.shares))
        for i in places:
            out.add(f"bound_{i} += fabs(rate * scale_0) * most_{i};")
        is_safe = " && ".join(["is_finite", *(f"bound_{i} < DS_PRINTED_SAFE" for i in places)])
        out.add(f"const bool is_safe = {is_safe};")
        with out.block("if (DS_LIKELY(is_safe))"):
            for share in self.shares:
                at = moved("k", share.first)
                with out.loop("k", share.count):
                    out.add(f"const double g = {self.gradient_of(share)};")
                    out.add(f"const double to = p[{at}] - rate * g;")
                    out.add(f"p[{at}] = {clipped(share, 'to')};")
        with out.block("else"):
            self.print_steps(out)

    def gradient_of(self, share: Share) -> str:
        """Return element k of a vector's gradient, after its window."""
        gradient, at = self.gradient, f"{self.gradient.slots.get(share.row, 0)} + k"
        if share in gradient.windowed:
            return f"scale_0 * mean{self.gradient.output.number}[k]"
        if share not in gradient.fused:
            return f"gradient[{moved('k', share.row)}]"
        if gradient.of_loss:
            return f"{number(1.0 / gradient.loss.window)} * s->sum[{at}]"
        if gradient.has_window:
            return f"scale_0 * s->sum[{at}]"
        return f"(0.0 + scale_0 * {share.strip.read(moved('k', share.row), 0)})"

    def _print_step(self, out: Lines, share: Share, gradient: str) -> None:
        at, steps = moved("k", share.first), self.steps
        m, v = (steps.in_array(name, str(at)) for name in ("m", "v"))
        out.add(f"const double g = {gradient};")
        step = f"{steps.step('g', m, v)}{f' + pull * p[{at}]' if steps.decays else ''}"
        out.add(f"const double to = p[{at}] - {step if steps.is_plain else f'({step})'};")
        out.add(f"bad |= fabs(to) <= DBL_MAX{f' && {v} <= DBL_MAX' if steps.has_v else ''} ? 0 : 1;")
        out.add(f"next[{at}] = {clipped(share, 'to')};")
        if steps.has_velocity and (limits := ends(share, f"next[{at}]")):
            out.add(f"{m} = {limits} ? p[{at}] - next[{at}] : {m};")


def _print_exchange(out: Lines) -> None:
    """Print how the next values of the vectors come in force."""
    out.add("double *const used = p;")
    out.add("p = next;")
    out.add("next = used;")
