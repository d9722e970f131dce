"""The verdict on a network: what became of its gradient, and whether theory foresaw it."""

from __future__ import annotations

import math

from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.network.ensemble import Ensemble
from gradtui.models.network.networks import Expectation
from gradtui.models.subject import Subject
from gradtui.models.wording import took
from gradtui.wording import magnitude, percent, rate

_ENOUGH = 0.05
"""Decades: a mean that is known so well (to 12 %) was taken over enough networks."""


def diagnose(
    subject: Subject,
    expected: Expectation,
    ensemble: Ensemble | None,
    ratio: float,
    remedy: Remedy | None,
) -> Finding:
    """The finding for one network.

    Args:
        subject: what it is on.
        expected: what theory says.
        ensemble: what was measured, if anything was.
        ratio: log10 of what is left of the loss's gradient at the input.
        remedy: what was found to help.
    """
    kind = Kind.of(ratio, subject.setup.log10_threshold)
    cause = _disagreement(subject, expected, ensemble)
    if kind is not Kind.DEAD:
        weights = 0.5 * subject.setup.depth * math.log10(expected.sigmas.sigma_w2)
        slopes = float(expected.infinite[0]) - weights
        cause = f"f′ {took(slopes)}, the weights {took(weights)}. {cause}"
    return Finding(subject.name, kind, _sentence(subject, kind, ratio), cause, remedy=remedy)


def _sentence(subject: Subject, kind: Kind, ratio: float) -> str:
    called = f"{subject.activation} with {subject.init}"
    if kind is Kind.DEAD:
        return f"{called} dead: exactly nothing of the loss's gradient arrives at the input."
    return (
        f"{called} {kind}: {magnitude(ratio)} of the loss's gradient arrives at the input, "
        f"{rate(ratio / subject.setup.depth)} a layer; "
        f"healthy is {kind.healthy_is(ratio, subject.setup.log10_threshold)}."
    )


def _disagreement(subject: Subject, expected: Expectation, ensemble: Ensemble | None) -> str:
    """By how much theory and measurement disagree, and why."""
    infinite, centre = float(expected.infinite[0]), float(expected.centre[0])
    theory = f"Theory: {magnitude(infinite)}"
    if ensemble is None:
        return f"{theory}."
    count, units = ensemble.networks, subject.setup.network.units
    networks = f"{count} network{'s' if count > 1 else ''} of width {units}"
    if ensemble.dead > 0.0:
        share = percent(ensemble.dead)
        return f"{theory}; {share} of {networks} are dead: too narrow, a whole layer gave 0."
    mean, error = ensemble.mean_and_error()
    apart, width = mean - infinite, centre - infinite
    measured = f"{networks} give ×{magnitude(apart)} of it"
    if 2.0 * error > _ENOUGH and abs(apart) <= 2.0 * error:
        wanted = math.ceil(count * (2.0 * error / _ENOUGH) ** 2) if error < math.inf else 100
        return f"{theory}; {measured}, too few to tell them apart: it takes some {wanted:,}."
    if abs(apart) <= max(2.0 * error, _ENOUGH):
        return f"{theory}, and {networks} agree (×{magnitude(apart)} ± {_percentage(error)})."
    if abs(apart - width) <= max(2.0 * error, _ENOUGH, 0.25 * abs(width)):
        return (
            f"{theory} for infinite width; {measured} in the geometric mean, "
            f"as a finite width makes it (predicted ×{magnitude(width)})."
        )
    saturated = expected.saturated
    if saturated > 0.5:
        return (
            f"{theory} for infinite width; {measured}: {percent(saturated)} of the units are "
            "saturated, and the few that are not carry it."
        )
    return (
        f"{theory} for infinite width; {measured}, where first order in depth/width = "
        f"{subject.setup.depth / units:.2g} predicts ×{magnitude(width)}."
    )


def _percentage(error: float) -> str:
    return f"{100.0 * (10.0**error - 1.0):.2g} %" if error < 1.0 else "any"
