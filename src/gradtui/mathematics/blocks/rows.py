"""Rows of a batch, each with a power of two of its own, and sums over them.

Glossary: B batch, n units, a row m · 2^e; r squared norms of the rows of m [B]; s · 4^e the square
of a norm; δ = ∂L/∂y of a layer y = h Wᵀ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.backward import CANCELLED, products
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    PLAIN,
    Apart,
    Exponents,
    inner_products,
    magnitude,
    row_norms,
    shifted,
    shifted_rows,
)
from gradtui.mathematics.pieces import MULTIPLICATIONS
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MILD = 2.0**-1000
"""Squared norms from here up have lost nothing: such rows need but another scale."""
_SPREAD, _NEAR = 200.0, PLAIN - 20.0
"""Rows that differ by up to 2^200 have one exponent together, 0 where all are within 2^±380."""
_ROUNDED = 64.0 * 2.0**-53
_ROUNDING = _ROUNDED**2
"""The share below which a sum is its rounding; and that of squares."""
_A_CALL = 64
"""So many columns more would take as long as one call does."""
_LOG10_2 = math.log10(2.0)

Square: TypeAlias = "tuple[float, float]"
"""s and e of the square s · 4^e of a norm."""
ZERO: Square = (0.0, 0.0)


class Rows(NamedTuple):
    """m · 2^e.

    Attributes:
        m: plain rows [B, n].
        r: their squared norms [B], between `LEAST` and `MOST`, or 0 for a row of zeros.
        e: an exponent a row, None where all are 0.
    """

    m: Array
    r: Array
    e: Exponents | None = None

    @classmethod
    def of(cls, m: Array) -> Rows:
        """Those of finite numbers."""
        rows = settled(m, None, sure=lambda: ~m.any(axis=1))
        return cls.of_apart(Apart.of(m)) if rows is None else rows

    @classmethod
    def of_apart(cls, numbers: Apart) -> Rows:
        """Those of numbers with exponents apart."""
        m, e = numbers.capped().rows()
        return _levelled(m, row_norms(m), e)

    def apart(self) -> Apart:
        """The same number by number."""
        return Apart.of(self.m, 0.0 if self.e is None else self.e[:, None])

    def plain(self, tick: Tick = unwatched) -> Array:
        """The same in plain floats, 0 or infinite where these do not reach."""
        return self.m if self.e is None else shifted_rows(self.m, self.e, tick)

    @property
    def common(self) -> float | None:
        """The exponent that all rows have together, if they have one."""
        if self.e is None:
            return 0.0
        first = float(self.e[0])
        return first if bool((self.e == first).all()) else None

    @property
    def square(self) -> Square:
        """The square of the norm of all rows."""
        return total(self.r, self.e)


def settled(
    m: Array,
    e: Exponents | None,
    sure: Callable[[], NDArray[np.bool_] | np.bool_ | bool] = lambda: False,
) -> Rows | None:
    """The rows m · 2^e, if plain floats have lost nothing of them.

    Args:
        m: what was computed.
        e: the exponents.
        sure: tells which rows, if they are zero, are exactly so.
    """
    r = row_norms(m)
    if np.minimum.reduce(r) >= LEAST and np.maximum.reduce(r) <= MOST:
        return Rows(m, r, e)
    kept = (r >= _MILD) & (r < np.inf)
    if not kept.all() and not (kept | ((r == 0.0) & sure())).all():
        return None
    return _levelled(m, r, e)


def _levelled(m: Array, r: Array, e: Exponents | None) -> Rows:
    """The same with norms about 1, under one exponent if rows do not differ by much."""
    live = r > 0.0
    if not live.any():
        return Rows(m, r, None)
    own = np.zeros(len(r)) if e is None else e
    size = np.where(live, magnitude(r) + own, 0.0)
    low, high = float(size[live].min()), float(size[live].max())
    if low > -_NEAR and high < _NEAR:
        there = np.zeros(len(r))
    elif high - low <= _SPREAD:
        there = np.full(len(r), high)
    else:
        there = np.where(np.abs(size) < _NEAR, 0.0, size)
    if not (there == own).all():
        m = shifted(m, np.where(live, own - there, 0.0)[:, None])
        r = row_norms(m)
    return Rows(m, r, there if there.any() else None)


# ------------------------------------------------------------------------ sums


def total(squares: Array, e: Exponents | None) -> Square:
    """Σ_i squares_i 4^(e_i)."""
    if e is None:
        return float(np.add.reduce(squares)), 0.0
    live = squares > 0.0
    if not live.any():
        return ZERO
    top = float((e + magnitude(squares))[live].max())
    return float(shifted(squares[live], 2.0 * (e[live] - top)).sum()), top


def log10(square: Square) -> float:
    """log10 of the norm; -inf for 0."""
    s, e = square
    return 0.5 * math.log10(s) + e * _LOG10_2 if s > 0.0 else -math.inf


def norm_of_sum(m: Array, e: Exponents | None) -> Square:
    """The square of ‖Σ_i m_i 2^(e_i)‖ for rows m_i; 0 where nothing but rounding is left of it.

    So it is of a bias before a batch norm, which takes away what the bias adds.
    """
    top = 0.0
    if e is not None:
        live = m.any(axis=1)
        if not live.any():
            return ZERO
        top = float(e[live].max())
        m = shifted(m, np.where(live, e - top, 0.0)[:, None])
    vector = _ones(len(m)) @ m
    s = float(vector @ vector)
    if LEAST <= s <= MOST and s > _ROUNDING * len(m) * float(np.vdot(m, m)):
        return s, top
    k = float(np.frexp(max(np.abs(m).max(), np.abs(vector).max()))[1])
    m, vector = (shifted(one, np.asarray(-k)) for one in (m, vector))
    s = float(vector @ vector)
    return (s, top + k) if s > _ROUNDING * len(m) * float(np.vdot(m, m)) else ZERO


@lru_cache(maxsize=16)
def _ones(rows: int) -> Array:
    return np.ones(rows)


def norm_of(vector: Array, e: float) -> Square:
    """The square of ‖vector · 2^e‖."""
    s = float(vector @ vector)
    if LEAST <= s <= MOST:
        return s, e
    k = float(np.frexp(np.abs(vector).max())[1])
    vector = shifted(vector, np.asarray(-k))
    return float(vector @ vector), e + k


def norm_of_outer(delta: Rows, a: Rows, tick: Tick) -> Square:
    """The square of ‖Σ_i δ_i a_iᵀ‖_F."""
    q, r = delta.r, a.r
    if delta.e is None and a.e is None:
        least = np.minimum.reduce(q) * np.minimum.reduce(r)
        if least >= LEAST and np.maximum.reduce(q) * np.maximum.reduce(r) <= MOST:
            return _outer_square(delta.m, a.m, q, r, tick), 0.0
    live = (q > 0.0) & (r > 0.0)
    if not live.any():
        return ZERO
    k, m = magnitude(q), magnitude(r)
    size = k + m + (0.0 if delta.e is None else delta.e) + (0.0 if a.e is None else a.e)
    top = float(size[live].max())
    x = shifted_rows(delta.m, np.where(live, size - top - k, 0.0), part(tick, 0.0, 0.1))
    y = shifted_rows(a.m, -m, part(tick, 0.1, 0.1))
    x[~live] = 0.0
    norms = row_norms(x)[None], row_norms(y)[None]
    return float(products(x[None], y[None], *norms, part(tick, 0.2, 0.8))[0]), top


def _outer_square(delta: Array, a: Array, q: Array, r: Array, tick: Tick) -> float:
    """‖δᵀa‖² = Σ_ij (δδᵀ)_ij (aaᵀ)_ij in plain floats, the way that is cheaper."""
    (batch, n), m = delta.shape, a.shape[1]
    if batch * (n + m + _A_CALL) <= n * m and batch * batch * max(n, m) <= MULTIPLICATIONS:
        square = float(np.vdot(delta @ delta.T, a @ a.T))
        if square >= CANCELLED * batch * float(q @ r):
            return square
    return float(products(delta[None], a[None], q[None], r[None], tick)[0])


def inner_product(x: Rows, y: Rows) -> Square:
    """The square of Σ_ij x_ij y_ij; 0 where nothing but rounding is left of it."""
    if x.e is None and y.e is None:
        size, sum_ = float(np.sqrt(x.r) @ np.sqrt(y.r)), float(np.vdot(x.m, y.m))
        if LEAST <= sum_ * sum_ <= MOST:
            return (sum_ * sum_, 0.0) if abs(sum_) > _ROUNDED * size else ZERO
    e = (0.0 if x.e is None else x.e) + (0.0 if y.e is None else y.e) + np.zeros(len(x.r))
    # Of numbers within 2^±400 each nothing is lost in plain floats.
    sums, sizes = inner_products(x.m, y.m), np.sqrt(x.r) * np.sqrt(y.r)
    live = sizes > 0.0
    if not live.any():
        return ZERO
    top = float((e + np.frexp(sizes)[1])[live].max())
    up = np.where(live, e - top, 0.0)
    total, size = float(shifted(sums, up).sum()), float(shifted(sizes, up).sum())
    return (total * total, top) if abs(total) > _ROUNDED * size else ZERO
