"""Numbers with exponents apart, number by number, and the squared norms of rows.

Glossary: m mantissa, e exponent, a number m · 2^e; z where a function g is evaluated; c·|z|^p what
g is beyond the ordinary range; s · 4^e the square of a norm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array, Elementwise
from gradtui.mathematics.pieces import rows_at_once, spans
from gradtui.mathematics.scaled import MAX_EXPONENT, ORDINARY, Scaled, Tails, signs_of_tails
from gradtui.progress import Tick

if TYPE_CHECKING:
    from numpy.typing import NDArray


_ORDINARY = math.log2(ORDINARY[1])
_LN_2 = math.log(2.0)
_LOG10_2 = math.log10(2.0)
_NUMPY_2 = hasattr(np, "vecdot")
_MOST = float(MAX_EXPONENT)
PLAIN = 400
"""Rows of a with norms within 2^±400 are plain floats: their products are normal numbers."""
LEAST, MOST = 2.0 ** (-2 * PLAIN), 2.0 ** (2 * PLAIN)

Exponents: TypeAlias = "NDArray[np.float64]"
"""Powers of two, whole numbers; float64, because they may pass 2^63."""


class Apart(NamedTuple):
    """m · 2^e number by number: 1/2 ≤ |m| < 1, or m = 0 with e = -∞."""

    m: Array
    e: Exponents

    @classmethod
    def of(cls, m: Array, e: Exponents | float = 0.0) -> Apart:
        """m · 2^e for any finite m."""
        mantissa, own = np.frexp(m)
        return cls(mantissa, np.where(mantissa == 0.0, -np.inf, own + e))

    @classmethod
    def of_log(cls, sign: Array, log: Array) -> Apart:
        """sign · e^log."""
        finite = np.where(np.isfinite(log), log, 0.0)
        e = np.floor(finite / _LN_2)
        rest = np.clip(finite - e * _LN_2, 0.0, _LN_2)
        return cls.of(np.where(log == -np.inf, 0.0, sign) * np.exp(rest), e)

    def times(self, other: Apart) -> Apart:
        """The product, number by number."""
        return Apart.of(self.m * other.m, self.e + other.e)

    def plus(self, other: Apart) -> Apart:
        """The sum, number by number."""
        e = or_zero(np.maximum(self.e, other.e))
        return Apart.of(shifted(self.m, self.e - e) + shifted(other.m, other.e - e), e)

    def ordinary(self) -> Array:
        """The plain numbers, brought within the ordinary range with their signs."""
        return shifted(self.m, np.clip(self.e, -_ORDINARY, _ORDINARY))

    def capped(self) -> Apart:
        """These numbers within the range in which a signal has a size; see `MAX_EXPONENT`."""
        zero = self.e < -_MOST
        e = np.where(zero, -np.inf, np.minimum(self.e, _MOST))
        return Apart(np.where(zero, 0.0, self.m), e)

    def rows(self) -> tuple[Array, Exponents]:
        """Plain rows of which the largest is about 1, and an exponent a row; plain where it can."""
        e = self.e.max(axis=1)
        apart = np.where((e == -np.inf) | (np.abs(e) < PLAIN - 20), 0.0, e)
        return shifted(self.m, self.e - apart[:, None]), apart

    def negative(self) -> Apart:
        """These numbers with the other sign."""
        return Apart(-self.m, self.e)

    def columns(self, some: slice) -> Apart:
        """Some columns."""
        return Apart(self.m[..., some], self.e[..., some])

    @staticmethod
    def beside(parts: Sequence[Apart]) -> Apart:
        """Columns side by side."""
        return Apart(*(np.concatenate(both, axis=-1) for both in zip(*parts, strict=True)))


def shifted(m: Array, e: Exponents) -> Array:
    """m · 2^e in plain floats."""
    shifted: Array = np.ldexp(m, np.clip(e, -3000.0, 3000.0).astype(np.intc))
    return shifted


def shifted_rows(m: Array, e: Exponents, tick: Tick) -> Array:
    """Row i of m · 2^e_i in plain floats, some rows at a time."""
    rows = np.empty(m.shape)
    for some in spans(len(m), rows_at_once(m.shape[1]), tick):
        rows[some] = shifted(m[some], e[some, None])
    return rows


def levelled_rows(m: Array, tick: Tick) -> tuple[Array, Exponents]:
    """Row by row what `Apart.rows` makes of plain rows, some rows at a time."""
    rows, e = np.empty(m.shape), np.empty(len(m))
    for some in spans(len(m), rows_at_once(m.shape[1]), tick):
        rows[some], e[some] = Apart.of(m[some]).rows()
    return rows, e


def or_zero(e: Exponents) -> Exponents:
    """Exponents with that of zero, -∞, replaced by one that can be subtracted."""
    return np.where(e == -np.inf, 0.0, e)


class Extended:
    """A function of one variable for numbers with exponents apart; see `scaled.Tails`."""

    def __init__(
        self, plain: Callable[..., Any], log: Elementwise, tails: Callable[[Scaled], Scaled]
    ) -> None:
        self.plain, self.log = plain, log
        # For each end, positive or not and huge or not, |z| and the sign of g there.
        self._tails = dict.fromkeys(product((True, False), repeat=2), (0.0, 0.0))
        self.laws = [
            (sign, huge, *self._law(tails, sign, huge)) for sign in (1, -1) for huge in (1, -1)
        ]

    @staticmethod
    def _law(tails: Callable[[Scaled], Scaled], sign: int, huge: int) -> tuple[Scaled, int]:
        """The c and p of c·|z|^p beyond the ordinary range, on that side and at that end."""
        near, far = (Scaled(0.5 * sign, 1 + huge * up) for up in (2000, 2001))
        here, there = tails(near), tails(far)
        p = huge * (there.exponent - here.exponent) if here.sign else 0
        return here.times_scaled(near.power(-p)), p

    def __call__(self, z: Apart) -> Apart:
        """g(z)."""
        ordinary = z.ordinary()
        values = np.asarray(self.plain(ordinary))
        m, e = Apart.of(values)
        size = np.abs(values)
        lost = ~((size >= ORDINARY[0]) & (size <= ORDINARY[1]))
        beyond = np.abs(or_zero(z.e)) > _ORDINARY
        if lost.any():
            at = ordinary[lost]
            log = np.asarray(self.log(at))
            sign = np.sign(values[lost])
            gone = (sign == 0.0) & (log > -np.inf)
            sign[gone] = self._signs(at[gone])
            m[lost], e[lost] = Apart.of_log(sign, log)
            beyond[lost] |= log == np.inf  # where g overflows it has long followed its law
        if beyond.any():
            for side, huge, factor, p in self.laws:
                here = beyond & (np.sign(z.m) == side) & (np.sign(z.e) == huge)
                power = np.abs(z.m[here]) ** float(p)
                m[here], e[here] = Apart.of(
                    factor.mantissa * power, factor.exponent + p * z.e[here]
                )
        return Apart(m, e)

    def _signs(self, z: Array) -> Array:
        """The signs where g has underflowed: the same all the way out, or in to 0."""
        signs, size = np.zeros(z.shape), np.abs(z)
        for end in self._tails:
            here = ((z > 0.0) == end[0]) & ((size > 1.0) == end[1])
            if not here.any():
                continue
            known, sign = self._tails[end]
            nearest = float(size[here].min() if end[1] else size[here].max())
            if sign == 0.0 or (nearest < known) == end[1]:
                point = nearest if end[0] else -nearest
                sign = float(signs_of_tails(self.plain, point))
                self._tails[end] = nearest, sign
            signs[here] = sign
        return signs


@lru_cache(maxsize=16)
def value_and_slope(f: Activation) -> tuple[Extended, Extended]:
    """An activation and its derivative for numbers with exponents apart."""
    tails = Tails(f)
    return (
        Extended(f, f.log_abs, tails.function),
        Extended(f.derivative, f.log_abs_derivative, tails.derivative),
    )


def inner_products(x: Array, y: Array) -> Array:
    """Σ_j x_j y_j along the last axis."""
    products: Array = np.vecdot(x, y) if _NUMPY_2 else np.einsum("...j,...j->...", x, y)
    return products


def row_norms(rows: Array) -> Array:
    """The squared norm of each row: [.., n] to [..]."""
    norms: Array = inner_products(rows, rows)
    return norms


def magnitude(squares: Array) -> Exponents:
    """The exponents of the roots of `squares`; 0 for those of 0."""
    return np.floor(np.frexp(squares)[1] / 2.0)


def within(squares: Array, least: float, most: float) -> bool:
    """Whether all of `squares` lie between the two; what is not a number does not."""
    return bool(squares.min() >= least and squares.max() <= most)


class Squares:
    """Squares s · 4^e of norms, to be filled in."""

    def __init__(self, size: int) -> None:
        self.s, self.e = np.zeros(size), np.zeros(size)

    def total(self, at: int, squares: Array, e: Exponents | None, shift: float = 0.0) -> None:
        """Put Σ_i squares_i 4^(e_i + shift) there."""
        if e is None:
            self.s[at], self.e[at] = squares.sum(), shift
            return
        live = squares > 0.0
        if live.any():
            top = float((e + magnitude(squares))[live].max())
            self.s[at] = shifted(squares[live], 2.0 * (e[live] - top)).sum()
            self.e[at] = top + shift

    def include(self, other: Squares) -> None:
        """Add the squares of another."""
        mine, theirs = (np.where(one.s > 0.0, one.e, -np.inf) for one in (self, other))
        e = or_zero(np.maximum(mine, theirs))
        self.s = shifted(self.s, 2.0 * (self.e - e)) + shifted(other.s, 2.0 * (other.e - e))
        self.e = e

    def log10(self) -> Array:
        """log10 of the norms; -inf for 0."""
        logs: Array = np.where(self.s > 0.0, 0.5 * np.log10(self.s) + self.e * _LOG10_2, -np.inf)
        return logs
