"""Between which values most of what was drawn at random lies."""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.elementwise import Array

_SHARES = (0.05, 0.5, 0.95)


def quantiles(values: Array) -> tuple[Array, Array, Array]:
    """5 %, median and 95 % along the first axis.

    Observed values, never a mean of two: half-way to an exact zero, whose log10 is -inf, is no
    number.
    """
    low, median, high = np.quantile(values, _SHARES, axis=0, method="inverted_cdf")
    return low, median, high
