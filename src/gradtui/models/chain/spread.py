"""Random chains: what becomes of the gradient in many that are drawn alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.chain.chains import Course, chain_of, run_chain
from gradtui.models.chain.cost import Time, seconds_of
from gradtui.models.chain.remedies import Trial
from gradtui.models.finding import Kind
from gradtui.models.judging import Judgement, Shares
from gradtui.models.quantiles import quantiles
from gradtui.models.subject import Subject
from gradtui.progress import Tick
from gradtui.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPREAD_LAYERS = 512
"""A spread keeps at most this many layers: more than any screen has columns."""
_DOUBT = 3.0
"""Standard deviations: a change that heals by so much fewer than half is tried no further."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles of log10 of the gradient over random chains, at some layers.

    Attributes:
        layers: those.
        low: 5 % of the chains have less.
        median: half of them have.
        high: 95 % have.
        ratios: the same of the ratio of its ends: low, median and high.
        shares: what becomes of the gradient in each.
    """

    layers: NDArray[np.int64]
    low: Array
    median: Array
    high: Array
    ratios: tuple[float, float, float]
    shares: Shares

    @property
    def chains(self) -> int:
        """Over so many it was taken."""
        return self.shares.total


class Gathered:
    """What was found of random chains so far."""

    def __init__(self) -> None:
        self.curves: list[Array] = []
        self.judgements: list[Judgement] = []

    def spread(self, layers: NDArray[np.int64]) -> Spread:
        """The spread of them at the layers that are kept."""
        ratios = np.array([judgement.log10_ratio for judgement in self.judgements])
        low, median, high = (float(edge) for edge in quantiles(ratios))
        shares = Shares.of(judgement.kind for judgement in self.judgements)
        return Spread(layers, *quantiles(np.array(self.curves)), (low, median, high), shares)


def random_course(setup: Setup, count: int, tick: Tick) -> Course:
    """The random chain with this number, at the input that is asked about.

    Its weights and biases are the same for every f.
    """
    rng = np.random.default_rng([setup.seed, 2, count])
    weights = rng.normal(0.0, setup.chain.weights.root_mean_square, setup.depth)
    biases = setup.chain.biases.draw("biases", setup.depth, rng)
    return Course(run_chain(setup, weights, biases, setup.x, tick), setup.quantity)


def layers_kept(layers: int) -> NDArray[np.int64]:
    """Which of so many layers a spread keeps."""
    return np.unique(
        np.linspace(0, layers - 1, min(layers, _SPREAD_LAYERS)).round().astype(np.int64)
    )


def tried_at_random(subject: Subject, time: Time, tick: Tick) -> Trial | None:
    """On as many as its own command draws; on fewer where those leave no doubt that it is ill."""
    setup, compared = subject.setup, len(subject.among.activations)
    if not time.tries(setup.depth):
        return None
    own = chain_of(subject, tick)
    time.spend(own)
    command = Time(setup.patience)
    command.spent = before = each = compared * seconds_of(own)
    kinds: list[Kind] = []
    healthy = 0
    for count in range(1, setup.chain.samples + 1):
        if not command.draws(each):
            break
        if not time.tries(setup.depth):
            return None
        course = random_course(setup, count, tick)
        time.spend(course.chain)
        command.spent += compared * seconds_of(course.chain)
        each = (command.spent - before) / count
        kinds.append(course.judged(setup.log10_threshold).kind)
        healthy += kinds[-1] is Kind.HEALTHY
        if healthy < 0.5 * count - _DOUBT * 0.5 * math.sqrt(count):
            break
    return trial_of(Shares.of(kinds)) if kinds else None


def trial_of(shares: Shares) -> Trial:
    """What became of that many, in words."""
    return Trial(shares.kind, f"{shares.kind} {shares.text('random chains')}")
