"""The picture of the derivative view: f on the left, f′ on the right, the cursor through both."""

from __future__ import annotations

import math

from gradtui.mathematics.elementwise import Array
from gradtui.plots.canvas import Canvas, tick_values
from gradtui.plots.picture import (
    DASHES,
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    fit_text,
    row_within,
)
from gradtui.setup import Setup
from gradtui.views.columns import whole_columns
from gradtui.views.derivative.study import POINTS, Derivatives
from gradtui.views.facts import where_largest
from gradtui.views.view import Size
from gradtui.wording import percent_of, plain


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
        x_ticks=tick_values(*setup.slope.z_range, max(3, size.width // 7)),
    )
    for index, curve in enumerate(curves):
        canvas.line(result.z, curve, curve_role(index), DASHES[index])
    canvas.upright(setup.slope.z, "cursor")
    for index, curve in enumerate(curves):
        place = (index + 1) * (POINTS - 1) // (len(curves) + 1)
        canvas.text(float(result.z[place]), float(curve[place]), LETTERS[index], curve_role(index))
    heading = row_within(
        size.width, Span(" " * 6 + title, "title"), Span(f" at z = {plain(setup.slope.z)}", "muted")
    )
    return Picture.of([heading], size.width).above(canvas.build())


def readout(result: Derivatives, setup: Setup, width: int) -> tuple[Row, ...]:
    """f(z), f′(z) and what it means, for every activation."""
    fixed = 3 + 10 + 10
    at = f"z = {plain(setup.slope.z, 4)}"
    wanted = max(len(at) - 2, *(len(f.spec) for f in result.activations))
    names_width = max(min(wanted, width - fixed), 4)
    lines = [
        [
            Span(fit_text(f" {at}", names_width + 3), "title"),
            Span(f"{'f(z)':>10}{'f′(z)':>10}", "muted"),
            Span("   passes here", "muted"),
            Span("   at most", "muted"),
        ]
    ]
    for index, f in enumerate(result.activations):
        value, slope = float(f(setup.slope.z)), float(f.derivative(setup.slope.z))
        log10_slope = float(f.log_abs_derivative(setup.slope.z)) / math.log(10)
        lines.append(
            [
                Span(f" {LETTERS[index]} {fit_text(f.spec, names_width)}", curve_role(index)),
                Span(f"{plain(value, 4):>10}{plain(slope, 4):>10}"),
                Span(f"   {percent_of(log10_slope):<11}"),
                Span(f"   {plain(f.max_abs_derivative, 4)} {where_largest(f)}", "muted"),
            ]
        )
    return whole_columns(lines, width)
