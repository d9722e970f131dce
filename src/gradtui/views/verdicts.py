"""The verdict on a chain: what became of its gradient, which factor did it, and what helps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.layer_values import LayerValues
from gradtui.views.setup import MAX_WEIGHT, Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, plain, rate


def chain_of(setup: Setup, name: str) -> Chain:
    """The chain that the setup describes, with this activation."""
    return _chain_of(setup.chain_only(), name)


# The views, the verdict and its remedy ask for the same chain; at depth 100,000 it takes its time.
@lru_cache(maxsize=8)
def _chain_of(setup: Setup, name: str) -> Chain:
    setup.checked()
    weights, biases = (np.random.default_rng([setup.seed, stream]) for stream in (0, 1))
    return chain(
        name,
        setup.weights.draw("weights", setup.depth, weights),
        setup.biases.draw("biases", setup.depth, biases),
        setup.x,
        setup.loss.upstream if setup.loss.target is None else 1.0,
        target=setup.loss.target,
    )


def log10_ratio(one: Chain) -> float:
    """log10 of |∂L/∂w_1| / |∂L/∂w_L|; -inf where the first is exactly zero."""
    gradients = one.log10_gradients
    if gradients[0] == -math.inf:
        return -math.inf
    # Where only the last layer's is zero, the best-served layer stands in for it.
    last = gradients[-1] if gradients[-1] > -math.inf else gradients.max()
    return float(gradients[0] - last)


def log10_rate(one: Chain) -> float:
    """log10 of the factor that a layer costs on the way back, in the geometric mean."""
    return log10_ratio(one) / (one.depth - 1) if one.depth > 1 else 0.0


def kind_of(one: Chain, log10_limit: float) -> Kind:
    """The verdict: by the ratio of the first layer to the last, and by what all layers get."""
    ratio = log10_ratio(one)
    if ratio == -math.inf:
        return Kind.DEAD
    passed = one.log10_gradients - one.log10_upstream
    if ratio < log10_limit or passed.max() < log10_limit:
        return Kind.VANISHING
    if ratio > -log10_limit or passed.min() > -log10_limit:
        return Kind.EXPLODING
    return Kind.HEALTHY


def layers_until(one: Chain, log10_limit: float) -> float:
    """How many layers back from the loss the gradient first falls below the threshold.

    Counted in the chain itself; beyond its depth, from its rate; inf where it never does.
    """
    with np.errstate(invalid="ignore"):  # -inf less -inf, in a chain that is dead throughout
        passed = one.log10_gradients - one.log10_gradients[-1]
    below = np.flatnonzero((passed < log10_limit)[::-1])
    if below.size:
        return float(below[0])
    rate = log10_rate(one)
    return math.inf if rate >= -1e-12 else math.ceil(log10_limit / rate)


def diagnose(setup: Setup, name: str) -> Finding:
    """The finding for one activation, with a remedy where one was found to help."""
    return _diagnose(setup.chain_only().with_(activations=setup.activations), name)


@lru_cache(maxsize=16)
def _diagnose(setup: Setup, name: str) -> Finding:
    one = chain_of(setup, name)
    limit = log10_threshold(setup)
    kind = kind_of(one, limit)
    return Finding(
        subject=name,
        kind=kind,
        sentence=_sentence(name, one, kind, limit),
        cause=_cause(one, kind),
        remedy=None if kind is Kind.HEALTHY else _remedy(setup, name, one, kind),
    )


def _share(one: Chain) -> str:
    """What layer 1 gets, in words."""
    if one.depth == 1:
        return f"its one layer gets {magnitude(float(one.log10_gradients[0]))}"
    return f"layer 1 gets {magnitude(log10_ratio(one))} of layer {one.depth}'s gradient"


def _sentence(name: str, one: Chain, kind: Kind, limit: float) -> str:
    ratio = log10_ratio(one)
    if kind is Kind.DEAD:
        return f"{name} dead: layer 1 gets exactly 0; no step can ever change its weight."
    each = f"{rate(log10_rate(one))} a layer"
    by_ratio = ratio < limit if kind is Kind.VANISHING else ratio > -limit
    if kind is Kind.HEALTHY or by_ratio:
        bounds = f"above {magnitude(limit)}" if ratio < 0 else f"below {magnitude(-limit)}"
        return f"{name} {kind}: {_share(one)}, {each}; healthy is {bounds}."
    passed = one.log10_gradients - one.log10_upstream
    most = float(passed.max() if kind is Kind.VANISHING else passed.min())
    bound = "most" if kind is Kind.VANISHING else "least"
    side = f"above {magnitude(limit)}" if kind is Kind.VANISHING else f"below {magnitude(-limit)}"
    return (
        f"{name} {kind} in every layer alike: each gets at {bound} {magnitude(most)} of the "
        f"loss's gradient; healthy is {side}."
    )


def _cause(one: Chain, kind: Kind) -> str:
    """Which factor of ∂L/∂w_1 did it: a computed finding."""
    if kind is Kind.DEAD:
        return _zero_factor(one)
    slopes, weights = one.log10_from_derivatives, one.log10_from_weights
    shares = f"f′ {_took(slopes)}, the weights {_took(weights)}"
    if kind is Kind.HEALTHY:
        return f"In all {shares}."
    sign = -1.0 if kind is Kind.VANISHING else 1.0
    if sign * slopes >= sign * weights:
        worst = int(np.argmax(sign * one.log10_derivatives))
        detail = f"f′ = {magnitude(float(one.log10_derivatives[worst]))}"
    else:
        worst = 1 + int(np.argmax(sign * one.log10_weights[1:]))
        detail = f"w = {plain(float(one.weights[worst]))}"
    return (
        f"{shares[0].upper()}{shares[1:]}; layer {worst + 1} "
        f"(z = {plain(float(one.z[worst]))}, {detail}) is the worst."
    ).replace("F′", "f′")


def _took(log10: float) -> str:
    if abs(log10) < 0.005:
        return "took nothing"
    return f"took {magnitude(log10)}" if log10 < 0 else f"gave {magnitude(log10)}"


def _zero_factor(one: Chain) -> str:
    """The factor nearest to the loss that is exactly zero."""
    if one.upstream.sign == 0:
        return "The loss sends back nothing: ∂L/∂a of the last layer is 0."
    flat = np.flatnonzero(one.log10_derivatives == -math.inf)
    zero = np.flatnonzero(one.log10_weights[1:] == -math.inf) + 1
    if flat.size and (not zero.size or flat[-1] >= zero[-1]):
        layer = int(flat[-1])
        return (
            f"f′(z) = 0 at layer {layer + 1}, where z = {plain(float(one.z[layer]))}; "
            f"{flat.size} of {one.depth} units pass nothing."
        )
    if zero.size:
        return f"The weight of layer {int(zero[-1]) + 1} is 0."
    return "The input x is 0, so ∂L/∂w₁ = … · x is 0."


# ----------------------------------------------------------------- remedies


def _remedy(setup: Setup, name: str, one: Chain, kind: Kind) -> Remedy | None:
    """The first change that is tried and found healthy."""
    for label, changes in _candidates(setup, name, one, kind):
        try:
            changed = setup.with_(**changes).checked()
            new_name = changes.get("activations", (name,))[0]
            tried = chain_of(changed, new_name)
        except InputError:
            continue
        if kind_of(tried, log10_threshold(setup)) is Kind.HEALTHY:
            if "activations" in changes:
                kept = tuple(new_name if old == name else old for old in setup.activations)
                changes = {**changes, "activations": tuple(dict.fromkeys(kept))}
            return Remedy(label, changes, before=_share(one), after=_share(tried))
    return None


def _candidates(
    setup: Setup, name: str, one: Chain, kind: Kind
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    if setup.x == 0.0:
        yield "x = 1", {"x": 1.0}
    if setup.loss == type(setup.loss)(upstream=0.0):
        yield "loss = 1", {"loss": type(setup.loss)(upstream=1.0)}
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
