"""Where an activation passes next to nothing, or nothing: as intervals of z.

By comparisons with a few numbers, tensors of a framework are then judged on their own device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.mathematics.activations.facts import grid
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.statistics import SATURATED

if TYPE_CHECKING:
    from numpy.typing import NDArray

Intervals: TypeAlias = "tuple[tuple[float, float], ...]"
"""Closed intervals of z, in order; what has no end on a side is infinite there."""


def where_saturated(f: Activation) -> Intervals:
    """Where |f′(z)| < 1 % of max|f′|, to the last digit of z; nowhere if f′ has no bound.

    Of a wave, which is flat at endlessly many places, some.
    """
    least = SATURATED * f.max_abs_derivative
    if not math.isfinite(least):
        return ()
    return _intervals(f, lambda z: np.abs(f.derivative(z)) < least)


def where_zero(f: Activation) -> Intervals:
    """Where f′(z) is exactly 0, and does not merely underflow or tend to 0."""
    return _intervals(f, lambda z: f.log_abs_derivative(z) == -math.inf)


def _intervals(f: Activation, holds: Callable[[Array], NDArray[np.bool_]]) -> Intervals:
    """Where something holds that changes at the breaks of f, or between two points of a grid."""
    special = np.array([*f.breaks, *f.zero_slopes])
    beside = [np.nextafter(special, -math.inf), special, np.nextafter(special, math.inf)]
    z = np.unique(np.concatenate([grid(), *beside, [-_FARTHEST, _FARTHEST]]))
    held = holds(z)
    ends = [-math.inf] if held[0] else []
    for at in np.flatnonzero(held[1:] != held[:-1]):
        low, high = _edge(holds, float(z[at]), float(z[at + 1]))
        ends.append(low if held[at] else high)
    if held[-1]:
        ends.append(math.inf)
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def _edge(
    holds: Callable[[Array], NDArray[np.bool_]], low: float, high: float
) -> tuple[float, float]:
    """The two neighbouring floats between which it begins or ceases to hold."""
    before = bool(holds(np.array([low]))[0])
    while low < (middle := low + (high - low) / 2.0) < high:
        if bool(holds(np.array([middle]))[0]) == before:
            low = middle
        else:
            high = middle
    return low, high


_FARTHEST = 1e100
"""What holds there holds from there on: cubes of it are still numbers."""
