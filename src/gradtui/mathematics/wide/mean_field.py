"""Networks of infinite width: how moments, correlations and gradients go from layer to layer.

After Poole et al., NIPS 2016, and Schoenholz et al., ICLR 2017.

Glossary: W_ij ~ N(0, σw²/n_in), b_i ~ N(0, σb²); q the second moment of a pre-activation, c the
correlation of those of two inputs, z standard normal, u₁ and u₂ normal with second moment q and
correlation c; f the activation, f′ its derivative; t = ln q; V = E[f(√q z)²], D = E[f′(√q z)²].

    q ← M(q) = σw² V + σb²                           the second-moment map
    c ← C(c) = (σw² E[f(u₁) f(u₂)] + σb²) / M(q)     the correlation map
    χ = σw² D                                        the rate per layer of the SQUARED gradient norm

The second moment never cycles (`second_moment`). C is a power series in c whose coefficients, all
≥ 0, sum to 1: so in [0, 1] it has beside c = 1 at most one fixed point, there and stable exactly
if the slope of C at 1 exceeds 1.

A depth scale is ξ = -1 / ln(rate), in layers: e^(-l/ξ) is what is left after l of them. It is
positive where things shrink, negative where they grow, inf at a rate of 1 (to 1e-10), 0 at 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.wide.moments import Moments, expectations
from gradtui.mathematics.wide.phase import (
    CriticalPoint,
    RateMap,
    critical_points,
    critical_sigma_w2,
    rate_map,
)
from gradtui.mathematics.wide.recursion import Recursion
from gradtui.mathematics.wide.second_moment import (
    BISTABLE,
    COLLAPSES,
    DIVERGES,
    EVERY,
    FIXED,
    HALF_STABLE,
    KINDS,
    Flow,
    numbers,
    root,
    variance,
)

if TYPE_CHECKING:
    pass


__all__ = [
    "KINDS",
    "CriticalPoint",
    "MeanField",
    "RateMap",
    "critical_points",
    "critical_sigma_w2",
    "depth_scale",
    "mean_field",
    "rate_map",
]

_CRITICAL = 1e-10
"""A rate this near to 1 is 1."""

_LINEAR = 1e-9
"""As q goes to 0 or ∞, a slope this near to that of a line is that of a line."""

_NEAREST = 1e-15
"""A c* nearer to 1 than this is 1."""


# --------------------------------------------------------------- one network


@dataclass(frozen=True)
class MeanField:
    """Where a network of infinite width goes with depth, and how fast.

    Attributes:
        activation: f.
        sigma_w2: σw².
        sigma_b2: σb².
        q0: the second moment that it starts with; it matters only where several ends are stable.
        kind: how q ends, one of `KINDS`: "bistable" where several ends are stable, and q is the
            one reached from q0; "half-stable" at a q that attracts from one side only; "every q"
            where each is a fixed point, and q is q0.
        q: q*, 0.0 where q collapses, inf where it diverges.
        stable_q: every stable end in order, 0.0 and inf among them.
    """

    activation: Activation
    sigma_w2: float
    sigma_b2: float
    q0: float
    kind: str
    q: float
    stable_q: tuple[float, ...]

    @property
    def chi(self) -> float:
        """χ at q*: the rate per layer of the squared gradient norm; its limit at 0 and inf."""
        return float(self._recursion.chi(self._moments))

    @property
    def q_slope(self) -> float:
        """∂M/∂q at q*, the rate at which a departure from q* changes; its limit at 0 and inf."""
        if self.q in (0.0, math.inf):
            return self.chi  # there f is a line on each side, or both are 0 or inf
        return self.sigma_w2 * float(self._moments.growth) / self.q

    @property
    def c(self) -> float:
        """c*, the correlation in [0, 1] that that of two inputs goes to.

        NaN where the map keeps every c as it is: for a line without biases, and where q goes to 0
        or inf and leaves of f a line. NaN too where nothing is left of either.
        """
        return self._correlation[0]

    @property
    def chi_c(self) -> float:
        """The slope of the correlation map at c*."""
        return self._correlation[1]

    @property
    def xi_q(self) -> float:
        """The forward depth scale, of a departure from q*."""
        return depth_scale(abs(self.q_slope))

    @property
    def xi_c(self) -> float:
        """The depth scale of a departure from c*: how deep two inputs can be told apart."""
        return depth_scale(self.chi_c)

    @property
    def xi_gradient(self) -> float:
        """The depth scale of the squared gradient norm: negative where it explodes."""
        return depth_scale(self.chi)

    @property
    def _recursion(self) -> Recursion:
        return Recursion(expectations(self.activation), self.sigma_w2, self.sigma_b2)

    @cached_property
    def _moments(self) -> Moments:
        return self._recursion.exact(self.q)

    @cached_property
    def _limit(self) -> tuple[float, float, float, float]:
        """A q at which to look at correlations, and there σw²/q, C′(1) and C(0).

        C′(1) is χ at a fixed point, but inf where f jumps. Where q goes to 0 or inf, the
        correlation is that of the limit, normalised at each layer: its slope at 1 is q D / V,
        which is 1 unless f is of higher degree there than a line.
        """
        e, at_end = expectations(self.activation), self.q in (0.0, math.inf)
        q = (1e-24 if self.q == 0.0 else 1e24) if at_end else self.q
        m = e.moments(np.array(q))
        mean, square, slope_square = float(m.mean), float(m.square), float(m.slope_square)
        if at_end and square * self.sigma_w2 == 0.0:
            return q, math.nan, math.nan, math.nan
        w, b = (q / square, 0.0) if at_end else (self.sigma_w2, self.sigma_b2)
        jumps = e.jumps and not at_end and w > 0.0
        return q, w / q, math.inf if jumps else w * slope_square, (w * mean * mean + b) / q

    @cached_property
    def _correlation(self) -> tuple[float, float]:
        """c* and the slope of C there."""
        q, weight, slope, first = self._limit
        if math.isnan(slope):
            return math.nan, math.nan
        if slope <= 1.0 + (_CRITICAL if 0.0 < self.q < math.inf else _LINEAR):
            kept = abs(slope - 1.0) <= _LINEAR and first <= _LINEAR
            return (math.nan if kept else 1.0), slope
        spread = expectations(self.activation).spread

        def excess(delta: float) -> float:
            """(1 - C)/(1 - c) - 1, which falls with δ = 1 - c."""
            return 0.5 * weight * spread(q, delta).square / delta - 1.0

        delta = 1.0
        if first > 1e-15 and slope < math.inf:
            delta = root(excess, 0.0, 1.0, slope - 1.0, excess(1.0))
        elif first > 1e-15:
            if excess(_NEAREST) <= 0.0:  # the jump is too far out, or too small
                return 1.0, self.chi
            # A jump loses √δ of the correlation: all but a line in logarithms.
            ends = math.log(_NEAREST), 0.0

            def log_ratio(log_delta: float) -> float:
                return math.log1p(excess(math.exp(log_delta)))

            delta = math.exp(root(log_ratio, *ends, *map(log_ratio, ends)))
        return 1.0 - delta, -0.5 * weight * spread(q, delta).by_c


def mean_field(
    activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0, *, q0: float = 1.0
) -> MeanField:
    """The fixed points of a network of infinite width, right to 1e-8.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2: n_in times the variance of a weight.
        sigma_b2: the variance of a bias.
        q0: the second moment of the first pre-activations; it decides between several ends.

    Raises:
        InputError: a variance outside 0 to 1e20, or a q0 outside 1e-30 to 1e30.
    """
    f = as_activation(activation)
    w, b = variance("sigma_w2", sigma_w2), variance("sigma_b2", sigma_b2)
    start = float(numbers("q0", q0, 1e-30, 1e30))
    flow = Flow(Recursion(expectations(f), w, b))
    ends = flow.ends()
    stable = tuple(end.q for end in ends if end.stable)
    if not ends:
        return MeanField(f, w, b, start, KINDS[EVERY], start, ())
    end = ends[0] if len(ends) == 1 else flow.reached(start, ends)
    if len(stable) > 1:
        kind = BISTABLE
    elif not end.stable:
        kind = HALF_STABLE
    else:
        kind = {0.0: COLLAPSES, math.inf: DIVERGES}.get(end.q, FIXED)
    return MeanField(f, w, b, start, KINDS[kind], end.q, stable)


def depth_scale(rate: float) -> float:
    """ξ = -1 / ln(rate), in layers; inf within 1e-10 of 1, 0 at 0 and at inf."""
    if abs(rate - 1.0) <= _CRITICAL:
        return math.inf
    return -1.0 / math.log(rate) if rate > 0.0 else rate  # 0 and NaN stay
