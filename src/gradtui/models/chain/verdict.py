"""The verdict on a chain: what became of its gradient, which factor did it, and what helps."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.models.chain.chains import (
    Judgement,
    Measure,
    judged,
    log10_passed,
    log10_rate,
)
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.subject import Subject
from gradtui.models.wording import took
from gradtui.wording import magnitude, plain, rate


def diagnose(subject: Subject, chain: Chain, remedy: Remedy | None) -> Finding:
    """The finding for a subject and its chain, with what was found to help it."""
    limit = subject.setup.log10_threshold
    judgement = judged(chain, limit)
    return Finding(
        subject=subject.name,
        kind=judgement.kind,
        sentence=_sentence(subject.name, chain, judgement, limit),
        cause=_cause(chain, judgement.kind),
        remedy=remedy,
    )


def _sentence(name: str, chain: Chain, judgement: Judgement, limit: float) -> str:
    """The verdict with its evidence and its threshold."""
    kind = judgement.kind
    if kind is Kind.DEAD:
        return f"{name} dead: layer 1 gets exactly 0, so this step leaves its weight as it is."
    less = kind.lessens(log10_rate(chain))
    healthy = f"healthy is {kind.healthy_is(log10_rate(chain), limit)}"
    passed = log10_passed(chain)
    if judgement.measure is Measure.EVERY and chain.depth > 1:
        extreme = float(passed.max() if less else passed.min())
        return (
            f"{name} {kind} in every layer alike: each gets at {'most' if less else 'least'} "
            f"{magnitude(extreme)} of the loss's gradient; {healthy}."
        )
    if judgement.measure is Measure.MOST:
        return f"{name} {kind} in most layers: {judgement.share(chain)} gradient; {healthy}."
    each = f", {rate(log10_rate(chain))} a layer" if chain.depth > 1 else ""
    return f"{name} {kind}: {judgement.share(chain)}{each}; {healthy}."


def _cause(chain: Chain, kind: Kind) -> str:
    """Which factor of ∂L/∂w_1 did it: a computed finding."""
    if kind is Kind.DEAD:
        return _zero_factor(chain)
    slopes, weights = chain.log10_from_derivatives, chain.log10_from_weights
    shares = f"f′ {took(slopes)}, the weights {took(weights)}"
    if kind is Kind.HEALTHY:
        return f"In all {shares}."
    sign = -1.0 if kind is Kind.VANISHING else 1.0
    x = float(chain.log10_inputs[0])
    if sign * x > max(sign * slopes, sign * weights):
        return f"The input did it: x = {plain(chain.x)}; {shares}."
    if sign * slopes >= sign * weights:
        worst = int(np.argmax(sign * chain.log10_derivatives))
        detail = f"f′ = {magnitude(float(chain.log10_derivatives[worst]))}"
    else:
        worst = 1 + int(np.argmax(sign * chain.log10_weights[1:]))
        detail = f"w = {plain(float(chain.weights[worst]))}"
    return (
        f"{shares}; layer {worst + 1} (z = {plain(float(chain.z[worst]))}, {detail}) is the worst."
    )


def _zero_factor(chain: Chain) -> str:
    """The factor that is exactly zero: of several the lowest, for the rest follow from it."""
    if chain.upstream.sign == 0:
        return "The loss sends back nothing: ∂L/∂a of the last layer is 0."
    flat = np.flatnonzero(chain.log10_derivatives == -math.inf)
    zero = np.flatnonzero(chain.log10_weights[1:] == -math.inf) + 1
    if zero.size and not (flat.size and flat[0] < zero[0]):
        return f"The weight of layer {int(zero[0]) + 1} is 0."
    if flat.size:
        layer = int(flat[0])
        return (
            f"f′(z) = 0 at layer {layer + 1}, where z = {plain(float(chain.z[layer]))}; "
            f"{flat.size} of {chain.depth} units pass nothing."
        )
    return "The input x is 0, so ∂L/∂w₁ = … · x is 0."
