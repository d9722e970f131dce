"""Functions applied number by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = "NDArray[np.float64]"
Formula: TypeAlias = Callable[[Any], Any]
"""A float to a float, an array to an array of its shape; warnings are the caller's to silence."""


@dataclass(frozen=True)
class Elementwise:
    """A formula made safe: any shape, limits at ±∞, NaN to NaN, and no warnings.

    Attributes:
        formula: the formula, right for finite arguments.
        ends: its limits as z → -∞ and z → ∞, NaN where there is none.
    """

    formula: Formula
    ends: tuple[float, float]

    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: ArrayLike) -> Array: ...
    def __call__(self, z: ArrayLike) -> float | Array:
        """The values at `z`, float64 of the same shape; a float for a number."""
        points = np.asarray(z, dtype=np.float64)
        with np.errstate(all="ignore"):
            values = np.asarray(self.formula(points), dtype=np.float64)
        finite = np.isfinite(points)
        if not finite.all():
            limits = np.where(points > 0.0, self.ends[1], self.ends[0])
            values = np.where(finite, values, np.where(np.isnan(points), np.nan, limits))
        return values if values.ndim else float(values)
