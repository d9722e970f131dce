"""The verdict on how far back a recurrent cell remembers: what became of its gradient, and why."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS
from gradtui.mathematics.weights.cells import half_life
from gradtui.models.finding import Finding, Kind, digits_beside
from gradtui.models.judging import Judgement, Shares
from gradtui.models.patience import why_fewer
from gradtui.models.recurrent.cells import cell_of, recipe_of
from gradtui.models.recurrent.clipping import said_of_clipping
from gradtui.models.recurrent.cost import cells_drawn, seconds_found
from gradtui.models.recurrent.memory import Memory
from gradtui.models.recurrent.theory import Bounds
from gradtui.models.subject import subjects_of
from gradtui.models.wording import a_layer
from gradtui.wording import (
    counted,
    digits_apart,
    factor,
    magnitude,
    percent,
    plain,
    rate,
    share_of,
)

_MOST_OF_IT = 0.75
"""Whoever has this share of a factor, in decades, did most of it."""

_ROUNDING = 1e-12
"""So far off a quotient may be, beside itself."""

_GROWN = 1.05
"""A gradient grows where it gains so much."""

_NEARLY_ALL, _FEW = 0.99, 0.25
"""Where so much of ∂L/∂W comes from so small a share of the steps, its sum hides the others."""


def diagnose(memory: Memory) -> Finding:
    """The finding on one subject."""
    cause = (
        _truncated(memory),
        _how_far(memory),
        _made(memory),
        _gates(memory),
        _conditions(memory),
        _grows_first(memory),
        _death(memory),
    )
    evidence = (
        _drawn(memory),
        _hidden_in_the_sum(memory),
        said_of_clipping(memory),
        _formats(memory),
    )
    return Finding(
        memory.subject.name,
        memory.kind,
        _sentence(memory),
        " ".join(filter(None, cause)),
        " ".join(filter(None, evidence)),
        memory.remedy,
    )


def said(judgement: Judgement, shares: Shares | None, lag: int) -> str:
    """What arrives at the lag that is judged, in words."""
    arrives = share_of(judgement.log10_there, "the loss's gradient", judgement.digits)
    what = f"{arrives} arrives at h {counted(lag, 'step')} back"
    if shares is None or shares.counts[Kind.DEAD] == shares.total:
        return what
    return f"{what} in the median"


def _sentence(memory: Memory) -> str:
    kind, judgement, shares = memory.kind, memory.judgement, memory.shares
    subject, limit, ratio = memory.subject, memory.log10_limit, judgement.log10_there
    at_c = memory.log10_left_at_c
    begin = f"{cell_of(subject)} with {recipe_of(subject)} {kind}{'' if at_c is None else ' at h'}"
    if shares is not None:
        begin += f" {shares.text('cells')}"
    what, of_many = said(judgement, shares, memory.lag_judged), (shares or _ONE).healthy_in
    if judgement.kind is not kind:
        low, _, high = (float(edge[memory.lag_judged]) for edge in memory.measured.quantiles)
        least, most = (factor(edge, digits_beside(edge, limit)) for edge in (low, high))
        digits = digits_beside(0.0, limit)
        healthy = f"{magnitude(limit, digits)} to {magnitude(-limit, digits)}"
        return (
            f"{begin}: {what}, but {least} to {most} in 90 % of them; "
            f"healthy is {healthy}{of_many}."
        )
    if kind is Kind.DEAD:
        if at_c is None:
            return f"{begin}: {what}."
        of_many = "" if shares is None else " in the median"
        return f"{begin}: {what}, and yet {factor(at_c)} at c{of_many}."
    healthy = f"healthy is {kind.healthy_is(ratio, limit)}{of_many}"
    if judgement.at:
        ends = said(judgement.ends, shares, memory.horizon)
        return f"{begin} on the way: {what}, and yet {ends}; {healthy}."
    each = ""
    if memory.horizon > 1:
        each = f", {a_layer(judgement.log10_ratio, memory.horizon)} a step"
    return f"{begin}: {what}{each}; {healthy}."


_ONE = Shares.of([Kind.HEALTHY])


# --------------------------------------------------------------------- cause


def _truncated(memory: Memory) -> str:
    """That nothing comes from beyond a truncation."""
    steps = memory.subject.setup.recurrent.steps
    if memory.horizon == steps:
        return ""
    text = (
        f"Truncated after {counted(memory.horizon, 'step')}, exactly nothing arrives at the "
        f"{steps - memory.horizon:,} before"
    )
    cut = memory.measured.cut
    if cut is None:
        return f"{text}."
    would = "nothing" if cut.log10_arriving == -math.inf else factor(cut.log10_arriving)
    text = f"{text}; {would} would, {counted(steps, 'step')} back"
    if math.isnan(cut.share):
        return f"{text}."
    return (
        f"{text}, and {percent(cut.share)} of ∂L/∂W, by the norms of what each step adds, is cut."
    )


def _how_far(memory: Memory) -> str:
    """From where on less than the threshold arrives, and how soon half is lost, or it doubles."""
    kind, judgement = memory.kind, memory.judgement
    if judgement.kind is not kind or kind is Kind.HEALTHY or memory.horizon < 2:
        return ""
    steps = math.log10(2.0) * memory.lag_judged / abs(judgement.log10_there)
    if kind is Kind.VANISHING and memory.forgets_at is not None:
        limit = magnitude(memory.log10_limit)
        text = f"From {counted(memory.forgets_at, 'step')} back on it is less than {limit}"
        return f"{text}; half is lost in {_steps(steps)}."
    return f"It doubles in {_steps(steps)}." if kind is Kind.EXPLODING else ""


def _steps(count: float) -> str:
    """So many steps, maybe broken."""
    text = plain(count)
    return f"{text} step{'' if text == '1' else 's'}"


def _made(memory: Memory) -> str:
    """What f′ and W of a vanilla RNN make of it a step, to where it is judged, and which it is."""
    slopes, weights, cells = memory.made_a_step()
    if not math.isfinite(slopes + weights):
        return ""
    kind, all_of_them = memory.kind, memory.measured.cells
    on_the_way = memory.judgement.kind is kind and memory.judgement.at > 0
    to = f" of the {counted(memory.lag_judged, 'step')} to there" if on_the_way else ""
    in_mean = "" if all_of_them == 1 else " in the mean"
    if cells < all_of_them:
        in_mean = f" in {'the mean of ' if cells > 1 else ''}the {kind} {_CELLS[cells > 1]}"
    text = f"A step{to}, f′ makes {rate(slopes)} of it and W {rate(weights)}{in_mean}"
    return f"{text}{_whose(kind, ('f′', slopes), ('W', weights))}."


def _whose(kind: Kind, one: tuple[str, float], other: tuple[str, float]) -> str:
    """Which of two factors, of these names and log10, it is that makes it vanish or explode."""
    whole = one[1] + other[1]
    if kind is Kind.HEALTHY or whole * (1.0 if kind is Kind.EXPLODING else -1.0) <= 0.0:
        return ""
    for (name, part), (less, _) in ((one, other), (other, one)):
        if part / whole >= _MOST_OF_IT:
            return f", so it is {name} more than {less}"
    return ", so it is both"


_CELLS = "cell", "cells"


def _gates(memory: Memory) -> str:
    """How far the gates are open, what they and W make of it, and what a bias would keep."""
    gates, cell = memory.measured.gates, memory.measured.median_cell
    if not gates:
        return ""
    opened = ", ".join(f"{name} {openness(mean)}" for name, mean in gates.items())
    text = f"The gates are open to {opened} in the mean"
    if cell is None:
        return " ".join(filter(None, (f"{text}; z keeps the state.", _kept(memory, "z", "h"))))
    there = float(cell[memory.horizon])
    said = [f"{text}; at c arrives {factor(there)}.", _kept(memory, "f", "c")]
    forget_bias = memory.subject.setup.recurrent.forget_bias
    if forget_bias is not None:
        said.append(
            f"Along c alone a forget bias of {plain(forget_bias)} keeps σ({plain(forget_bias)}) a "
            f"step: half lasts {_steps(half_life(forget_bias))}."
        )
    limit, steps = memory.log10_limit, memory.horizon
    bias = bias_for(limit, steps)
    lower = forget_bias is None or forget_bias < bias
    if memory.kind is Kind.VANISHING and there < limit and lower:
        said.append(
            f"A forget bias b keeps σ(b)^{steps} along c: {magnitude(limit)} at b = {plain(bias)}."
        )
    return " ".join(filter(None, said))


def _kept(memory: Memory, gate: str, state: str) -> str:
    """What the gate that keeps a state makes of it a step, what W makes, and which it is.

    Of c from lag 1 on: at lag 0 it has of h what o lets through, which is less.
    """
    measured, kind, first = memory.measured, memory.kind, int(state == "c")
    lags = memory.horizon - first
    rows = measured.log10 if measured.log10_cell is None else measured.log10_cell
    if memory.judgement.kind is not kind or memory.judgement.at or kind is Kind.DEAD or lags < 1:
        return ""
    by_gate = math.log10(measured.gates[gate]) if measured.gates[gate] else -math.inf
    by_others = float((rows[:, memory.horizon] - rows[:, first]).mean()) / lags - by_gate
    if not math.isfinite(by_gate + by_others):
        return ""
    return (
        f"A step, {gate} keeps {rate(by_gate)} of it at {state} in the mean, and W with the other "
        f"gates makes {rate(by_others)} of that{_whose(kind, (gate, by_gate), ('W', by_others))}."
    )


def openness(mean: float) -> str:
    """How far a gate is open, with a digit of what it is off 1."""
    if not 0.99 < mean < 1.0 - 1e-12:
        return plain(mean, 2)
    return f"{mean:.{math.ceil(-math.log10(1.0 - mean))}f}"


def bias_for(log10: float, steps: int) -> float:
    """The bias b of σ(b)^steps = 10^log10, for log10 below 0."""
    log_sigma = log10 * math.log(10.0) / steps
    return log_sigma - math.log(-math.expm1(log_sigma))


def _conditions(memory: Memory) -> str:
    """The sufficient condition for vanishing, the necessary one for exploding."""
    bounds, kind = memory.bounds, memory.kind
    if bounds is None or kind is Kind.DEAD or math.isinf(bounds.slope):
        return ""
    of_all = bounds.cells == memory.measured.cells
    if kind is Kind.EXPLODING and not bounds.may_explode:
        return ""  # the first cell does not
    digits = _digits_of(bounds)
    most = f"1/max f′ = {plain(1.0 / bounds.slope, digits)}" if bounds.slope else "1/max f′ = ∞"
    largest = f"σmax(W) = {plain(bounds.sigma_max, digits)}"
    if not of_all:
        text, every, no = f"{largest} of the first cell is", "its gradient", "its gradient cannot"
    else:
        over = f", the largest of {bounds.cells} cells," if bounds.cells > 1 else ""
        text, every, no = f"{largest}{over} is", "every gradient", "no gradient can"
    if bounds.must_vanish:
        by = f"{rate(bounds.log10_bound)} a step or faster"
        if kind is Kind.VANISHING:
            return f"{text} below {most}: that suffices for {every} to vanish, by {by}."
        steps = memory.log10_limit / bounds.log10_bound  # after so many just the threshold is left
        latest = math.floor(steps + _ROUNDING * steps) + 1
        return (
            f"{text} below {most}: {every} vanishes, by {by}, below "
            f"{magnitude(memory.log10_limit)} after {latest:,} steps at the latest."
        )
    if not bounds.may_explode:
        return f"{text} {most}: {no} explode."
    if kind is Kind.EXPLODING:
        return f"{text} above {most}, as it has to be where a gradient explodes."
    return f"{text} above {most}: needed for a gradient to explode, and not sufficient."


def _digits_of(bounds: Bounds) -> int:
    """So many digits of σmax as tell it from 1/max f′, where it is not the same."""
    if not bounds.sigma_max or not (bounds.must_vanish or bounds.may_explode):
        return 3
    most = -math.log10(bounds.slope) if bounds.slope else math.inf
    return max(3, digits_apart(math.log10(bounds.sigma_max), most))


def _grows_first(memory: Memory) -> str:
    """That it grows before it decays, where a normal W of the same radius would let nothing grow.

    Of the median, where every W is such; where only the first is looked at, of that cell alone.
    """
    bounds = memory.bounds
    if bounds is None or memory.kind is Kind.DEAD:
        return ""
    of_all = bounds.radii is not None
    radius = bounds.radius if bounds.radii is None else bounds.radii
    row = (memory.median if of_all else memory.measured.log10[0])[: memory.horizon + 1]
    if not bounds.none_grows_if_normal(radius) or not (top := _first_peak(row)):
        return ""
    grown = f"{factor(float(row[top]))} at {counted(top, 'step')}"
    if not of_all:
        return (
            f"Of the first cell it grows first, to {grown}: its W is not normal, of a spectral "
            f"radius of {plain(radius)} below its σmax."
        )
    if memory.measured.cells == 1:
        return (
            f"It grows first, to {grown}: W is not normal, its spectral radius {plain(radius)} is "
            "below σmax."
        )
    return (
        f"It grows first, to {grown} in the median: there W is not normal, its spectral radius, "
        f"at most {plain(radius)}, is below σmax."
    )


def _first_peak(row: Array) -> int:
    """At which lag a gradient is largest that grows first and decays later; 0 where none does.

    Up to there it is never below its beginning, nor falls by half of what it gains, in decades.
    """
    top, gain = int(np.argmax(row)), math.log10(_GROWN)
    grown, up = float(row[top]), row[: top + 1]
    falls = float((np.maximum.accumulate(up) - up).max())
    first = 2 * top <= len(row) - 1 and float(up.min()) >= 0.0 and 2.0 * falls < grown
    return top if first and grown > gain and float(row[-1]) < grown - gain else 0


def _death(memory: Memory) -> str:
    """Where it ends, where it does."""
    stops, cells = memory.measured.stops, memory.measured.cells
    if not stops:
        return ""
    by_slopes = sum(stop.by_slopes for stop in stops)
    many = "" if len(stops) == cells else f"In {len(stops)} of {cells} cells it ends: "
    first = min(stop.lag for stop in stops)
    where = f"{counted(first, 'step')} back{' at the earliest' if len(stops) > 1 else ''}"
    if by_slopes == len(stops):
        taken = "the gates pass" if memory.measured.gates else "f′ is 0 for every unit that carries"
        what = f"{taken} {'nothing of ' if memory.measured.gates else ''}it"
    elif not by_slopes:
        what = "the weights pass none of it on"
    elif memory.measured.gates:
        what = "the gates or the weights pass nothing of it"
    else:
        what = "f′ or the weights make exactly 0 of it"
    on = "" if memory.log10_left_at_c is None else " to h"
    text = f"{many}{what}{on}, {where}."
    return text if many else text[:1].upper() + text[1:] if text[0] != "f" else text


# ------------------------------------------------------------------ evidence


def _drawn(memory: Memory) -> str:
    """On how many cells it rests."""
    setup, cells = memory.subject.setup, memory.measured.cells
    knobs = setup.recurrent
    subjects = subjects_of(memory.subject.among, "recurrent")
    over = counted(knobs.batch_size, "sequence") + f" of {counted(knobs.steps, 'step')}"
    each = "" if cells == 1 else " each"
    text = f"On {counted(cells, 'cell')} of {counted(knobs.hidden_size, 'unit')}, {over}{each}."
    seconds = sum(map(seconds_found, subjects))
    fewer = why_fewer(knobs.draws, cells_drawn(subjects), seconds, "cell")
    if memory.map is not None:
        each = f"{counted(memory.map.cells, 'cell')} for each of {len(memory.map.values)} values"
        drawn = "" if memory.map.recipe == recipe_of(memory.subject) else f", {memory.map.recipe}"
        fewer = f"{fewer} The map is drawn from {each}{drawn}.".strip()
    return f"{text} {fewer}".strip()


def _hidden_in_the_sum(memory: Memory) -> str:
    """From how few steps nearly all of ∂L/∂W comes, which hides what becomes of the others."""
    passed = memory.measured.median_passed
    if memory.kind is not Kind.VANISHING or not np.isfinite(passed).all():
        return ""
    steps = int(np.argmax(passed >= _NEARLY_ALL)) + 1
    if steps > _FEW * memory.horizon:
        return ""
    return (
        f"{percent(_NEARLY_ALL)} of ∂L/∂W, by the norms of what each step adds, is of the last "
        f"{'step' if steps == 1 else counted(steps, 'step')}: that sum hides the vanishing."
    )


def _formats(memory: Memory) -> str:
    """In which formats a typical number of it is lost, and from where on."""
    text = ""
    for format in FORMATS:
        lost = memory.lost_at(format)
        if lost is None or lost[0] > memory.horizon:
            continue
        what = "" if text else " a typical number of the gradient becomes"
        becomes = f"{what} {'inf' if lost[1] == '∞' else '0'} at {counted(lost[0], 'step')} back"
        text += f"{', in' if text else 'In'} {format.name}{becomes}"
    return f"{text}." if text else ""
