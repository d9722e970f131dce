"""What is known by step, each in a row of its own below the map: losses, norm, rates, scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.recorded.series import total_of
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import Row, Span, fit_text
from gradtui.runs.run import Mask, Run, Steps

_EIGHTHS = "▁▂▃▄▅▆▇█"
_MOST_ROWS = 4
_MOST = 1e300
"""What is larger is drawn no higher: the difference of two such is beyond float64."""
_SAME = 1e-9
"""What two numbers that are the same may differ by, once one of them is a mean."""
_LABELS = (
    ("loss", "loss"),
    ("total_norm", "total"),
    ("learning_rate", "lr"),
    ("loss_scale", "scale"),
    ("skipped", "skipped"),
)


@dataclass(frozen=True, eq=False)
class Strip:
    """Numbers by step.

    Attributes:
        name: the attribute of a run.
        label: what stands beside it.
        values: [n], nan where there is none.
        bad: where it was recorded and is not finite [n].
        clipped: where it is above the clip [n].
    """

    name: str
    label: str
    values: Array
    bad: Mask
    clipped: Mask


def strips_of(run: Run) -> tuple[Strip, ...]:
    """Those that the file has, or that follow from its norms by layer."""
    found = []
    none = np.zeros(len(run.steps), bool)
    for name, label in _LABELS:
        values, bad = getattr(run, name), run.not_finite(name)
        clipped = none
        if name == "total_norm":
            curve = total_of(run)
            values = np.full(len(run.steps), np.nan)
            with np.errstate(over="ignore"):
                values[np.searchsorted(run.steps, curve.steps)] = 10.0**curve.log10
            bad = bad | np.isposinf(run.log10_gradients).any(axis=1)
            if run.clip is not None:
                with np.errstate(invalid="ignore"):
                    clipped = values > run.clip
        if values is not None and (np.isfinite(values).any() or bad.any()):
            found.append(Strip(name, label, values, bad, clipped))
    return tuple(found)


def heights(strips: tuple[Strip, ...], room: int) -> list[int]:
    """How many rows each has: one, and of what is left over the loss and the norm some more."""
    rows = [1] * len(strips)
    tall = [at for at, strip in enumerate(strips) if strip.name in ("loss", "total_norm")]
    for _ in range(_MOST_ROWS - 1):
        for at in tall:
            rows[at] += sum(rows) < room
    return rows


def drawn(
    strip: Strip, rows: int, places: Steps, columns: int, label: int, at: int, *, plain: bool
) -> list[Row]:
    """Its rows: as high as the number is, on a logarithmic scale where all are above 0.

    Args:
        strip: what.
        rows: how many.
        places: of the steps in sight, each the beginning of what it stands for.
        columns: cells.
        label: cells of the name and its blank.
        at: the cursor's place among them.
        plain: whether only ASCII is drawn.
    """
    shares, marks = _columns(strip, places, columns)
    here = min(int(at / max(len(places) - 1, 1) * (columns - 1) + 0.5), columns - 1)
    found = []
    for line in reversed(range(rows)):
        cells = [
            _cell(share, mark, line, here=column == here, lowest=line == 0)
            for column, (share, mark) in enumerate(zip(shares * rows, marks, strict=True))
        ]
        name = strip.label if line == rows - 1 else ""
        text = f"{fit_text(name, label - 1)} "
        spans = [Span(text, "axis"), Span("│", "axis")]
        for role, group in groupby(cells, key=itemgetter(1)):
            words = "".join(glyph for glyph, _ in group)
            spans.append(Span(to_ascii(words) if plain else words, role))
        found.append((*spans, Span("│", "axis")))
    return found


def _cell(share: float, mark: str, line: int, *, here: bool, lowest: bool) -> tuple[str, str]:
    """A glyph and its role, of a column that is so many rows high."""
    if mark == "!":
        return "!", "infinite"
    level = min(int((share - line) * 8 + 1e-9), 8) if not math.isnan(share) else -1
    if level < 0 or (level == 0 and not lowest):
        return ("┆", "cursor") if here else (" ", "")
    return _EIGHTHS[max(level, 1) - 1], "warn" if mark else "title"


def _columns(strip: Strip, places: Steps, columns: int) -> tuple[Array, list[str]]:
    """The share of the height of each column, nan where there is nothing, and its mark."""
    ends = np.append(places[1:], len(strip.values))
    edges = np.linspace(0, len(places), columns + 1)
    levels, marks = np.full(columns, np.nan), [""] * columns
    for column in range(columns):
        first = min(int(edges[column]), len(places) - 1)
        last = max(min(math.ceil(edges[column + 1]), len(places)), first + 1)
        part = slice(int(places[first]), int(ends[last - 1]))
        some = strip.values[part]
        some = some[np.isfinite(some)]
        with np.errstate(over="ignore"):
            levels[column] = np.clip(some.mean(), -_MOST, _MOST) if some.size else np.nan
        marks[column] = "!" if strip.bad[part].any() else "c" if strip.clipped[part].any() else ""
    finite = levels[np.isfinite(levels)]
    if finite.size and (finite > 0.0).all():
        levels = np.log10(levels)
        finite = np.log10(finite)
    if not finite.size or np.ptp(finite) <= _SAME * np.abs(finite).max():
        return np.where(np.isnan(levels), np.nan, 0.5), marks
    return (levels - finite.min()) / np.ptp(finite), marks
