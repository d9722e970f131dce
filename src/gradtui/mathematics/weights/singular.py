"""The largest singular value of a matrix, and its stable rank.

Glossary: W [m, n], σ its largest singular value, u and v the singular vectors, k steps of Golub,
Kahan and Lanczos, B [k, k] the bidiagonal matrix that they make of W, e the residual.

    stable rank = ‖W‖_F² / σ²          between 1 and the rank

Up to a size σ is exact. Beyond, it is the largest singular value of B, never more than σ, and some
singular value of W is within e of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import spans, turn
from gradtui.mathematics.weights.moments import flat
from gradtui.progress import Tick, part, unwatched

EXACT = 512
"""The smaller side up to which all singular values are computed, …"""
EXACT_SIZE = 2**21
"""… in a matrix of so many numbers."""
_MULTIPLICATIONS = 4e9
_STEPS = (8, 60)
_CLOSE = 1e-7
_AT_ONCE = 2**26
"""So many numbers go through a product between two ticks: 0.1 s."""


@dataclass(frozen=True)
class Singular:
    """The largest singular value.

    Attributes:
        largest: σ; where it isn't exact, at least so much.
        stable_rank: ‖W‖_F²/σ², nan of a matrix of zeros; where σ isn't exact, at most so much.
        error: how far from `largest`, as a share of it, some singular value is at most; 0 if exact.
    """

    largest: float
    stable_rank: float
    error: float

    @property
    def exact(self) -> bool:
        """Whether it is known to rounding."""
        return self.error == 0.0


def singular(weights: Array, tick: Tick = unwatched) -> Singular:
    """σ and the stable rank of a matrix of finite numbers."""
    top = float(max(weights.max(initial=0.0), -weights.min(initial=0.0)))
    if top == 0.0:
        return Singular(0.0, math.nan, 0.0)
    # Only what would leave float64's range when it is squared is worth a copy.
    e = 0 if 1e-100 < top < 1e100 else math.frexp(top)[1]
    unit = np.ldexp(weights, -e) if e else weights
    if min(unit.shape) <= EXACT and unit.size <= EXACT_SIZE:
        largest, error = float(np.linalg.svd(unit, compute_uv=False)[0]), 0.0
    else:
        largest, error = _lanczos(unit, tick)
    row = flat(unit)
    squares = float(np.vdot(row, row))
    # Of numbers at the end of float64's range σ may be beyond it.
    return Singular(float(np.ldexp(largest, e)), squares / largest**2, error)


def _lanczos(w: Array, tick: Tick) -> tuple[float, float]:
    """The largest singular value of B, and e as a share of it."""
    m, n = w.shape
    steps = int(np.clip(_MULTIPLICATIONS / (2.0 * m * n), *_STEPS))
    us, vs = np.zeros((steps, m)), np.zeros((steps, n))
    b = np.zeros((steps, steps + 1))
    v: Array = np.random.default_rng(0).standard_normal((n,))
    v /= float(np.linalg.norm(v))
    beta, found, error = 0.0, 0.0, 1.0
    for at in range(steps):
        vs[at] = v
        step = turn(tick, at, steps)
        u = _times(w, v, part(step, 0.0, 0.5)) - (beta * us[at - 1] if at else 0.0)
        u -= us[:at].T @ (us[:at] @ u)
        b[at, at] = float(np.linalg.norm(u))
        if b[at, at] <= _CLOSE * found:  # the rows of B are all that W does
            return float(np.linalg.svd(b[:at, : at + 1], compute_uv=False)[0]), _CLOSE
        us[at] = u / b[at, at]
        v = _back(w, us[at], part(step, 0.5, 0.5)) - b[at, at] * v
        v -= vs[: at + 1].T @ (vs[: at + 1] @ v)
        beta = b[at, at + 1] = float(np.linalg.norm(v))
        left, values, _ = np.linalg.svd(b[: at + 1, : at + 1])
        found = float(values[0])
        error = beta * abs(float(left[at, 0])) / found
        if error < _CLOSE or at + 1 == min(m, n):
            return found, max(error, np.finfo(float).eps)
        v /= beta
        tick((at + 1) / steps)
    return found, error


def _times(w: Array, v: Array, tick: Tick) -> Array:
    """W v, some rows at a time."""
    out = np.empty(len(w))
    for some in spans(len(w), max(1, _AT_ONCE // w.shape[1]), tick):
        out[some] = w[some] @ v
    return out


def _back(w: Array, u: Array, tick: Tick) -> Array:
    """Wᵀ u, some rows at a time."""
    out = np.zeros(w.shape[1])
    for some in spans(len(w), max(1, _AT_ONCE // w.shape[1]), tick):
        out += w[some].T @ u[some]
    return out
