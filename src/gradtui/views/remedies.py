"""What helps: changes of knobs, each tried out before it is offered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.views.outcome import Outcome, chain_of, layers_until, outcome
from gradtui.views.setup import MAX_WEIGHT, Loss, Setup, log10_threshold
from gradtui.views.view import Kind, Remedy


def remedy(setup: Setup, name: str, found: Outcome) -> Remedy | None:
    """The first change that is tried and found healthy."""
    one = chain_of(setup, name)
    for label, changes in _candidates(setup, name, one, found.kind):
        try:
            changed = setup.with_(**changes).checked()
            new_name = changes.get("activations", (name,))[0]
            tried = chain_of(changed, new_name)
        except InputError:
            continue
        if outcome(tried, log10_threshold(setup)).kind is Kind.HEALTHY:
            if "activations" in changes:
                kept = tuple(new_name if old == name else old for old in setup.activations)
                focus = new_name if setup.focus == name else setup.focus
                changes = {**changes, "activations": tuple(dict.fromkeys(kept)), "focus": focus}
            return Remedy(label, changes, before=found.share(one), after=found.share(tried))
    return None


def _candidates(
    setup: Setup, name: str, one: Chain, kind: Kind
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    if setup.x == 0.0:
        yield "x = 1", {"x": 1.0}
    if setup.loss == Loss(upstream=0.0):
        yield "loss = 1", {"loss": Loss(upstream=1.0)}
    unit = setup.weights
    if kind is not Kind.DEAD:
        factors = one.log10_derivatives[:-1] + one.log10_weights[1:]
        mean = float(np.mean(factors)) if factors.size else 0.0
        for share in (1.0, 0.5):
            if abs(mean * share) > 100:
                continue  # such weights are no remedy, and may be none that float64 holds
            scaled = _times(setup.weights, 10.0 ** (-mean * share))
            if scaled.largest <= MAX_WEIGHT:
                yield f"weights = {scaled.text}", {"weights": scaled}
    if setup.weights.random:
        # E ln|w| of a standard normal is -(γ + ln 2)/2, so this spread keeps E ln|w| at 0.
        unit = LayerValues(std=round(math.exp((np.euler_gamma + math.log(2)) / 2), 3))
    else:
        unit = LayerValues((1.0,))
    smaller = {"weights": unit}
    if setup.weights != unit:
        yield f"weights = {unit.text}", smaller
    is_leaky = activation(name).name in ("leaky_relu", "prelu", "rrelu")
    for other in () if is_leaky else ("relu", "leaky_relu(negative_slope=0.2)", "identity"):
        if activation(other).spec != name and not (
            other == "identity" and not setup.weights.random
        ):
            yield f"{other}", {"activations": (activation(other).spec,)}
            if setup.weights != unit:
                yield (
                    f"{other} with weights = {unit.text}",
                    {"activations": (activation(other).spec,), **smaller},
                )
    reach = layers_until(one, log10_threshold(setup))
    if kind is Kind.VANISHING and 1 < reach <= one.depth and len(setup.weights.values) < 2:
        yield f"depth = {int(reach) - 1 or 1}", {"depth": int(reach) - 1 or 1}


def _times(weights: LayerValues, factor: float) -> LayerValues:
    def scaled(value: float) -> float:
        return float(f"{value * factor:.3g}")

    if weights.std is not None:
        return LayerValues(std=scaled(weights.std))
    return LayerValues(tuple(scaled(value) for value in weights.values))
