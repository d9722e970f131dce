"""The chain that a subject is, and what becomes of its gradient from layer to layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradtui.mathematics.chain import Chain, Signs, chain, exact_cumsum
from gradtui.mathematics.elementwise import Array
from gradtui.models.judging import Judgement, first_unhealthy, judge
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick, unwatched
from gradtui.setup import Setup
from gradtui.wording import plain

_FAR = 10_000
"""How deep a chain is followed to see where it leaves what is healthy."""


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


def drawn_at_random(setup: Setup) -> str:
    """What differs from one random chain of a setup to the next, in words."""
    biases = setup.chain.biases
    words = f"weights of std {plain(setup.chain.weights.root_mean_square)}"
    return f"{words} and biases of std {plain(biases.root_mean_square)}" if biases.random else words


@dataclass(frozen=True, eq=False)
class Course:
    """The gradient of a chain that is judged, from the first layer that has it to the last.

    Attributes:
        chain: whose.
        quantity: a, z or w for ∂L/∂a_l, ∂L/∂z_l or ∂L/∂w_l; "" for what becomes of ∂L/∂w₁ on its
            way from the loss, which is ∂L/∂a_l but for the last factor: x instead of w₁.
    """

    chain: Chain
    quantity: str = "a"

    @cached_property
    def curve(self) -> Array:
        """log10 of its magnitude by layer."""
        chain = self.chain
        if self.quantity == "z":
            return chain.log10_backward
        if self.quantity == "w":
            return chain.log10_gradients
        if self.quantity == "a":
            return chain.log10_hidden
        return np.append(chain.log10_gradients[0], chain.log10_hidden[1:])

    @property
    def first(self) -> int:
        """The layer with which it begins."""
        return 1 if self.quantity in ("z", "w") else 0

    @property
    def steps(self) -> int:
        """From layer to layer so many times."""
        return len(self.curve) - 1

    @cached_property
    def signs(self) -> Signs:
        """Its signs by layer."""
        chain = self.chain
        if self.quantity == "z":
            return chain.backward_signs
        if self.quantity == "w":
            return chain.signs
        weights = np.sign(chain.weights).astype(np.int64)
        return np.append(chain.backward_signs * weights, chain.upstream.sign)

    @cached_property
    def slopes(self) -> Array:
        """log10|f′(z_l)| of those layers whose f′ is a factor of its ratio, from layer 1 on."""
        every = self.chain.log10_derivatives
        return every if self.first == 0 else every[:-1]

    @cached_property
    def weights(self) -> Array:
        """log10|w_l| of those whose weight is, up to layer L."""
        every = self.chain.log10_weights
        return every if self.quantity == "a" else every[1:]

    def log10_signal(self, at: int = 0) -> float:
        """log10 of what the signal makes of its ratio from there on: x, or a_{l-1} by a_{L-1}."""
        below = self.chain.log10_inputs
        if self.quantity == "w":
            return float(below[at] - below[-1]) if below[-1] > -math.inf else 0.0
        return float(below[0]) if self.quantity == "" and at == 0 else 0.0

    def judged(self, log10_limit: float) -> Judgement:
        """The verdict on it."""
        return judge(self.curve, log10_limit)

    def passed(self) -> Array:
        """log10 of what the layers up to each make of it, by layer.

        Of the chain of the first D layers alone the gradient at layer l, beside that at D, is
        passed[D] - passed[l]: a shallower chain begins as a deeper one does, so one pass has it at
        every depth.
        """
        chain = self.chain
        if self.quantity == "a":
            return exact_cumsum(np.append(0.0, chain.log10_derivatives + chain.log10_weights))
        if self.quantity == "":
            factors = chain.log10_derivatives + np.append(0.0, chain.log10_weights[1:])
            return np.append(-chain.log10_inputs[0], exact_cumsum(factors))
        passed = exact_cumsum(
            np.append(0.0, chain.log10_derivatives[:-1] + chain.log10_weights[1:])
        )
        with np.errstate(invalid="ignore"):  # nan where neither gradient nor signal arrives
            return passed if self.quantity == "z" else passed - chain.log10_inputs

    def healthy_layers(self, log10_limit: float) -> int | None:
        """How many of the first layers can be stacked; None where more can than there are."""
        at = first_unhealthy(self.passed(), log10_limit)
        layers = [] if at is None else [max(self.first + at - 1, 0)]
        # A last layer that passes nothing is in no ratio of ∂L/∂z or ∂L/∂w, and yet all is 0.
        layers += np.flatnonzero(self.chain.log10_derivatives == -math.inf)[:1].tolist()
        return min(layers, default=None)


def max_depth(subject: Subject, course: Course) -> str:
    """How many layers of this chain can be stacked, in words; the same however deep it is."""
    setup = subject.setup.of_family("chain")
    limit = setup.log10_threshold
    here = course.healthy_layers(limit)
    if here is not None:
        return str(here)
    listed = max(len(setup.chain.weights.values), len(setup.chain.biases.values)) > 1
    if listed or setup.depth >= _FAR:
        return f">{setup.depth:,}"
    deeper = setup.with_(depth=_FAR)

    def far() -> str:
        deep = Course(_chain_of(deeper, unwatched), course.quantity)
        there = deep.healthy_layers(limit)
        return f">{_FAR:,}" if there is None else str(there)

    return _reaches.get((deeper, course.quantity), far)


_reaches = Kept[str](32)
