"""What a wide block does to the second moments of a signal, step by step.

Glossary: a signal is what one row of a batch has at one place of a network, over units and
networks; p its second moment, μ its mean over units, v what of p differs from row to row, so that
p - v is the mean product of two rows at one unit; N a norm; f the activation, V = E[f(√q z)²],
M = E[f(√q z)], D = E[f′(√q z)²], z standard normal; σw² n_in times the variance of a weight, σb²
the variance of a bias.

    W h + b        p ← σw² p + σb²        μ ← 0          v ← σw² v
    f              p ← V                  μ ← M          v ← V - E[f(√q z₁) f(√q z₂)]
    f(z)∘u         p ← V p                μ ← 0          v ← V p - E[f f] (p - v)
    LayerNorm      p ← (p - μ²)/s         μ ← 0          v ← v/s,  s = p - μ² + eps
    RMSNorm        p ← p/s                μ ← μ/√s       v ← v/s,  s = p + eps
    BatchNorm      p ← v/s                μ ← 0          v ← v/s,  s = v + eps
    h + α B        p ← p + 2αμM + α²p_B   μ ← μ + αM     v ← v + α²v_B

The gradient's squared norm is multiplied, on its way back, by σw² through W, by D through f, by
D p + V through a gate and by 1/s through a norm: what a norm's projection takes is 1/n of it, or
1/B of a batch of B rows. Rows of a batch that is normed are, for B → ∞, independent of one another.

Second moments are kept as their logarithms, for a stream may grow as 2^L.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.blocks.steps import Normed
from gradtui.mathematics.wide.moments import Q_SMALLEST, Expectations, Moments

_TABULATED = 60.0
_LOWEST = math.log(Q_SMALLEST)
NO_MEAN = 1e-12
"""|M|/√V below which f has no mean: the table's noise around 0."""


_NOTHING = 1e-60
"""A share v/p that is as good as 0."""

_ALIKE = math.log(1e-16)
"""ln of the share of f² below which two rows are told apart by f′ better than by a difference."""


class Signal(NamedTuple):
    """The second moments of a signal: as logarithms, or as shares of p.

    Attributes:
        t: ln p; -inf for an exact 0.
        mean: μ/√p.
        own: (p - μ²)/p, what differs from unit to unit.
        apart: v/p, what differs from row to row.
        normal: whether it is a normal variable over networks.
    """

    t: float
    mean: float = 0.0
    own: float = 1.0
    apart: float = 1.0
    normal: bool = True


class At(NamedTuple):
    """The moments of f at one q: ln V, M/√V, ln D and Var f/V."""

    log_square: float
    mean: float
    log_slope: float
    own: float


@dataclass(frozen=True, eq=False)
class Medium:
    """What steps of one network have in common.

    Attributes:
        e: the expectations of f.
        in_batch: whether rows depend on one another; elsewhere v is not followed.
    """

    e: Expectations
    in_batch: bool

    def at(self, t: float) -> At:
        """The moments of f at q = e^t, however small or large."""
        e = self.e
        if t == -math.inf:
            return at_0(e)
        if t > e.edge:
            if e.degree:
                above, edge = t - e.edge, self._edge
                steeper = max(e.degree - 1.0, 0.0)
                return edge._replace(
                    log_square=edge.log_square + e.degree * above,
                    log_slope=edge.log_slope + steeper * above,
                )
            if t > 690.0:
                return _logs(e.beyond(math.inf))
            return _logs(e.beyond(math.exp(t)))
        if t < _LOWEST:  # there f is linear or, where f(0) is not 0, constant
            lowest = _logs(e.moments(np.array(Q_SMALLEST)))
            falls = t - _LOWEST
            if e.activation(0.0):
                return lowest._replace(own=lowest.own * math.exp(falls))
            return lowest._replace(log_square=lowest.log_square + falls)
        if abs(t) <= _TABULATED:
            return _logs(e.table.interpolated(np.array(t)))
        return _logs(e.moments(np.array(math.exp(t))))

    @cached_property
    def _edge(self) -> At:
        """Where an f without bounds begins to be followed by its power law."""
        return _logs(self.e.moments(np.array(math.exp(self.e.edge))))

    def linear(self, one: Signal, w: float, b: float) -> Signal:
        """W h + b, for σw² = w and σb² = b."""
        through = log(w) + one.t
        t = float(np.logaddexp(through, log(b)))
        follows = self.in_batch and t > -math.inf
        apart = one.apart * math.exp(through - t) if follows else 1.0
        return Signal(t, apart=apart)

    def activated(self, one: Signal) -> tuple[Signal, float]:
        """f, and the logarithm of what the gradient's square is multiplied by."""
        at = self.at(one.t)
        return Signal(at.log_square, at.mean, at.own, self._apart(one, at), False), at.log_slope

    def gated(self, one: Signal) -> tuple[Signal, float]:
        """f(z) ∘ u of independent z and u, each as `one`, and the gradient's factor."""
        at = self.at(one.t)
        together = (1.0 - self._apart(one, at)) * (1.0 - one.apart)
        back = float(np.logaddexp(at.log_slope + one.t, at.log_square))
        return Signal(at.log_square + one.t, 0.0, 1.0, 1.0 - together, False), back

    def _apart(self, one: Signal, at: At) -> float:
        """1 - E[f(u₁) f(u₂)]/V."""
        if one.apart >= 1.0 or one.t == -math.inf:
            return at.own
        f, alike = self.e.activation, log(one.apart)
        near = alike + (min(one.t, 0.0) if f(0.0) else 0.0)
        if near < _ALIKE and not self.e.jumps:
            if f(0.0) and one.t < alike:
                return at.own * one.apart * (1.0 if f.derivative(0.0) else 2.0 - one.apart)
            return min(math.exp(alike + one.t + at.log_slope - at.log_square), 1.0)
        if one.apart <= _NOTHING:
            return 0.0
        q = math.exp(min(max(one.t, _LOWEST), self.e.edge))
        gap = self.e.spread(q, one.apart).square
        return min(0.5 * gap * math.exp(-self.at(math.log(q)).log_square), 1.0)


def normed(one: Signal, step: Normed) -> tuple[Signal, float]:
    """A norm, and the logarithm of what the gradient's square is multiplied by."""
    share = {"layer": one.own, "rms": 1.0, "batch": one.apart}[step.norm]
    t = one.t + log(share)
    s = float(np.logaddexp(t, math.log(step.eps)))
    weight = 2.0 * log(step.weight)
    if step.norm == "batch":
        after = Signal(t - s + weight, normal=one.normal)
    elif step.norm == "layer":
        after = Signal(t - s + weight, 0.0, 1.0, _within(one.apart, share), one.normal)
    else:
        after = one._replace(t=t - s + weight)
    return after, weight - s


def added(one: Signal, branch: Signal, alpha: float) -> Signal:
    """h + α B, of a B whose weights are independent of h."""
    log_part = 2.0 * log(alpha) + branch.t
    if log_part == -math.inf:
        return one
    most = max(one.t, log_part)
    if most == math.inf:
        return Signal(most, normal=False)
    old, new = math.exp(0.5 * (one.t - most)), math.exp(0.5 * (log_part - most))
    mean = old * one.mean + new * branch.mean
    own = old * old * one.own + new * new * branch.own
    p = own + mean * mean
    apart = (old * old * one.apart + new * new * branch.apart) / p
    normal = one.normal and branch.normal
    return Signal(most + math.log(p), mean / math.sqrt(p), own / p, min(apart, 1.0), normal)


def at_0(e: Expectations) -> At:
    """What f does to a signal that is exactly 0: every unit is f(0), and its slope is f′(0)."""
    value, slope = float(e.activation(0.0)), float(e.activation.derivative(0.0))
    own = 0.0 if value else 1.0
    return At(2.0 * log(abs(value)), float(np.sign(value)), 2.0 * log(abs(slope)), own)


def log(value: float) -> float:
    """ln, and -inf of 0."""
    return math.log(value) if value > 0.0 else -math.inf


def _within(apart: float, own: float) -> float:
    """What differs between rows, of what differs between units."""
    return min(apart / own, 1.0) if own > 0.0 else 1.0


def _logs(moments: Moments) -> At:
    square, slope = max(float(moments.square), 0.0), max(float(moments.slope_square), 0.0)
    mean = float(moments.mean)
    if math.isinf(square):
        return At(math.inf, 0.0, log(slope), 1.0)
    share = mean / math.sqrt(square) if square > 0.0 else 0.0
    if abs(share) < NO_MEAN:
        return At(log(square), 0.0, log(slope), 1.0)
    own = min(max(float(moments.variance) / square, 0.0), 1.0)
    return At(log(square), min(max(share, -1.0), 1.0), log(slope), own)
