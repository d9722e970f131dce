"""The verdict on an activation: what its largest |f′| means for depth."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradtui.mathematics.activations import Activation, activation
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.setup import Setup
from gradtui.views.derivative.study import Derivatives
from gradtui.views.facts import attains_largest, largest, where_it_shrinks, where_largest
from gradtui.wording import digits_apart, magnitude, percent, plain

_INSTEAD = ("relu", "leaky_relu", "leaky_relu(0.2)", "leaky_relu(0.5)")
"""Activations whose slope is 1 somewhere, those that are known best first."""

_ROUNDING = 1e-12
"""A largest |f′| so near to 1, in log10, is 1."""


def finding(result: Derivatives, name: str) -> Finding:
    """What the activation's largest |f′| means for depth."""
    setup, f = result.setup, activation(name)
    most = f.max_abs_derivative
    log10_most = math.log10(most) if most > 0.0 else -math.inf
    if log10_most > -setup.log10_threshold:
        return _exploding(setup, f)
    if log10_most < -_ROUNDING:
        return _vanishing(setup, f, log10_most)
    size, shrinks = largest(f, 4), where_it_shrinks(f)
    if abs(log10_most) <= _ROUNDING:
        size = "exactly 1" if attains_largest(f) else "1"
    return Finding(
        f.spec,
        Kind.HEALTHY,
        f"{f.spec} healthy by itself: |f′| {'reaches' if attains_largest(f) else 'approaches'} "
        f"{size} ({where_largest(f)}); it need not shrink a gradient.",
        f"Where it shrinks one: {shrinks}." if shrinks else _nowhere(f),
    )


def measures(result: Derivatives, name: str) -> Mapping[str, float]:
    """log10 of the largest |f′|."""
    most = activation(name).max_abs_derivative
    return {"log10_largest_derivative": math.log10(most) if most > 0.0 else -math.inf}


def _vanishing(setup: Setup, f: Activation, log10_most: float) -> Finding:
    """|f′| is below 1 everywhere."""
    limit = setup.log10_threshold
    if log10_most == -math.inf:
        sentence, cause = f"{f.spec} dead: f′ is 0 everywhere.", "No weights make up for that."
        return Finding(f.spec, Kind.DEAD, sentence, cause, remedy=_instead(setup, f))
    layers, most = math.floor(limit / log10_most) + 1, f.max_abs_derivative
    shrinks = where_it_shrinks(f)
    leave = "layers leave" if layers > 1 else "layer leaves"
    return Finding(
        f.spec,
        Kind.VANISHING,
        f"{f.spec} vanishing with depth: |f′| is at most {plain(most, 4)} ({where_largest(f)}), so "
        f"{layers:,} {leave} less than {magnitude(limit)}, ten at most "
        f"{magnitude(10 * log10_most)}.",
        f"Only weights above {plain(1 / most, 4)} could make up for it"
        + (f"; {shrinks}." if shrinks else "."),
        remedy=_instead(setup, f),
    )


def _exploding(setup: Setup, f: Activation) -> Finding:
    """|f′| has no bound, or one that a single layer may blow a gradient up by."""
    ends = -setup.log10_threshold, math.log10(f.max_abs_derivative)
    digits = max(digits_apart(*ends), digits_apart(0.0, *ends))
    limit = magnitude(ends[0], digits)
    if f.max_abs_derivative == math.inf:
        what = f"|f′| has no bound ({where_largest(f)}), so a single unit can make"
        cause = "It grows with |z|: what z is decides, and so do the weights and the input."
    else:
        most = largest(f, max(digits, 4))
        what = f"|f′| is up to {most} ({where_largest(f)}), so a single unit can make"
        cause = f"Only weights below {plain(1 / f.max_abs_derivative, 2)} could make up for it."
    return Finding(
        f.spec,
        Kind.EXPLODING,
        f"{f.spec} exploding: {what} a gradient more than {limit} times as large.",
        cause,
        remedy=_instead(setup, f),
    )


def _nowhere(f: Activation) -> str:
    """How small |f′| gets where it neither is 0 nor tends to it."""
    least = plain(f.least_abs_derivative)
    if f.least_abs_derivative == f.max_abs_derivative:
        return f"|f′| is {least} everywhere."
    return f"f′ is 0 nowhere, and |f′| never below {least}."


def _instead(setup: Setup, f: Activation) -> Remedy | None:
    """Another activation in its place, that lets more through, or less of too much, at the cursor.

    Its slope is 1 somewhere, and at the cursor's z nearer to 1 than the one that it replaces.
    """
    z = setup.slope.z
    here = abs(f.derivative(z))
    for other in map(activation, _INSTEAD):
        there = abs(other.derivative(z))
        if not (here < there <= 1.0 or 0.0 < there <= 1.0 < here):
            continue
        names = (other.spec if name == f.spec else name for name in setup.activations)
        at = f"at z = {plain(z)}"
        return Remedy(
            other.spec,
            {"activations": tuple(dict.fromkeys(names))},
            before=f"{_passes(f, z)} passes {at}, and at most {_share(f.max_abs_derivative)}",
            after=f"{_passes(other, z)} passes {at}, and all of it {where_largest(other)}",
            becomes=other.spec,
        )
    return None


def _passes(f: Activation, z: float) -> str:
    """What f′ lets through at z, also where it underflows."""
    log10 = f.log_abs_derivative(z) / math.log(10.0)
    return _share(abs(f.derivative(z))) if log10 > -4.0 else magnitude(log10)


def _share(slope: float) -> str:
    """A factor up to 1 as a percentage, a larger one as it is."""
    if slope > 1.0:
        return "×" + plain(slope).replace("inf", "∞")
    return "all of it" if slope == 1.0 else percent(slope)
