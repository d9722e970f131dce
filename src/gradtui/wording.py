"""Numbers as a reader wants them, from magnitudes that float64 may not hold."""

from __future__ import annotations

import math


def magnitude(log10: float, digits: int = 2) -> str:
    """10^log10 in a few significant digits: 0.065, 1.3e-24, 1e-6484, 0."""
    if not math.isfinite(log10):
        return {-math.inf: "0", math.inf: "∞"}.get(log10, "-")
    if -3 <= log10 < 4:
        value = 10.0**log10
        decimals = max(0, digits - 1 - math.floor(math.log10(value) + 1e-9))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    exponent = math.floor(log10)
    mantissa = f"{10.0 ** (log10 - exponent):.{digits - 1}f}"
    if float(mantissa) >= 10:
        mantissa, exponent = f"{1:.{digits - 1}f}", exponent + 1
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{exponent}"


def rate(log10: float) -> str:
    """A factor per layer, with as many digits as tell it from 1: ×0.23, ×0.999887."""
    text = magnitude(log10)
    if abs(log10) < 0.005:
        text = f"{10.0**log10:.6f}".rstrip("0").rstrip(".")
    return f"×{text}"


def decade(log10: float) -> str:
    """A tick of a logarithmic axis: 1, 1e-8."""
    whole = round(log10)
    return "1" if whole == 0 else f"1e{whole}"


def plain(value: float, digits: int = 3) -> str:
    """A plain number in `digits` significant digits: 0.222, -1.5, 1e-12, 0."""
    if not math.isfinite(value):
        return str(value)
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text


def subscript(index: int) -> str:
    """The number as a subscript: ₁₂."""
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def percent(share: float) -> str:
    """A share as a percentage: 6.6 %, 0.0012 %."""
    return f"{magnitude(math.log10(share) + 2, 2) if share > 0 else 0} %"


def duration(seconds: float) -> str:
    """Seconds in words: 40 s, 3 min, 2 hours."""
    for size, unit in ((3600.0, "hours"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{int(seconds / size + 0.5):,} {unit}"
    return f"{math.ceil(seconds)} s"
