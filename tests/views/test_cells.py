"""On every picture the row of a tick holds the curve of its value, and the column of a tick too.

The rows are read off the text alone: the labels beside the frame say where a value is, and a cell
of a curve above such a row must come from a larger value, one below it from a smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gradtui.plots.canvas import Canvas
from gradtui.plots.marks import Line, Plot
from gradtui.plots.picture import Picture, row_text
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size
from gradtui.wording import magnitude
from support.watch import last

SETUPS = {
    "derivative": Setup.of(activations=("relu", "sigmoid", "tanh", "gelu")),
    "chain": Setup.of(activations=("sigmoid",), depth=12),
    "decay": Setup.of(activations=("sigmoid", "relu", "tanh"), depth=40, samples=20),
    "network": Setup.of(
        activations=("tanh", "relu"), depth=20, model="network", networks=4, units=16
    ),
    "init": Setup.of(activations=("tanh", "relu"), depth=20, networks=2, units=16),
    "phase": Setup.of(activations=("tanh",), depth=20),
    "time": Setup.of(cells=("tanh", "relu", "lstm"), steps=30, hidden_size=8, draws=3),
}


@cache
def result_of(name: str) -> tuple[Any, Setup, Any]:
    view = VIEWS["decay" if name == "network" else name]
    setup = SETUPS[name]
    return view, setup, last(view, setup)


def drawn(name: str, size: Size, marker: str) -> Picture:
    view, setup, result = result_of(name)
    return view.draw(result, setup, size, marker)


def cells(picture: Picture, plot: Plot) -> list[list[tuple[str, str]]]:
    rows = [[(c, span.role) for span in line for c in span.text] for line in picture.rows]
    right = plot.column + plot.width
    return [row[plot.column : right] for row in rows[plot.line : plot.line + plot.height]]


def ticks_of(plot: Plot, rows: list[list[tuple[str, str]]]) -> tuple[dict[int, str], int]:
    """The label of each row that has one, and the column of the frame."""
    texts = ["".join(c for c, _ in row) for row in rows]
    (frame,) = {text.index("┌") for text in texts[:1]}
    named = {
        line: text[:frame].strip()
        for line, text in enumerate(texts[1:-2], 1)
        if text[:frame].strip()
    }
    return named, frame


def values_named(plot: Plot, labels: dict[int, str]) -> Iterator[tuple[int, float]]:
    """The row and the value of each label, from what it says."""
    for line, label in labels.items():
        value = float(label)
        if plot.y.scale != "linear":
            value = math.log10(value)
        # Labels have few digits; a rounded one says nothing exact.
        yield line, value


sizes = st.builds(Size, st.integers(40, 200), st.integers(10, 60))


@pytest.mark.parametrize("name", SETUPS)
@settings(max_examples=6, phases=[Phase.generate], deadline=None)
@given(size=sizes, marker=st.sampled_from(["braille", "ascii"]))
def test_a_curve_above_a_tick_is_larger_and_below_it_smaller(
    name: str, size: Size, marker: str
) -> None:
    picture = drawn(name, size, marker)
    for plot in picture.plots:
        rows = cells(picture, plot)
        labels, frame = ticks_of(plot, rows)
        columns = plot.width - frame - 2
        lines = [mark for mark in plot.marks if isinstance(mark, Line)]
        (low, high), (bottom, top) = plot.x.limits, plot.y.limits
        slack = 1.01 * (top - bottom) / (plot.height - 3)  # to neighbours of a rounded label
        for curve in lines:
            if sum(getattr(mark, "role", "") == curve.role for mark in plot.marks) > 1:
                continue  # two of one colour are not told apart
            if (np.diff(curve.x) < 0).any():
                continue  # a path may pass a column more than once
            known = np.isfinite(curve.x)
            xs, ys = curve.x[known], np.where(np.isfinite(curve.y), curve.y, -1e9)[known]
            for line, value in values_named(plot, labels):
                # The rows of 0 and 1 are named exactly, others in a few digits.
                allowed = 1e-9 if value in (0.0, 1.0, -1.0) else slack
                for row, sign in ((line - 1, 1.0), (line + 1, -1.0)):
                    for at in columns_of(rows[row][frame + 1 : -1], curve.role):
                        # What the curve does about this column.
                        x = low + (high - low) * np.linspace(at - 1.5, at + 2.5, 41) / columns
                        own = xs[(xs >= x[0]) & (xs <= x[-1])]
                        y = np.interp(np.concatenate([x, own]), xs, ys)
                        assert (sign * (y - value)).max() > -allowed, (labels[line], at)


def columns_of(row: list[tuple[str, str]], role: str) -> list[int]:
    """Where a curve has dots: in a picture without letters, blanks and marks."""
    dots = {"*", ".", "•", "·", *"▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", *map(chr, range(0x2801, 0x2900))}
    return [at for at, (character, its) in enumerate(row) if its == role and character in dots]


@settings(max_examples=8, deadline=None)
@given(
    size=sizes,
    marker=st.sampled_from(["braille", "block", "dot", "ascii"]),
    low=st.floats(-1e3, 1e3),
    span=st.floats(1e-3, 1e3),
    scale=st.sampled_from(["linear", "log", "decades"]),
)
def test_a_level_curve_and_a_steep_one_lie_on_their_ticks(
    size: Size, marker: str, low: float, span: float, scale: str
) -> None:
    def canvas() -> Canvas:
        return Canvas(
            size.width,
            size.height,
            (low, low + span),
            (low, low + span),
            x_label=lambda at: f"{at:.3g}",
            y_label=lambda at: f"{at:.4g}",
            marker=marker,
            whole_y=scale == "decades",
            log_y=scale == "log",
        )

    for tick in canvas().y_ticks()[::3]:
        made = canvas()
        made.line([low, low + span], [tick, tick], "curve0")
        made.level(tick, "", "muted")
        made.text(low, tick, "X", "title")
        rows = cells(picture := made.build(), picture.plots[0])
        at = {line for line, row in enumerate(rows) if columns_of(row, "curve0")}
        text = [row_text(one) for one in picture.rows]
        assert len(at) == 1
        (line,) = at
        assert text[line][made.label_width] == "┤"
        assert "X" in text[line]
        named = [f"{tick:.4g}"]
        if scale == "decades" and made.y_limits[1] - made.y_limits[0] < 2.0:
            named = [magnitude(tick, 2), magnitude(tick, 1)]  # between decades, as it fits
        assert text[line][: made.label_width].strip() in [
            name[: made.label_width].strip() for name in named
        ]
    for tick in canvas().shown_x_ticks()[::3]:
        made = canvas()
        made.line([tick, tick], [low, low + span], "curve0")
        made.upright(tick, "cursor")
        rows = cells(picture := made.build(), picture.plots[0])
        columns = {column for row in rows for column in columns_of(row, "curve0")}
        assert len(columns) == 1
        (column,) = columns
        assert row_text(picture.rows[-2])[column] == "┬"


@pytest.mark.parametrize("size", [Size(100, 32), Size(80, 24), Size(50, 13), Size(97, 41)])
def test_relu_lies_on_the_row_of_0(size: Size) -> None:
    """The case that was reported: f of relu left of 0, and f′, stand beside the label 0."""
    picture = drawn("derivative", size, "braille")
    for plot in picture.plots:
        rows = cells(picture, plot)
        labels, frame = ticks_of(plot, rows)
        (zero,) = [line for line, label in labels.items() if label == "0"]
        third = slice(frame + 1, frame + plot.width // 3)
        left = {line for line, row in enumerate(rows) if columns_of(row[third], "curve0")}
        assert left == {zero}


@pytest.mark.parametrize("height", [16, 24, 40, 60, 100])
def test_relu_lies_on_the_row_of_1_in_a_tall_decay(height: int) -> None:
    picture = drawn("decay", Size(80, height), "braille")
    (plot,) = picture.plots
    rows = cells(picture, plot)
    labels, _ = ticks_of(plot, rows)
    (one,) = [line for line, label in labels.items() if label == "1"]
    assert {line for line, row in enumerate(rows) if any(r == "curve1" for _, r in row)} == {one}
