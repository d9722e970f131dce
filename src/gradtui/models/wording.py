"""What factors did to a gradient, in words."""

from __future__ import annotations

from gradtui.wording import magnitude


def took(log10: float) -> str:
    """What a factor did, in words: took 1e-5, gave 20, took nothing."""
    if abs(log10) < 0.005:
        return "took nothing"
    return f"took {magnitude(log10)}" if log10 < 0 else f"gave {magnitude(log10)}"
