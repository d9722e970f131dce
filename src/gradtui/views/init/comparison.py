"""What the init view knows: the advice for each activation beside the recipes in use."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.advice import Advice, sufficient_width
from gradtui.models.finding import Kind, Remedy
from gradtui.models.network.networks import Expectation
from gradtui.models.quantiles import quantiles
from gradtui.models.subject import Subject
from gradtui.setup import Setup

HOLDS = 0.9
"""Advice holds where so large a share of the networks is healthy."""


@dataclass(frozen=True, eq=False)
class CheckedWeights:
    """One way to draw the weights: the advised one or a recipe, in theory and as measured.

    Attributes:
        names: the recipe's, several where they are one and the same in square layers.
        letter: where it stands in the picture.
        subject: the activation, with the initialisation that they are drawn with.
        sigma_w: its σw.
        sigma_b: its σb.
        log10_ratio: log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖ at infinite width.
        wanted: how many networks are to be measured.
        measured: the same in the networks drawn, in order; -inf where nothing arrives.
    """

    names: tuple[str, ...]
    letter: str
    subject: Subject
    sigma_w: float
    sigma_b: float
    log10_ratio: float
    wanted: int = 0
    measured: Array = field(default_factory=lambda: np.empty(0))

    @property
    def label(self) -> str:
        """Its names as one text."""
        return ", ".join(name.removesuffix("_normal") for name in self.names)

    def quantiles(self) -> tuple[float, float, float]:
        """5 %, median and 95 % of what was measured."""
        low, median, high = map(float, quantiles(self.measured))
        return low, median, high

    @property
    def known(self) -> float:
        """The measured median, else what theory says."""
        return self.quantiles()[1] if self.measured.size else self.log10_ratio

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of the gradient, in the median."""
        return Kind.of(self.known, log10_limit)

    def healthy(self, log10_limit: float) -> int:
        """In how many of the networks it stays between the threshold and its inverse."""
        return int(np.count_nonzero(abs(self.measured) <= -log10_limit))

    def holds(self, log10_limit: float) -> bool:
        """Whether it does in all but a few."""
        return self.healthy(log10_limit) >= HOLDS * self.measured.size


@dataclass(frozen=True, eq=False)
class Comparison:
    """The advice for one activation, and what it is compared with.

    Attributes:
        subject: the activation.
        advice: what theory says.
        weights: the advised way to draw them; after it, for the focused activation, the recipes.
        expectation: what theory says of the advised networks at this width, once that is known.
        remedy: what helps where the advice does not hold.
        not_simulated: why it could not be checked, where it could not.
        why_fewer: why fewer networks are drawn than were asked for, where that is so.
    """

    subject: Subject
    advice: Advice
    weights: tuple[CheckedWeights, ...]
    expectation: Expectation | None = None
    remedy: Remedy | None = None
    not_simulated: str = ""
    why_fewer: str = ""

    @property
    def name(self) -> str:
        """The activation's."""
        return self.subject.name

    @property
    def advised(self) -> CheckedWeights:
        """The setting that the advice comes to, and how it did."""
        return self.weights[0]

    @property
    def recipes(self) -> tuple[CheckedWeights, ...]:
        """What it is compared with."""
        return self.weights[1:]

    @property
    def wanted(self) -> int:
        """How many networks are to be measured in all."""
        return sum(weights.wanted for weights in self.weights)

    @property
    def width_that_holds(self) -> float:
        """From which width on 95 % of networks keep the threshold, to leading order."""
        if self.expectation is None:
            return math.nan
        network = self.subject.setup.network
        if network.listed:
            return math.nan  # there is no one width
        units = network.width
        n_beta = float(self.expectation.path.log_variance(units)[0] * units)
        return sufficient_width(n_beta, self.advice.log10_ratio, self.advice.threshold)


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
        return self.of(self.setup.focused)

    def with_one(self, changed: Comparison) -> Comparisons:
        """The same with what is now known of one activation."""
        each = (changed if old.name == changed.name else old for old in self.each)
        return replace(self, each=tuple(each))
