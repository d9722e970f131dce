"""Exponentials and logistic functions that keep their last digits where they are tiny.

e^x multiplies an error of x by |x|: near the smallest normal number, at x = -708, one rounding
of x costs 708 roundings of the result. Where x is a product, its rounding error is computed too.

Symbols: t = |z|, e = e^-t, and (p, r) a number as the unevaluated sum of a float and a small rest.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from gradtui.mathematics.elementwise import Formula

_LARGEST = Fraction(sys.float_info.max)
_VELTKAMP = 2.0**27 + 1.0  # splits 53 bits into 26 and 26


@cache
def special() -> ModuleType:
    """`scipy.special`, imported when a function of it is first evaluated: it costs 0.2 s."""
    import scipy.special

    return scipy.special


def as_pair(value: Fraction) -> tuple[float, float]:
    """`value` as a float and the rest."""
    p = float(value)
    return p, float(value - Fraction(p))


def product(x: Any, y: Any) -> tuple[Any, Any]:
    """x·y as (p, r), exactly (Dekker, Numerische Mathematik 18, 1971)."""
    p = x * y
    c = _VELTKAMP * x
    x1 = c - (c - x)
    x2 = x - x1
    c = _VELTKAMP * y
    y1 = c - (c - y)
    y2 = y - y1
    return p, ((x1 * y1 - p) + x1 * y2 + x2 * y1) + x2 * y2


def decay(rate: Fraction) -> Formula:
    """The function e^(-rate·t) for t ≥ 0 and rate > 0, right to a few last digits."""
    # rate = c·2^k with 1 ≤ c < 2, so that nothing overflows; multiplying by 2^k is exact
    k = math.frexp(min(rate, _LARGEST))[1] - 1
    scale = 2.0**k
    c, rest = as_pair(rate / Fraction(scale))
    if c == 1.0 and rest == 0.0:
        return lambda t: np.exp(-scale * t)

    def exponential(t: Any) -> Any:
        s = np.minimum(scale * t, 750.0)  # e^-750 is 0 in float64
        p, r = product(c, s)
        e = np.exp(-p)
        return e - e * (r + rest * s)

    return exponential


def log_sigmoid(z: Any) -> Any:
    """The logarithm ln σ(z) = min(z, 0) - ln(1 + e^-t)."""
    return np.minimum(z, 0.0) - np.log1p(np.exp(-abs(z)))


def log_softplus(z: Any) -> Any:
    """The logarithm of ln(1 + e^z), z - e^z/2 + … where that underflows."""
    return np.where(z < -40.0, z, np.log(np.logaddexp(0.0, z)))


def log_tanh(t: Any) -> Any:
    """The logarithm ln tanh t for t ≥ 0, also where tanh t rounds to 1."""
    e = np.exp(-2.0 * t)
    return np.where(t < 0.5, np.log(np.tanh(t)), np.log1p(-e) - np.log1p(e))
