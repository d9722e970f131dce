"""What becomes of a gradient, in words that every model uses."""

from __future__ import annotations

import math

from gradtui.wording import LARGEST, factor, rate, share_of


def a_layer(log10_ratio: float, layers: int) -> str:
    """The factor of one of so many layers; ×1 where all of them together are ×1."""
    if log10_ratio == math.inf:
        return f">{rate(LARGEST / max(layers, 1))}"
    return "×1" if factor(log10_ratio) == "×1" else rate(log10_ratio / max(layers, 1))


def gradient_of(quantity: str, log10: float, *, layer: int, last: int, digits: int = 2) -> str:
    """How large the gradient of a layer is beside that of the last, in words.

    Args:
        quantity: a, z or w.
        log10: of the ratio.
        layer: which; 0 is the input, and only for a.
        last: the number of layers L.
        digits: so many of the factor.
    """
    if quantity == "a":
        where = f"layer {layer}" if layer else "the input"
        arrives = share_of(log10, "the loss's gradient", digits)
        return f"{arrives} arrives at {where}"
    of = f"layer {layer}'s ∂L/∂{quantity} is"
    if log10 == -math.inf:
        return f"{of} exactly 0"
    whole = f"layer {last}'s"
    if factor(log10, digits) == "×1":
        return f"{of} as large as {whole}"
    return f"{of} {share_of(log10, whole, digits)}"
