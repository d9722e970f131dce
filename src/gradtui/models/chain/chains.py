"""What becomes of a chain's gradient, measured: the ratio, the rate, the kind, the reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Kind
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick, unwatched
from gradtui.setup import Setup
from gradtui.wording import magnitude

_FAR = 10_000
"""How deep a chain is followed to see where it falls below the threshold."""


_chains = Kept[Chain](8)
"""Several views ask for the same, and come back to it; at depth 100,000 it takes its time."""


def chain_of(subject: Subject, tick: Tick = unwatched) -> Chain:
    """The chain that a subject is."""
    setup = subject.setup.of_family("chain")
    return _chains.get(setup, lambda: _chain_of(setup, tick))


def _chain_of(setup: Setup, tick: Tick) -> Chain:
    setup.checked()
    weights_rng, biases_rng = (np.random.default_rng([setup.seed, at]) for at in (0, 1))
    weights = setup.chain.weights.draw("weights", setup.depth, weights_rng)
    biases = setup.chain.biases.draw("biases", setup.depth, biases_rng)
    return run_chain(setup, weights, biases, setup.x, tick)


def run_chain(setup: Setup, weights: Array, biases: Array, x: float, tick: Tick) -> Chain:
    """A chain of the setup's activation and loss, with these weights and biases at this input."""
    loss = setup.chain.loss
    upstream = loss.upstream if loss.target is None else 1.0
    f = setup.activations[0]
    return chain(f, weights, biases, x, upstream, target=loss.target, tick=tick)


def log10_ratio(chain: Chain) -> float:
    """log10 of |∂L/∂w_1| / |∂L/∂w_L|; -inf where the first is exactly zero."""
    gradients = chain.log10_gradients
    if gradients[0] == -math.inf:
        return -math.inf
    # Where only the last layer's is zero, the best-served layer stands in for it.
    last = gradients[-1] if gradients[-1] > -math.inf else gradients.max()
    return float(gradients[0] - last)


def log10_rate(chain: Chain) -> float:
    """log10 of the factor that a layer costs on the way back, in the geometric mean."""
    return log10_ratio(chain) / (chain.depth - 1) if chain.depth > 1 else 0.0


def log10_passed(chain: Chain) -> Array:
    """log10 of |∂L/∂w_l| / |∂L/∂a_L|: what of the loss's gradient each layer gets."""
    if chain.upstream.sign == 0:
        return chain.log10_gradients
    return chain.log10_gradients - chain.log10_upstream


class Measure(Enum):
    """By what a verdict is reached."""

    RATIO = "layer 1 beside the last layer"
    EVERY = "every layer beside the loss"
    MOST = "the median layer beside the loss"


@dataclass(frozen=True)
class Judgement:
    """What becomes of the gradient, and by what measure."""

    kind: Kind
    measure: Measure

    def share(self, chain: Chain) -> str:
        """What this measure says of a chain, in words."""
        if chain.depth == 1:
            return f"its one layer gets {magnitude(float(log10_passed(chain)[0]))} of the loss's"
        if self.measure is Measure.RATIO:
            return f"layer 1 gets {magnitude(log10_ratio(chain))} of layer {chain.depth}'s gradient"
        median = float(np.median(log10_passed(chain)))
        return f"the median layer gets {magnitude(median)} of the loss's"


def judged(chain: Chain, log10_limit: float) -> Judgement:
    """The verdict: by the ratio of layer 1 to layer L, else by what most layers get."""
    ratio = log10_ratio(chain)
    if ratio == -math.inf:
        return Judgement(Kind.DEAD, Measure.RATIO)
    passed = log10_passed(chain)
    median = float(np.median(passed))
    for kind, sign in ((Kind.VANISHING, 1.0), (Kind.EXPLODING, -1.0)):
        limit = sign * log10_limit
        if sign * ratio < sign * limit:
            return Judgement(kind, Measure.RATIO)
        if sign * median < sign * limit:
            every = bool(np.all(sign * passed < sign * limit))
            return Judgement(kind, Measure.EVERY if every else Measure.MOST)
    return Judgement(Kind.HEALTHY, Measure.RATIO)


def layers_until(chain: Chain, log10_limit: float) -> float:
    """How many layers back from the loss the gradient first falls below the threshold.

    Beside layer L's gradient; inf where it does not in this chain.
    """
    with np.errstate(invalid="ignore"):  # -inf less -inf, in a chain that is dead throughout
        beside = chain.log10_gradients - chain.log10_gradients[-1]
    below = np.flatnonzero((beside < log10_limit)[::-1])
    return float(below[0]) if below.size else math.inf


def reach(subject: Subject, chain: Chain) -> str:
    """The same in words, beyond the chain's depth by following it on to 10,000 layers."""
    setup = subject.setup.of_family("chain")
    here = layers_until(chain, setup.log10_threshold)
    if math.isfinite(here):
        return f"{here:.0f}"
    listed = max(len(setup.chain.weights.values), len(setup.chain.biases.values)) > 1
    if listed or setup.depth >= _FAR:
        return f">{setup.depth - 1}"
    deeper = setup.with_(depth=_FAR)
    return _reaches.get(deeper, lambda: _far_reach(deeper))


_reaches = Kept[str](16)


def _far_reach(setup: Setup) -> str:
    """Where the ratio of layer 1 to the last would fall below the threshold, were it so deep.

    A deeper chain begins as a shallower one does, so one pass has the ratio at every depth:
    Π_{k<L} f′(z_k) w_{k+1} · x / a_{L-1}.
    """
    deep = _chain_of(setup, unwatched)
    factors = deep.log10_derivatives[:-1] + deep.log10_weights[1:]
    with np.errstate(invalid="ignore"):
        ratios = np.cumsum(factors) + deep.log10_inputs[0] - deep.log10_inputs[1:]
    below = np.flatnonzero(ratios < setup.log10_threshold)
    if below.size:
        return f"{below[0] + 1}"
    still_falling = ratios[-1] < ratios[_FAR // 2] - 1e-9
    return f">{_FAR - 1}" if still_falling else "never"
