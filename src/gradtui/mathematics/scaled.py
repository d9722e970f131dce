"""Numbers with an exponent of their own, for what float64 would round to 0 or to infinity."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, overload

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_ORDINARY_EXPONENT = 960
ORDINARY = (2.0**-_ORDINARY_EXPONENT, 2.0**_ORDINARY_EXPONENT)
"""|z| between these stays in plain floats, with room for one more product."""

MAX_EXPONENT = 2**1000
"""Beyond 2^±2^1000 float64 soon has no room for sums of logarithms: smaller is 0, larger stays."""

_NEGLIGIBLE = 120
"""A summand smaller by 2^-120 changes no float64."""

_AT_ONCE = 2048
"""Arguments of a function that are as quickly computed as a few."""

_LOG10_2 = math.log10(2.0)
_LN_2 = math.log(2.0)
_LARGEST_LOG = MAX_EXPONENT * _LN_2


class Scaled(NamedTuple):
    """mantissa · 2^exponent, with 1/2 ≤ |mantissa| < 1, or both 0.

    A product costs one rounding of the mantissa, so that 10,000 of them stay right to 1e-12,
    which a running sum of logarithms would not.
    """

    mantissa: float
    exponent: int

    @classmethod
    def of(cls, value: float, exponent: int = 0) -> Scaled:
        """value · 2^exponent."""
        mantissa, own = math.frexp(value)
        total = exponent + own
        if mantissa == 0.0 or total < -MAX_EXPONENT:
            return cls(0.0, 0)
        return cls(mantissa, min(total, MAX_EXPONENT))

    @classmethod
    def of_log(cls, sign: int, log: float) -> Scaled:
        """sign · e^log."""
        if log < -_LARGEST_LOG:
            return cls(0.0, 0)
        exponent = math.floor(min(log, _LARGEST_LOG) / _LN_2)
        # From 1e16 on float64 no longer holds the rest, and the difference is only its rounding.
        rest = min(max(log - exponent * _LN_2, 0.0), _LN_2)
        return cls.of(sign * math.exp(rest), exponent)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.mantissa > 0) - (self.mantissa < 0)

    @property
    def log10(self) -> float:
        """log10 of the magnitude; -inf for 0."""
        if self.mantissa == 0.0:
            return -math.inf
        return math.log10(abs(self.mantissa)) + self.exponent * _LOG10_2

    @property
    def value(self) -> float:
        """The plain number: 0.0 or ±inf where float64 does not reach."""
        if self.exponent > 1024:
            return math.copysign(math.inf, self.mantissa)
        return math.ldexp(self.mantissa, max(self.exponent, -2000)) if self.exponent < 1024 else (
            self.mantissa * 2.0 * 2.0**1023
        )  # fmt: skip

    def times(self, factor: float) -> Scaled:
        """This number times a plain one."""
        mantissa, exponent = math.frexp(factor)
        return Scaled.of(self.mantissa * mantissa, self.exponent + exponent)

    def times_scaled(self, factor: Scaled) -> Scaled:
        """This number times another."""
        return Scaled.of(self.mantissa * factor.mantissa, self.exponent + factor.exponent)

    def plus(self, summand: float) -> Scaled:
        """This number plus a plain one."""
        if summand == 0.0:
            return self
        other = Scaled.of(summand)
        if self.mantissa == 0.0:
            return other
        shift = other.exponent - self.exponent
        if abs(shift) > _NEGLIGIBLE:
            return other if shift > 0 else self
        return Scaled.of(self.mantissa + math.ldexp(other.mantissa, shift), self.exponent)

    def power(self, p: int) -> Scaled:
        """|This number|^p, for a small whole p."""
        return Scaled.of(abs(self.mantissa) ** p, self.exponent * p)


def signs_and_log10(numbers: Sequence[Scaled]) -> tuple[Array, Array]:
    """The sign and log10 of each."""
    mantissas = np.array([number.mantissa for number in numbers])
    exponents = np.array([float(number.exponent) for number in numbers])
    with np.errstate(divide="ignore"):
        return np.sign(mantissas), np.log10(np.abs(mantissas)) + exponents * _LOG10_2


class Numbers(Protocol):
    """A function of one real variable, number by number."""

    @overload
    def __call__(self, z: float, /) -> float: ...
    @overload
    def __call__(self, z: ArrayLike, /) -> Array: ...


def signs_of_tails(function: Numbers, z: ArrayLike) -> Array:
    """The signs of a function where it has underflowed: those it had nearer to 0, or further away.

    A tail that falls without end is larger at z/2; a power of a tiny z at 2z.
    """
    points = np.asarray(z, dtype=np.float64)
    signs = np.zeros(points.size)
    for direction in (-1, 1):
        near, steps = points.flatten(), 1
        while (left := np.flatnonzero((signs == 0.0) & (near != 0.0) & np.isfinite(near))).size:
            with np.errstate(over="ignore", under="ignore"):
                ladder = np.ldexp(near[left, np.newaxis], direction * np.arange(1, steps + 1))
            found = np.sign(function(ladder))
            signs[left] = found[np.arange(left.size), (found != 0.0).argmax(axis=1)]
            near[left] = ladder[:, -1]
            # Of few points many steps at once: a call costs more than what it computes.
            steps = max(1, min(16 * steps, _AT_ONCE // left.size))
    return signs.reshape(points.shape)


class _PowerLaw(NamedTuple):
    """g(z) = c · |z|^p."""

    c: Scaled
    p: int


class Tails:
    """An activation and its derivative for any scaled argument.

    Beyond the ordinary range both follow a power law c·|z|^p to the last digit (for tiny z the
    first term of the Taylor series; for huge z the asymptote), which is read off at |z| = 1e±100.
    """

    def __init__(self, activation: Activation) -> None:
        f = activation
        self.function = _Extended(f, f.log_abs)
        """f(z) as a function of a `Scaled`."""
        self.derivative = _Extended(f.derivative, f.log_abs_derivative)
        """f′(z) as a function of a `Scaled`."""

    @property
    def evaluations(self) -> int:
        """How often one of them was evaluated, not taken from its law or from before."""
        return self.function.evaluations + self.derivative.evaluations


class _Extended:
    """A function of one real variable, with its logarithm, for any scaled argument."""

    def __init__(self, plain: Numbers, log: Numbers) -> None:
        self._plain = plain
        self._log = log
        self._laws: dict[tuple[bool, bool], _PowerLaw | None] = {}
        self._tails: dict[tuple[bool, bool], tuple[float, float]] = {}
        # A dead unit, or a fixed point, asks for the same z at every layer.
        self._at = lru_cache(maxsize=64)(self._evaluate)

    def __call__(self, z: Scaled) -> Scaled:
        if z.mantissa == 0.0 or -_ORDINARY_EXPONENT <= z.exponent <= _ORDINARY_EXPONENT:
            return self._at(z.value)
        largest = math.copysign(sys.float_info.max, z.mantissa)
        return self._by_law(z) or self._at(z.value if math.isfinite(z.value) else largest)

    @property
    def evaluations(self) -> int:
        """How often it was evaluated."""
        return self._at.cache_info().misses

    def _by_law(self, z: Scaled) -> Scaled | None:
        """g(z) by the law at the end where z is, if there is one."""
        end = z.mantissa > 0.0, z.exponent > 0
        if end not in self._laws:
            self._laws[end] = self._law(*end)
        law = self._laws[end]
        if law is None:
            return None
        return law.c.times_scaled(z.power(law.p)) if law.p else law.c

    def _evaluate(self, z: float) -> Scaled:
        """g(z) for a z that float64 holds, although g(z) may underflow."""
        value = self._plain(z)
        if ORDINARY[0] <= abs(value) <= ORDINARY[1]:
            return Scaled.of(value)
        log = self._log(z)
        if log == math.inf and (by_law := self._by_law(Scaled.of(z))) is not None:
            return by_law  # where g itself overflows it has long followed its law
        sign = value if value or log == -math.inf else self._sign_of_tail(z)
        return Scaled.of_log((sign > 0) - (sign < 0), log)

    def _sign_of_tail(self, z: float) -> float:
        """The sign of g(z) where it has underflowed: the same all the way out, or in to 0."""
        end = z > 0.0, abs(z) > 1.0
        known, sign = self._tails.get(end, (z, 0.0))
        if sign == 0.0 or (abs(z) < abs(known)) == end[1]:
            sign = float(signs_of_tails(self._plain, z))
            self._tails[end] = z, sign
        return sign

    def _law(self, positive: bool, huge: bool) -> _PowerLaw | None:
        """The law at that end, or None where g falls faster than any power (or oscillates)."""
        sign = 1.0 if positive else -1.0
        near = sign * (1e100 if huge else 1e-100)
        far = sign * (1e101 if huge else 1e-101)
        if math.inf in (self._log(near), self._log(far)):
            return None
        here, there = self._at(near), self._at(far)
        if here.sign == 0 or there.sign == 0:
            return _PowerLaw(Scaled(0.0, 0), 0)
        slope = (there.log10 - here.log10) * (1 if huge else -1)
        p = round(slope) if abs(slope) < 10 else 0
        if abs(slope - p) > 1e-6:
            return None
        return _PowerLaw(here.times_scaled(Scaled.of(near).power(-p)), p)
