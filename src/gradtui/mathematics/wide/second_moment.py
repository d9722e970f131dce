"""Where the second moment of a wide network goes with depth: every end of q ← σw² V(q) + σb².

Glossary: q the second moment of a pre-activation, t = ln q, z standard normal, f the activation;
w = σw² and b = σb² the variances of weights (times n_in) and biases; V = E[f(√q z)²];
M(q) = σw² V(q) + σb².

V may fall, but t ← ln M(e^t) never with a slope below -½, because q ∂V/∂q = ½ E[(z² - 1) f²]
is at least -½ V. So q never cycles: it goes to a fixed point, to 0 or to ∞.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import short
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.moments import Moments
from gradtui.mathematics.wide.recursion import Recursion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


KINDS = (
    "fixed point",
    "collapses to 0",
    "diverges",
    "bistable",
    "half-stable",
    "every q",
)
"""How the second moment can end."""
FIXED, COLLAPSES, DIVERGES, BISTABLE, HALF_STABLE, EVERY = range(6)

MAX_VARIANCE = 1e20
_LEAST_VARIANCE = 1e-100
NOISE = 1e-13
"""What quadrature and rounding leave of an exact 0, relative."""

CLOSE = 1e-16
"""To this a zero is found in t."""

_EARLY = 100
"""Layers after which a q that leapt over a fixed point has settled on one side of it."""


class End(NamedTuple):
    """A q where the second moment may end, and from which sides."""

    q: float
    from_below: bool
    from_above: bool

    @property
    def stable(self) -> bool:
        """Whether from both sides; 0 and ∞ have one."""
        return self.from_below and self.from_above


@dataclass(frozen=True)
class Flow:
    """The second-moment map of one network, of which σw² and σb² are numbers."""

    map: Recursion

    def rise(self, t: float) -> float:
        """M(q)/q - 1 at q = e^t."""
        q = math.exp(t)
        return float(self.map.after(self.map.exact(q))) / q - 1.0

    def bend(self, t: float) -> float:
        """Its derivative with respect to t."""
        q = math.exp(t)
        return float(self._bend(self.map.exact(q), q))

    def _bend(self, m: Moments, q: float | Array) -> Array:
        bend: Array = (self.map.w * (m.growth - m.square) - self.map.b) / q
        return bend

    def ends(self) -> list[End]:
        """Where q may end, in order; none where every q is a fixed point."""
        table, b = self.map.e.table, float(self.map.b)
        t, m = table.t, table.moments
        rise = self.map.after(m) / table.q - 1.0
        bend = self._bend(m, table.q)
        if b > 0.0 and rise[0] < 0.0:  # q* is below the table, but not below σb²
            low = math.log(b) - 1.0
            t = np.append(low, t)
            rise, bend = np.append(self.rise(low), rise), np.append(self.bend(low), bend)
        clear = np.flatnonzero(abs(rise) > NOISE)
        if clear.size == 0:
            return []
        ends = [End(0.0, True, True)] if rise[clear[0]] < 0.0 else []
        for i, k in itertools.pairwise(clear):
            if rise[i] * rise[k] < 0.0:
                ends += self._between(float(t[i]), float(t[k]))
            elif (k > i + 1 or min(abs(rise[i]), abs(rise[k])) < 0.1) and (
                bend[i] * rise[i] < 0.0 < bend[k] * rise[k]
            ):
                # Towards 0 and back: M may touch or cross the diagonal between two nodes.
                at = root(
                    self.bend, float(t[i]), float(t[k]), float(bend[i]), float(bend[k]), CLOSE
                )
                nearest = self.rise(at) * math.copysign(1.0, rise[i])
                if nearest < -NOISE:
                    ends += self._between(float(t[i]), at) + self._between(at, float(t[k]))
                elif nearest <= NOISE:
                    ends.append(End(math.exp(at), bool(rise[i] > 0.0), bool(rise[i] < 0.0)))
        return ends + ([End(math.inf, True, True)] if rise[clear[-1]] > 0.0 else [])

    def _between(self, low: float, high: float) -> list[End]:
        """The fixed point in between, if stable."""
        at_low, at_high = self.rise(low), self.rise(high)
        if at_low < at_high:
            return []
        return [End(math.exp(root(self.rise, low, high, at_low, at_high, CLOSE)), True, True)]

    def reached(self, q: float, ends: list[End]) -> End:
        """The end to which q goes: by its direction, once early leaps are over."""
        for _ in range(_EARLY):
            q = min(max(float(self.map.after(self.map.exact(q))), 1e-60), 1e60)
        t = math.log(q)
        if abs(self.rise(t)) <= NOISE:
            t += 1e-6
        above = [end for end in ends if end.from_below and end.q > math.exp(t)]
        below = [end for end in ends if end.from_above and end.q < math.exp(t)]
        upwards = self.rise(t) > 0.0
        return above[0] if above and (upwards or not below) else below[-1]


def root(
    function: Callable[[float], float],
    low: float,
    high: float,
    at_low: float,
    at_high: float,
    tolerance: float = 0.0,
) -> float:
    """A zero between two points of opposite sign, to the last digits or to `tolerance`.

    False position (Illinois), with a bisection every fourth time, so that a flat side costs
    little; at most 200 evaluations.
    """
    for count in range(200):
        halve = count % 4 == 3 or at_low == at_high
        x = 0.5 * (low + high) if halve else high - at_high * (high - low) / (at_high - at_low)
        close = tolerance + 1e-15 * abs(x)
        if abs(x - high) <= close or abs(high - low) <= close:
            return x
        y = function(x)
        if y == 0.0:
            return x
        if (y > 0.0) != (at_high > 0.0):
            low, at_low = high, at_high
        else:
            at_low *= 0.5
        high, at_high = x, y
    return high


def variance(field: str, value: float) -> float:
    """One variance as a float; one below 1e-100 counts as 0."""
    number = one_number(field, value, 0.0, MAX_VARIANCE)
    return number if number >= _LEAST_VARIANCE else 0.0


def one_number(field: str, value: float, least: float, most: float) -> float:
    """A single number from `least` to `most` as a float."""
    array = numbers(field, value, least, most)
    if array.ndim:
        raise InputError(field, value, "one number", "give a single value")
    return float(array)


def numbers(field: str, values: ArrayLike, least: float, most: float) -> Array:
    """A float64 array of numbers from `least` to `most`."""
    allowed = f"a number from {short(least)} to {short(most)}"
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(field, values, allowed, "give plain numbers") from None
    if array.dtype.kind not in "iuf":
        raise InputError(field, values, allowed, "give plain numbers")
    array = array.astype(np.float64)
    bad = ~((least <= array) & (array <= most))
    if bad.any():
        raise InputError(field, float(array[bad][0]), allowed, "replace it")
    return array
