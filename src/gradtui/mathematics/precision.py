"""Where the floating-point formats of deep learning underflow."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format, by the widths of its fields (IEEE 754; bfloat16: Google)."""

    name: str
    short: str
    exponent_bits: int
    fraction_bits: int

    @property
    def log10_smallest(self) -> float:
        """log10 of the smallest positive (subnormal) number, 2^(2 - 2^(e-1) - fraction bits).

        What is smaller than half of it becomes zero.
        """
        exponent: int = 2 - 2 ** (self.exponent_bits - 1) - self.fraction_bits
        return exponent * math.log10(2.0)


FORMATS = (
    FloatFormat("float16", "f16", 5, 10),
    FloatFormat("bfloat16", "bf16", 8, 7),
    FloatFormat("float32", "f32", 8, 23),
    FloatFormat("float64", "f64", 11, 52),
)
