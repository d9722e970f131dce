"""Facts of a function that is analytic but for a few breaks: its limits, turns and extremes.

Symbols: f the function, df its derivative, log_df = ln|df|; a piece lies between two neighbouring
breaks. On a piece df is constant throughout or nowhere, and that tells a plateau of df from a
limit that rounding reaches early, as that of 1 - 2e^-2z.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradtui.mathematics.elementwise import Array, Elementwise

_MOST_TOPS = 40
_EPSILON = sys.float_info.epsilon


@cache
def grid() -> Array:
    """Where a function is looked at before anything is searched for: 0, and ±1e-12 to ±1e6."""
    line = np.arange(-768, 769) / 64.0  # close enough to see every turn of an activation
    return np.sort(np.concatenate([-_steps(), line, _steps()]))


@cache
def _steps() -> Array:
    """Distances from 0, and from a break in units of it."""
    return np.logspace(-12.0, 6.0, 73)


class Piece:
    """The function between two neighbouring breaks `low` and `high`, which may be infinite.

    Attributes:
        signs: the signs that df takes.
    """

    def __init__(
        self,
        f: Elementwise,
        df: Elementwise,
        log_df: Elementwise,
        low: float,
        high: float,
        rounding: float = 0.0,
    ) -> None:
        self.f, self.df = f, df
        self.low, self.high, self.rounding = low, high, rounding
        # Formulas may swing in step with the grid: points beside it tell.
        near = [grid(), grid() + 0.618 / 64.0] if rounding else [grid()]
        with np.errstate(over="ignore"):
            if math.isfinite(low):
                near += [low + max(1.0, abs(low)) * _steps()]
                near += [] if rounding else [np.array([math.nextafter(low, high)])]
            if math.isfinite(high):
                near += [high - max(1.0, abs(high)) * _steps()]
                near += [] if rounding else [np.array([math.nextafter(high, low)])]
        if math.isfinite(low) and math.isfinite(high):
            share = np.arange(1, 64) / 64.0
            near.append(low * (1.0 - share) + high * share)
        z = np.unique(np.concatenate(near))
        self.z: Array = z[(z > low) & (z < high)]
        self.slope: Array = df(self.z)
        told = abs(self.slope) > rounding
        self.signs = frozenset(np.sign(self.slope[told]).tolist())
        self.log_slope: Array = log_df(self.z)
        self.straight = bool((self.log_slope == self.log_slope[0]).all())
        self.flat = self.straight and bool(self.log_slope[0] == -math.inf)

    def _ends(self, function: Elementwise) -> list[tuple[float, float]]:
        """The limits of `function` at the two edges, each with its edge; those that exist."""
        left, right = function.ends
        ends = [
            (
                limit(function, self.low, 1, self.rounding) if math.isfinite(self.low) else left,
                self.low,
            ),
            (
                limit(function, self.high, -1, self.rounding)
                if math.isfinite(self.high)
                else right,
                self.high,
            ),
        ]
        return [(value, edge) for value, edge in ends if not math.isnan(value)]

    def steepest(self) -> list[tuple[float, float]]:
        """Candidates for the supremum of |df|, each with its place."""
        steepness = np.abs(self.slope)
        if self.straight:
            return [(float(steepness[0]), min(max(0.0, self.low), self.high))]
        ends = [(abs(value), edge) for value, edge in self._ends(self.df)]
        top = float(steepness.max())
        if any(value >= top * (1.0 - 4.0 * _EPSILON) for value, _ in ends):
            return ends
        if self.rounding:
            return [*ends, *self._tops(steepness, top)]
        best = np.flatnonzero(steepness >= top * (1.0 - 4.0 * _EPSILON))
        i = min(best.tolist(), key=lambda i: (abs(self.z[i]), -self.z[i]))
        at = self._turn(self.z[max(i - 1, 0)], self.z[min(i + 1, self.z.size - 1)])
        seen, refined = float(steepness[i]), abs(self.df(at))
        better = refined > seen * (1.0 + 4.0 * _EPSILON)  # else it is rounding, not height
        return [*ends, (refined, at) if better else (seen, float(self.z[i]))]

    def _tops(self, steepness: Array, top: float) -> list[tuple[float, float]]:
        """Each place that may be where |df| is largest, of formulas that may have several."""
        inner = steepness[1:-1]
        tops = (inner >= steepness[:-2]) & (inner >= steepness[2:]) & (inner > 0.9 * top)
        at = 1 + np.flatnonzero(tops)
        at = at[np.argsort(np.abs(self.z[at]))[:_MOST_TOPS]]
        places = self._turns(at)
        found = list(zip(steepness[at].tolist(), self.z[at].tolist(), strict=True))
        found += zip(np.abs(self.df(places)).tolist(), places.tolist(), strict=True)
        highest = int(steepness.argmax())
        return [*found, (float(steepness[highest]), float(self.z[highest]))]

    def _turn(self, low: float, high: float) -> float:
        """Where |df| stops rising, between `low` and `high`."""
        h = 2.0**-8  # the central difference of fourth order errs by h⁴/30 = 8e-12 of |df|⁗′
        return float(_bisected(self._rise(h), np.array([low]), np.array([high]))[0])

    def _turns(self, at: Any) -> Array:
        """Where |df| turns beside each of these points, of which neighbours may be close."""
        low, high = self.z[at - 1], self.z[at + 1]
        return _bisected(self._rise((high - low) / 16.0), low, high)

    def _rise(self, h: float | Array) -> Callable[[Array], Array]:
        """The central difference of |df|, h apart."""

        def rise(z: Array) -> Array:
            near = np.abs(self.df(z + h)) - np.abs(self.df(z - h))
            far = np.abs(self.df(z + 2.0 * h)) - np.abs(self.df(z - 2.0 * h))
            difference: Array = 8.0 * near - far
            return difference

        return rise

    def flattest(self) -> float:
        """The infimum of |df|."""
        if self.flat or self.zeros():
            return 0.0
        return min([float(np.abs(self.slope).min()), *(abs(v) for v, _ in self._ends(self.df))])

    def zeros(self) -> list[float]:
        """Where df is 0 on a piece that is not flat: where it touches 0, or changes its sign."""
        if self.flat:
            return []
        flat = self.log_slope == -math.inf
        if self.rounding:  # what underflows all the way out is no zero
            flat = flat & np.logical_or.accumulate(~flat)
            flat = flat & np.logical_or.accumulate(~flat[::-1])[::-1]
        touched = self.z[flat]
        there = self.slope != 0.0
        z, sign = self.z[there], np.sign(self.slope[there])
        turns = np.flatnonzero(sign[1:] != sign[:-1])
        passed = turns[np.searchsorted(touched, z[turns]) == np.searchsorted(touched, z[turns + 1])]
        grazed = self._grazed() if self.rounding else []
        return [*touched.tolist(), *_bisected(self.df, z[passed], z[passed + 1]).tolist(), *grazed]

    def _grazed(self) -> list[float]:
        """Where df comes down to 0 and goes up again between two points, as that of (z - 1/3)³."""
        size = np.abs(self.slope)
        lows = (size[1:-1] < size[:-2]) & (size[1:-1] < size[2:]) & (size[1:-1] > 0.0)
        lows &= (np.sign(self.slope[:-2]) == np.sign(self.slope[2:])) & (
            size[1:-1] < 0.1 * np.minimum(1.0, size.max())
        )
        at = 1 + np.flatnonzero(lows)
        at = at[np.argsort(np.abs(self.z[at]))[:_MOST_TOPS]]
        places = self._turns(at)
        beside = np.minimum(size[at - 1], size[at + 1])
        met = np.abs(self.df(places)) < 1e-9 * beside
        return [float(place) for place in places[met]]

    def extremes(self) -> list[tuple[float, bool]]:
        """Candidates for the infimum and the supremum of f, and whether f attains them."""
        at_ends = [
            (value, self.flat or (math.isfinite(edge) and value == self.f(edge)))
            for value, edge in self._ends(self.f)
        ]
        return at_ends + [(self.f(z), True) for z in self.zeros()]


def pieces(
    f: Elementwise,
    df: Elementwise,
    log_df: Elementwise,
    breaks: tuple[float, ...],
    rounding: float = 0.0,
) -> tuple[Piece, ...]:
    """The pieces between `breaks`, from -∞ to ∞; none where no float lies between two.

    Slopes of at most `rounding` have no sign that could be told.
    """
    return tuple(
        Piece(f, df, log_df, low, high, rounding)
        for low, high in itertools.pairwise((-math.inf, *breaks, math.inf))
        if math.nextafter(low, high) < high
    )


def limit(function: Elementwise, at: float, side: int, rounding: float = 0.0) -> float:
    """The limit at `at` from below (-1) or above (1).

    It lies on the line through the two nearest floats, and where it is, but for rounding, the
    value at `at` or a short decimal, it is that. Of a function that rounds, whose breaks lie beside
    where they ought to, it lies on the parabola through three points a little further away.
    """
    if rounding:
        h = side * 1e-6 * max(1.0, abs(at))
        one, two, three = (function(at + times * h) for times in (1, 2, 3))
        value = 3.0 * (one - two) + three
        there = function(at)
        if abs(one - there) <= 2.0 * abs(three - one) + 10.0 * rounding * max(1.0, abs(there)):
            return there
        near = round(value, 9)
        return near if abs(value - near) <= 10.0 * rounding * max(1.0, abs(near)) else value
    near = math.nextafter(at, side * math.inf)
    far = math.nextafter(near, side * math.inf)
    value, before = function(near), function(far)
    if not math.isfinite(before):
        return value
    rounding = 4.0 * _EPSILON * max(abs(value), abs(before)) + 1e-300
    value += value - before
    for exact in (function(at), round(value, 12)):
        if abs(value - exact) <= rounding:
            return exact
    return value


def _bisected(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where `function` changes sign between `low` and `high` [n], to the last digit."""
    below = np.sign(function(low))
    for _ in range(80):
        middle = 0.5 * (low + high)
        same = np.sign(function(middle)) == below
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    middles: Array = 0.5 * (low + high)
    return middles
