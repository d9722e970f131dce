"""The picture of a run: a map of norms, layers down and steps to the right; below it the losses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.models.kept import Kept
from gradtui.models.recorded.judged import Judged, called
from gradtui.models.recorded.layers import FRACTION, last_of
from gradtui.plots.canvas import MIN_HEIGHT, Canvas
from gradtui.plots.marks import Axis, Line, Plot
from gradtui.plots.picture import BANDS, Picture, Row, Span, band, row, row_of_first
from gradtui.plots.ticks import tick_values
from gradtui.runs.run import Run, Steps
from gradtui.setup import Setup
from gradtui.views.bands import Meaning, meanings, scale, strengths
from gradtui.views.run.moves import tensor_at
from gradtui.views.run.strips import Strip, drawn, heights, strips_of
from gradtui.views.run.study import Runs, beside_of, filled, in_sight, median_of, norms, place_of
from gradtui.views.run.tree import Branch, branch_of, branches
from gradtui.views.view import Size
from gradtui.wording import counted, magnitude

LIMIT = math.log10(FRACTION)
_NOT_FINITE, _ZERO, _NOTHING = "!", "0", "_"
_LEAST = band(-BANDS).role
_LEAST_LABEL, _MOST_LABEL = 8, 28
_LEAST_LEGEND = 40
_HIGH = 10
"""Cells that a figure's curves below the map are high."""
_AROUND = 3
"""The frame of a map and the line with its steps."""
_QUANTITIES = {
    "gradient": "‖gradient‖", "weight": "‖weight‖", "update": "‖update‖",
    "ratio": "‖update‖ / ‖weight‖",
}  # fmt: skip
_BESIDE = {
    "median": "beside its own median", "last": "beside the last layer", "absolute": "as it is",
}  # fmt: skip


class _Seen(NamedTuple):
    """The rows in sight, and the log10 that is shown of each at the steps in sight [rows, n]."""

    rows: tuple[Branch, ...]
    values: Array


_SEEN: Kept[_Seen] = Kept(1)
"""The last one: it keeps its run."""


def draw(result: Runs, setup: Setup, size: Size, marker: str) -> Picture:
    """The focused run: its map if it has norms by layer, and what is known by step."""
    one = result.focused(setup)
    places = in_sight(one.run, setup)
    strips = strips_of(one.run)
    if not one.run.names:
        return _by_step(one, setup, size, marker, strips)
    rows = branches(one.run, setup.recorded.opened)
    wide = min(_MOST_LABEL, max(size.width // 3, _LEAST_LABEL))
    label = min(max(max(len(each.name) for each in rows) + 3, _LEAST_LABEL), wide)
    room = size.height - 2 - _AROUND
    lines = max(min(len(rows), max(room - len(strips), 2)), MIN_HEIGHT - _AROUND)
    strips = strips[: max(room - lines, 0)]
    here = branch_of(rows, one.run, tensor_at(setup, one.run))
    first = max(min(max(here - lines // 2, 0), len(rows) - lines), 0)
    seen = _seen(one, setup, rows)
    shown = rows[first : first + lines]
    values = seen.values[first : first + lines]
    place = Size(size.width, lines + _AROUND)
    canvas = _map(shown, values, lines, one, setup, place, marker, label)
    at = int(np.searchsorted(places, place_of(one.run, setup)))
    canvas.pointer(float(at), float(-(here - first)), "cursor")
    above = Picture.of([_heading(one, setup, size.width)], size.width)
    more = (first > 0, first + lines < len(rows))
    body = _labelled(canvas.build(), shown, here - first, label, more)
    edges = places, canvas.columns
    below = [
        line
        for strip, high in zip(strips, heights(strips, room - lines), strict=True)
        for line in drawn(strip, high, *edges, label, at, plain=marker == "ascii")
    ]
    under = Picture.of(
        [*below, _legend(values, size.width)], size.width, size.height - 1 - place.height
    )
    lines_below = _lines(one, places, size.width, 1 + place.height)
    return replace(above.above(body).above(under), plots=(canvas.plot(1), *lines_below))


def _lines(one: Judged, places: Steps, width: int, line: int) -> Iterator[Plot]:
    """For a figure: loss and norm below the map."""
    found = [strip for strip in strips_of(one.run) if strip.name in ("loss", "total_norm")]
    values = [np.log10(np.where(strip.values > 0.0, strip.values, np.nan)) for strip in found]
    shown = np.concatenate([each[places] for each in values] or [np.zeros(0)])
    shown = shown[np.isfinite(shown)]
    if not shown.size:
        return
    margin = max(0.05 * float(np.ptp(shown)), 0.05)
    limits = float(shown.min()) - margin, float(shown.max()) + margin
    steps = one.run.steps
    marks = [
        Line(np.arange(len(places), dtype=float), each[places], role, dash, strip.label)
        for strip, each, role, dash in zip(
            found, values, ("curve0", "curve1"), ("solid", "dashed"), strict=False
        )
    ]
    last = len(places) - 1
    x = Axis(
        (0.0, float(max(last, 1))),
        lambda at: f"{steps[places[min(max(round(at), 0), last)]]:,}",
        "step",
        _ticks(last, width),
    )
    yield Plot(x, Axis(limits, magnitude, scale="log"), tuple(marks), width, _HIGH, "", 0, line)


def _seen(one: Judged, setup: Setup, rows: tuple[Branch, ...]) -> _Seen:
    """What the map shows of each row, kept as long as only the cursor moves."""
    knobs = setup.recorded
    beside = beside_of(one, setup)
    key = (one, knobs.norm, beside, knobs.step_range, knobs.opened)

    def compute() -> _Seen:
        places = in_sight(one.run, setup)
        column, last = last_of(one.run), None
        if beside == "last" and column is not None:
            last = filled(norms(one.run, Branch("", (column,)), knobs.norm))
        values = np.empty((len(rows), len(places)))
        for at, each in enumerate(rows):
            log10 = filled(norms(one.run, each, knobs.norm))
            if beside == "median":
                median = median_of(log10)
                base: Array | float = 0.0 if math.isnan(median) else median
            else:
                base = 0.0 if last is None else np.where(np.isfinite(last), last, np.nan)[places]
            values[at] = log10[places] - base
        return _Seen(rows, values)

    return _SEEN.get(key, compute)


# --------------------------------------------------------------------- the map


def _map(
    rows: tuple[Branch, ...],
    values: Array,
    lines: int,
    one: Judged,
    setup: Setup,
    size: Size,
    marker: str,
    label: int,
) -> Canvas:
    """Rows from above, steps to the right."""
    places = in_sight(one.run, setup)
    steps = one.run.steps[places]
    last = len(places) - 1
    names = [printable(each.name) for each in rows]
    canvas = Canvas(
        size.width,
        size.height,
        (0.0, float(max(last, 1))),
        (-lines + 0.5, 0.5),
        x_label=lambda at: f"{steps[min(max(round(at), 0), last)]:,}",
        y_label=lambda at: names[min(max(round(-at), 0), len(rows) - 1)],
        marker=marker,
        label_width=label,
        x_ticks=_ticks(last, size.width - label),
        given_y_ticks=[-float(at) for at in range(len(rows))],
        x_title="step",
        title=f"{_QUANTITIES[setup.recorded.norm]}, {_BESIDE[beside_of(one, setup)]}",
    )
    canvas.shade(lambda x, y: _cells(values, x, y), _meanings(values))
    return canvas


def _ticks(last: int, cells: int) -> list[float]:
    """Places that are named below the map: whole ones."""
    return sorted({float(round(at)) for at in tick_values(0.0, float(max(last, 1)), cells // 10)})


def farthest(values: Array, x: Array) -> Array:
    """Of the steps that a column stands for, the number farthest from 0 [rows, columns].

    +inf where one of them is not finite, -inf where all are zero, nan where none was recorded.

    Args:
        values: log10 by row and step [rows, n].
        x: the places of columns, in steps, rising.
    """
    n = values.shape[1]
    edges = np.concatenate([[-0.5], (x[1:] + x[:-1]) / 2, [n - 0.5]])
    starts = np.clip(np.ceil(edges[:-1]).astype(int), 0, n - 1)
    ends = np.clip(np.ceil(edges[1:]).astype(int), 1, n)
    # A column between two steps is of the nearest.
    nearest = np.clip(np.round(x).astype(int), 0, n - 1)
    narrow = ends <= starts
    starts, ends = np.where(narrow, nearest, starts), np.where(narrow, nearest + 1, ends)
    high = np.empty((len(values), len(x)))
    low = np.empty_like(high)
    finite = np.where(np.isneginf(values), np.nan, values)
    for column, (start, end) in enumerate(zip(starts, ends, strict=True)):
        high[:, column] = np.fmax.reduce(values[:, start:end], axis=1)
        low[:, column] = np.fmin.reduce(finite[:, start:end], axis=1)
    return np.where(np.isfinite(low) & (np.abs(low) > np.abs(high)), low, high)


def _cells(values: Array, x: Array, y: Array) -> list[list[tuple[str, str]]]:
    """The glyph and the role of each cell, those of the nearest row."""
    found = farthest(values, x)
    bands = strengths(np.where(np.isfinite(found), found, 0.0), LIMIT)
    lines = []
    for at in np.round(-y).astype(int).tolist():
        line = []
        if not 0 <= at < len(values):  # a map of one row has a second, which is blank
            lines.append([(" ", "")] * len(x))
            continue
        for log10, strength in zip(found[at], bands[at], strict=True):
            if math.isnan(log10):
                line.append((_NOTHING, "muted"))
            elif math.isinf(log10):
                line.append((_NOT_FINITE, "infinite") if log10 > 0 else (_ZERO, _LEAST))
            else:
                line.append((*band(int(strength)),))
        lines.append(line)
    return lines


def _marks(values: Array) -> list[Meaning]:
    """What stands for no number, as far as it is there."""
    marks = (
        (_NOT_FINITE, "infinite", " not finite", np.isposinf(values)),
        (_ZERO, _LEAST, " zero", np.isneginf(values)),
        (_NOTHING, "muted", " not recorded", np.isnan(values)),
    )
    return [(glyph, role, text) for glyph, role, text, there in marks if there.any()]


def _meanings(values: Array) -> list[Meaning]:
    return [*(one for one in _marks(values) if one[0] != _NOTHING), *meanings(LIMIT)]


def _legend(values: Array, width: int) -> Row:
    """What each glyph stands for: the bands, and before them what is no number."""
    marks = [span for glyph, role, text in _marks(values)
             for span in (Span(f" {glyph}", role), Span(text, "muted"))]  # fmt: skip
    marks = [*marks, Span("  ")] if marks else marks
    left = width - sum(len(span.text) for span in marks)
    return (
        (*marks, *scale(meanings(LIMIT), left))
        if left >= _LEAST_LEGEND
        else scale(meanings(LIMIT), width)
    )


def _labelled(
    picture: Picture,
    rows: tuple[Branch, ...],
    here: int,
    width: int,
    more: tuple[bool, bool],
) -> Picture:
    """The picture with the name of every row beside it; of a long one the end is shown."""
    lines = list(picture.rows)
    for at, each in enumerate(rows):
        name = printable(each.name)
        room = width - 2
        shown = name if len(name) <= room else f"…{name[len(name) - room + 1 :]}"
        hidden = (at == 0 and more[0]) or (at == len(rows) - 1 and more[1])
        mark = "+" if each.opens else "▸" if at == here else "⋮" if hidden else " "
        role = "cursor" if at == here else "axis"
        lines[1 + at] = (Span(f"{mark}{shown:>{room}} ", role), *_without(lines[1 + at], width))
    return Picture.of(lines, picture.width, None, picture.plots)


def _without(line: Row, cells: int) -> Row:
    """A row without its first cells."""
    kept: list[Span] = []
    for text, role in line:
        kept += [Span(text[cells:].replace("┤", "│"), role)] if len(text) > cells else []
        cells = max(cells - len(text), 0)
    return tuple(kept)


def _heading(one: Judged, setup: Setup, width: int) -> Row:
    """What the map shows, and of which run."""
    quantity, beside = _QUANTITIES[setup.recorded.norm], _BESIDE[beside_of(one, setup)]
    name = printable(called(one.name))
    none = [(f"  {text}", "warn") for text in _missing(one.run, setup)]
    return row_of_first(
        width,
        [(f" {quantity} by layer and step, {beside}", "title"), *none, (f"  {name}", "muted")],
        [(f" {quantity} by layer and step, {beside}", "title"), *none],
        [(f" {quantity}, {beside}", "title"), *none],
        [(quantity, "title"), *none],
    )


def _missing(run: Run, setup: Setup) -> Iterator[str]:
    """What is asked for and not there."""
    asked = setup.recorded
    if _nothing(run, asked.norm):
        yield "none in this file"
    if asked.tensor and not any(name.startswith(asked.tensor) for name in run.names):
        yield f"no {printable(asked.tensor)}"
    limits = asked.step_range
    if limits and not ((run.steps >= limits[0]) & (run.steps <= limits[1])).any():
        yield "no step in the range: all are shown"


def _nothing(run: Run, quantity: str) -> bool:
    """Whether the file has none of these norms."""
    return (quantity in ("weight", "ratio") and run.log10_weights is None) or (
        quantity in ("update", "ratio") and run.log10_updates is None
    )


# ------------------------------------------------------------ without a map


@dataclass(frozen=True)
class _Line:
    """A curve by step."""

    name: str
    log10: Array
    role: str
    dash: str


def _by_step(
    one: Judged, setup: Setup, size: Size, marker: str, strips: tuple[Strip, ...]
) -> Picture:
    """Of a file without norms by layer: loss and norm as curves."""
    run = one.run
    places = in_sight(run, setup)
    steps = run.steps[places]
    curves = []
    for strip, role, dash in zip(strips, ("curve0", "curve1"), ("solid", "dashed"), strict=False):
        if strip.name in ("loss", "total_norm"):
            with np.errstate(divide="ignore", invalid="ignore"):
                log10 = np.log10(np.abs(strip.values[places]))
            curves.append(_Line(strip.label, log10, role, dash))
    values = np.concatenate([curve.log10 for curve in curves] or [np.zeros(1)])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (-1.0, 1.0)
    margin = max(0.05 * (high - low), 0.05)
    drawn_above = ("loss", "total_norm")
    others = [one for one in strips if one.name not in drawn_above or one.bad.any()]
    others = others[: max(size.height - 2 - MIN_HEIGHT, 0)]
    canvas = Canvas(
        size.width,
        size.height - 1 - len(others),
        (float(steps[0]), float(max(steps[-1], steps[0] + 1))),
        (low - margin, high + margin),
        x_label=lambda at: f"{round(at):,}",
        y_label=magnitude,
        marker=marker,
        log_y=True,
        x_title="step",
        title=f"{printable(called(one.name))}: {', '.join(curve.name for curve in curves)} by step",
    )
    for curve in curves:
        known = ~np.isnan(curve.log10)
        canvas.line(
            steps[known].astype(float), curve.log10[known], curve.role, curve.dash, curve.name
        )
    at = place_of(run, setup)
    canvas.upright(float(run.steps[at]), "cursor")
    parts = [Span("      ")]
    for curve in curves:
        sample = "━━" if curve.dash == "solid" else "╍╍"
        parts.append(Span(f" {sample} {curve.name}", curve.role))
    bad = sum(int(run.not_finite(name).sum()) for name in ("loss", "total_norm"))
    if bad:
        parts.append(Span(f"  {counted(bad, 'number')} not finite", "bad"))
    parts.append(Span("  no norms by layer in this file", "muted"))
    heading = row_of_first(size.width, parts, parts[:-1], parts[: 1 + len(curves)])
    edges = places, canvas.columns
    here = int(np.searchsorted(places, at))
    below = [
        line
        for strip in others
        for line in drawn(strip, 1, *edges, canvas.label_width, here, plain=marker == "ascii")
    ]
    picture = Picture.of([row(*heading)], size.width).above(canvas.build())
    return picture.above(Picture.of(below, size.width)) if below else picture
