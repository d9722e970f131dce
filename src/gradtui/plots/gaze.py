"""Where somebody looks in a plot: at the focused curve, where the cursor is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.plots.marks import Bars, Label, Line, Plot, Pointer, Upright

_CURSOR, _CURVE = "cursor", "curve"


def gazed_at(plots: Sequence[Plot]) -> tuple[float, ...]:
    """For each plot the share of its height, from below, at which that is."""
    return tuple(map(_share, plots)) or (0.5,)


def _share(plot: Plot) -> float:
    low, high = plot.y.limits
    y = next(_heights(plot), (low + high) / 2)
    return min(max((y - low) / (high - low), 0.0), 1.0)


def _heights(plot: Plot) -> Iterator[float]:
    """The height of the cursor's own mark, of the focused curve there, of the bar next to it."""
    marks = plot.marks
    for mark in marks:
        if isinstance(mark, Label | Pointer) and mark.role == _CURSOR:
            yield mark.y
    at = next((m.x for m in marks if isinstance(m, Upright) and m.role == _CURSOR), None)
    if at is None:
        return
    # The focused curve is solid, and drawn over the others.
    for mark in reversed(marks):
        if isinstance(mark, Line) and mark.dash == "solid" and mark.role.startswith(_CURVE):
            yield from _near(at, mark.x, mark.y)
    for mark in marks:
        if isinstance(mark, Bars) and mark.role.startswith(_CURVE):
            yield from _near(at, mark.x, (mark.low + mark.high) / 2)


def _near(at: float, x: Array, y: Array) -> Iterator[float]:
    """y at a place, or at the end next to it; nothing where there is no finite number."""
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.any():
        yield float(np.interp(at, x[finite], y[finite]))
