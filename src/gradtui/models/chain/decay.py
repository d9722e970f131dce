"""Decay in chains: log10 |∂L/∂w_l| by layer, with the ceiling and the spread of random chains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS, FloatFormat
from gradtui.models.chain.chains import chain_of, judged, log10_rate, reach, run_chain
from gradtui.models.chain.cost import samples_of, why_fewer
from gradtui.models.chain.remedies import remedy_of
from gradtui.models.chain.verdict import diagnose
from gradtui.models.decay import Decay, Guide, Layers, Value
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.quantiles import quantiles
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.wording import magnitude, plain, rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCHES = (8, 32, 128, 512, 2048, 8192, 32768)
"""After how many random chains the spread is shown anew, if that took long enough."""
_LAYERS_A_PICTURE = 100_000
"""Fewer layers than these are computed in the blink of an eye: one picture is enough."""
_SPREAD_LAYERS = 512
"""A spread keeps at most this many layers: more than any screen has columns."""
_LAYERS_A_TICK = 20_000
_OF_A_CHAIN = 300
"""A random chain costs as much beside its layers."""
_SPREADING = 0.95
"""The share of the work that random chains are; the rest is for the remedies."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles of log10|∂L/∂w_l| over random chains, at some layers."""

    layers: NDArray[np.int64]
    low: Array
    median: Array
    high: Array
    chains: int


@dataclass(frozen=True, eq=False)
class ChainDecay(Decay):
    """One activation's decay.

    Attributes:
        chain: the chain, exactly.
        ceiling: log10 of |∂L/∂a_L| (max|f′|)^(L-l+1): what the f′ would leave at the very best.
        spread: what random weights and inputs give.
        remedy: what was found to help.
    """

    chain: Chain
    ceiling: Array
    spread: Spread | None = None
    remedy: Remedy | None = None

    @property
    def log10(self) -> Array:
        """log10|∂L/∂w_l|."""
        return self.chain.log10_gradients

    def curve(self) -> tuple[Layers, Array]:
        """The chain's own."""
        return np.arange(1, self.chain.depth + 1), self.log10

    def guides(self) -> tuple[Guide, ...]:
        """The ceiling, and the spread of the random chains."""
        layers, _ = self.curve()
        ceiling = Guide(layers, self.ceiling, "muted", "sparse")
        if (spread := self.spread) is None:
            return (ceiling,)
        return (
            ceiling,
            Guide(spread.layers, spread.low, "spread", "dotted", "no"),
            Guide(spread.layers, spread.high, "spread", "dotted"),
            Guide(spread.layers, spread.median, "spread", "dashed"),
        )

    def legend(self) -> tuple[tuple[str, str], ...]:
        """The ceiling, and the spread."""
        ceiling = ("  ⠂ (max|f′|)^k", "muted")
        if self.spread is None:
            return (ceiling,)
        of = (f" of {self.spread.chains} random", "muted")
        return ceiling, ("  ╍· 5-50-95 %", "spread"), of

    def kind(self) -> Kind:
        """By the chain itself, whatever random ones do."""
        return judged(self.chain, self.subject.setup.log10_threshold).kind

    def cells(self, layer: int) -> Mapping[str, str]:
        """Here, the rate, how far it reaches, what underflows where."""
        limit = self.subject.setup.log10_threshold
        return {
            "|∂L/∂w|": magnitude(float(self.log10[layer - 1])),
            "f′(z)": magnitude(float(self.chain.log10_derivatives[layer - 1])),
            "per layer": rate(log10_rate(self.chain)),
            f"<{magnitude(limit)}": reach(self.subject, self.chain),
        } | {
            f"{'lost ' if format is FORMATS[0] else ''}{format.short}": str(
                first_lost(self.log10, format) or "-"
            )
            for format in FORMATS
        }

    def finding(self) -> Finding:
        """The verdict on the chain, with what the random chains say."""
        setup, spread = self.subject.setup, self.spread
        found = diagnose(self.subject, self.chain, self.remedy)
        if spread is None or setup.depth == 1:
            return found
        low, median, high = (
            magnitude(float(edge[0])) for edge in (spread.low, spread.median, spread.high)
        )
        chains = f"{spread.chains} random chains"
        weights = f"weights of std {plain(setup.chain.weights.root_mean_square)}"
        random = (
            f"Of {chains} ({weights}) 95 % or more are dead."
            if high == "0"
            else f"{chains[0].upper()}{chains[1:]} ({weights}): layer 1 gets {median} in the "
            f"median, {low} to {high} in 90 % of them."
        )
        fewer = why_fewer(self.subject.among)
        return replace(found, cause=f"{found.cause} {random}", evidence=fewer)

    def rows(self) -> list[dict[str, Value]]:
        """A row for each layer; the spread where it was taken."""
        quantiles: dict[int, tuple[float, ...]] = {}
        if (spread := self.spread) is not None:
            edges = zip(
                *(e.tolist() for e in (spread.low, spread.median, spread.high)), strict=True
            )
            quantiles = dict(zip(spread.layers.tolist(), edges, strict=True))
        rows: list[dict[str, Value]] = []
        for index in range(self.chain.depth):
            low, mid, high = quantiles.get(index + 1, (None, None, None))
            rows.append(
                {
                    "activation": self.subject.name,
                    "layer": index + 1,
                    "log10_abs_gradient": float(self.log10[index]),
                    "gradient_sign": int(self.chain.signs[index]),
                    "log10_abs_derivative": float(self.chain.log10_derivatives[index]),
                    "log10_ceiling": float(self.ceiling[index]),
                    "log10_random_5": low,
                    "log10_random_50": mid,
                    "log10_random_95": high,
                }
            )
        return rows


def first_lost(log10: Array, format: FloatFormat) -> int | None:
    """The first layer, counted back from the loss, whose gradient the format rounds to zero."""
    lost = np.flatnonzero(log10 < format.log10_smallest - math.log10(2.0))
    return int(lost[-1]) + 1 if lost.size else None


def expected(subject: Subject, tick: Tick) -> ChainDecay:
    """The chain and its ceiling."""
    chain = chain_of(subject, tick)
    most = activation(subject.activation).max_abs_derivative
    back = np.arange(chain.depth, 0, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ceiling = chain.log10_upstream + back * np.log10(most)
    if chain.upstream.sign == 0:  # nothing is nothing, even times an f′ without bound
        ceiling = np.full(chain.depth, -math.inf)
    return ChainDecay(subject, chain, ceiling)


def run(setup: Setup, tick: Tick) -> Iterator[tuple[ChainDecay, ...]]:
    """The chains and their ceilings at once, then the spread over more and more random chains.

    And at last what would help. All of it at once where that is over in a moment.
    """
    decays: tuple[ChainDecay, ...] = ()
    for subject in subjects_of(setup, "chain"):
        decays = (*decays, expected(subject, part(tick, 0.0, 0.0)))
    layers_a_chain = setup.depth * len(decays)
    if setup.chain.samples * layers_a_chain >= _LAYERS_A_PICTURE:
        yield decays
    for known, chains in _spread_out(decays, part(tick, 0.0, _SPREADING)):
        decays = known
        if chains < samples_of(setup):
            yield decays
    helped = []
    share = (1.0 - _SPREADING) / len(decays)
    for index, decay in enumerate(decays):
        own = part(tick, _SPREADING + share * index, share)
        helped.append(replace(decay, remedy=remedy_of(decay.subject, decay.chain, own)))
    yield tuple(helped)


def _spread_out(
    decays: tuple[ChainDecay, ...], tick: Tick
) -> Iterator[tuple[tuple[ChainDecay, ...], int]]:
    """The decays with the spread of more and more random chains, and of how many."""
    setup = decays[0].subject.among
    samples, layers_a_chain = samples_of(setup), setup.depth * len(decays)
    layers = _kept_layers(setup.depth)
    batches = [n for n in _BATCHES if n * layers_a_chain >= _LAYERS_A_PICTURE]
    gathered: list[list[Array]] = [[] for _ in decays]
    since = 0
    for count in range(1, samples + 1):
        for decay, rows in zip(decays, gathered, strict=True):
            # Within a deep chain the share stands still.
            still = part(tick, (count - 1) / samples, 0.0)
            chain = _random_chain(decay.subject.setup, count, still)
            rows.append(chain.log10_gradients[layers])
            since += setup.depth + _OF_A_CHAIN
            if since >= _LAYERS_A_TICK:
                since = 0
                tick(count / samples)
        if count in batches or count == samples:
            decays = tuple(
                replace(decay, spread=_spread(layers, rows))
                for decay, rows in zip(decays, gathered, strict=True)
            )
            yield decays, count


def _random_chain(setup: Setup, count: int, tick: Tick) -> Chain:
    """The random chain with this number: the same weights, biases and input for every f."""
    rng = np.random.default_rng([setup.seed, 2, count])
    weights = rng.normal(0.0, setup.chain.weights.root_mean_square, setup.depth)
    biases = setup.chain.biases.draw("biases", setup.depth, rng)
    return run_chain(setup, weights, biases, float(rng.normal()), tick)


def _kept_layers(depth: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, depth - 1, min(depth, _SPREAD_LAYERS)).round().astype(np.int64))


def _spread(layers: NDArray[np.int64], rows: list[Array]) -> Spread:
    return Spread(layers + 1, *quantiles(np.array(rows)), len(rows))


def remedy(decay: Decay, tick: Tick) -> Remedy | None:
    """The first change that is tried and found healthy."""
    assert isinstance(decay, ChainDecay)
    return remedy_of(decay.subject, decay.chain, tick)
