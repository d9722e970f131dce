"""The map of the time view: what arrives, by lag and by forget bias or spectral radius."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.recurrent.mapping import TimeMap
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import Picture, Row, band, row_within
from gradtui.setup import Setup
from gradtui.views.bands import meanings, scale, strengths
from gradtui.views.time.lags import lag_label, lag_limits, lag_ticks, places
from gradtui.views.view import Size
from gradtui.wording import counted, magnitude, plain


def draw_map(mapped: TimeMap, name: str, setup: Setup, size: Size, marker: str) -> Picture:
    """The map in bands, where the threshold is crossed, the cursor."""
    log, limit = setup.recurrent.lag_axis == "log", setup.log10_threshold
    lags = places(mapped.lags, log=log)
    canvas = Canvas(
        size.width,
        size.height - 2,
        lag_limits(setup),
        (float(mapped.values[0]), float(mapped.values[-1])),
        x_label=lag_label(setup),
        y_label=plain,
        marker=marker,
        x_ticks=lag_ticks(setup, size.width),
        x_title="lag",
        y_title=mapped.swept,
    )
    canvas.shade(lambda x, y: _cells(mapped, lags, x, y, limit), meanings(limit))
    for sign, dash in ((1.0, "solid"), (-1.0, "long")):
        crossed = [_crossing(lags, sign * row, limit) for row in mapped.log10]
        canvas.line(crossed, mapped.values, "warn", dash, f"{magnitude(sign * limit)} left")
    here = min(max(mapped.here, float(mapped.values[0])), float(mapped.values[-1]))
    at = f"lag = {setup.lag}, {mapped.swept} = {plain(mapped.here)}"
    canvas.pointer(float(places([setup.lag], log=log)[0]), here, "cursor", at)
    above = Picture.of([_heading(mapped, name, size.width)], size.width)
    below = Picture.of([scale(meanings(limit), size.width)], size.width)
    return above.above(canvas.build()).above(below)


def _heading(mapped: TimeMap, name: str, width: int) -> Row:
    """What is drawn, and over what."""
    title = f"       {name}: ‖∂L/∂h‖ by lag and {mapped.swept}"
    of = f"  median of {counted(mapped.cells, 'cell')}"
    return row_within(width, (title, "title"), (of, "muted"))


def _crossing(lags: Array, log10: Array, limit: float) -> float:
    """From which lag on less than the threshold arrives; nan where more always does."""
    last = int(np.flatnonzero(log10 >= limit)[-1])
    return float(lags[last + 1]) if last + 1 < len(lags) else math.nan


def _cells(
    mapped: TimeMap, lags: Array, x: Array, y: Array, limit: float
) -> list[list[tuple[str, str]]]:
    """The glyph and the role of each cell, those of the nearest value and lag."""
    rows = np.abs(y[:, None] - mapped.values).argmin(axis=1)
    columns = np.abs(x[:, None] - lags).argmin(axis=1)
    found = strengths(mapped.log10[rows][:, columns], limit)
    return [[(*band(int(strength)),) for strength in line] for line in found]
