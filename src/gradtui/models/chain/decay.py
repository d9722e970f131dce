"""Decay in chains: the gradient by layer, with the ceiling and the spread of random chains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.elementwise import Array
from gradtui.models.chain.chains import Course, chain_of, drawn_at_random, max_depth
from gradtui.models.chain.cost import Time, seconds_of, why_untried
from gradtui.models.chain.remedies import remedy_of
from gradtui.models.chain.spread import (
    Gathered,
    Spread,
    layers_kept,
    random_course,
    trial_of,
    tried_at_random,
)
from gradtui.models.chain.verdict import diagnose
from gradtui.models.decay import Band, Decay, Guide, Layers, Table, Value
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.formats import InFormats
from gradtui.models.judging import Shares
from gradtui.models.patience import why_fewer
from gradtui.models.rows import Rows
from gradtui.models.subject import Subject, subjects_of
from gradtui.models.wording import a_layer, gradient_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.wording import factor, magnitude

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCHES = (8, 32, 128, 512, 2048, 8192, 32768)
"""After how many random chains the spread is shown anew, if that took long enough."""
_LAYERS_A_PICTURE = 100_000
"""Fewer layers than these are computed in the blink of an eye: one picture is enough."""
_LAYERS_A_TICK = 20_000
_OF_A_CHAIN = 300
"""A random chain costs as much beside its layers."""
_SPREADING = 0.95
"""The share of the work that random chains are; the rest is for the remedies."""


@dataclass(frozen=True, eq=False)
class ChainDecay(Decay):
    """One activation's decay.

    Attributes:
        course: the gradient of its chain, exactly.
        ceiling: log10 of |∂L/∂a_L| (max|f′|)^k with k the f′ that are passed: their very best.
        spread: what random weights give.
        remedy: what was found to help.
        fewer: that fewer were drawn, or tried, than could be, and why; "" where that is not so.
    """

    course: Course
    ceiling: Array
    spread: Spread | None = None
    remedy: Remedy | None = None
    fewer: str = ""

    @property
    def chain(self) -> Chain:
        """The chain itself."""
        return self.course.chain

    @property
    def log10(self) -> Array:
        """log10 of the gradient by layer."""
        return self.course.curve

    @property
    def _random(self) -> Shares | None:
        """What becomes of chains whose weights are drawn as these are; None where none are."""
        if self.spread is None or not self.subject.setup.chain.weights.random:
            return None
        return self.spread.shares

    @cached_property
    def formats(self) -> InFormats:
        """What number formats make of it."""
        layers, log10 = self.curve()
        scale = math.log10(self.subject.setup.loss_scale)
        chain, outputs = self.chain, self.chain.log10_outputs
        every = np.concatenate((chain.log10_hidden, chain.log10_backward, chain.log10_gradients))
        return InFormats(layers, log10, scale, np.arange(len(outputs)), outputs, every)

    def curve(self) -> tuple[Layers, Array]:
        """The chain's own."""
        return np.arange(self.course.first, self.chain.depth + 1), self.log10

    def guides(self) -> tuple[Guide, ...]:
        """The ceiling, and the median of the random chains."""
        layers, _ = self.curve()
        name = self.subject.name
        ceiling = Guide(
            layers, self.ceiling, "muted", "sparse", name=f"ceiling (max|f′|)^k of {name}"
        )
        if (spread := self.spread) is None:
            return (ceiling,)
        name = f"median of {spread.chains} random {name} chains"
        return ceiling, Guide(spread.layers, spread.median, "spread", "dash-dot-dot", name=name)

    def bands(self) -> tuple[Band, ...]:
        """The spread of the random chains."""
        if (spread := self.spread) is None:
            return ()
        edges = spread.layers, spread.low, spread.high
        name = f"90 % of the {self.subject.name} chains"
        return (Band(*edges, "spread", name, False),)

    def log10_seen(self) -> float:
        """The formats look at the gradient of the scaled loss."""
        return self.formats.log10_scale

    def legend(self) -> tuple[tuple[str, str], ...]:
        """The ceiling, and the spread."""
        ceiling = ("  ⠂ (max|f′|)^k", "muted")
        if self.spread is None:
            return (ceiling,)
        of = (f" of {self.spread.chains} random chains", "muted")
        return ceiling, ("  ╍ ░ 5-50-95 %", "spread"), of

    def kind(self) -> Kind:
        """By the chain itself; where its weights are random, by what most such chains do."""
        if self._random is not None:
            return self._random.kind
        return self.course.judged(self.subject.setup.log10_threshold).kind

    def cells(self, layer: int) -> Mapping[str, str]:
        """Here, the rate, how deep it can be, what formats lose where."""
        course = self.course
        ratio = course.judged(self.subject.setup.log10_threshold).log10_ratio
        return {
            f"|∂L/∂{course.quantity}|": magnitude(float(self.log10[layer - course.first])),
            "f′(z)": magnitude(float(self.chain.log10_derivatives[layer - 1])),
            "a layer": a_layer(ratio, course.steps),
            "max depth": max_depth(self.subject, course),
        } | self.formats.cells()

    def finding(self) -> Finding:
        """The verdict on the chain, with what the random chains say and what formats lose."""
        parts = self._random_chains(), self.fewer, self.formats.told()
        evidence = " ".join(filter(None, parts))
        others = self.spread.shares if self.spread is not None and not self._random else None
        return diagnose(
            self.subject,
            self.course,
            self.remedy,
            drawn=self._random,
            alone=others is not None
            and self.kind() is Kind.HEALTHY
            and others.kind is not Kind.HEALTHY,
            evidence=evidence,
        )

    def _random_chains(self) -> str:
        """What random weights make of it."""
        spread, setup = self.spread, self.subject.setup
        if spread is None or setup.depth == 1:
            return ""
        low, median, high = spread.ratios
        arrives = gradient_of(
            self.course.quantity, median, layer=self.course.first, last=setup.depth
        )
        typical = (
            f"in the median {arrives}, in 90 % of them {factor(low)} to {factor(high)}"
            if median > -math.inf
            else ""
        )
        if self._random is not None:
            return f"{typical[:1].upper()}{typical[1:]}." if typical else ""
        shares = spread.shares
        counted = (
            f"{'all are' if shares.total > 1 else 'it is'} {shares.kind}"
            if shares.counts[shares.kind] == shares.total
            else ", ".join(
                f"{n} {'is' if n == 1 else 'are'} {kind}" for kind, n in shares.counts.items() if n
            )
        )
        chains = "random chains" if shares.total > 1 else "random chain"
        begin = f"Of {shares.total} {chains} ({drawn_at_random(setup)}) {counted}"
        return f"{begin}; {typical}." if typical else f"{begin}."

    def rows(self) -> Table:
        """A row for each layer; the spread where it was taken."""
        quantiles: dict[int, tuple[float, ...]] = {}
        if (spread := self.spread) is not None:
            edges = zip(
                *(e.tolist() for e in (spread.low, spread.median, spread.high)), strict=True
            )
            quantiles = dict(zip(spread.layers.tolist(), edges, strict=True))
        chain, first = self.chain, self.course.first

        def row(index: int) -> dict[str, Value]:
            layer = first + index
            low, mid, high = quantiles.get(layer, (None, None, None))
            of_layer = [
                float(values[layer - 1]) if layer else None
                for values in (
                    chain.log10_derivatives, chain.log10_backward, chain.log10_gradients
                )
            ]  # fmt: skip
            return {
                "activation": self.subject.name,
                "quantity": self.course.quantity,
                "layer": layer,
                "log10_abs_gradient": float(self.log10[index]),
                "gradient_sign": int(self.course.signs[index]),
                "log10_abs_derivative": of_layer[0],
                "log10_grad_a": float(chain.log10_hidden[layer]),
                "log10_grad_z": of_layer[1],
                "log10_grad_w": of_layer[2],
                "log10_ceiling": float(self.ceiling[index]),
                "log10_random_5": low,
                "log10_random_50": mid,
                "log10_random_95": high,
                **self.formats.columns(index, layer),
            }

        return Rows(chain.depth + 1 - first, row)


def expected(subject: Subject, tick: Tick) -> ChainDecay:
    """The chain and its ceiling."""
    course = Course(chain_of(subject, tick), subject.setup.quantity)
    chain, most = course.chain, activation(subject.activation).max_abs_derivative
    # So many f′ are passed on the way to a layer's a, or to its z.
    passed = np.arange(chain.depth, 0, -1) if course.first else np.arange(chain.depth, -1, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ceiling = chain.log10_upstream + np.where(passed > 0, passed * np.log10(most), 0.0)
    if chain.upstream.sign == 0:  # nothing is nothing, even times an f′ without bound
        ceiling = np.full(len(passed), -math.inf)
    return ChainDecay(subject, course, ceiling)


def run(setup: Setup, tick: Tick) -> Iterator[tuple[ChainDecay, ...]]:
    """The chains and their ceilings at once, then the spread over more and more random chains.

    And at last what would help. All of it at once where that is over in a moment.
    """
    decays: tuple[ChainDecay, ...] = ()
    for subject in subjects_of(setup, "chain"):
        decays = (*decays, expected(subject, part(tick, 0.0, 0.0)))
    if setup.chain.samples * setup.depth * len(decays) >= _LAYERS_A_PICTURE:
        yield decays
    time = Time(setup.patience)
    for decay in decays:
        time.spend(decay.chain)
    for known, all_drawn in _spread_out(decays, time, part(tick, 0.0, _SPREADING)):
        decays = known
        if not all_drawn:
            yield decays
    helped = []
    share = (1.0 - _SPREADING) / len(decays)
    for index, decay in enumerate(decays):
        own = part(tick, _SPREADING + share * index, share)
        trying = Time(max(time.left, 0.0) / len(decays))
        found = _remedy(decay, trying, own)
        untried = f"{why_untried(setup.patience)} Give more patience to try more."
        fewer = " ".join(filter(None, (decay.fewer, untried if trying.untried else "")))
        helped.append(replace(decay, remedy=found, fewer=fewer))
    yield tuple(helped)


def _spread_out(
    decays: tuple[ChainDecay, ...], time: Time, tick: Tick
) -> Iterator[tuple[tuple[ChainDecay, ...], bool]]:
    """The decays with the spread of more and more random chains, and whether those are all.

    As many are drawn as were asked for, or as there is time for.
    """
    setup = decays[0].subject.among
    samples, layers_a_chain = setup.chain.samples, setup.depth * len(decays)
    first = decays[0].course.first
    kept = layers_kept(setup.depth + 1 - first)
    batches = [n for n in _BATCHES if n * layers_a_chain >= _LAYERS_A_PICTURE]
    gathered = [Gathered() for _ in decays]
    since, count, each = 0, 0, sum(seconds_of(decay.chain) for decay in decays)
    before = time.spent
    while count < samples and time.draws(each):
        count += 1
        for decay, found in zip(decays, gathered, strict=True):
            # Within a deep chain the share stands still.
            still = part(tick, (count - 1) / samples, 0.0)
            course = random_course(decay.subject.setup, count, still)
            time.spend(course.chain)
            found.curves.append(course.curve[kept])
            found.judgements.append(course.judged(setup.log10_threshold))
            since += setup.depth + _OF_A_CHAIN
            if since >= _LAYERS_A_TICK:
                since = 0
                tick(count / samples)
        each = (time.spent - before) / count
        if count in batches:
            yield _spread(decays, gathered, first + kept), False
    if count:
        decays = _spread(decays, gathered, first + kept)
    fewer = why_fewer(samples, count, each, "random chain", before)
    yield tuple(replace(decay, fewer=fewer) for decay in decays), True


def _spread(
    decays: tuple[ChainDecay, ...], gathered: Sequence[Gathered], layers: NDArray[np.int64]
) -> tuple[ChainDecay, ...]:
    """The decays with what was found so far."""
    pairs = zip(decays, gathered, strict=True)
    return tuple(replace(decay, spread=found.spread(layers)) for decay, found in pairs)


def remedy(decay: Decay, tick: Tick) -> Remedy | None:
    """The first change that is tried and found healthy."""
    assert isinstance(decay, ChainDecay)
    return _remedy(decay, Time(decay.subject.setup.patience), tick)


def _remedy(decay: ChainDecay, time: Time, tick: Tick) -> Remedy | None:
    """That, within this time.

    Where its weights are random a change is tried on random chains.
    """
    if not decay.subject.setup.chain.weights.random or decay.spread is None:
        return remedy_of(decay.subject, decay.course, time, tick)
    now = trial_of(decay.spread.shares)
    return remedy_of(decay.subject, decay.course, time, tick, tried_at_random, now)
