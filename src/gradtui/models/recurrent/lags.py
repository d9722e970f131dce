"""Which lags are looked at, where all of them would be too many."""

from __future__ import annotations

import numpy as np


def spread(deepest: int, most: int) -> list[int]:
    """About so many of lags 1 to the deepest: all, or dense at first and evenly spaced later.

    That does for a linear axis and for a logarithmic one.
    """
    if deepest <= most:
        return list(range(1, deepest + 1))
    if not most:
        return []
    spaced = np.linspace(deepest, 1, most - most // 2), np.geomspace(1, deepest, most // 2)
    return sorted({round(lag) for lag in np.concatenate(spaced).tolist()})
