"""What every plot over the layers has in common: its ticks, its letters, its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.plots.canvas import Canvas, tick_values
from gradtui.plots.picture import LETTERS, curve_role
from gradtui.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def layer_ticks(depth: int, width: int, first: int = 1) -> list[float]:
    """The first layer, the last, and round ones between that have room."""
    ticks = [tick for tick in tick_values(first, depth, max(2, width // 9)) if tick == int(tick)]
    far = [tick for tick in ticks if first + depth / 12 <= tick <= depth - depth / 12]
    return [float(first), *far, float(depth)] if depth > first else [float(first)]


def name_curve(canvas: Canvas, layers: ArrayLike, values: Array, index: int, count: int) -> None:
    """The curve's letter, on the curve, at a place of its own."""
    low, high = canvas.y_limits
    at = np.asarray(layers, float)
    visible = np.flatnonzero((values >= low) & (values <= high))
    if visible.size:
        place = visible[((2 * index + 1) * visible.size) // (2 * count)]
        canvas.text(float(at[place]), float(values[place]), LETTERS[index], curve_role(index))


def walk_layers(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is towards the loss, as the picture runs."""
    return setup.with_(layer=setup.layer + steps * (10 if tens else 1)).clamped()
