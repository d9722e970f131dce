"""Random networks as a setup describes them: drawing one, running it, and what theory says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import chain
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import RandomNetwork, Sigmas, random_network, sigmas
from gradtui.mathematics.network import GradientFlow, gradient_flow
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.mathematics.pieces import rows_at_once, spans
from gradtui.mathematics.wide.path import WITHIN_90, GradientPath, gradient_path
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part, unwatched

_NETWORK, _INPUT = 3, 4
"""Streams of the seed; 0, 1 and 2 are the chain's."""

_HALF_LOG10_E = 0.5 * math.log10(math.e)
"""From ln‖g‖² to log10‖g‖."""

_DRAWING = 0.5
"""The share of the work of a network that drawing its weights is."""


def flow_of(
    subject: Subject,
    number: int,
    batch: int,
    *,
    layers: bool = False,
    bins: int = 0,
    tick: Tick = unwatched,
) -> GradientFlow:
    """Draw the network with this number and run a random batch through it.

    x ~ N(0, |setup.x|²); the upstream gradient has a random direction and ‖∂L/∂a_L‖_F = 1. The
    same number gives the same inputs and, scale apart, the same weights for every activation and
    recipe: what is compared differs in nothing else.
    """
    setup = subject.setup
    network, rng = drawn(subject, number, part(tick, 0.0, _DRAWING))
    shape = (batch, setup.network.units)
    still = part(tick, _DRAWING, 0.0)
    x = _normal(rng, shape, abs(setup.x), still)
    upstream = _normal(rng, shape, 1.0, still)
    upstream /= np.linalg.norm(upstream)
    return gradient_flow(
        subject.activation,
        network.weights,
        network.biases,
        x,
        upstream,
        layers=layers,
        bins=bins,
        tick=part(tick, _DRAWING, 1.0 - _DRAWING),
    )


def _normal(rng: np.random.Generator, shape: tuple[int, int], scale: float, tick: Tick) -> Array:
    """Independent normal numbers, some rows at a time."""
    numbers = np.empty(shape)
    for rows in spans(shape[0], rows_at_once(shape[1]), tick):
        rng.standard_normal(out=numbers[rows])
        numbers[rows] *= scale
    return numbers


def drawn(
    subject: Subject, number: int, tick: Tick = unwatched
) -> tuple[RandomNetwork, np.random.Generator]:
    """Draw the network with this number; with it the generator that its inputs come from.

    Raises:
        InputError: too deep a network, no such initialisation for this activation, or more memory
            than there is.
    """
    setup = subject.setup
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a network", f"try {MAX_DEPTH}"
        )
    sequence = np.random.SeedSequence([setup.seed, _NETWORK, number])
    seed = int(sequence.generate_state(1)[0])
    rng = np.random.default_rng([setup.seed, _INPUT, number])
    widths = [setup.network.units] * (setup.depth + 1)
    return random_network(widths, subject.init, subject.activation, seed, tick=tick), rng


def log10_ratio(flow: GradientFlow) -> float:
    """log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖; -inf where the first is exactly zero."""
    return float(flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1])


def quantities_of(flow: GradientFlow) -> dict[str, Array]:
    """log10 of the norms by layer of ∂L/∂a (from 0), ∂L/∂z and ∂L/∂W (from 1) at one input."""
    last = flow.log10_grad_hidden[-1]
    return {
        "a": flow.log10_grad_hidden - last,
        "z": flow.log10_grad_biases - last,  # at one input the gradient of a bias is that of its z
        "w": flow.log10_grad_weights - last,
    }


def sigmas_of(subject: Subject) -> Sigmas:
    """σw², σb² and the distribution of the weights that its recipe gives a subject."""
    return sigmas(subject.init, subject.activation, subject.setup.network.units)


_paths = Kept[GradientPath](12)


def theory(
    name: str, sigma_w2: float, sigma_b2: float, depth: int, x: float, tick: Tick = unwatched
) -> GradientPath:
    """The gradient's path in a network of infinite width; kept, for several ask."""
    asked = (name, sigma_w2, sigma_b2, depth, x)
    return _paths.get(asked, lambda: gradient_path(*asked, tick=tick))


@dataclass(frozen=True, eq=False)
class Expectation:
    """What is known of a subject's networks without drawing any.

    Every array is log10(‖∂L/∂a_l‖ / ‖∂L/∂a_L‖) for l = 0 … L [depth + 1].

    Attributes:
        sigmas: σw², σb² and how weights are distributed.
        path: q and χ by layer, for infinite width.
        infinite: √E‖·‖² in theory.
        centre: E ln‖·‖ at this width, below `infinite` by what the spread between networks costs.
        spread: its standard deviation over networks, in decades.
        bound: (max|f′| ‖W‖)^k: no direction can do better; ‖W‖ = 2σw, or g if orthogonal.
        scalar: one unit a layer with w = σw: what a law for chains would say.
    """

    sigmas: Sigmas
    path: GradientPath
    infinite: Array
    centre: Array
    spread: Array
    bound: Array
    scalar: Array

    @property
    def sigma_w(self) -> float:
        """σw."""
        return math.sqrt(self.sigmas.sigma_w2)

    @property
    def band(self) -> tuple[Array, Array]:
        """Between which 90 % of the networks of this width are to be expected."""
        reach = np.where(self.centre == -np.inf, 0.0, WITHIN_90 * self.spread)
        return self.centre - reach, self.centre + reach

    @property
    def saturated(self) -> float:
        """In theory, the share of units of the last layer with |f′| below 1 % of its maximum."""
        f, q = self.path.activation, float(self.path.q[-1])
        if not (math.isfinite(f.max_abs_derivative) and math.isfinite(q)):
            return 0.0
        z = np.linspace(-8.0, 8.0, 4001)
        weight = np.exp(-0.5 * z * z)
        flat = np.abs(f.derivative(math.sqrt(q) * z)) < SATURATED * f.max_abs_derivative
        return float(weight[flat].sum() / weight.sum())


def expectation_of(subject: Subject, tick: Tick = unwatched) -> Expectation:
    """What is known of a subject's networks without drawing any.

    Raises:
        InputError: an initialisation that this activation does not have.
    """
    setup, name = subject.setup, subject.activation
    found = sigmas_of(subject)
    orthogonal = found.weights == "orthogonal"
    path = theory(name, found.sigma_w2, found.sigma_b2, setup.depth, abs(setup.x), tick)
    log_variance = path.log_variance(setup.network.units, orthogonal=orthogonal)
    infinite = path.log10_grad_hidden
    sigma_w = math.sqrt(found.sigma_w2)
    alone = chain(name, np.full(setup.depth, sigma_w), 0.0, abs(setup.x))
    with np.errstate(all="ignore"):
        most = np.log10(activation(name).max_abs_derivative * sigma_w * (1 if orthogonal else 2))
        bound = np.append(np.arange(setup.depth, 0, -1) * most, 0.0)
        factors = alone.log10_derivatives + alone.log10_weights
        scalar = np.append(np.cumsum(factors[::-1])[::-1], 0.0)
        below = 0.5 * _HALF_LOG10_E * log_variance
        centre = np.where(infinite == -np.inf, -np.inf, infinite - below)
    spread = _HALF_LOG10_E * np.sqrt(log_variance)
    return Expectation(found, path, infinite, centre, spread, bound, scalar)
