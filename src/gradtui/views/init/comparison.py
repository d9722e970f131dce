"""What the init view knows: the advice for each activation beside the recipes in use."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.record import LayerSigmas
from gradtui.mathematics.wide.advice import Advice
from gradtui.mathematics.wide.block_advice import BlockAdvice
from gradtui.models.finding import Kind, Remedy
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.blocks import block_of, with_stream
from gradtui.models.network.networks import Expectation, layer_sigmas_of, sigma_w_text
from gradtui.models.quantiles import quantiles
from gradtui.models.subject import Subject
from gradtui.setup import Setup
from gradtui.wording import counted, digits_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONFIDENCE = 1.6448536269514722
"""Standard deviations of a bound that 95 % of samples keep, on one side."""


@dataclass(frozen=True)
class Share:
    """How many of the networks drawn are healthy.

    Attributes:
        healthy: so many of them.
        count: the networks.
    """

    healthy: int
    count: int

    @property
    def value(self) -> float:
        """As a share."""
        return self.healthy / self.count

    @property
    def bounds(self) -> tuple[float, float]:
        """Of the share among all such networks, each wrong in 5 % of samples (Wilson, 1927)."""
        n, z2 = self.count, _CONFIDENCE**2
        centre = (self.healthy + 0.5 * z2) / (n + z2)
        p = self.value
        reach = _CONFIDENCE / (n + z2) * math.sqrt(n * p * (1.0 - p) + 0.25 * z2)
        return max(centre - reach, 0.0), min(centre + reach, 1.0)

    @property
    def proven(self) -> bool:
        """Whether the sample leaves no doubt that enough of all such networks are healthy."""
        return self.bounds[0] >= RELIED_ON

    @property
    def refuted(self) -> bool:
        """Whether it leaves no doubt that too few are."""
        return self.bounds[1] < RELIED_ON

    def __str__(self) -> str:
        """43 of 50 networks (86 ± 5 %); of all or none the bound: the error says nothing there."""
        low, high = (100.0 * bound for bound in self.bounds)
        if self.healthy == self.count:
            known = f"at least {low:.0f} % of all such"
        elif self.healthy == 0:
            known = f"at most {high:.0f} % of all such"
        else:
            error = 100.0 * math.sqrt(self.value * (1.0 - self.value) / self.count)
            digits = digits_apart(math.log10(self.value), math.log10(RELIED_ON))
            known = f"{100.0 * self.value:.{digits - 2}f} ± {error:.0f} %"
        return f"{self.healthy} of {counted(self.count, 'network')} ({known})"


@dataclass(frozen=True, eq=False)
class CheckedWeights:
    """One way to draw the weights: of the σw that theory advises, or a recipe; as measured.

    Attributes:
        names: the recipe's, several where they are one and the same in square layers.
        letter: where it stands in the picture.
        subject: the activation, with the initialisation that they are drawn with.
        sigma_w: its σw; of orthogonal weights the gain, which in square layers is that.
        sigma_b: its σb.
        log10_ratio: log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖ at infinite width.
        wanted: how many networks are to be measured.
        measured: the same in the networks drawn, in the order in which they were.
        log10_stream: log10 of the stream after the last block beside the input at infinite width.
        streams: the same in the networks drawn; none where there are none.
    """

    names: tuple[str, ...]
    letter: str
    subject: Subject
    sigma_w: float
    sigma_b: float
    log10_ratio: float
    wanted: int = 0
    measured: Array = field(default_factory=lambda: np.empty(0))
    log10_stream: float = 0.0
    streams: Array = field(default_factory=lambda: np.empty(0))

    @cached_property
    def by_layer(self) -> LayerSigmas:
        """σw and σb of its layers."""
        return layer_sigmas_of(self.subject)

    def sigma_w_text(self, digits: int) -> str:
        """Its σw, or from which to which it goes where layers differ."""
        return sigma_w_text(self.by_layer, digits)

    @property
    def label(self) -> str:
        """Its names as one text."""
        return ", ".join(name.removesuffix("_normal") for name in self.names)

    @property
    def orthogonal(self) -> bool:
        """Whether its matrices are orthogonal, but for their gain."""
        return "orthogonal" in self.names

    @cached_property
    def quantiles(self) -> tuple[float, float, float]:
        """5 %, median and 95 % of what was measured."""
        low, median, high = map(float, quantiles(self.measured))
        return low, median, high

    @cached_property
    def stream(self) -> float:
        """The stream's median as measured, else what theory says."""
        return float(quantiles(self.streams)[1]) if self.streams.size else self.log10_stream

    @property
    def known(self) -> float:
        """The measured median, else what theory says."""
        return self.quantiles[1] if self.measured.size else self.log10_ratio

    def kind(self, log10_limit: float) -> Kind | None:
        """Healthy if enough of the networks are; dead if most are; else the side of the others.

        None as long as none was measured of those that are to be; theory's where none is.
        """
        if not self.measured.size:
            if self.wanted:
                return None
            kind = Kind.of(self.log10_ratio, log10_limit)
            return with_stream(kind, self.log10_stream, log10_limit)
        if self.share(log10_limit).value >= RELIED_ON:
            return Kind.HEALTHY
        if 2 * np.count_nonzero(self.measured == -np.inf) > self.measured.size:
            return Kind.DEAD
        too_little, too_much = self.outside(log10_limit)
        return Kind.VANISHING if too_little >= too_much else Kind.EXPLODING

    def outside(self, log10_limit: float) -> tuple[float, float]:
        """In which share of the networks too little arrives, and in which too much.

        Where the gradient is healthy and the stream grows beyond bounds, that is too much.
        """
        below = float(np.mean(self.measured < log10_limit))
        above = self.measured > -log10_limit
        return below, float(np.mean(above | self._beyond(log10_limit)))

    def forward(self, log10_limit: float) -> bool:
        """Whether it is the stream that explodes in most networks that are not healthy."""
        beyond = np.count_nonzero(self._beyond(log10_limit))
        if not self.measured.size:
            kind = Kind.of(self.log10_ratio, log10_limit)
            return with_stream(kind, self.log10_stream, log10_limit) is not kind
        return bool(2 * beyond > self.measured.size - self.share(log10_limit).healthy)

    def _beyond(self, log10_limit: float) -> NDArray[np.bool_]:
        """In which networks the gradient is healthy and the stream is not."""
        healthy = abs(self.measured) <= -log10_limit
        if not self.streams.size:
            return np.zeros(healthy.shape, bool)
        beyond: NDArray[np.bool_] = healthy & (self.streams > -log10_limit)
        return beyond

    def share(self, log10_limit: float, first: int | None = None) -> Share:
        """In how many of the networks it stays between the threshold and its inverse.

        Beside a skip the stream has to stay below that inverse, too.
        """
        healthy = (abs(self.measured) <= -log10_limit) & ~self._beyond(log10_limit)
        return Share(int(np.count_nonzero(healthy[:first])), len(healthy[:first]))


def better_of(normal: CheckedWeights, orthogonal: CheckedWeights) -> CheckedWeights:
    """Those that do without doubt, else those that seem to, else those that do more often.

    Where both do, the normal ones: they take less to draw.
    """
    if not normal.measured.size or orthogonal.measured.size != normal.measured.size:
        return normal
    limit = normal.subject.setup.log10_threshold
    own, other = normal.share(limit), orthogonal.share(limit)
    if own.proven or other.proven:
        return normal if own.proven else orthogonal
    if own.value >= RELIED_ON or own.healthy >= other.healthy:
        return normal
    return orthogonal


@dataclass(frozen=True, eq=False)
class Comparison:
    """What theory advises for one activation, and what it is compared with.

    Attributes:
        subject: the activation.
        advice: what theory says.
        weights: normal weights of that σw, orthogonal ones of that gain; after them, for the
            focused activation, the recipes. Where those do not do, of the best σw found instead.
        searched: whether others were looked for.
        settled: whether the networks are drawn and no others are looked for any more.
        theirs: of theory's σw the better ones, where others were found better.
        expectation: what theory says of the normal ones at this width, once that is known.
        wider: how many units a layer do with theory's σw, and the networks that showed it.
        remedy: what helps where no weights do.
        not_simulated: why it could not be checked, where it could not.
        why_fewer: why fewer networks are drawn than were asked for, where that is so.
    """

    subject: Subject
    advice: Advice
    weights: tuple[CheckedWeights, ...]
    expectation: Expectation | None = None
    searched: bool = False
    settled: bool = False
    theirs: CheckedWeights | None = None
    wider: tuple[int, Share] | None = None
    remedy: Remedy | None = None
    not_simulated: str = ""
    why_fewer: str = ""

    @property
    def name(self) -> str:
        """What it is called beside those that it is compared with."""
        return self.subject.name

    @cached_property
    def block(self) -> Block:
        """The block that the networks are of."""
        return block_of(self.subject)

    @property
    def why_silent(self) -> str:
        """Why theory does not say what these blocks do; "" where it does."""
        return self.advice.why_silent if isinstance(self.advice, BlockAdvice) else ""

    @property
    def ways(self) -> tuple[CheckedWeights, ...]:
        """The ways to draw weights of the σw that theory advises: the first of `weights`."""
        return self.weights[: 2 if self.block.plain else 0 if self.why_silent else 1]

    @property
    def normal(self) -> CheckedWeights:
        """Normal weights of the σw that theory advises, or of a better one; else a recipe."""
        return self.weights[0]

    @property
    def orthogonal(self) -> CheckedWeights | None:
        """Orthogonal weights of that gain; of blocks none are tried."""
        return self.weights[1] if len(self.ways) > 1 else None

    @property
    def best(self) -> CheckedWeights:
        """The better of those of the σw that is advised; where there is none, the best recipe."""
        if self.orthogonal is not None:
            return better_of(self.normal, self.orthogonal)
        if self.ways:
            return self.normal
        limit, size = self.subject.setup.log10_threshold, self.normal.measured.size
        if not size:
            return self.normal
        alike = [one for one in self.weights if one.measured.size == size]
        return max(alike, key=lambda one: (one.share(limit).healthy, -abs(one.known)))

    @property
    def advised(self) -> CheckedWeights | None:
        """The best ones, if they do: what is handed out."""
        limit = self.subject.setup.log10_threshold
        return self.best if self.best.kind(limit) is Kind.HEALTHY else None

    @property
    def others(self) -> tuple[CheckedWeights, ...]:
        """What the best ones are compared with."""
        return tuple(weights for weights in self.weights if weights is not self.best)

    @property
    def wanted(self) -> int:
        """How many networks are to be measured in all."""
        return sum(weights.wanted for weights in self.weights)

    @property
    def told(self) -> CheckedWeights:
        """Those that the verdict is about: where the best do not do, no recipe does more often."""
        best, limit = self.best, self.subject.setup.log10_threshold
        if self.advised is not None or not best.measured.size:
            return best
        alike = [one for one in self.weights if one.measured.size == best.measured.size]
        return max((best, *alike), key=lambda one: one.share(limit).healthy)


@dataclass(frozen=True, eq=False)
class Comparisons:
    """One for each activation; the recipes stand with the focused one."""

    setup: Setup
    each: tuple[Comparison, ...]

    def of(self, name: str) -> Comparison:
        """That of one activation."""
        return next(comparison for comparison in self.each if comparison.name == name)

    @property
    def focused(self) -> Comparison:
        """That of the focused one."""
        return self.of(self.setup.focus_of(tuple(one.name for one in self.each)))

    def with_one(self, changed: Comparison) -> Comparisons:
        """The same with what is now known of one activation."""
        each = (changed if old.name == changed.name else old for old in self.each)
        return replace(self, each=tuple(each))
