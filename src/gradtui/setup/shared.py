"""The knobs that every model depends on."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.formula_text import echoed, split_list
from gradtui.mathematics.limits import MAX_DEPTH
from gradtui.plots.picture import CURVES
from gradtui.setup.knob import choice, real, several, whole

LEAST_PATIENCE, MOST_PATIENCE = 1.0, 86_400.0
"""Seconds."""


@dataclass(frozen=True)
class Shared:
    """What every model depends on."""

    activations: tuple[str, ...] = several(
        ("sigmoid",),
        "a",
        "the activation functions to look at or compare",
        f"1 to {CURVES} activations or formulas, as sigmoid 'leaky_relu(0.2)' 'z*sigmoid(1.7*z)'",
        lambda text: activation(text).spec,
        CURVES,
        "activations",
        lambda: ACTIVATIONS,
        called=lambda spec: activation(spec).family.also_called,
        apart=split_list,
        echo=echoed,
    )
    depth: int = whole(3, "d", "the number of layers L", 1, MAX_DEPTH)
    x: float = real(1.0, "x", "the input x", -1e100, 1e100, 0.1)
    quantity: str = choice(
        "a", "G", "the gradient that is drawn and judged: ∂L/∂a, ∂L/∂z or ∂L/∂w",
        lambda: ("a", "z", "w"),
    )  # fmt: skip
    loss_scale: float = real(
        1.0, "S", "a factor on the loss before the number formats look at its gradient",
        1e-30, 1e30, 1.0,
    )  # fmt: skip
    seed: int = whole(0, "n", "the seed of everything drawn at random", 0, 2**32 - 1)
    patience: float = real(
        20.0,
        "P",
        "about how many seconds drawing at random may take: fewer are drawn where it would be more",
        LEAST_PATIENCE,
        MOST_PATIENCE,
        5.0,
    )
    threshold: float = real(
        1e-3, "h", "the ratio below which a gradient counts as vanished", 1e-300, 0.999, 1e-3, 10.0
    )
