"""Arrays of numbers with an exponent of their own each: what float64 rounds to 0 or to infinity.

A number is m·2^e, with 1/2 ≤ |m| < 1 and |e| ≤ 2^50, or m = 0; an infinite m is beyond even that,
and a NaN has no value. Sums and products cost one rounding of m.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gradtui.mathematics.activations.exponentials import product

_LN_2_HIGH = 6.93147180369123816490e-01  # 32 bits, so that k·this is exact (Cody & Waite, 1980)
_LN_2_LOW = 1.90821492927058770002e-10
_LN_2 = math.log(2.0)
_TINY = 2.0**-300
_MOST_EXPONENT = 2.0**50
"""Up to here an exponent is right to the last digit; beyond are 0 and ∞."""


class Wide(NamedTuple):
    """m·2^e, number by number; e is a float that is whole."""

    m: Any
    e: Any

    @classmethod
    def of(cls, value: Any) -> Wide:
        """Plain numbers."""
        return cls.normal(np.asarray(value, dtype=np.float64), 0.0)

    @classmethod
    def normal(cls, m: Any, e: Any) -> Wide:
        """m·2^e for any m."""
        mantissa, own = np.frexp(m)
        exponent = np.where(mantissa == 0.0, 0.0, e + own)
        gone = exponent < -_MOST_EXPONENT
        mantissa = np.where(
            gone, 0.0, np.where(exponent > _MOST_EXPONENT, mantissa * np.inf, mantissa)
        )
        return cls(mantissa, np.where(np.isfinite(mantissa) & ~gone, exponent, 0.0))

    @property
    def value(self) -> Any:
        """As float64: 0 or ±∞ where that does not reach."""
        with np.errstate(all="ignore"):
            return np.ldexp(self.m, np.clip(self.e, -3000.0, 3000.0).astype(np.int64))

    @property
    def log(self) -> Any:
        """The logarithm ln|m·2^e|, -∞ for 0."""
        near = abs(self.e) <= 2.0
        plain = np.log(
            abs(
                np.where(
                    near, np.ldexp(self.m, np.where(near, self.e, 0.0).astype(np.int64)), self.m
                )
            )
        )
        return np.where(near, plain, plain + self.e * _LN_2)

    @property
    def sign(self) -> Any:
        """-1, 0 or 1."""
        return np.sign(self.m)

    @property
    def tiny(self) -> Any:
        """Where its square is nothing beside 1, and its value may be none at all."""
        return (self.m == 0.0) | (self.e < -300.0)

    def __neg__(self) -> Wide:
        return Wide(-self.m, self.e)

    def __mul__(self, other: Wide) -> Wide:  # type: ignore[override]
        return Wide.normal(self.m * other.m, self.e + other.e)

    def __truediv__(self, other: Wide) -> Wide:
        return Wide.normal(self.m / other.m, self.e - other.e)

    def __add__(self, other: Wide) -> Wide:  # type: ignore[override]
        mine = np.where(self.m == 0.0, -np.inf, self.e)
        its = np.where(other.m == 0.0, -np.inf, other.e)
        top = np.maximum(mine, its)
        top = np.where(np.isfinite(top), top, 0.0)
        lower = [np.clip(e - top, -2000.0, 0.0).astype(np.int64) for e in (mine, its)]
        return Wide.normal(np.ldexp(self.m, lower[0]) + np.ldexp(other.m, lower[1]), top)

    def __sub__(self, other: Wide) -> Wide:
        return self + -other

    def __abs__(self) -> Wide:
        return Wide(abs(self.m), self.e)

    def chosen(self, condition: Any, other: Wide) -> Wide:
        """This where the condition holds, the other elsewhere."""
        return Wide(np.where(condition, self.m, other.m), np.where(condition, self.e, other.e))


def exp(u: Any) -> Wide:
    """The exponential of plain numbers, -∞ and ∞ among them."""
    u = np.asarray(u, dtype=np.float64)
    finite = np.isfinite(u)
    v = np.where(finite, u, 0.0)
    k = np.rint(v / _LN_2)
    # From 2^50 on a float64 holds no rest: e^u is right to the last digit of u, as it is anywhere.
    rest = np.where(abs(k) < 2.0**20, (v - k * _LN_2_HIGH) - k * _LN_2_LOW, v - k * _LN_2)
    found = Wide.normal(np.exp(np.clip(rest, -1.0, 1.0)), k)
    ends = np.where(np.isnan(u), np.nan, np.where(u > 0.0, np.inf, 0.0))
    return found.chosen(finite, Wide(ends, np.zeros_like(ends)))


def power(base: Wide, exponent: Wide) -> Wide:
    """The power base**exponent: of a negative base only for whole exponents."""
    p = exponent.value
    whole = p == np.rint(p)
    size = abs(base)
    # m^p·2^(e·p), the part of e·p that is not whole kept apart.
    small = abs(p) <= 512.0
    raised = np.where(small, p, 0.0)
    shift, rest = product(size.e, raised)
    floor = np.floor(shift)
    direct = Wide.normal(size.m**raised * 2.0 ** ((shift - floor) + rest), floor)
    found = direct.chosen(small, exp(p * size.log))
    odd = whole & (np.mod(p, 2.0) == 1.0)
    negative = base.m < 0.0
    m = np.where(negative & odd, -found.m, found.m)
    m = np.where(negative & ~whole, np.nan, m)
    at_zero = np.where(p > 0.0, 0.0, np.where(p == 0.0, 1.0, np.inf))
    return Wide.normal(np.where(base.m == 0.0, at_zero, m), np.where(base.m == 0.0, 0.0, found.e))


def extended(plain: Any, log: Any, u: Wide) -> Wide:
    """A function of which the logarithm of the magnitude is known too, at u.

    Where its value is no normal number the logarithm has it; for a u so near 0 that float64 does
    not hold it, the first term of the series around 0, a power that is read off beside 0.

    Args:
        plain: g(z).
        log: ln|g(z)|.
        u: where.
    """
    z = u.value
    with np.errstate(all="ignore"):
        value = np.asarray(plain(z), dtype=np.float64)
        normal = (abs(value) > 1e-290) & (abs(value) < 1e290)
        found = Wide.of(value)
        if not np.all(normal):
            logs = np.asarray(log(z), dtype=np.float64)
            signs = np.where(np.signbit(value), -1.0, 1.0)
            by_log = exp(logs)
            by_log = Wide(by_log.m * signs, by_log.e)
            usable = normal | np.isnan(value) | np.isnan(logs) | (logs == np.inf)
            found = found.chosen(usable, by_log)
        near = u.tiny & (u.m != 0.0)
        if np.any(near):
            found = _near_zero(plain, log, u).chosen(near, found)
    return found


def _near_zero(plain: Any, log: Any, u: Wide) -> Wide:
    """The same for |u| < 2^-300: c·|u|^p on the side where u is, or the value at 0."""
    at_0 = float(plain(0.0))
    side = np.where(u.m < 0.0, -1.0, 1.0)
    one, two = float(2.0**-40), _TINY**0.5
    near, nearer = np.asarray(log(side * one)), np.asarray(log(side * two))
    p = np.rint((near - nearer) / (math.log(one) - math.log(two)))
    sign = np.where(np.signbit(plain(side * two)), -1.0, 1.0)
    p = np.where(np.isfinite(p), p, 0.0)
    size = exp(np.where(np.isfinite(nearer), nearer, -np.inf) + p * (u.log - math.log(two)))
    by_law = Wide(sign * size.m, size.e)
    return Wide.of(np.full(np.shape(u.m), at_0)).chosen(np.full(np.shape(u.m), at_0 != 0.0), by_law)
