"""The marks and words that mean the same in every view."""

from __future__ import annotations

from gradtui.models.finding import Kind
from gradtui.setup import Setup
from gradtui.views.page import Entry
from gradtui.wording import magnitude


def common(setup: Setup) -> list[Entry]:
    """What means the same in every view."""
    limit = setup.log10_threshold
    band = f"{magnitude(limit)} to {magnitude(-limit)}"
    said = {
        Kind.HEALTHY: f"healthy: what is left of the gradient is within {band}, the threshold "
        "(`h`) and its inverse.",
        Kind.VANISHING: "vanishing: less is left.",
        Kind.EXPLODING: "exploding: more is left.",
        Kind.DEAD: "dead: exactly nothing is left.",
    }
    return [
        *(Entry((kind.mark,), words) for kind, words in said.items()),
        Entry(("…",), "not known yet, or cut: `v` shows every verdict in full."),
        Entry(("a", "b", "c"), "in the list and in the picture: the curve of that activation, "
              "which also has dashes of its own."),
        Entry(("●", "◉"), "in the list: chosen; the one that the verdict speaks of."),
        Entry(("┆", "▸"), "the cursor."),
        Entry(("z", "a", "x"), "what comes into a unit, what it makes of that, a = f(z), and the "
              "input of the first layer."),
        Entry(("∂L/∂a",), "the gradient of the loss L with respect to a; ‖ ‖ is the size of a "
              "whole layer's."),
        Entry(("f′",), "the derivative of the activation: what a unit multiplies a gradient by."),
        Entry(("σw", "σb"), "weights have the standard deviation σw/√n with n units below, "
              "biases σb."),
        Entry(("layer",), "one of the layers, from 1 at the input to L at the loss; 0 is the "
              "input itself."),
        Entry(("depth",), "how many layers there are."),
        Entry(("×",), "what is multiplied by: ×0.5 a layer halves a gradient in each layer."),
    ]  # fmt: skip
