"""The one recursion of wide networks: q ← M(q) = σw² V(q) + σb², and χ = σw² D(q) on the way.

Glossary: q the second moment of a pre-activation, t = ln q, z standard normal, f the activation,
f′ its derivative; w = σw² and b = σb² the variances of weights (times n_in) and biases;
V = E[f(√q z)²], D = E[f′(√q z)²]; χ the factor of the squared gradient norm a layer.

After Poole et al., NIPS 2016. Moments come from quadrature, right to some 1e-13, or from a table,
right to 1e-9, which is what many layers or many networks can afford.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.moments import Q_LARGEST, Q_SMALLEST, Expectations, Moments, Table

_TABULATED = 60.0
"""|t| up to which the table serves a single q."""


@dataclass(frozen=True)
class Recursion:
    """The recursion of one network, or of arrays of networks that share f.

    Attributes:
        e: the expectations of f.
        w: σw².
        b: σb².
    """

    e: Expectations
    w: float | Array
    b: float | Array

    def after(self, moments: Moments) -> Array:
        """M(q), from the moments at q."""
        q: Array = self.w * moments.square + self.b
        return q

    def chi(self, moments: Moments) -> Array:
        """χ, from the moments at q."""
        rate: Array = self.w * moments.slope_square
        return rate

    def exact(self, q: float) -> Moments:
        """The moments at 0 ≤ q ≤ ∞ by quadrature; at 0 their limits, from 1e150 on what is left."""
        if q > Q_LARGEST:
            return self.e.beyond(q)
        return self.e.moments(np.array(0.0 if q < Q_SMALLEST else q))

    def step(self, q: float) -> tuple[float, float]:
        """M(q) and χ for one q, however large or small, quickly where the table has it."""
        if Q_SMALLEST <= q <= Q_LARGEST and abs(math.log(q)) <= _TABULATED:
            moments = self._looked_up(np.array(math.log(q)))
        else:
            moments = self.exact(q)
        return float(self.after(moments)), float(self.chi(moments))

    def layers(self, q: Array, farthest: float = Table.END) -> Iterator[Array]:
        """log10 χ_l of layer 1, 2, …, from q_1 on, without an end; moments as in `followed`."""
        with np.errstate(divide="ignore"):
            t = np.log(q)
        while True:
            log10_chi, _, t = self.followed(t, farthest)
            yield log10_chi

    def followed(self, t: Array, farthest: float) -> tuple[Array, Array, Array]:
        """log10 χ at t, and q and t of the next layer; q is inf where t is beyond float64's range.

        From |t| = `farthest` on, moments are those there: at the table's ends f is at its limits,
        and all that counts of V is that q stays there. Of an f that grows faster than a line they
        go on by its power law.
        """
        with np.errstate(divide="ignore"):
            moments = self._looked_up(np.clip(t, -farthest, farthest))
            log10_chi, q = np.log10(self.chi(moments)), self.after(moments)
            later = np.log(q)
        far = t > farthest
        if self.e.degree > 1.0 and far.any():
            beyond, leap = self.beyond(t, farthest)
            with np.errstate(over="ignore"):
                log10_chi, q = np.where(far, beyond, log10_chi), np.where(far, np.exp(leap), q)
            later = np.where(far, leap, later)
        return log10_chi, q, later

    def beyond(self, t: Array, edge: float) -> tuple[Array, Array]:
        """log10 χ at t above `edge`, and t of the next layer: also where q is beyond float64."""
        log_square, log_slope = self.e.log_beyond(t, edge)
        with np.errstate(divide="ignore"):
            log_w, log_b = np.log(self.w), np.log(self.b)
        return (log_w + log_slope) / math.log(10.0), np.logaddexp(log_w + log_square, log_b)

    def _looked_up(self, t: Array) -> Moments:
        """The moments at q = e^t from the table."""
        moments = self.e.table.interpolated(t)
        # Where they decay as e^(-1/q), interpolation leaves noise around 0.
        return moments._replace(
            square=np.maximum(moments.square, 0.0),
            slope_square=np.maximum(moments.slope_square, 0.0),
        )
