"""Which weights keep a gradient, beside the recipes in use, each checked on random networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradtui.errors import InputError
from gradtui.models import MODELS
from gradtui.models.network.cost import refuse_too_deep
from gradtui.models.network.networks import expectation_of
from gradtui.models.patience import why_fewer
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.init.comparison import Comparison, Comparisons
from gradtui.views.init.remedies import remedy_of
from gradtui.views.init.search import looked_further
from gradtui.views.init.weights import (
    advice_for,
    advised_weights,
    measured,
    networks_of,
    recipes_in_use,
    seconds_of_all,
)
from gradtui.views.init.widths import wide_enough
from gradtui.wording import duration

_FOLLOWED = 300
"""Layers of the first answer for a deep network."""
_SIMULATING = 0.99
"""The share of the work that drawing networks is; the rest is for the remedies."""


def run(setup: Setup, tick: Tick) -> Iterator[Comparisons]:
    """The theory at once, then networks drawn to check it, then a remedy where it fails.

    Raises:
        InputError: a depth that no network can have.
    """
    refuse_too_deep(setup)
    # Of initialisations it compares its own.
    alone = setup.with_(init=setup.network.init[:1])
    subjects = MODELS[setup.model].subjects(alone)
    followed = min(setup.depth, _FOLLOWED)
    result = Comparisons(setup, _foreseen(subjects, followed, tick))
    yield result
    if setup.depth > _FOLLOWED:
        result = Comparisons(setup, _foreseen(subjects, None, tick))
        yield result
    for comparison in result.each:
        result = result.with_one(_within_time(comparison, len(result.each)))
    wanted = max(sum(comparison.wanted for comparison in result.each), 1)
    done = 0
    for comparison in result.each:
        share = comparison.wanted / wanted * _SIMULATING
        for known in _simulated(comparison, part(tick, done / wanted * _SIMULATING, share)):
            result = result.with_one(known)
            yield result
        done_now = (done + comparison.wanted) / wanted * _SIMULATING
        still = part(tick, done_now, 0.0)
        better = looked_further(result.of(comparison.name), len(result.each), still)
        known = better or result.of(comparison.name)
        result = result.with_one(replace(known, settled=True))
        yield result
        done += comparison.wanted
    for comparison in result.each:
        still = part(tick, _SIMULATING, 0.0)
        if (wider := wide_enough(comparison, len(result.each), still)) is not None:
            result = result.with_one(replace(comparison, wider=wider))
            yield result
    for comparison in result.each:
        remedy = remedy_of(comparison, part(tick, _SIMULATING, 0.0))
        if remedy is not None:
            result = result.with_one(replace(comparison, remedy=remedy))
            yield result


def _within_time(comparison: Comparison, among: int) -> Comparison:
    """As many networks in each way as there is time for, where several activations share it.

    Where there is none even for one in each way, the normal weights alone are checked; where one
    network of these takes too long, nothing is.
    """
    setup, ways = comparison.subject.setup, comparison.weights
    alone, seconds = (seconds_of_all(some) for some in (ways[:1], ways))
    if alone > setup.patience / among:
        why = f"one network would take about {duration(alone)}; give more patience to draw it"
        none = tuple(replace(one, wanted=0) for one in ways)
        return replace(comparison, weights=none, not_simulated=why)
    all_of_them = seconds <= setup.patience / among
    wanted = networks_of(setup, seconds if all_of_them else alone, among)
    each = (replace(one, wanted=wanted if all_of_them or one is ways[0] else 0) for one in ways)
    why = why_fewer(setup.network.networks, wanted, seconds * among)
    return replace(comparison, weights=tuple(each), why_fewer=why)


def _foreseen(
    subjects: tuple[Subject, ...], followed: int | None, tick: Tick
) -> tuple[Comparison, ...]:
    """What theory says of every activation; networks, which are most of the work, come later."""
    still = part(tick, 0.0, 0.0)
    focused = subjects[0].among.focus_of(tuple(subject.name for subject in subjects))
    return tuple(_theory(one, followed, one.name == focused, still) for one in subjects)


def _theory(subject: Subject, followed: int | None, focused: bool, tick: Tick) -> Comparison:
    """What theory advises for one subject, and what it says of recipes if that is focused.

    Where it has no advice the recipes are all that there is.
    """
    advice = advice_for(subject, followed, tick)
    weights = list(advised_weights(subject, advice))
    if focused or not weights:
        weights += recipes_in_use(subject, followed, tick)
    asked = subject.setup.network.networks  # as long as it is not known how many there is time for
    return Comparison(subject, advice, tuple(replace(one, wanted=asked) for one in weights))


def _simulated(comparison: Comparison, tick: Tick) -> Iterator[Comparison]:
    """The advised setting of one activation, then each of its recipes."""
    expectation = expectation_of(comparison.normal.subject, part(tick, 0.0, 0.0))
    comparison = replace(comparison, expectation=expectation)
    if comparison.not_simulated:
        yield comparison
        return
    try:
        each = 1.0 / len(comparison.weights)
        for index, weights in enumerate(comparison.weights):
            if not weights.wanted:
                continue
            for known in measured(weights, part(tick, index * each, each)):
                before, after = comparison.weights[:index], comparison.weights[index + 1 :]
                comparison = replace(comparison, weights=(*before, known, *after))
                yield comparison
    except InputError as error:  # more memory than there is
        unmeasured = tuple(replace(one, wanted=0) for one in comparison.weights)
        yield replace(comparison, weights=unmeasured, not_simulated=str(error))
