"""The learner's loop for the usual case: a loss of output and target, an optimizer that goes scalar by scalar.

All that goes from sample to sample lives in variables: parameters, sums of the window, positions. The operations, their
order and so the bits are those of the interpreter, with one exception: from `TAPS` learned taps on, the window of the
partials of an FIR filter, which are its past inputs, is taken as the past of the windowed input. That is one window
instead of one for each tap, and the same number but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyhost.native.assembly import arrays_of, print_output, sample_lines, small_parameters
from pyhost.native.bounds import clipped, ends, print_bounds
from pyhost.native.gradient import Gradient
from pyhost.native.layout import Layout
from pyhost.native.shares import Share
from pyhost.native.steps import Steps
from pyhost.native.text import Lines, moved, number, without_unused

__all__ = ["print_directly"]


def print_directly(layout: Layout) -> list[str]:
    """Return the body of the function that learns."""
    return _Direct(layout).print()


class _Direct:
    """One such loop while it is being printed."""

    def __init__(self, layout: Layout) -> None:
        self.sheet, self.settings = layout.sheet, layout.settings
        self.gradient = Gradient(layout)
        self.steps = Steps(layout.settings, layout.sheet.tape.parameters)
        self.spelt = [share for share in self.gradient.shares if share.is_spelt]
        self.looped = [share for share in self.gradient.shares if not share.is_spelt]
        schedule = self.settings.optimizer.schedule
        windowed = (
            self.gradient.windowed
        )  # alone they need no second copy of the parameters, but where they may diverge
        self.is_in_place = bool(windowed) and self.looped == windowed and self.gradient.is_bounded
        self.has_constant_rate = schedule.kind == "constant" and schedule.warm_up == 0

    def print(self) -> list[str]:
        """Return the body."""
        sheet = self.sheet
        sheet.out = sheet.body
        self.gradient.print_loss(sheet.body)
        self.gradient.print_gradient(sheet.body)
        print_output(sheet)
        tail = Lines(depth=2)
        self.print_steps(tail)
        with tail.block("if (DS_UNLIKELY(!good))"):
            tail.add("break;")
        self.print_commit(tail)
        sample, after = sample_lines(sheet, tail), self.after()
        before = self.before()
        return [
            "    PREFIX_State *const s = state;",
            *arrays_of(sheet, [*before, *sample]),
            *without_unused(before, [*sample, *after]),
            "    size_t n = 0;",
            "    for (; n < audio->frames; ++n) {",
            *sample,
            "    }",
            *(f"    {line}" for line in sheet.store),
            *after,
        ]

    def spelt_places(self) -> Iterator[tuple[Share, int]]:
        """Yield the shares and places of the parameters that are variables and learned."""
        for share in self.spelt:
            for place in share.places:
                yield share, place

    def before(self) -> list[str]:
        """Return what goes from the state to variables."""
        out, sheet = Lines(), self.sheet
        moving = {place for _, place in self.spelt_places()}
        for place, _ in small_parameters(sheet):
            out.add(f"{'' if place in moving else 'const '}double p{place} = s->parameters[{place}];")
        out.add("DsLearner *const learner = &s->learner;")
        out.add("double loss_sum = learner->loss_sum;")
        out.add("uint64_t since_mean = learner->since_mean;")
        out.add("size_t due = 0;")
        if self.looped:
            out.add("double *p = s->parameters, *next = s->next;")
            out.add("memcpy(s->next, s->parameters, sizeof s->next);")
        else:
            out.add("const double *const p = s->parameters;")
        out.add("const double delta = learner->settings.delta;")
        if self.has_constant_rate:
            out.add("const double rate = learner->settings.rate;")
        elif self.gradient.shares:
            out.add("DsSchedule schedule = learner->settings.schedule;")
            out.add(f"schedule.kind = DS_SCHEDULE_{self.settings.optimizer.schedule.kind.upper()};")
        if not self.has_constant_rate:
            out.add("double steps = *learner->state.steps;")
        self.gradient.print_before(out)
        self.steps.before(out, sorted(moving))
        for i, spec in {share.number: share.spec for share in self.gradient.shares}.items():
            print_bounds(out, i, spec)
        for share, place in self.spelt_places():
            if share.spec.normalised:
                out.add(f"double u{place} = s->moved[{place}];")
        return [*out.text, *(f"    {line}" for line in sheet.load), *sheet.before.text]

    def print_steps(self, out: Lines) -> None:
        """Print where every parameter would be next, and whether all of it is finite."""
        if not self.has_constant_rate and self.gradient.shares:
            out.add("const double rate = learner->settings.rate * ds_schedule_factor(&schedule, steps);")
        finite = ["(loss - loss)"]  # 0, or NaN for what is not finite
        self.steps.at_sample(out)
        for share, place in self.spelt_places():
            out.add(f"const double to{place} = {self._target(out, share, place)};")
            finite.append(f"(to{place} - to{place})")
            if self.steps.has_v:
                finite.append(f"(v_{place} - v_{place})")
        if self.looped:
            out.add("int64_t bad = 0;")
        out.add(f"const bool is_finite = {' + '.join(finite)} == 0.0;")
        if self.is_in_place:
            self.print_record(out)
            self._print_in_place(out)
        else:
            for share in self.looped:
                self._print_looped(out, share)
            self.print_record(out)
        self.gradient.print_advance(out)
        out.add(f"const bool good = is_finite{' && bad == 0' if self.looped else ''};")

    def _target(self, out: Lines, share: Share, place: int) -> str:
        """Return where a parameter would be next."""
        g, i, steps = self.gradient.of(share, place - share.first), share.number, self.steps
        moved_ = f"u{place}" if share.spec.normalised else f"p{place}"
        mapping = f" * (p{place} * range_{i})" if share.spec.logarithmic else f" * range_{i}"
        if not steps.is_plain:
            out.add(f"const double descent{place} = {g}{mapping if share.spec.normalised else ''};")
            step = steps.step(f"descent{place}", f"m_{place}", f"v_{place}")
            is_pulled = steps.decays and not share.spec.normalised
            out.add(f"const double step{place} = {step}{f' + pull * {moved_}' if is_pulled else ''};")
            return f"{moved_} - step{place}"
        if share.spec.normalised and not share.spec.logarithmic:
            return f"{moved_} - rate * range_{i} * {g}"
        return f"{moved_} - rate * {g}{mapping if share.spec.normalised else ''}"

    def _print_looped(self, out: Lines, share: Share) -> None:
        """Print the steps of a vector."""
        gradient = self.gradient
        with out.loop("k", share.count):
            if share in gradient.fused and gradient.has_window:
                row = share.strip.read(moved("k", share.row), 0)
                value = f"0.0 + scale_0 * {row}" if gradient.of_loss else row
                gradient.push_in_loop(out, f"{gradient.slots[share.row]} + k", value)
            self._print_looped_step(out, share, self._looped_gradient(share))

    def _print_in_place(self, out: Lines) -> None:
        """Print the steps of long filters: where a bound on them all is safe, without a look at each."""
        places = range(len(self.looped))
        for i in places:
            out.add(f"bound_{i} += fabs(rate * scale_0) * most_{i};")
        is_safe = " && ".join(["is_finite", *(f"bound_{i} < DS_PRINTED_SAFE" for i in places)])
        out.add(f"const bool is_safe = {is_safe};")
        with out.block("if (DS_LIKELY(is_safe))"):
            for share in self.looped:
                at = moved("k", share.first)
                with out.loop("k", share.count):
                    out.add(f"const double g = {self._looped_gradient(share)};")
                    out.add(f"const double to = p[{at}] - rate * g;")
                    out.add(f"p[{at}] = {clipped(share, 'to')};")
        with out.block("else"):
            for share in self.looped:
                self._print_looped(out, share)

    def _looped_gradient(self, share: Share) -> str:
        """Return element k of a vector's gradient, after its window."""
        gradient, at = self.gradient, f"{self.gradient.slots.get(share.row, 0)} + k"
        if share in gradient.windowed:
            return f"scale_0 * mean{self.sheet.tape.output}[k]"
        if share not in gradient.fused:
            return f"gradient[{moved('k', share.row)}]"
        if gradient.of_loss:
            return f"{number(1.0 / gradient.loss.window)} * s->sum[{at}]"
        if gradient.has_window:
            return f"scale_0 * s->sum[{at}]"
        return f"(0.0 + scale_0 * {share.strip.read(moved('k', share.row), 0)})"

    def _print_looped_step(self, out: Lines, share: Share, gradient: str) -> None:
        at, steps = moved("k", share.first), self.steps
        m, v = (steps.in_array(name, str(at)) for name in ("m", "v"))
        out.add(f"const double g = {gradient};")
        step = f"{steps.step('g', m, v)}{f' + pull * p[{at}]' if steps.decays else ''}"
        out.add(f"const double to = p[{at}] - {step if steps.is_plain else f'({step})'};")
        out.add(f"bad |= fabs(to) <= DBL_MAX{f' && {v} <= DBL_MAX' if steps.has_v else ''} ? 0 : 1;")
        out.add(f"next[{at}] = {clipped(share, 'to')};")
        if steps.has_velocity and (limits := ends(share, f"next[{at}]")):
            out.add(f"{m} = {limits} ? p[{at}] - next[{at}] : {m};")

    def print_record(self, out: Lines) -> None:
        """Print how a sample is written down."""
        with out.block("if (DS_UNLIKELY(record && n == due))"):
            out.add("memcpy(s->work, s->parameters, sizeof s->work);")
            for share, place in self.spelt_places():
                out.add(f"s->gradient[{place}] = {self.gradient.of(share, place - share.first)};")
                out.add(f"s->work[{place}] = p{place};")
            for share in self.looped:
                with out.loop("k", share.count):
                    out.add(f"s->gradient[{moved('k', share.first)}] = {self._looped_gradient(share)};")
                    out.add(f"s->work[{moved('k', share.first)}] = p[{moved('k', share.first)}];")
            arrays = f"s->gradient, s->work, {self.sheet.tape.parameters}"
            out.add(f"ds_printed_record(record, n / record->every, loss, {arrays});")
            out.add("due += record->every;")

    def print_commit(self, out: Lines) -> None:
        """Print how the next values come in force, and what is counted."""
        for share, place in self.spelt_places():
            i = share.number
            if not share.spec.normalised:
                out.add(f"const double next_p{place} = {clipped(share, f'to{place}')};")
                self._print_unwound(out, share, place, f"next_p{place}")
                out.add(f"p{place} = next_p{place};")
                continue
            out.add(f"const double next_u{place} = ds_clip(to{place}, 0.0, 1.0);")
            self._print_unwound(out, share, place, f"next_u{place}")
            mapped = f"low_{i} + next_u{place} * range_{i}"
            if share.spec.logarithmic:
                mapped = f"ds_clip(low_{i} * exp(next_u{place} * range_{i}), low_{i}, high_{i})"
            out.add(f"p{place} = next_u{place} != u{place} ? {mapped} : p{place};")
            out.add(f"u{place} = next_u{place};")
        if self.is_in_place:
            with out.block("if (!is_safe)"):
                _print_exchange(out)
        elif self.looped:
            _print_exchange(out)
        if not self.has_constant_rate:
            out.add("steps += 1.0;")
        out.add("loss_sum += loss;")
        with out.block("if (DS_UNLIKELY(++since_mean == DS_MEAN_EVERY))"):
            out.add("since_mean = 0;")
            out.add("++learner->mean_count;")
            self._print_means(out)

    def _print_unwound(self, out: Lines, share: Share, place: int, to: str) -> None:
        """Print how a velocity that pushed its parameter to a bound is cut to what was moved."""
        if self.steps.has_velocity and (limits := ends(share, to)):
            start = f"u{place}" if share.spec.normalised else f"p{place}"
            out.add(f"m_{place} = {limits} ? {start} - {to} : m_{place};")

    def _print_means(self, out: Lines) -> None:
        """Print how the parameters are added to their means."""
        spelt = {place for _, place in self.spelt_places()}
        vectors = {share.first: share.count for share in self.looped}
        place = 0
        while place < self.sheet.tape.parameters:
            if place in vectors:
                with out.loop("k", vectors[place]):
                    out.add(f"s->mean[{moved('k', place)}] += p[{moved('k', place)}];")
                place += vectors[place]
                continue
            out.add(f"s->mean[{place}] += {f'p{place}' if place in spelt else f's->parameters[{place}]'};")
            place += 1

    def after(self) -> list[str]:
        """Return what goes back to the state."""
        out = Lines()
        for share, place in self.spelt_places():
            out.add(f"s->parameters[{place}] = p{place};")
            out.add(f"s->moved[{place}] = {'u' if share.spec.normalised else 'p'}{place};")
        for share in self.looped:
            size = f"{share.count} * sizeof(double)"
            with out.block("if (p != s->parameters)"):
                out.add(f"memcpy(s->parameters + {share.first}, p + {share.first}, {size});")
            out.add(f"memcpy(s->moved + {share.first}, s->parameters + {share.first}, {size});")
        self.gradient.print_after(out)
        self.steps.after(out, sorted(place for _, place in self.spelt_places()))
        out.add("learner->loss_sum = loss_sum;")
        out.add("learner->since_mean = since_mean;")
        out.add("learner->samples += n;")
        out.add(f"*learner->state.steps {'+= (double)n' if self.has_constant_rate else '= steps'};")
        out.add("*done = n;")
        with out.block("if (n == audio->frames)"):
            out.add("return DS_OK;")
        out.add("ds_upkeep_restart(learner);")
        out.add("return DS_DIVERGED;")
        return out.text


def _print_exchange(out: Lines) -> None:
    """Print how the next values of the vectors come in force."""
    out.add("double *const used = p;")
    out.add("p = next;")
    out.add("next = used;")
