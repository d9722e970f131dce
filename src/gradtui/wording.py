"""Numbers as a reader wants them, from magnitudes that float64 may not hold."""

from __future__ import annotations

import math

THEORY = ", theory for infinite width"
"""What stands after the name of a curve that was not measured."""

_EXPONENT_WRITTEN_OUT = 1e15
"""An exponent from here on, which has no digit after its point, is written in two digits."""


def magnitude(log10: float, digits: int = 2) -> str:
    """10^log10 in a few significant digits: 0.065, 1.3e-24, 1e-6484, 0."""
    if not math.isfinite(log10):
        return {-math.inf: "0", math.inf: "∞"}.get(log10, "-")
    if abs(log10) >= _EXPONENT_WRITTEN_OUT:
        return f"10^{plain(log10, 2)}"
    if -3 <= log10 < 4:
        value = 10.0**log10
        decimals = max(0, digits - 1 - math.floor(math.log10(value) + 1e-9))
        text = f"{value:.{decimals}f}"
        if len(text) == 5 and not decimals:
            return "1e4"  # as what is not below it
        return text.rstrip("0").rstrip(".") if "." in text else text
    exponent = math.floor(log10)
    mantissa = f"{10.0 ** (log10 - exponent):.{digits - 1}f}"
    if float(mantissa) >= 10:
        mantissa, exponent = f"{1:.{digits - 1}f}", exponent + 1
        if exponent == -3:
            return "0.001"  # as what is not below it
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{exponent}"


def told(log10: float) -> str:
    """The magnitude in a column; of what has passed the range of its logarithm, that it is more."""
    return f">{magnitude(LARGEST)}" if log10 == math.inf else magnitude(log10)


LARGEST = 1e308
"""Of what float64 holds the logarithm, that is the most."""


def digits_apart(log10: float, *others: float) -> int:
    """So many digits as tell 10^log10 from all others that it is compared with: two at least.

    Two also where no digits do, for it is one of them.
    """
    for digits in range(2, _MOST_DIGITS + 1):
        text = magnitude(log10, digits)
        if all(magnitude(other, digits) != text for other in others):
            return digits
    return 2


_MOST_DIGITS = 9
"""What is nearer to another number than that is not told apart from it: so exact logarithms are."""


def rate(log10: float) -> str:
    """A factor per layer, with as many digits as tell it from 1: ×0.23, ×1.02, ×0.999887."""
    text = magnitude(log10)
    if 0.0 < abs(log10) < _NEAR_1:
        off = abs(math.expm1(log10 * math.log(10.0)))
        least = 6 if abs(log10) < 0.005 else 2
        decimals = min(max(least, 1 - math.floor(math.log10(off))), _MOST_DECIMALS_OF_A_RATE)
        text = f"{10.0**log10:.{decimals}f}".rstrip("0").rstrip(".")
    return f"×{text}"


_NEAR_1 = 0.08
"""log10 of 1.2: two digits of a factor nearer to 1 say too little of many layers."""
_MOST_DECIMALS_OF_A_RATE = 9


def decade(log10: float) -> str:
    """A tick of a logarithmic axis: 1, 1e-8, 10^-5e22."""
    whole = round(log10)
    if abs(whole) >= _LONG_EXPONENT:
        return f"10^{plain(log10, 2)}"
    return "1" if whole == 0 else f"1e{whole}"


def decade_cells(low: float, high: float) -> int:
    """How long the ticks of an axis between these can be."""
    if max(abs(low), abs(high)) >= _LONG_EXPONENT:
        return 11
    return 6 if low > -999 and high < 9999 else 8


_LONG_EXPONENT = 100_000


def plain(value: float, digits: int = 3) -> str:
    """A plain number in `digits` significant digits: 0.222, -1.5, 1e-12, 0."""
    if not math.isfinite(value):
        return str(value)
    text = f"{value + 0.0:.{digits}g}"  # -0.0 is 0
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text


def number(value: float, log10: float, digits: int = 3) -> str:
    """A number that float64 may have rounded to 0 or to inf, by its logarithm then: -1e400.

    Args:
        value: the number, with the sign of what was rounded.
        log10: log10 of its magnitude; -inf where it is exactly 0.
        digits: so many significant ones.
    """
    if (value and math.isfinite(value)) or log10 == -math.inf:
        return plain(value, digits)
    return f"{'-' if math.copysign(1.0, value) < 0.0 else ''}{magnitude(log10, digits)}"


def counted(count: int, what: str) -> str:
    """So many of something: 1 unit, 64 units, 1,000 layers."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def subscript(index: int) -> str:
    """The number as a subscript: ₁₂."""
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def percent(share: float, digits: int = 2) -> str:
    """A share as a percentage: 6.6 %, 0.0012 %, 99.97 %; 0 % is nothing, and 100 % is all."""
    return percent_of(math.log10(share), digits) if share > 0 else "0 %"


def percent_of(log10: float, digits: int = 2) -> str:
    """The share 10^log10 as a percentage, also where float64 does not hold it: 1e-400 %."""
    off = 100.0 * abs(math.expm1(log10 * math.log(10.0))) if abs(log10) < 0.01 else math.inf
    if not _EXACTLY < off < 0.5:
        return f"{magnitude(log10 + 2.0, digits)} %"
    decimals = max(1, -math.floor(math.log10(off)))
    if decimals > _MOST_DECIMALS:
        return "almost 100 %" if log10 < 0 else "just over 100 %"
    return f"{100.0 * 10.0**log10:.{decimals}f} %"


_EXACTLY = 1e-10
"""Per cent: what is not further off 100 % is it, but for the rounding of float64."""
_MOST_DECIMALS = 4


def factor(log10: float, digits: int = 2) -> str:
    """What a number is multiplied by in all: ×0.065, ×3.2e-33, ×2.3e5.

    Of a factor a layer, which works as often as there are layers, `rate` tells more digits.
    """
    if log10 == math.inf:
        return f"more than ×{magnitude(LARGEST)}"
    return f"×{magnitude(log10, digits)}"


def share_of(log10: float, whole: str, digits: int = 2) -> str:
    """10^log10 of something, in words: ×0.065 of it, ×2.3e5 of it, all of it, none of it.

    Args:
        log10: log10 of the share; -inf where there is nothing.
        whole: what it is a share of.
        digits: so many of the factor.
    """
    if log10 == -math.inf:
        return f"none of {whole}"
    if abs(log10) < _SAME:
        return f"all of {whole}"
    if (text := factor(log10, digits)) == "×1":
        return f"almost all of {whole}" if log10 < 0 else f"slightly more than {whole}"
    return f"{text} of {whole}"


_SAME = 1e-9
"""What log10 may be off where all of something is left: float64's own rounding, added up."""


def foretold(what: str, seconds: float, *, most: bool = False) -> str:
    """What is said before work that takes long: drawing 40 networks takes about 12 s; "" elsewhere.

    Args:
        what: the work.
        seconds: what it takes, by a count of operations.
        most: whether that is the most that it can take.
    """
    if seconds <= _SOON:
        return ""
    return f"{what} takes {'up to' if most else 'about'} {duration(seconds)}"


TRYING = "looking for what helps"

_SOON = 2.0
"""Seconds in which an answer is there without a word before it."""


def duration(seconds: float) -> str:
    """Seconds in words: 40 s, 3 min, 2 hours."""
    for size, unit in ((3600.0, "hours"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{int(seconds / size + 0.5):,} {unit}"
    return f"{math.ceil(seconds)} s"
