"""What helps a chain: changes of knobs, each tried out before it is offered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.chain.chains import Course, chain_of
from gradtui.models.chain.cost import Time
from gradtui.models.chain.verdict import said
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import opposite_inputs, usual_inputs
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, halves
from gradtui.setup import Loss
from gradtui.setup.knob import MAX_WEIGHT

_SCALES = tuple(10.0 ** (k / 8.0) for k in range(1, 25))
"""By so much weights are changed, the least change first; to a thousand times."""

_HALVINGS = 14
"""So often the way between two weights is halved: to less than what is printed."""

_NEAREST = 3
"""So many of those are tried."""

_ALL_OF_IT = 0.5
"""Decades: weights that leave the gradient so nearly as it is are as good as one another."""

_LOOKING = 0.6
"""The share of the time that looking for weights may take; the rest is for trying them."""

_DEEP = 10_000
"""From so many layers on a trial takes its time, and only the first few of those are made."""


class Trial(NamedTuple):
    """What becomes of a subject, and that in words."""

    kind: Kind
    words: str


Trying = Callable[[Subject, Time, Tick], Trial | None]
"""What becomes of a subject; None where there is no time to try it."""


def tried(subject: Subject, course: Course) -> Trial:
    """The verdict on the very chain of a subject."""
    judgement = course.judged(subject.setup.log10_threshold)
    return Trial(judgement.kind, said(course, judgement))


def remedy_of(
    subject: Subject,
    course: Course,
    time: Time,
    tick: Tick,
    trying: Trying | None = None,
    now: Trial | None = None,
) -> Remedy | None:
    """The first change that is tried and found healthy, where the subject is not.

    Args:
        subject: what ails.
        course: the gradient of its chain.
        time: what trying may take.
        tick: is told the share that is done.
        trying: how a subject is tried; by its chain if not given.
        now: what is known to become of it as it is.
    """

    def by_chain(changed: Subject, time: Time, attempt: Tick) -> Trial | None:
        if not time.tries(changed.setup.depth):
            return None
        there = Course(chain_of(changed, attempt), course.quantity)
        time.spend(there.chain)
        return tried(changed, there)

    trying = trying or by_chain
    attempts = halves(tick)
    time.like(course.chain)
    now = now or tried(subject, course)
    if now.kind is Kind.HEALTHY:
        return None

    def heals(changed: Subject) -> str | None:
        attempt = next(attempts)
        attempt(0.0)
        there = trying(changed, time, attempt)
        return there.words if there is not None and there.kind is Kind.HEALTHY else None

    candidates = _candidates(subject, course, time, attempts)
    return first_that_helps(subject, candidates, heals, now.words)


def _candidates(
    subject: Subject, course: Course, time: Time, attempts: Iterator[Tick]
) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first: the activation stays as long as it can."""
    setup, weights = subject.setup, subject.setup.chain.weights
    yield from usual_inputs(setup)
    if setup.chain.loss == Loss(upstream=0.0):
        yield "loss = 1", {"loss": Loss(upstream=1.0)}
    if weights.random:
        # E ln|w| of a standard normal is -(γ + ln 2)/2, so this spread keeps E ln|w| at 0.
        unit = LayerValues(std=round(math.exp((np.euler_gamma + math.log(2)) / 2), 3))
    else:
        unit = LayerValues((1.0,))
    for other in _other_weights(subject, course, unit, time, next(attempts)):
        yield f"weights = {other.text}", {"weights": other}
    for label, inputs in itertools.islice(usual_inputs(setup), 1):
        moved = subject.changed(inputs)
        if not time.tries(moved.setup.depth):
            break
        there = Course(chain_of(moved, next(attempts)), course.quantity)
        time.spend(there.chain)
        for other in _other_weights(moved, there, unit, time, next(attempts)):
            yield f"{label} with weights = {other.text}", {**inputs, "weights": other}
    if not weights.random:
        yield from (one for one in opposite_inputs(setup) if _lets_more_through(course, one[1]))
    yield from _other_activations(subject, unit)
    reach = course.healthy_layers(setup.log10_threshold)
    if reach and len(weights.values) < 2 and len(setup.chain.biases.values) < 2:
        time.last()
        yield f"depth = {reach}", {"depth": reach}


def _lets_more_through(course: Course, inputs: Changes) -> bool:
    """Whether the first unit does with this x: none of an odd or even f does with -x."""
    chain, z = course.chain, float(course.chain.z[0])
    there = float(chain.weights[0]) * float(inputs["x"]) + float(chain.biases[0])
    f = chain.activation
    return f.log_abs_derivative(there) > f.log_abs_derivative(z)


def _other_weights(
    subject: Subject, course: Course, unit: LayerValues, time: Time, tick: Tick
) -> Iterator[LayerValues]:
    """Weights that make up for what a layer costs, or for half of it; 1; smaller and larger ones.

    Where some are too small and the next too large, those between, too: of some activations very
    few weights let a gradient through. The first are those that leave it most nearly as it is; of
    random ones, of which that is not known, those that change the least.
    """
    weights, limit = subject.setup.chain.weights, subject.setup.log10_threshold
    mean = float(course.slopes.sum() + course.weights.sum()) / max(course.steps, 1)
    close = [10.0 ** (-mean * share) for share in (1.0, 0.5) if abs(mean * share) < 3.0]
    others = [*(_times(weights, scale) for scale in close), unit]
    deep = course.chain.depth > _DEEP
    far = {} if deep else {
        scale: other
        for some in _SCALES
        for scale in (1.0 / some, some)
        if (other := _times(weights, scale)).largest <= MAX_WEIGHT
    }  # fmt: skip
    others = [other for other in dict.fromkeys((*others, *far.values())) if other != weights]
    if deep or weights.random:
        yield from others
        return
    ratios = {weights: course.judged(limit).log10_ratio}
    for index, other in enumerate(others):
        tick(index / len(others))
        if not time.tries(course.chain.depth, _LOOKING):
            break
        ratios[other] = _ratio(subject, course.quantity, other, time)
    by_scale = {
        scale: ratios[other] for scale, other in {1.0: weights, **far}.items() if other in ratios
    }
    ratios |= _between(subject, course.quantity, sorted(by_scale.items()), time)
    within = (other for other, ratio in ratios.items() if abs(ratio) <= -limit)
    yield from sorted(within, key=lambda other: max(abs(ratios[other]), _ALL_OF_IT))


def _ratio(subject: Subject, quantity: str, weights: LayerValues, time: Time) -> float:
    """log10 of the ratio with other weights."""
    changed = subject.changed({"weights": weights})
    chain = chain_of(changed)
    time.spend(chain)
    return Course(chain, quantity).judged(subject.setup.log10_threshold).log10_ratio


def _between(
    subject: Subject, quantity: str, ratios: list[tuple[float, float]], time: Time
) -> dict[LayerValues, float]:
    """Weights with their ratios where, nearest to the given ones, it crosses ×1 from below."""
    weights = subject.setup.chain.weights
    crossings = [
        (low, high)
        for (low, before), (high, after) in itertools.pairwise(ratios)
        if before < 0.0 < after
    ]
    found: dict[LayerValues, float] = {}
    for low, high in sorted(crossings, key=lambda ends: abs(math.log(ends[0] * ends[1])))[:1]:
        for _ in range(_HALVINGS):
            if not time.tries(subject.setup.depth, _LOOKING):
                break
            middle = math.sqrt(low * high)
            other = _times(weights, middle, digits=5)
            found[other] = _ratio(subject, quantity, other, time)
            if found[other] < 0.0:
                low = middle
            else:
                high = middle
    return dict(sorted(found.items(), key=lambda pair: abs(pair[1]))[:_NEAREST])


def _other_activations(subject: Subject, unit: LayerValues) -> Iterator[tuple[str, Changes]]:
    """Activations that pass everything on one side at least, with these weights and with 1."""
    weights = subject.setup.chain.weights
    if activation(subject.activation).name in ("leaky_relu", "prelu", "rrelu"):
        return
    for other in ("relu", "leaky_relu(negative_slope=0.2)", "identity"):
        spec = activation(other).spec
        if spec == subject.activation or (other == "identity" and not weights.random):
            continue
        yield other, {"activations": (spec,)}
        if weights != unit:
            changes = {"activations": (spec,), "weights": unit}
            yield f"{other} with weights = {unit.text}", changes


def _times(weights: LayerValues, factor: float, digits: int = 3) -> LayerValues:
    def scaled(value: float) -> float:
        return float(f"{value * factor:.{digits}g}")

    if weights.std is not None:
        return LayerValues(std=scaled(weights.std))
    return LayerValues(tuple(scaled(value) for value in weights.values))
