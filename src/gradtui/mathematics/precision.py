"""Where the floating-point formats of deep learning underflow and overflow.

Glossary: p the bits of the fraction, E the largest exponent of a format. Its smallest positive
number is 2^(1 - E - p), its largest (2 - 2^-p) 2^E. Rounding is to the nearest, halves to even:
half of the smallest itself becomes 0, and half a step beyond the largest, (2 - 2^(-p-1)) 2^E,
itself becomes inf (IEEE 754-2019, sections 4.3.1 and 7.4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradtui.mathematics.elementwise import Array

_LOG10_2 = math.log10(2.0)
_EXACT = 1e-10
"""So exact is a log10 here: what is nearer to a half counts as that half."""


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format, by the widths of its fields (IEEE 754; bfloat16: Google)."""

    name: str
    short: str
    exponent_bits: int
    fraction_bits: int

    @property
    def _largest_exponent(self) -> int:
        return int(2 ** (self.exponent_bits - 1)) - 1

    @property
    def log10_smallest(self) -> float:
        """log10 of the smallest positive (subnormal) number."""
        return (1 - self._largest_exponent - self.fraction_bits) * _LOG10_2

    @property
    def log10_largest(self) -> float:
        """log10 of the largest finite number."""
        return self._largest_exponent * _LOG10_2 + math.log10(2.0 - 2.0**-self.fraction_bits)

    @property
    def log10_zero(self) -> float:
        """log10 of the largest number that becomes 0."""
        return self.log10_smallest - _LOG10_2

    @property
    def log10_inf(self) -> float:
        """log10 of the smallest number that becomes inf."""
        return self._largest_exponent * _LOG10_2 + math.log10(2.0 - 0.5 * 2.0**-self.fraction_bits)

    def underflows(self, log10: Array) -> NDArray[np.bool_]:
        """Which of these numbers become 0; an exact zero is one of them."""
        return log10 <= self.log10_zero + _EXACT

    def overflows(self, log10: Array) -> NDArray[np.bool_]:
        """Which of these numbers become inf."""
        return log10 >= self.log10_inf - _EXACT

    def becomes(self, log10: float) -> str:
        """What a number of this size is in the format: 0, subnormal, normal or inf."""
        if log10 <= self.log10_zero + _EXACT:
            return "0"
        if log10 >= self.log10_inf - _EXACT:
            return "inf"
        least = (1 - self._largest_exponent) * _LOG10_2
        return "subnormal" if log10 < least - _EXACT else "normal"

    def log10_scales(self, log10: Array) -> tuple[float, float]:
        """Between which factors none of these numbers becomes 0 or inf, the ends not among them.

        The first is the larger where there is no such factor; exact zeros do not count.
        """
        there = log10[log10 > -math.inf]
        if not there.size:
            return -math.inf, math.inf
        return self.log10_zero - float(there.min()), self.log10_inf - float(there.max())


FORMATS = (
    FloatFormat("float16", "f16", 5, 10),
    FloatFormat("bfloat16", "bf16", 8, 7),
    FloatFormat("float32", "f32", 8, 23),
    FloatFormat("float64", "f64", 11, 52),
)
