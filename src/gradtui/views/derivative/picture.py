"""The picture of the derivative view: f on the left, f′ on the right, the cursor through both."""

from __future__ import annotations

import math

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.scaled import Scaled, Tails
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import (
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    dash_of,
    fit_text,
    row_text,
    row_within,
)
from gradtui.setup import Setup
from gradtui.views.columns import whole_columns
from gradtui.views.curves import drawing_order
from gradtui.views.derivative.study import Derivatives
from gradtui.views.facts import largest, where_largest
from gradtui.views.view import Size
from gradtui.wording import number, percent_of, plain


def draw(result: Derivatives, setup: Setup, size: Size, marker: str) -> Picture:
    """f on the left, f′ on the right, the cursor through both."""
    left = size.width // 2
    f = _plot(result, result.values, setup, Size(left, size.height), marker, "f(z)")
    slopes = _plot(
        result, result.slopes, setup, Size(size.width - left, size.height), marker, "f′(z)"
    )
    return f.beside(slopes)


def _plot(
    result: Derivatives,
    curves: tuple[Array, ...],
    setup: Setup,
    size: Size,
    marker: str,
    title: str,
) -> Picture:
    low = min(0.0, *(float(curve.min()) for curve in curves))
    high = max(float(curve.max()) for curve in curves)
    margin = 0.04 * (high - low)
    canvas = Canvas(
        size.width,
        size.height - 1,
        setup.slope.z_range,
        (low - margin * (low < 0), high + margin),
        x_label=plain,
        y_label=plain,
        marker=marker,
        label_width=5,
        title=title,
        x_title="z",
    )
    names = [f.spec for f in result.activations]
    focused = names.index(setup.focused)
    for index in drawing_order(len(curves), focused):
        canvas.line(
            result.z,
            curves[index],
            curve_role(index),
            dash_of(index, index == focused),
            names[index],
            LETTERS[index],
        )
    canvas.upright(setup.slope.z, "cursor", f"z = {plain(setup.slope.z)}")
    heading = row_within(
        size.width, Span(" " * 6 + title, "title"), Span(f" at z = {plain(setup.slope.z)}", "muted")
    )
    return Picture.of([heading], size.width).above(canvas.build())


def readout(result: Derivatives, setup: Setup, width: int) -> tuple[Row, ...]:
    """f(z), f′(z) and what it means, for every activation."""
    z = setup.slope.z
    at = f"z = {plain(z, 4)}"
    numbers = [
        (
            _told(float(f(z)), tails.function(Scaled.of(z))),
            _told(float(f.derivative(z)), tails.derivative(Scaled.of(z))),
        )
        for f in result.activations
        for tails in (Tails(f),)
    ]
    # A cell of gap before the longest number.
    wide = [max(10, *(1 + len(text) for text in column)) for column in zip(*numbers, strict=True)]
    wanted = max(len(at) - 2, *(len(f.spec) for f in result.activations))
    names_width = max(min(wanted, width - 3 - sum(wide)), 4)
    lines = [
        [
            Span(fit_text(f" {at}", names_width + 3), "title"),
            Span(f"{'f(z)':>{wide[0]}}{'f′(z)':>{wide[1]}}", "muted"),
            Span("   passes here", "muted"),
            Span("   at most", "muted"),
        ]
    ]
    for index, f in enumerate(result.activations):
        value, slope = numbers[index]
        log10_slope = float(f.log_abs_derivative(z)) / math.log(10)
        lines.append(
            [
                Span(f" {LETTERS[index]} {fit_text(f.spec, names_width)}", curve_role(index)),
                Span(f"{value:>{wide[0]}}{slope:>{wide[1]}}"),
                Span(f"   {percent_of(log10_slope):<11}"),
                Span(f"   {largest(f, 4)} {where_largest(f)}", "muted"),
            ]
        )
    if any(len(row_text(tuple(cells))) > width for cells in lines):
        # Where it is so large is told below, too.
        for cells, f in zip(lines[1:], result.activations, strict=True):
            cells[-1] = Span(f"   {largest(f, 4)}", "muted")
    return whole_columns(lines, width)


def _told(value: float, exactly: Scaled) -> str:
    """A value, also where float64 rounds it to 0."""
    return number(value or exactly.value, exactly.log10, 4)
