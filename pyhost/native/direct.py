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
from pyhost.native.looped import Vectors
from pyhost.native.shares import Share
from pyhost.native.steps import Steps
from pyhost.native.text import Lines, moved, without_unused

__all__ = ["Direct", "print_directly"]


def print_directly(layout: Layout) -> list[str]:
    """Return the body of the function that learns."""
    return Direct(layout).print()


class Direct:
    """One such loop while it is being printed.

    Parameters
    ----------
    layout : Layout
        The learner's; its window is not needed.
    """

    record = "record"
    """What tells how samples are written down."""

    by_sign = True
    """Whether a step whose size is known before its sign waits for the sign alone."""

    def __init__(self, layout: Layout) -> None:
        self.sheet, self.settings = layout.sheet, layout.settings
        self.gradient = Gradient(layout)
        self.steps = Steps(layout.settings, layout.sheet.tape.parameters)
        self.spelt = [share for share in self.gradient.shares if share.is_spelt]
        self.looped = [share for share in self.gradient.shares if not share.is_spelt]
        self.vectors = Vectors(self.gradient, self.steps, self.looped)
        schedule = self.settings.optimizer.schedule
        self.has_constant_rate = schedule.kind == "constant" and schedule.warm_up == 0

    def print(self) -> list[str]:
        """Return the body of the function that learns."""
        before, sample, after = self.parts()
        return [
            "    PREFIX_State *const s = state;",
            *arrays_of(self.sheet, [*before, *sample]),
            *without_unused(before, [*sample, *after]),
            "    size_t n = 0;",
            "    for (; n < audio->frames; ++n) {",
            *sample,
            "    }",
            *after,
        ]

    def parts(self) -> tuple[list[str], list[str], list[str]]:
        """Return what comes before the samples, what is done for each, and what comes after them."""
        sheet = self.sheet
        sheet.out = sheet.body
        self.gradient.print_loss(sheet.body)
        self.gradient.print_gradient(sheet.body)
        self.print_output()
        tail = Lines(depth=2)
        self.print_steps(tail)
        self.print_check(tail)
        self.print_commit(tail)
        sample, after = sample_lines(sheet, tail), self.after()
        return self.before(), sample, [*(f"    {line}" for line in sheet.store), *after]

    def print_output(self) -> None:
        """Print where the output of a sample goes."""
        print_output(self.sheet)

    def print_check(self, out: Lines) -> None:
        """Print what happens where not all of a sample is finite."""
        with out.block("if (DS_UNLIKELY(!good))"):
            out.add("break;")

    def print_counters(self, out: Lines) -> None:
        """Print what is counted in variables."""
        out.add("DsLearner *const learner = &s->learner;")
        out.add("double loss_sum = learner->loss_sum;")

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
        self.print_counters(out)
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
        if self.vectors.is_in_place:
            self.print_record(out)
            self.vectors.print_in_place(out)
        else:
            self.vectors.print_steps(out)
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
        is_linear = share.spec.normalised and not share.spec.logarithmic
        before, after = (f"rate * range_{i}" if is_linear else "rate"), (mapping if share.spec.logarithmic else "")
        step = f"{moved_} - {before} * {g}{after}"
        signed = self.gradient.signed_size(share, place - share.first) if self.by_sign else None
        if signed is None:
            return step
        error, total, size = signed
        out.add(f"const double size{place} = {before} * {size}{after};")
        return f"ds_printed_by_sign({moved_}, size{place}, {error}, {total}, {step})"

    def print_record(self, out: Lines) -> None:
        """Print how a sample is written down."""
        with out.block(f"if (DS_UNLIKELY({self.record} && n == due))"):
            out.add("memcpy(s->work, s->parameters, sizeof s->work);")
            for share, place in self.spelt_places():
                out.add(f"s->gradient[{place}] = {self.gradient.of(share, place - share.first)};")
                out.add(f"s->work[{place}] = p{place};")
            for share in self.looped:
                with out.loop("k", share.count):
                    out.add(f"s->gradient[{moved('k', share.first)}] = {self.vectors.gradient_of(share)};")
                    out.add(f"s->work[{moved('k', share.first)}] = p[{moved('k', share.first)}];")
            self.print_row(out, f"n / {self.record}->every, loss, s->gradient, s->work, {self.sheet.tape.parameters}")
            out.add(f"due += {self.record}->every;")

    def print_row(self, out: Lines, arguments: str) -> None:
        """Print the call that writes a row down."""
        out.add(f"ds_printed_record({self.record}, {arguments});")

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
        self.vectors.print_exchange(out)
        if not self.has_constant_rate:
            out.add("steps += 1.0;")
        out.add("loss_sum += loss;")
        with out.block("if (DS_UNLIKELY(++since_mean == DS_MEAN_EVERY))"):
            out.add("since_mean = 0;")
            self.print_mean_count(out)
            self._print_means(out)

    def print_mean_count(self, out: Lines) -> None:
        """Print how it is counted that the parameters are added to their means."""
        out.add("++learner->mean_count;")

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
        """Return what goes back to the state, and the answer."""
        out = Lines()
        self.print_after(out)
        if self.gradient.has_window:
            out.add("learner->window.position = at;")
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

    def print_after(self, out: Lines) -> None:
        """Print what goes from variables back to the state."""
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
