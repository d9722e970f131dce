"""What becomes of a chain's gradient, measured: the ratio, the rate, the kind, the reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.elementwise import Array
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Kind
from gradtui.views.wording import magnitude

_FAR = 10_000
"""How deep a chain is followed to see where it falls below the threshold."""


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


def log10_passed(one: Chain) -> Array:
    """log10 of |∂L/∂w_l| / |∂L/∂a_L|: what of the loss's gradient each layer gets."""
    if one.upstream.sign == 0:
        return one.log10_gradients
    return one.log10_gradients - one.log10_upstream


class Measure(Enum):
    """By what a verdict is reached."""

    RATIO = "layer 1 beside the last layer"
    EVERY = "every layer beside the loss"
    MOST = "the median layer beside the loss"


@dataclass(frozen=True)
class Outcome:
    """What becomes of the gradient, and by what measure."""

    kind: Kind
    measure: Measure

    def share(self, one: Chain) -> str:
        """What this measure says of a chain, in words."""
        if one.depth == 1:
            return f"its one layer gets {magnitude(float(log10_passed(one)[0]))} of the loss's"
        if self.measure is Measure.RATIO:
            return f"layer 1 gets {magnitude(log10_ratio(one))} of layer {one.depth}'s gradient"
        median = float(np.median(log10_passed(one)))
        return f"the median layer gets {magnitude(median)} of the loss's"


def outcome(one: Chain, log10_limit: float) -> Outcome:
    """The verdict: by the ratio of layer 1 to layer L, else by what most layers get."""
    ratio = log10_ratio(one)
    if ratio == -math.inf:
        return Outcome(Kind.DEAD, Measure.RATIO)
    passed = log10_passed(one)
    median = float(np.median(passed))
    for kind, sign in ((Kind.VANISHING, 1.0), (Kind.EXPLODING, -1.0)):
        limit = sign * log10_limit
        if sign * ratio < sign * limit:
            return Outcome(kind, Measure.RATIO)
        if sign * median < sign * limit:
            every = bool(np.all(sign * passed < sign * limit))
            return Outcome(kind, Measure.EVERY if every else Measure.MOST)
    return Outcome(Kind.HEALTHY, Measure.RATIO)


def layers_until(one: Chain, log10_limit: float) -> float:
    """How many layers back from the loss the gradient first falls below the threshold.

    Beside layer L's gradient; inf where it does not in this chain.
    """
    with np.errstate(invalid="ignore"):  # -inf less -inf, in a chain that is dead throughout
        beside = one.log10_gradients - one.log10_gradients[-1]
    below = np.flatnonzero((beside < log10_limit)[::-1])
    return float(below[0]) if below.size else math.inf


def reach(setup: Setup, name: str) -> str:
    """The same in words, beyond the chain's depth by following it on to 10,000 layers."""
    limit = log10_threshold(setup)
    here = layers_until(chain_of(setup, name), limit)
    if math.isfinite(here):
        return f"{here:.0f}"
    if len(setup.weights.values) > 1 or len(setup.biases.values) > 1 or setup.depth >= _FAR:
        return f">{setup.depth - 1}"
    return _far_reach(setup.chain_only().with_(depth=_FAR), name)


@lru_cache(maxsize=16)
def _far_reach(setup: Setup, name: str) -> str:
    """Where the ratio of layer 1 to the last would fall below the threshold, were it so deep.

    A deeper chain begins as a shallower one does, so one pass has the ratio at every depth:
    Π_{k<L} f′(z_k) w_{k+1} · x / a_{L-1}.
    """
    one = chain_of(setup, name)
    factors = one.log10_derivatives[:-1] + one.log10_weights[1:]
    with np.errstate(invalid="ignore"):
        ratios = np.cumsum(factors) + one.log10_inputs[0] - one.log10_inputs[1:]
    below = np.flatnonzero(ratios < log10_threshold(setup))
    if below.size:
        return f"{below[0] + 1}"
    still_falling = ratios[-1] < ratios[_FAR // 2] - 1e-9
    return f">{_FAR - 1}" if still_falling else "never"
