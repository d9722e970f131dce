"""The verdict on a chain: what became of its gradient, and which factor did it."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.models.chain.chains import Course, drawn_at_random
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.judging import Judgement, Shares, signal_trend
from gradtui.models.subject import Subject
from gradtui.models.wording import a_layer, gradient_of
from gradtui.wording import counted, factor, magnitude, number, plain, share_of, subscript

_STANDS_OUT = math.log10(1.05)
"""A layer whose factor differs by less from what is usual is not worse than others."""


def diagnose(
    subject: Subject,
    course: Course,
    remedy: Remedy | None,
    *,
    drawn: Shares | None = None,
    alone: bool = False,
    evidence: str = "",
) -> Finding:
    """The finding for a subject.

    Args:
        subject: whose.
        course: the gradient of its chain.
        remedy: what was found to help.
        drawn: where the weights are random, what becomes of the gradient in many such chains; that
            is the verdict then.
        alone: whether this chain is healthy and most with other weights of that size are not.
        evidence: what else is known.
    """
    limit = subject.setup.log10_threshold
    judgement = course.judged(limit)
    kind = judgement.kind if drawn is None else drawn.kind
    begin = f"{subject.name} {kind}{' with just these weights' if alone else ''}"
    if drawn is not None:
        begin += f" {drawn.text(f'random chains with {drawn_at_random(subject.setup)}')}"
    return Finding(
        subject=subject.name,
        kind=kind,
        sentence=_sentence(begin, course, judgement, limit, drawn),
        cause=_cause(course, judgement, limit),
        evidence=evidence,
        remedy=remedy,
    )


def said(course: Course, judgement: Judgement) -> str:
    """What is left of the gradient, in words: where the verdict was seen, else at its beginning."""
    depth, ratio = course.chain.depth, judgement.log10_there
    if _meets_target(course):
        return (
            f"a{subscript(depth)} is its target to the last digit of float64, so nothing can be "
            "said to come back"
        )
    if course.quantity == "" and judgement.at == 0:
        if ratio == -math.inf:
            return "∂L/∂w₁ is exactly 0"
        return "∂L/∂w₁ is " + share_of(ratio, "the loss's gradient", judgement.digits)
    layer = course.first + judgement.at
    quantity, digits = course.quantity or "a", judgement.digits
    return gradient_of(quantity, ratio, layer=layer, last=depth, digits=digits)


def _meets_target(course: Course) -> bool:
    """Whether a_L and the target are the same float64, which need not be the same number."""
    return course.chain.target is not None and course.chain.upstream.sign == 0


def _sentence(
    begin: str, course: Course, judgement: Judgement, limit: float, drawn: Shares | None
) -> str:
    """The verdict with its number and its threshold."""
    kind, ratio = judgement.kind, judgement.log10_there
    what = said(course, judgement)
    if drawn is not None:
        what = f"with the weights of this seed {what}"
    if kind is Kind.DEAD:
        of_weight = course.quantity in ("", "w") and not _meets_target(course)
        step = ", so this step leaves that weight as it is" if of_weight else ""
        return f"{begin}: {what}{step}."
    of_many = drawn.healthy_in if drawn is not None else ""
    healthy = f"healthy is {kind.healthy_is(ratio, limit)}{of_many}"
    if judgement.at:
        return f"{begin} in the middle: {what}, and yet {said(course, judgement.ends)}; {healthy}."
    each = f", {a_layer(ratio, course.steps)} a layer over {course.steps:,} layers"
    each = each if course.steps > 1 else ""
    return f"{begin}: {what}{each}; {healthy}."


# --------------------------------------------------------------------- cause


def _cause(course: Course, judgement: Judgement, limit: float) -> str:
    """Which factor did it: a computed finding."""
    kind = judgement.kind
    if kind is Kind.DEAD:
        return _zero_factor(course, course.first + judgement.at)
    beside = _cancelled(course, judgement, limit) or _signal(course)
    return " ".join(filter(None, (_factors(course, judgement), beside)))


def _factors(course: Course, judgement: Judgement) -> str:
    """What f′, the weights and the signal make of it, and which layers are the worst."""
    at, kind = judgement.at, judgement.kind
    if at and course.quantity == "":  # in the middle it is ∂L/∂a
        course = Course(course.chain, "a")
    slopes, weights = course.slopes[at:], course.weights[at:]
    if not slopes.size:
        return ""
    of_slopes, of_weights = float(slopes.sum()), float(weights.sum())
    of_signal = course.log10_signal(at)
    shares = f"the f′ make {factor(of_slopes)} of it, the weights {factor(of_weights)}"
    if of_signal:
        shares += f", the {'signal' if course.quantity else 'input'} {factor(of_signal)}"
    if kind is Kind.HEALTHY:
        return f"In all {shares}."
    sign = -1.0 if kind is Kind.VANISHING else 1.0
    if sign * of_signal > max(sign * of_slopes, sign * of_weights):
        return f"The {_of_signal(course)} did it: {shares}."
    # The weights that count begin at layer 1 or 2, the f′ always at layer 1.
    first = 1 + at
    by_slopes = sign * of_slopes >= sign * of_weights
    blamed = sign * (slopes if by_slopes else weights)
    worst = int(np.argmax(blamed))
    layer = first + worst + (0 if by_slopes or course.quantity == "a" else 1)
    if by_slopes:
        detail = f"f′ = {magnitude(float(course.chain.log10_derivatives[layer - 1]))}"
    else:
        detail = f"w = {plain(float(course.chain.weights[layer - 1]))}"
    z = _z_of(course.chain, layer)
    shares = f"{shares[0].upper()}{shares[1:]}"
    if len(blamed) > 1 and blamed[worst] - float(np.median(blamed)) < _STANDS_OUT:
        return f"{shares}; no layer stands out (layer {layer}: z = {z}, {detail})."
    alike = int((blamed > blamed[worst] - _STANDS_OUT).sum()) - 1
    one = f"{shares}; layer {layer} (z = {z}, {detail})"
    if alike:
        return f"{one} and {alike:,} other{'s' if alike > 1 else ''} like it are the worst."
    return f"{one} is the worst."


def _z_of(chain: Chain, layer: int) -> str:
    """z of a layer."""
    return number(float(chain.z[layer - 1]), float(chain.log10_z[layer - 1]))


def _of_signal(course: Course) -> str:
    if course.quantity == "":
        return f"input x = {plain(course.chain.x)}"
    return "signal"


def _cancelled(course: Course, judgement: Judgement, limit: float) -> str:
    """Where ∂L/∂w is judged otherwise than ∂L/∂a: what the signal makes up for, or spoils."""
    if course.quantity != "w":
        return ""
    other = Course(course.chain, "a")
    back, steps = other.judged(limit), course.steps
    if back.kind is judgement.kind or steps < 1:
        return ""
    way = a_layer(Course(course.chain, "z").judged(limit).log10_ratio, steps)
    up = a_layer(-course.log10_signal(), steps)
    return (
        f"∂L/∂w is the gradient on its way back ({way} a layer) times the signal on its way up "
        f"({up} a layer), and hides the one with the other: ∂L/∂a is {back.kind}, "
        f"{said(other, back)}."
    )


def _signal(course: Course) -> str:
    """What becomes of the signal on its way up, where that is much."""
    outputs = course.chain.log10_outputs[1:]
    if not (change := signal_trend(outputs)):
        return ""
    how = "collapses" if change < 0.0 else "grows"
    first, last = magnitude(float(outputs[0])), magnitude(float(outputs[-1]))
    return f"The signal {how}: |a| goes from {first} to {last}."


def _zero_factor(course: Course, layer: int) -> str:
    """The factor that is exactly zero: of several the lowest, for the rest follow from it.

    Args:
        course: the gradient that is dead.
        layer: where it was seen.
    """
    chain = course.chain
    if _meets_target(course):
        return ""
    if chain.upstream.sign == 0:
        return "The loss sends back nothing: ∂L/∂a of the last layer is 0."
    flat = np.flatnonzero(chain.log10_derivatives == -math.inf)
    flat = flat[flat >= layer - course.first]
    weightless = np.flatnonzero(chain.log10_weights == -math.inf)
    weightless = weightless[weightless >= layer - course.first + (course.quantity != "a")]
    if weightless.size and not (flat.size and flat[0] < weightless[0]):
        return f"The weight of layer {int(weightless[0]) + 1} is 0."
    if flat.size:
        at = int(flat[0])
        return (
            f"f′(z) = 0 at layer {at + 1}, where z = {_z_of(chain, at + 1)}; "
            f"{flat.size} of {counted(chain.depth, 'unit')} pass nothing."
        )
    if layer > 1:
        return f"The signal is 0 there: a of layer {layer - 1}, which is a factor of it, is 0."
    return "The input x is 0, and ∂L/∂w₁ = … · x."
