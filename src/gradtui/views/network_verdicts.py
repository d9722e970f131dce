"""The verdict on a network: what became of its gradient, whether theory foresaw it, what helps."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.initialisation.draw import gain, initialisation
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.views.networks import Network, flow_steps, network_of
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.verdicts import took
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, percent, rate

_TRIALS = 9
"""On so many networks a remedy is tried before it is offered."""

_WIDEST = 1024
"""No wider networks are tried: it would take too long."""

_ENOUGH = 0.05
"""Decades: a mean that is known so well (to 12 %) was taken over enough networks."""


def ratio_of(one: Network) -> float:
    """log10 of what is left of the loss's gradient at the input: measured, else expected."""
    if one.ensemble is None:
        return float(one.centre[0])
    return float(one.ensemble.quantiles()[1][0])


def kind_of(log10_ratio: float, log10_limit: float) -> Kind:
    """What became of a gradient of which so much is left."""
    if log10_ratio == -math.inf:
        return Kind.DEAD
    if log10_ratio < log10_limit:
        return Kind.VANISHING
    return Kind.EXPLODING if log10_ratio > -log10_limit else Kind.HEALTHY


def diagnose(setup: Setup, one: Network, remedy: Remedy | None) -> Finding:
    """The finding for one network."""
    limit = log10_threshold(setup)
    ratio = ratio_of(one)
    kind = kind_of(ratio, limit)
    return Finding(one.subject, kind, _sentence(one, kind, ratio, limit), _cause(one, kind), remedy)


def _sentence(one: Network, kind: Kind, ratio: float, limit: float) -> str:
    called = f"{one.activation} with {one.init}"
    if kind is Kind.DEAD:
        return f"{called} dead: exactly nothing of the loss's gradient arrives at the input."
    less = kind is Kind.VANISHING or (kind is Kind.HEALTHY and ratio < 0)
    healthy = f"above {magnitude(limit)}" if less else f"below {magnitude(-limit)}"
    return (
        f"{called} {kind}: {magnitude(ratio)} of the loss's gradient arrives at the input, "
        f"{rate(ratio / one.depth)} a layer; healthy is {healthy}."
    )


def _cause(one: Network, kind: Kind) -> str:
    """Which factor did it, and how measurement compares with theory."""
    if kind is Kind.DEAD:
        return _disagreement(one)
    weights = 0.5 * one.depth * math.log10(one.sigmas.sigma_w2)
    slopes = float(one.expected[0]) - weights
    return f"f′ {took(slopes)}, the weights {took(weights)}. {_disagreement(one)}"


def _disagreement(one: Network) -> str:
    """By how much theory and measurement disagree, and why."""
    expected, centre = float(one.expected[0]), float(one.centre[0])
    theory = f"Theory: {magnitude(expected)}"
    if one.ensemble is None:
        return f"{theory}; measuring."
    count = one.ensemble.networks
    networks = f"{count} network{'s' if count > 1 else ''} of width {one.width}"
    if one.ensemble.dead > 0.0:
        share = percent(one.ensemble.dead)
        return f"{theory}; {share} of {networks} are dead: too narrow, a whole layer gave 0."
    mean, error = one.ensemble.mean_and_error()
    apart, width = mean - expected, centre - expected
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
    saturated = saturated_share(one)
    if saturated > 0.5:
        return (
            f"{theory} for infinite width; {measured}: {percent(saturated)} of the units are "
            "saturated, and the few that are not carry it."
        )
    return (
        f"{theory} for infinite width; {measured}, where first order in depth/width = "
        f"{one.depth / one.width:.2g} predicts ×{magnitude(width)}."
    )


def _percentage(error: float) -> str:
    return f"{100.0 * (10.0**error - 1.0):.2g} %" if error < 1.0 else "any"


def saturated_share(one: Network) -> float:
    """In theory, the share of units of the last layer with |f′| below 1 % of its maximum."""
    f = activation(one.activation)
    q = float(one.path.q[-1])
    if not (math.isfinite(f.max_abs_derivative) and math.isfinite(q)):
        return 0.0
    z = np.linspace(-8.0, 8.0, 4001)
    weight = np.exp(-0.5 * z * z)
    flat = np.abs(f.derivative(math.sqrt(q) * z)) < SATURATED * f.max_abs_derivative
    return float(weight[flat].sum() / weight.sum())


# ----------------------------------------------------------------- remedies


def remedy_steps(setup: Setup, one: Network) -> Generator[float, None, Remedy | None]:
    """The first change that theory recommends and that networks, drawn to try it, confirm."""
    limit = log10_threshold(setup)
    before = ratio_of(one)
    if kind_of(before, limit) is Kind.HEALTHY:
        return None
    for label, changes in _candidates(setup, one):
        changed = setup.with_(**changes)
        name = changes.get("activations", (one.activation,))[0]
        init = changes.get("init", (one.init,))[0]
        try:
            foreseen = network_of(changed, name, name, init)
        except InputError:
            continue
        if kind_of(float(foreseen.centre[0]), limit) is not Kind.HEALTHY:
            yield 0.0
            continue
        ratios = []
        for count in range(1, min(setup.networks, _TRIALS) + 1):
            flow = yield from flow_steps(changed, name, init, count, 1)
            ratios.append(float(flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1]))
        after = sorted(ratios)[len(ratios) // 2]
        if kind_of(after, limit) is Kind.HEALTHY:
            return Remedy(
                label,
                among_others(setup, one.activation, one.init, changes),
                _arrives(before),
                _arrives(after),
            )
    return None


def _arrives(log10_ratio: float) -> str:
    return f"{magnitude(log10_ratio)} of the loss's gradient arrives at the input"


def _candidates(setup: Setup, one: Network) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    inits = ["critical", f"kaiming_normal(gain={gain(one.activation):.4g})", "xavier_normal",
             "orthogonal", "critical(sigma_b2=0.05)"]  # fmt: skip
    inits = [initialisation(init).spec for init in inits]
    for init in inits:
        if init != one.init:
            yield f"init = {init}", {"init": (init,)}
    for name, init in (("tanh", "orthogonal"), ("relu", "kaiming_normal"), ("tanh", "critical")):
        if name != one.activation:
            yield f"{name} with {init}", {"activations": (name,), "init": (init,)}
    for units in (4 * setup.units, 16 * setup.units):
        if units <= _WIDEST:
            yield f"units = {units}", {"units": units}
    for depth in (setup.depth // 2, setup.depth // 4, setup.depth // 8):
        if depth:
            yield f"depth = {depth}", {"depth": depth}


def among_others(
    setup: Setup, name: str, init: str, changes: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Changes of one of those that are compared, the others left as they are, where that can be."""
    for knob, old in (("activations", name), ("init", init)):
        compared: tuple[str, ...] = getattr(setup, knob)
        if len(compared) > 1 and knob in changes:
            (new,) = changes[knob]
            kept = dict.fromkeys(new if one == old else one for one in compared)
            changes = {
                **changes,
                knob: tuple(kept),
                "focus": new if setup.focus == old else setup.focus,
            }
    return changes
