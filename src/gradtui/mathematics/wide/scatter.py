"""How sums over the units of one layer scatter, over networks.

Glossary: z, u standard normal; q the second moment of a pre-activation √q z; f the activation, f′
its derivative, V = E[f²]; S what the gradient's square is multiplied by at one unit: f′², or
f′² q u² + f² through a gate. A mean over n units of f² has a relative variance of Var f²/(n V²),
and where a norm keeps the sum of z² only that part of it which z² does not explain:
Var f²/V² - γ²/2 with γ = Cov(f², z²)/V.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.wide.moments import Expectations

_Z = np.linspace(-9.0, 9.0, 7201)
_DENSITY = np.exp(-0.5 * _Z * _Z) / np.exp(-0.5 * _Z * _Z).sum()


class Scatter(NamedTuple):
    """Relative variances and covariances at one unit, right to some 1e-3: they are of estimates.

    Attributes:
        back: Var S / E[S]².
        forth: Var f² / V², or that of (f u)².
        held: the part of `forth` that z² does not explain.
        both: Cov(S, f²)/(E[S] V) without what z² explains.
        mean: E[f]/√V.
        turned: √q E[z f′]/√V.
        shared: √q Cov(z f′, f)/V.
    """

    back: float
    forth: float
    held: float
    both: float
    mean: float
    turned: float
    shared: float


def scatter(e: Expectations, q: float, gated: bool) -> Scatter:
    """The scatter of f at q, 0 where f or f′ is 0."""
    root = math.sqrt(q)
    with np.errstate(all="ignore"):
        f, slope = e.activation(root * _Z) / root, e.activation.derivative(root * _Z)
        f2, slope2 = f * f, slope * slope
        size = math.sqrt(_DENSITY @ f2)
        mean, turned = _DENSITY @ f / size, _DENSITY @ (_Z * slope) / size
        shared = _DENSITY @ (_Z * slope * f) / size**2 - mean * turned
        f2, slope2 = f2 / (_DENSITY @ f2), slope2 / (_DENSITY @ slope2)
        forth, back = _DENSITY @ (f2 * f2) - 1.0, _DENSITY @ (slope2 * slope2) - 1.0
        both = _DENSITY @ (f2 * slope2) - 1.0
        z2 = _Z * _Z - 1.0
        of_f, of_slope = _DENSITY @ (f2 * z2), _DENSITY @ (slope2 * z2)
        held, both = forth - 0.5 * of_f * of_f, both - 0.5 * of_f * of_slope
        found = _gated(e, q) if gated else Scatter(back, forth, held, both, mean, turned, shared)
    return Scatter(*(float(one) if math.isfinite(one) else 0.0 for one in found))


def _gated(e: Expectations, q: float) -> Scatter:
    root = math.sqrt(q)
    f2 = (e.activation(root * _Z) / root) ** 2
    slope2 = e.activation.derivative(root * _Z) ** 2
    mean, square = _DENSITY @ (slope2 + f2), _DENSITY @ f2
    back = _DENSITY @ (3.0 * slope2 * slope2 + 2.0 * slope2 * f2 + f2 * f2) / mean**2 - 1.0
    forth = 3.0 * (_DENSITY @ (f2 * f2)) / square**2 - 1.0
    both = _DENSITY @ (3.0 * slope2 * f2 + f2 * f2) / (mean * square) - 1.0
    return Scatter(back, forth, forth, both, 0.0, 0.0, 0.0)
