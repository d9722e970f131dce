"""The map of the time view: what arrives, by lag and by forget bias or spectral radius."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.recurrent.cells import cell_of
from gradtui.models.recurrent.mapping import TimeMap
from gradtui.models.subject import Subject
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import Picture, band, row_of_first
from gradtui.setup import Setup
from gradtui.views.bands import meanings, scale, strengths
from gradtui.views.time.lags import lag_label, lag_limits, lag_ticks, places
from gradtui.views.view import Size
from gradtui.wording import counted, magnitude, plain


def draw_map(mapped: TimeMap, subject: Subject, setup: Setup, size: Size, marker: str) -> Picture:
    """The map in bands, where the threshold is crossed, the cursor."""
    name, cell = subject.name, cell_of(subject)
    what = f"{'' if name == cell else f'{cell}, '}{name}: ‖∂L/∂h‖ by lag and {mapped.swept}"
    of = f"median of {counted(mapped.cells, 'cell')}"
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
        title=f"{what}, {of}",
    )
    seen = 1 if log else 0  # lag 0, all of it, has no place on a logarithmic axis
    shown = lags[seen:], mapped.values, mapped.log10[:, seen:]
    canvas.shade(lambda x, y: _cells(*shown, x, y, limit), meanings(limit))
    for sign, dash in ((1.0, "solid"), (-1.0, "long")):
        line = crossings(lags, mapped.values, sign * mapped.log10, limit)
        canvas.line(*line, "warn", dash, f"{magnitude(sign * limit)} left")
    here = min(max(mapped.here, float(mapped.values[0])), float(mapped.values[-1]))
    at = f"lag = {setup.lag}, {mapped.swept} = {plain(mapped.here)}"
    canvas.pointer(float(places([setup.lag], log=log)[0]), here, "cursor", at)
    off = f"  {plain(mapped.here)} is off the map" if here != mapped.here else ""
    few = f"{cell}: by lag and {mapped.swept}"
    heading = row_of_first(
        size.width,
        [(f"       {what}", "title"), (off, "warn"), (f"  {of}", "muted")],
        [(f"       {what}", "title"), (off, "warn")],
        [(f"       {few}", "title"), (off, "warn")],
        [(few, "title"), (off, "warn")],
        [(few, "title")],
        [(few.replace("by lag and", "lag,"), "title")],
    )
    above = Picture.of([heading], size.width)
    below = Picture.of([scale(meanings(limit), size.width)], size.width)
    return above.above(canvas.build()).above(below)


def crossings(
    lags: Array, values: Array, log10: Array, limit: float
) -> tuple[list[float], list[float]]:
    """Where the threshold is crossed for good, value by value: lags and values.

    Between a value that is crossed and one that is not, the line leaves by the last lag.
    """
    x: list[float] = []
    y: list[float] = []
    for at, value in enumerate(values.tolist()):
        here = _crossing(lags, log10[at], limit)
        if at and math.isnan(here) != math.isnan(x[-1]):
            below, above = sorted((float(log10[at - 1, -1]), float(log10[at, -1])))
            share = 1.0 if below == -math.inf else (limit - below) / (above - below)
            share = 1.0 - share if math.isnan(x[-1]) else share
            x.append(float(lags[-1]))
            y.append(float(values[at - 1]) + share * (value - float(values[at - 1])))
        x.append(here)
        y.append(value)
    return x, y


def _crossing(lags: Array, log10: Array, limit: float) -> float:
    """From which lag on less than the threshold arrives; nan where more always does."""
    last = int(np.flatnonzero(log10 >= limit)[-1])
    return float(lags[last + 1]) if last + 1 < len(lags) else math.nan


def _cells(
    lags: Array, values: Array, log10: Array, x: Array, y: Array, limit: float
) -> list[list[tuple[str, str]]]:
    """The glyph and the role of each cell, those of the nearest value and lag."""
    rows = np.abs(y[:, None] - values).argmin(axis=1)
    columns = np.abs(x[:, None] - lags).argmin(axis=1)
    found = strengths(log10[rows][:, columns], limit)
    return [[(*band(int(strength)),) for strength in line] for line in found]
