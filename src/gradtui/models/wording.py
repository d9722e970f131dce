"""What factors did to a gradient, in words."""

from __future__ import annotations

import math

from gradtui.wording import magnitude


def took(log10: float) -> str:
    """What a factor did, in words: took 1e-5, gave 20, took nothing."""
    if abs(log10) < 0.005:
        return "took nothing"
    return f"took {magnitude(log10)}" if log10 < 0 else f"gave {magnitude(log10)}"


def times(log10: float) -> str:
    """What a factor makes of a gradient: ×1, ×0.0096, ×3.2e-33, ×0."""
    return f"×{magnitude(log10)}"


def unchanged(log10: float) -> bool:
    """Whether a factor is 1 in the digits that are shown."""
    return magnitude(log10) == "1"


def share(log10: float) -> str:
    """So much of something, as it stands before its name: all of, ×0.35 of, ×2.3e5."""
    if log10 == -math.inf:
        return "exactly nothing of"
    if unchanged(log10):
        return "all of"
    return f"{times(log10)} of" if log10 < 0.0 else times(log10)
