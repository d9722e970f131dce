"""The verdict on a chain: what became of its gradient, which factor did it, and what helps."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.views.outcome import (
    Measure,
    Outcome,
    chain_of,
    log10_passed,
    log10_rate,
    outcome,
)
from gradtui.views.remedies import remedy
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Kind
from gradtui.views.wording import magnitude, plain, rate


def diagnose(setup: Setup, name: str) -> Finding:
    """The finding for one activation, with a remedy where one was found to help."""
    compared = setup.chain_only().with_(activations=setup.activations, focus=setup.focus)
    return _diagnose(compared, name)


@lru_cache(maxsize=16)
def _diagnose(setup: Setup, name: str) -> Finding:
    one = chain_of(setup, name)
    limit = log10_threshold(setup)
    found = outcome(one, limit)
    return Finding(
        subject=name,
        kind=found.kind,
        sentence=_sentence(name, one, found, limit),
        cause=_cause(one, found.kind),
        remedy=None if found.kind is Kind.HEALTHY else remedy(setup, name, found),
    )


def _sentence(name: str, one: Chain, found: Outcome, limit: float) -> str:
    """The verdict with its evidence and its threshold."""
    kind = found.kind
    if kind is Kind.DEAD:
        return f"{name} dead: layer 1 gets exactly 0, so this step leaves its weight as it is."
    less = kind is Kind.VANISHING or (kind is Kind.HEALTHY and log10_rate(one) < 0)
    healthy = f"healthy is above {magnitude(limit)}" if less else (
        f"healthy is below {magnitude(-limit)}"
    )  # fmt: skip
    passed = log10_passed(one)
    if found.measure is Measure.EVERY and one.depth > 1:
        extreme = float(passed.max() if less else passed.min())
        return (
            f"{name} {kind} in every layer alike: each gets at {'most' if less else 'least'} "
            f"{magnitude(extreme)} of the loss's gradient; {healthy}."
        )
    if found.measure is Measure.MOST:
        return f"{name} {kind} in most layers: {found.share(one)} gradient; {healthy}."
    each = f", {rate(log10_rate(one))} a layer" if one.depth > 1 else ""
    return f"{name} {kind}: {found.share(one)}{each}; {healthy}."


def _cause(one: Chain, kind: Kind) -> str:
    """Which factor of ∂L/∂w_1 did it: a computed finding."""
    if kind is Kind.DEAD:
        return _zero_factor(one)
    slopes, weights = one.log10_from_derivatives, one.log10_from_weights
    shares = f"f′ {took(slopes)}, the weights {took(weights)}"
    if kind is Kind.HEALTHY:
        return f"In all {shares}."
    sign = -1.0 if kind is Kind.VANISHING else 1.0
    x = float(one.log10_inputs[0])
    if sign * x > max(sign * slopes, sign * weights):
        return f"The input did it: x = {plain(one.x)}; {shares}."
    if sign * slopes >= sign * weights:
        worst = int(np.argmax(sign * one.log10_derivatives))
        detail = f"f′ = {magnitude(float(one.log10_derivatives[worst]))}"
    else:
        worst = 1 + int(np.argmax(sign * one.log10_weights[1:]))
        detail = f"w = {plain(float(one.weights[worst]))}"
    return f"{shares}; layer {worst + 1} (z = {plain(float(one.z[worst]))}, {detail}) is the worst."


def took(log10: float) -> str:
    """What a factor did, in words: took 1e-5, gave 20, took nothing."""
    if abs(log10) < 0.005:
        return "took nothing"
    return f"took {magnitude(log10)}" if log10 < 0 else f"gave {magnitude(log10)}"


def _zero_factor(one: Chain) -> str:
    """The factor that is exactly zero: of several the lowest, for the rest follow from it."""
    if one.upstream.sign == 0:
        return "The loss sends back nothing: ∂L/∂a of the last layer is 0."
    flat = np.flatnonzero(one.log10_derivatives == -math.inf)
    zero = np.flatnonzero(one.log10_weights[1:] == -math.inf) + 1
    if zero.size and not (flat.size and flat[0] < zero[0]):
        return f"The weight of layer {int(zero[0]) + 1} is 0."
    if flat.size:
        layer = int(flat[0])
        return (
            f"f′(z) = 0 at layer {layer + 1}, where z = {plain(float(one.z[layer]))}; "
            f"{flat.size} of {one.depth} units pass nothing."
        )
    return "The input x is 0, so ∂L/∂w₁ = … · x is 0."
