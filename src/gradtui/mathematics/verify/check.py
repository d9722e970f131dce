"""One check: a number as it should be, as it is, and how far apart they may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import NamedTuple

_EXACT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Holds 50 digits with any exponent, and their difference from a float64."""
_SMALLEST_NORMAL = Decimal("2.2250738585072014e-308")

DIGITS_50 = "mpmath, 50 digits"
"""The source of what is shipped."""


@dataclass(frozen=True)
class Check:
    """What was compared, and how it came out.

    Attributes:
        group: activations, chains, networks, mean field, time, blocks, or PyTorch.
        what: of which number.
        expected: as the source has it, all its digits; "-inf" the logarithm of a zero.
        got: as the engine has it.
        error: how far apart they are, as `what` and the tolerance are meant: relative, or of a
            logarithm. inf where one is zero or infinite and the other is not.
        tolerance: the most that is allowed.
        source: who says what is expected.
    """

    group: str
    what: str
    expected: str
    got: float
    error: float
    tolerance: float
    source: str

    @property
    def ok(self) -> bool:
        """Whether it holds; an error that is no number does not."""
        return self.error <= self.tolerance


class Pair(NamedTuple):
    """One of several numbers that a check looks at: the worst is told."""

    where: str
    expected: str
    got: float
    error: float
    tolerance: float

    @property
    def share(self) -> float:
        """Its error as a share of what is allowed."""
        return math.inf if math.isnan(self.error) else self.error / self.tolerance


def worst(group: str, what: str, pairs: Iterable[Pair], source: str) -> Check:
    """The check of several numbers, as the worst of them is."""
    _, expected, got, error, tolerance = found = max(pairs, key=lambda pair: pair.share)
    return Check(group, f"{what}{found.where}", expected, got, error, tolerance, source)


def exact(text: str | None) -> str:
    """A shipped number, null being the logarithm of zero."""
    return "-inf" if text is None else text


def by_size(where: str, expected: str, got: float, tolerance: float, *, least: str = "0") -> Pair:
    """A number whose error is relative, or to `least` where it is smaller.

    Below the smallest normal number it has only to be as small, and of no wrong sign.
    """
    true = Decimal(expected)
    if not math.isfinite(got):
        return Pair(where, expected, got, math.inf, tolerance)
    if 0 != abs(true) < _SMALLEST_NORMAL:
        small = _EXACT.compare(
            abs(Decimal(got)), _EXACT.multiply(_SMALLEST_NORMAL, Decimal("1.01"))
        )
        same = got == 0.0 or (got > 0.0) == (true > 0)
        return Pair(where, expected, got, 0.0 if small <= 0 and same else math.inf, tolerance)
    gap = abs(_EXACT.subtract(Decimal(got), true))
    beside = max(abs(true), Decimal(least))
    if beside == 0:
        return Pair(where, expected, got, 0.0 if gap == 0 else math.inf, tolerance)
    return Pair(where, expected, got, float(_EXACT.divide(gap, beside)), tolerance)


def by_distance(where: str, expected: str, got: float, tolerance: float) -> Pair:
    """A number, such as a logarithm, whose error is a distance."""
    if expected == "-inf" or not math.isfinite(got):
        same = expected == "-inf" and got == -math.inf
        return Pair(where, expected, got, 0.0 if same else math.inf, tolerance)
    gap = abs(_EXACT.subtract(Decimal(got), Decimal(expected)))
    return Pair(where, expected, got, float(gap), tolerance)


def logarithms(
    group: str, what: str, at: Sequence[object], expected: Sequence[str | None],
    got: Sequence[float], tolerance: float, source: str = DIGITS_50,
) -> Check:  # fmt: skip
    """One check of the log10 of several magnitudes."""
    return worst(
        group,
        what,
        [
            by_distance(f", {place}", exact(one), float(other), tolerance)
            for place, one, other in zip(at, expected, got, strict=True)
        ],
        source,
    )


def stated(
    group: str, what: str, expected: str, got: float, tolerance: float, source: str
) -> Check:
    """One check of a number that is known to so many digits."""
    return worst(group, what, [by_distance("", expected, got, tolerance)], source)
