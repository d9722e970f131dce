"""What is known by step, each in a row of its own below the map: losses, norm, rates, scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.recorded.series import total_of
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import Row, Span, fit_text
from gradtui.runs.run import Mask, Run, Steps

_EIGHTHS = "▁▂▃▄▅▆▇█"
_SAME = 1e-9
"""What two numbers that are the same may differ by, once one of them is a mean."""
_LABELS = (
    ("loss", "loss"),
    ("total_norm", "norm"),
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


def drawn(
    strip: Strip, run: Run, places: Steps, columns: int, label: int, at: int, *, plain: bool
) -> Row:
    """One row: as high as the number is, on a logarithmic scale where it is above 0.

    Args:
        strip: what.
        run: whose.
        places: the steps in sight, each the beginning of what it stands for.
        columns: cells.
        label: cells of the name and its blank.
        at: the cursor's place among them.
        plain: whether only ASCII is drawn.
    """
    starts = np.append(places[:1] * 0 + (0 if places[0] == 0 else places[0]), places[1:])
    ends = np.append(places[1:], len(run.steps) if len(places) and run.steps.size else 0)
    edges = np.linspace(0, len(places), columns + 1)
    log = _logarithmic(strip.values)
    cells: list[tuple[str, str]] = []
    levels = np.full(columns, np.nan)
    marks = [""] * columns
    for column in range(columns):
        first = min(int(edges[column]), len(places) - 1)
        last = max(min(math.ceil(edges[column + 1]), len(places)), first + 1)
        part = slice(int(starts[first]), int(ends[last - 1]))
        some = strip.values[part]
        some = some[np.isfinite(some)]
        levels[column] = some.mean() if some.size else np.nan
        marks[column] = "!" if strip.bad[part].any() else "c" if strip.clipped[part].any() else ""
    shown = np.log10(levels) if log else levels
    low, high = _ends(shown)
    for value, mark in zip(shown, marks, strict=True):
        if mark == "!":
            cells.append(("!", "bad"))
        elif math.isnan(value):
            cells.append((" ", ""))
        else:
            share = (value - low) / (high - low) if high - low > _SAME * abs(high) else 0.5
            glyph = _EIGHTHS[min(int(share * 8), 7)]
            cells.append((to_ascii(glyph) if plain else glyph, "warn" if mark else "title"))
    here = min(int(at / max(len(places) - 1, 1) * (columns - 1) + 0.5), columns - 1)
    if not cells[here][0].strip():
        cells[here] = ("┆", "cursor")
    spans = [Span(f"{fit_text(strip.label, label - 1):>{label - 1}} ", "axis"), Span("│", "axis")]
    for text, role in cells:
        if len(spans) > 2 and spans[-1].role == role:
            spans[-1] = Span(spans[-1].text + text, role)
        else:
            spans.append(Span(text, role))
    return (*spans, Span("│", "axis"))


def _logarithmic(values: Array) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size) and bool((finite > 0.0).all())


def _ends(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
