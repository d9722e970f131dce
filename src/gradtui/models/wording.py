"""What becomes of a gradient, in words that every model uses."""

from __future__ import annotations

import math

from gradtui.wording import magnitude, rate


def times(log10: float) -> str:
    """What a factor makes of a gradient: ×1, ×0.0096, ×3.2e-33, ×0."""
    return f"×{magnitude(log10)}"


def unchanged(log10: float) -> bool:
    """Whether a factor is 1 in the digits that are shown."""
    return magnitude(log10) == "1"


def a_layer(log10_ratio: float, layers: int) -> str:
    """The factor of one of so many layers; ×1 where all of them together are ×1."""
    return "×1" if unchanged(log10_ratio) else rate(log10_ratio / max(layers, 1))


def share(log10: float) -> str:
    """So much of something, as it stands before its name: all of, ×0.35 of, ×2.3e5."""
    if log10 == -math.inf:
        return "exactly nothing of"
    if unchanged(log10):
        return "all of"
    return f"{times(log10)} of" if log10 < 0.0 else times(log10)


def gradient_of(quantity: str, log10: float, *, layer: int, last: int) -> str:
    """How large the gradient of a layer is beside that of the last, in words.

    Args:
        quantity: a, z or w.
        log10: of the ratio.
        layer: which; 0 is the input, and only for a.
        last: the number of layers L.
    """
    if quantity == "a":
        where = f"layer {layer}" if layer else "the input"
        return f"{share(log10)} the loss's gradient arrives at {where}"
    of = f"layer {layer}'s ∂L/∂{quantity} is"
    if log10 == -math.inf:
        return f"{of} exactly 0"
    if unchanged(log10):
        return f"{of} as large as layer {last}'s"
    return f"{of} {times(log10)} layer {last}'s"
