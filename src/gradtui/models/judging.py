"""The verdict on a gradient by layer: both its ends, and what lies between.

A curve is log10 of a gradient at the layers that are drawn, from the first to the last, [layers];
-inf is an exact zero. What is judged is the curve beside its last value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Kind, digits_beside

RELIED_ON = 0.8
"""What is advised is healthy in this share, or more, of those that are drawn at random.

Of what is asked about it says what becomes of most: healthy is more than half of them.
"""

_TENFOLD = 1.0
"""Decades: a signal that changes by less is neither said to grow nor to collapse."""


def are_most(count: int, total: int) -> bool:
    """Whether so many of all are more than half of them."""
    return 2 * count > total


class Judgement(NamedTuple):
    """What becomes of a gradient.

    Attributes:
        kind: that.
        log10_ratio: log10 of the first value beside the last; -inf where the first is 0.
        at: where on the curve it is seen: 0 is its beginning.
        log10_there: log10 of the value there beside the last.
        log10_limit: log10 of the threshold by which it is judged.
    """

    kind: Kind
    log10_ratio: float
    at: int
    log10_there: float
    log10_limit: float

    @property
    def digits(self) -> int:
        """So many digits of the value there as tell it from the threshold."""
        return digits_beside(self.log10_there, self.log10_limit)

    @property
    def ends(self) -> Judgement:
        """The same of the ratio of the ends, where the verdict was seen between them."""
        return self._replace(at=0, log10_there=self.log10_ratio)


def beside_last(curve: Array) -> Array:
    """The curve beside its last value; where that is 0, beside its largest."""
    last = float(curve[-1]) if curve[-1] > -math.inf else float(curve.max())
    if last == -math.inf:
        return curve
    with np.errstate(invalid="ignore"):
        beside: Array = curve - last
    beside[np.isnan(beside)] = 0.0  # theory may be infinite at both
    return beside


def judge(curve: Array, log10_limit: float) -> Judgement:
    """The verdict: by the ratio of the ends; where that is healthy, by the worst between them.

    Args:
        curve: see above.
        log10_limit: log10 of the threshold, below 0.
    """
    beside = beside_last(curve)
    ratio = float(beside[0])
    kind = Kind.of(ratio, log10_limit)
    if kind is not Kind.HEALTHY:
        return Judgement(kind, ratio, 0, ratio, log10_limit)
    low, high = int(np.argmin(beside)), int(np.argmax(beside))
    worst = low if -beside[low] >= beside[high] else high
    there = float(beside[worst])
    if (between := Kind.of(there, log10_limit)) is not Kind.HEALTHY:
        return Judgement(between, ratio, worst, there, log10_limit)
    return Judgement(kind, ratio, 0, ratio, log10_limit)


def first_unhealthy(passed: Array, log10_limit: float) -> int | None:
    """Where on a curve a network that ends there is not healthy for the first time; None: nowhere.

    Of a network that ends at D the gradient at l, beside that at D, is passed[D] - passed[l]; it is
    healthy if that is so for every l, which is what `judge` asks. Of many, more than half have
    to be.

    Args:
        passed: log10 of what the layers up to each make of a gradient, [layers] or
            [networks, layers]; nan where nothing can be said.
        log10_limit: log10 of the threshold, below 0.
    """
    with np.errstate(invalid="ignore"):
        below = np.minimum.accumulate(passed, axis=-1)
        above = np.maximum.accumulate(passed, axis=-1)
        healthy = (passed - below <= -log10_limit) & (above - passed <= -log10_limit)
    if healthy.ndim > 1:
        healthy = 2 * healthy.sum(axis=0) > len(healthy)
    outside = np.flatnonzero(~healthy)
    return int(outside[0]) if outside.size else None


def signal_trend(log10_signal: Array) -> float:
    """By how many decades a signal changes from its first layer to its last, if that is a trend.

    It is none below a factor of ten, nor where the signal falls back on its way by more than half
    of it: what goes up and down grows no more than it collapses.

    Args:
        log10_signal: log10 of |a| from layer 1 on; -inf is an exact zero.
    """
    first, last = float(log10_signal[0]), float(log10_signal[-1])
    change = last - first
    if not math.isfinite(first) or abs(change) < _TENFOLD:
        return 0.0
    gained = math.copysign(1.0, change) * (log10_signal - first)
    with np.errstate(invalid="ignore"):
        fallen_back = np.nanmax(np.maximum.accumulate(gained) - gained)
    return 0.0 if fallen_back > 0.5 * abs(change) else change


@dataclass(frozen=True)
class Shares:
    """What becomes of the gradient in each of many that were drawn at random."""

    counts: Mapping[Kind, int]

    @classmethod
    def of(cls, kinds: Iterable[Kind]) -> Shares:
        """Counted."""
        counts = dict.fromkeys(Kind, 0)
        for kind in kinds:
            counts[kind] += 1
        return cls(counts)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def kind(self) -> Kind:
        """Healthy where most are; else the commonest way not to be."""
        if are_most(self.counts[Kind.HEALTHY], self.total):
            return Kind.HEALTHY
        return max((kind for kind in Kind if kind is not Kind.HEALTHY), key=self.counts.__getitem__)

    @property
    def unanimous(self) -> bool:
        """Whether it is one and the same in all of them."""
        return self.counts[self.kind] == self.total

    @property
    def healthy_in(self) -> str:
        """Of how many healthy has to be said, where they differ: to be said after the threshold."""
        return "" if self.unanimous else " in more than half of them"

    def text(self, what: str) -> str:
        """Of how many the kind is true, and of how many others: 'in 97 of 100 networks'."""
        if self.unanimous:
            return f"in all {self.total:,} {what}"
        others = [
            f"{count:,} {kind}"
            for kind, count in self.counts.items()
            if count and kind != self.kind
        ]
        return f"in {self.counts[self.kind]:,} of {self.total:,} {what} ({', '.join(others)})"
