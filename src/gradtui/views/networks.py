"""Random networks as a setup describes them: one flow, an ensemble of them, and the theory."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import chain
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import (
    RandomNetwork,
    Sigmas,
    random_network_steps,
    sigmas,
)
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.network.flow import GradientFlow, gradient_flow_steps
from gradtui.mathematics.wide.path import GradientPath, gradient_path
from gradtui.views.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray


KEPT_LAYERS = 512
"""An ensemble keeps at most this many layers: more than any screen has columns."""

QUANTILES = (0.05, 0.5, 0.95)
_WITHIN_90 = 1.6448536269514722
"""A normal variable is in 90 % of all cases within so many standard deviations."""

_NETWORK, _INPUT = 3, 4
"""Streams of the seed; 0, 1 and 2 are the chain's."""

_TOLD = 0.01
"""Progress that is worth telling."""

_HALF_LOG10_E = 0.5 * math.log10(math.e)
"""From ln‖g‖² to log10‖g‖."""


def flow_steps(
    setup: Setup,
    name: str,
    init: str,
    count: int,
    batch: int,
    *,
    layers: bool = False,
    bins: int = 0,
) -> Generator[float, None, GradientFlow]:
    """Draw the network with this number and run a random batch through it.

    x ~ N(0, |setup.x|²); the upstream gradient has a random direction and ‖∂L/∂a_L‖_F = 1. The
    same number gives the same inputs and, scale apart, the same weights for every activation and
    recipe: what is compared differs in nothing else. Yields the share that is done.
    """
    network, rng = yield from drawn_steps(setup, name, init, count)
    shape = (batch, setup.units)
    x = abs(setup.x) * rng.standard_normal(shape)
    upstream = rng.standard_normal(shape)
    upstream /= np.linalg.norm(upstream)
    return (
        yield from gradient_flow_steps(
            name, network.weights, network.biases, x, upstream, layers=layers, bins=bins
        )
    )


def drawn_steps(
    setup: Setup, name: str, init: str, count: int
) -> Generator[float, None, tuple[RandomNetwork, np.random.Generator]]:
    """Draw the network with this number; with it the generator that its inputs come from.

    Raises:
        InputError: too deep a network, no such initialisation for this activation, or more memory
            than there is.
    """
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a network", f"try {MAX_DEPTH}"
        )
    seed = int(np.random.SeedSequence([setup.seed, _NETWORK, count]).generate_state(1)[0])
    rng = np.random.default_rng([setup.seed, _INPUT, count])
    widths = [setup.units] * (setup.depth + 1)
    return (yield from random_network_steps(widths, init, name, seed)), rng


def compared(setup: Setup) -> list[tuple[str, str, str]]:
    """What a view of networks compares: the subject's name, its activation, its recipe."""
    if len(setup.init) > 1:
        return [(init, setup.focused, init) for init in setup.init]
    return [(name, name, setup.init[0]) for name in setup.activations]


class Refined(Protocol):
    """A result with a progress, in a frozen record."""

    @property
    def progress(self) -> float:
        """From 0 to 1."""


Shown = TypeVar("Shown", bound=Refined)
Found = TypeVar("Found")


def told(
    steps: Generator[float, None, Found],
    result: Shown,
    start: float,
    share: float,
    quiet_until: float = 0.0,
) -> Generator[Shown | None, None, Found]:
    """Take the steps; at each the result as it is, or with a progress that has grown.

    The same result once more costs no picture: it only lets who does not want it stop. Before
    that moment of the monotonic clock there is None: what is done by then needs no waiting.
    """
    done = 0.0
    while True:
        progress = start + share * done
        if progress >= result.progress + _TOLD:
            result = replace(result, progress=progress)  # type: ignore[type-var]
        yield result if time.monotonic() >= quiet_until else None
        try:
            done = next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found


def sigmas_of(setup: Setup, name: str, init: str) -> Sigmas:
    """σw², σb² and the distribution of the weights that a recipe gives this activation."""
    return sigmas(init, name, setup.units)


@lru_cache(maxsize=12)
def theory(name: str, sigma_w2: float, sigma_b2: float, depth: int, x: float) -> GradientPath:
    """The gradient's path in a network of infinite width; kept, for several ask."""
    return gradient_path(name, sigma_w2, sigma_b2, depth, x)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """log10(‖∂L/∂a_l‖ / ‖∂L/∂a_L‖) of random networks at one input each.

    Attributes:
        layers: the l that are kept, 0 for the input and L among them.
        log10: [networks, layers]; -inf where nothing arrives.
    """

    layers: NDArray[np.int64]
    log10: Array

    @property
    def networks(self) -> int:
        """How many there are."""
        return len(self.log10)

    def quantiles(self) -> tuple[Array, Array, Array]:
        """5 %, median and 95 % at each kept layer."""
        # Observed values, never a mean of two: half-way to an exact zero is no number.
        low, median, high = np.quantile(self.log10, QUANTILES, axis=0, method="inverted_cdf")
        return low, median, high

    @property
    def dead(self) -> float:
        """The share of the networks in which nothing arrives at the input."""
        return float(np.mean(self.log10[:, 0] == -math.inf))

    def mean_and_error(self) -> tuple[float, float]:
        """The mean of log10 at the input over the networks that are not dead, and its error."""
        alive = self.log10[:, 0][np.isfinite(self.log10[:, 0])]
        if not alive.size:
            return -math.inf, math.nan
        error = float(alive.std(ddof=1)) / math.sqrt(alive.size) if alive.size > 1 else math.inf
        return float(alive.mean()), error


@dataclass(frozen=True, eq=False)
class Network:
    """One activation with one initialisation: what is expected of it, and what was measured.

    Every array is log10(‖∂L/∂a_l‖ / ‖∂L/∂a_L‖) for l = 0 … L [depth + 1].

    Attributes:
        subject: what it is called beside those that it is compared with.
        activation: f.
        init: the recipe.
        width: n.
        sigmas: σw², σb² and how weights are distributed.
        path: q and χ by layer, for infinite width.
        expected: √E‖·‖² in theory.
        centre: E ln‖·‖ at this width, below `expected` by what the spread between networks costs.
        spread: its standard deviation over networks, in decades.
        bound: (max|f′| ‖W‖)^k: no direction can do better; ‖W‖ = 2σw, or g if orthogonal.
        scalar: one unit a layer with w = σw: what a law for chains would say.
        ensemble: what was measured, if anything was.
    """

    subject: str
    activation: str
    init: str
    width: int
    sigmas: Sigmas
    path: GradientPath
    expected: Array
    centre: Array
    spread: Array
    bound: Array
    scalar: Array
    ensemble: Ensemble | None = None

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return self.path.depth

    @property
    def band(self) -> tuple[Array, Array]:
        """Between which 90 % of the networks of this width are to be expected."""
        return self.centre - _WITHIN_90 * self.spread, self.centre + _WITHIN_90 * self.spread


def network_of(setup: Setup, subject: str, name: str, init: str) -> Network:
    """The network that a setup describes, with everything that is known without drawing it.

    Raises:
        InputError: an initialisation that this activation does not have.
    """
    found = sigmas_of(setup, name, init)
    orthogonal = found.weights == "orthogonal"
    path = theory(name, found.sigma_w2, found.sigma_b2, setup.depth, abs(setup.x))
    log_variance = path.log_variance(setup.units, orthogonal=orthogonal)
    expected = path.log10_grad_hidden
    sigma_w = math.sqrt(found.sigma_w2)
    one = chain(name, np.full(setup.depth, sigma_w), 0.0, abs(setup.x))
    with np.errstate(all="ignore"):
        most = np.log10(activation(name).max_abs_derivative * sigma_w * (1 if orthogonal else 2))
        bound = np.append(np.arange(setup.depth, 0, -1) * most, 0.0)
        factors = one.log10_derivatives + one.log10_weights
        scalar = np.append(np.cumsum(factors[::-1])[::-1], 0.0)
        centre = expected - 0.5 * _HALF_LOG10_E * log_variance
    spread = _HALF_LOG10_E * np.sqrt(log_variance)
    return Network(
        subject, name, init, setup.units, found, path, expected, centre, spread, bound, scalar
    )


def kept_layers(depth: int) -> NDArray[np.int64]:
    """The layers that an ensemble keeps of a deep network."""
    return np.unique(np.linspace(0, depth, min(depth + 1, KEPT_LAYERS)).round().astype(np.int64))


def gradients(flow: GradientFlow, layers: NDArray[np.int64]) -> Array:
    """log10(‖∂L/∂a_l‖ / ‖∂L/∂a_L‖) at those layers."""
    kept: Array = (flow.log10_grad_hidden - flow.log10_grad_hidden[-1])[layers]
    return kept
