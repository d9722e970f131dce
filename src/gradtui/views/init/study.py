"""Which weights keep a gradient, beside the recipes in use, each checked on random networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradtui.errors import InputError
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.models import MODELS
from gradtui.models.network.cost import networks_within, seconds_of, why_fewer
from gradtui.models.network.networks import expectation_of
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.init.comparison import Comparison, Comparisons
from gradtui.views.init.remedies import remedy_of
from gradtui.views.init.weights import advice_for, advised_weights, measured, recipes_in_use
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
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a network", "try a smaller depth"
        )
    # Of initialisations it compares its own.
    subjects = MODELS[setup.model].subjects(setup.with_(init=setup.network.init[:1]))
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
        done += comparison.wanted
    for comparison in result.each:
        remedy = remedy_of(comparison, part(tick, _SIMULATING, 0.0))
        if remedy is not None:
            result = result.with_one(replace(comparison, remedy=remedy))
            yield result


def _within_time(comparison: Comparison, among: int) -> Comparison:
    """As many networks of each as there is time for, where several activations share it.

    Where there is none even for one of each, the advised weights alone are checked; where one of
    these takes too long, nothing is.
    """
    patience = comparison.subject.setup.patience / among
    asked = comparison.subject.setup.network.networks
    weights, alone = comparison.weights, seconds_of(comparison.advised.subject)
    if alone > patience:
        why = f"one network would take about {duration(alone)}; give more patience to draw it"
        none = tuple(replace(one, wanted=0) for one in weights)
        return replace(comparison, weights=none, not_simulated=why)
    seconds = sum(seconds_of(one.subject) for one in weights)
    if seconds > patience:
        weights = (weights[0], *(replace(one, wanted=0) for one in weights[1:]))
        seconds = alone
    fewer = tuple(
        replace(one, wanted=networks_within(one.wanted, patience, seconds)) if one.wanted else one
        for one in weights
    )
    why = why_fewer(asked, fewer[0].wanted, seconds * among)
    return replace(comparison, weights=fewer, why_fewer=why)


def _foreseen(
    subjects: tuple[Subject, ...], followed: int | None, tick: Tick
) -> tuple[Comparison, ...]:
    """What theory says of every activation; networks, which are most of the work, come later."""
    still = part(tick, 0.0, 0.0)
    return tuple(_theory(subject, followed, still) for subject in subjects)


def _theory(subject: Subject, followed: int | None, tick: Tick) -> Comparison:
    """What theory advises for one activation, and what it says of recipes if that is focused."""
    advice = advice_for(subject, followed, tick)
    weights = [advised_weights(subject, advice, subject.setup.network.networks)]
    if subject.name == subject.among.focused:
        weights += recipes_in_use(subject, advice.sigma_w, followed, tick)
    return Comparison(subject, advice, tuple(weights))


def _simulated(comparison: Comparison, tick: Tick) -> Iterator[Comparison]:
    """The advised setting of one activation, then each of its recipes."""
    expectation = expectation_of(comparison.advised.subject, part(tick, 0.0, 0.0))
    comparison = replace(comparison, expectation=expectation)
    if comparison.not_simulated:
        yield comparison
    done = 0
    try:
        for index, weights in enumerate(comparison.weights):
            if not weights.wanted:
                continue
            share = part(tick, done / comparison.wanted, weights.wanted / comparison.wanted)
            for known in measured(weights, share):
                before, after = comparison.weights[:index], comparison.weights[index + 1 :]
                comparison = replace(comparison, weights=(*before, known, *after))
                yield comparison
            done += weights.wanted
    except InputError as error:  # more memory than there is
        yield replace(comparison, not_simulated=str(error))
