"""What helps a chain: changes of knobs, each tried out before it is offered."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.chain.chains import chain_of, judged, layers_until
from gradtui.models.finding import Kind, Remedy
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, halves
from gradtui.setup import Loss
from gradtui.setup.knob import MAX_WEIGHT


def remedy_of(subject: Subject, chain: Chain, tick: Tick) -> Remedy | None:
    """The first change that is tried and found healthy, where the subject's chain is not."""
    limit = subject.setup.log10_threshold
    judgement = judged(chain, limit)
    if judgement.kind is Kind.HEALTHY:
        return None
    attempts = halves(tick)

    def heals(changed: Subject) -> str | None:
        attempt = next(attempts)
        attempt(0.0)
        other = chain_of(changed, attempt)
        healthy = judged(other, limit).kind is Kind.HEALTHY
        return judgement.share(other) if healthy else None

    candidates = _candidates(subject, chain, judgement.kind)
    return first_that_helps(subject, candidates, heals, judgement.share(chain))


def _candidates(subject: Subject, chain: Chain, kind: Kind) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first."""
    setup, weights = subject.setup, subject.setup.chain.weights
    if setup.x == 0.0:
        yield "x = 1", {"x": 1.0}
    if setup.chain.loss == Loss(upstream=0.0):
        yield "loss = 1", {"loss": Loss(upstream=1.0)}
    if kind is not Kind.DEAD:
        yield from _scaled(chain, weights)
    if weights.random:
        # E ln|w| of a standard normal is -(γ + ln 2)/2, so this spread keeps E ln|w| at 0.
        unit = LayerValues(std=round(math.exp((np.euler_gamma + math.log(2)) / 2), 3))
    else:
        unit = LayerValues((1.0,))
    if weights != unit:
        yield f"weights = {unit.text}", {"weights": unit}
    yield from _other_activations(subject, unit)
    reach = layers_until(chain, setup.log10_threshold)
    if kind is Kind.VANISHING and 1 < reach <= chain.depth and len(weights.values) < 2:
        yield f"depth = {int(reach) - 1 or 1}", {"depth": int(reach) - 1 or 1}


def _scaled(chain: Chain, weights: LayerValues) -> Iterator[tuple[str, Changes]]:
    """Weights that make up for what a layer costs, or for half of it."""
    factors = chain.log10_derivatives[:-1] + chain.log10_weights[1:]
    mean = float(np.mean(factors)) if factors.size else 0.0
    for share in (1.0, 0.5):
        if abs(mean * share) > 100:
            continue  # such weights are no remedy, and may be none that float64 holds
        scaled = _times(weights, 10.0 ** (-mean * share))
        if scaled.largest <= MAX_WEIGHT:
            yield f"weights = {scaled.text}", {"weights": scaled}


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


def _times(weights: LayerValues, factor: float) -> LayerValues:
    def scaled(value: float) -> float:
        return float(f"{value * factor:.3g}")

    if weights.std is not None:
        return LayerValues(std=scaled(weights.std))
    return LayerValues(tuple(scaled(value) for value in weights.values))
