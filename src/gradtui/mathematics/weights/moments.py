"""What the numbers of a tensor are like, looked at some at a time: no second copy of a large one.

Glossary: w the finite numbers, t = max|w|, m the mean and s² the variance of w/t,
κ = E[(w/t - m)⁴]/s⁴ their kurtosis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import NUMBERS, spans, turn
from gradtui.progress import Tick, unwatched


@dataclass(frozen=True)
class Moments:
    """Of the finite numbers of a tensor.

    Attributes:
        finite: how many there are.
        least: the smallest, nan if there are none.
        most: the largest, nan likewise.
        top: t, 0 if there are none.
        unit_mean: m, as a share of t; nan likewise.
        unit_variance: s², as a share of t².
        kurtosis: κ, nan where all are the same.
    """

    finite: int
    least: float
    most: float
    top: float
    unit_mean: float
    unit_variance: float
    kurtosis: float

    @property
    def mean(self) -> float:
        """t m."""
        return self.top * self.unit_mean

    @property
    def std(self) -> float:
        """t s; 0 where all are the same."""
        return 0.0 if self.constant else self.top * math.sqrt(self.unit_variance)

    @property
    def constant(self) -> bool:
        """Whether all are the same."""
        return self.least == self.most


def flat(numbers: Array) -> Array:
    """All of them in a row, in the order in which they lie."""
    row: Array = numbers.ravel(order="K")
    return row


def moments(numbers: Array, tick: Tick = unwatched) -> Moments:
    """The moments of any numbers, without overflow or underflow."""
    row = flat(numbers)
    finite, least, most = 0, math.inf, -math.inf
    for some in _pieces(row, turn(tick, 0, 3)):
        finite += some.size
        if some.size:
            least, most = min(least, float(some.min())), max(most, float(some.max()))
    if not finite:
        return Moments(0, math.nan, math.nan, 0.0, math.nan, math.nan, math.nan)
    top = max(most, -least)
    if top == 0.0:
        return Moments(finite, least, most, 0.0, 0.0, 0.0, math.nan)
    mean = math.fsum(float(np.sum(p / top)) for p in _pieces(row, turn(tick, 1, 3))) / finite
    second, fourth = [], []
    for some in _pieces(row, turn(tick, 2, 3)):
        squares = np.square(some / top - mean)
        second.append(float(squares.sum()))
        fourth.append(float(np.vdot(squares, squares)))
    variance = math.fsum(second) / finite
    kurtosis = math.fsum(fourth) / finite / variance**2 if variance else math.nan
    return Moments(finite, least, most, top, mean, variance, kurtosis)


def _pieces(row: Array, tick: Tick) -> Iterator[Array]:
    """The finite numbers, some at a time."""
    for some in spans(row.size, NUMBERS, tick):
        piece = row[some]
        finite = np.isfinite(piece)
        yield piece if finite.all() else piece[finite]
