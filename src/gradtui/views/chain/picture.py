"""The picture of the chain view: the formula over the waterfall of its factors."""

from __future__ import annotations

import math

import numpy as np

from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import Picture, Row, Span, row, row_within
from gradtui.plots.ticks import layer_ticks
from gradtui.setup import Setup
from gradtui.views.chain.formula import formula
from gradtui.views.chain.study import Product, running_product
from gradtui.views.view import Size
from gradtui.wording import decade, decade_cells, magnitude, number, percent_of, plain, subscript

_SLOPE_WIDTH = 24
"""Cells for the small plot of f′."""


def draw(result: Product, setup: Setup, size: Size, marker: str) -> Picture:
    """The formula over the waterfall of its factors, f′ with the cursor's layer beside it."""
    head = Picture.of([*formula(result.chain, setup.layer, size.width), ()], size.width)
    height = size.height - head.height
    # The little plot of f′ needs room; on a narrow screen the waterfall has all of it.
    side = _SLOPE_WIDTH if size.width >= 2 * _SLOPE_WIDTH + 4 else 0
    plot = _waterfall(result, setup, Size(size.width - side, height), marker)
    if side:
        plot = plot.beside(_slope(result, setup, Size(side, height), marker))
    return head.above(plot)


def _waterfall(result: Product, setup: Setup, size: Size, marker: str) -> Picture:
    chain = result.chain
    before, middle, after = running_product(chain)
    finite = np.concatenate([values[np.isfinite(values)] for values in (before, middle, after)])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 0.0)
    high = max(high, low + 1.0)
    margin = 0.05 * (high - low)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (0.5, chain.depth + 0.5),
        (low - margin, high + margin),
        x_label=lambda at: str(chain.depth + 1 - round(at)),
        y_label=decade if high - low > 3 else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=decade_cells(low, high),
        x_ticks=[chain.depth + 1 - at for at in layer_ticks(chain.depth, size.width)][::-1],
        whole_y=high - low > 3,
        log_y=True,
        title="running product",
        x_title="layer, from the loss",
    )
    position = np.arange(1, chain.depth + 1)
    reached = position <= chain.depth + 1 - setup.layer
    # At most one bar a cell: the steps between are taken together.
    cells = np.minimum(
        ((position - 1) * canvas.columns) // chain.depth, canvas.columns - 1
    ) if chain.depth > canvas.columns else position  # fmt: skip
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    ends = np.append(starts[1:] - 1, chain.depth - 1)
    width = 0.36 if chain.depth <= canvas.columns // 4 else 0.0
    for shown, slope_role, weight_role in ((True, "curve0", "curve1"), (False, "muted", "muted")):
        keep = reached[starts] == shown
        at, first, last = position[starts][keep], starts[keep], ends[keep]
        if width:
            canvas.bars(at - 0.2, before[first], middle[first], slope_role, width, "f′(z)" * shown)
            canvas.bars(at + 0.2, middle[last], after[last], weight_role, width, "w" * shown)
        else:
            canvas.bars(at, before[first], after[last], slope_role)
            canvas.line(position[reached == shown], after[reached == shown], slope_role)
    canvas.upright(chain.depth + 1 - setup.layer, "cursor")
    heading = row_within(
        size.width, Span("       running product", "title"), Span("  loss → layer 1", "muted")
    )
    return Picture.of([heading], size.width).above(canvas.build())


def _slope(result: Product, setup: Setup, size: Size, marker: str) -> Picture:
    """f′ around 0 with the cursor's layer on it."""
    chain = result.chain
    at = float(chain.z[setup.layer - 1])
    at = at if math.isfinite(at) else math.copysign(1e6, at)
    reach = max(5.0, min(1.25 * abs(at), 1e6))
    z = np.linspace(-reach, reach, 241)
    slopes = chain.activation.derivative(z)
    low, high = min(0.0, float(slopes.min())), max(float(slopes.max()), 1e-3)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (-reach, reach),
        (low, high * 1.05),
        x_label=lambda tick: plain(tick, 2),
        y_label=lambda tick: plain(tick, 2),
        marker=marker,
        label_width=5,
        title=f"f′ at z{subscript(setup.layer)}",
        x_title="z",
    )
    canvas.line(z, slopes, "curve0")
    canvas.upright(at, "cursor", f"z{subscript(setup.layer)}")
    canvas.text(at, float(chain.derivatives[setup.layer - 1]), "⊕", "cursor")
    heading = row((f"      f′ at z{subscript(setup.layer)}", "title"))
    return Picture.of([heading], size.width).above(canvas.build())


def readout(result: Product, setup: Setup, width: int) -> tuple[Row, ...]:
    """The cursor's layer, and the product as far as there."""
    chain, index = result.chain, setup.layer - 1
    layer = subscript(setup.layer)
    slope = float(chain.log10_derivatives[index])
    below = ("x", chain.x) if index == 0 else (f"w{layer}", float(chain.weights[index]))
    so_far = float(running_product(chain)[2][chain.depth - 1 - index])
    passes = percent_of(slope)
    log10_output = float(chain.log10_outputs[setup.layer])
    return (
        row_within(
            width,
            Span(f" layer {setup.layer} of {chain.depth}", "title"),
            Span(f"  {result.subject.name}", "curve0"),
            Span(f"   z{layer} = {number(float(chain.z[index]), float(chain.log10_z[index]), 4)}"),
            Span(f"   a{layer} = {number(float(chain.a[index]), log10_output, 4)}"),
        ),
        row_within(
            width,
            Span(f" f′(z{layer}) = {magnitude(slope, 4)}, passes {passes} here", "curve0"),
            Span(f"   times {below[0]} = {plain(below[1], 4)}", "curve1"),
        ),
        row_within(
            width,
            Span(f" product so far {magnitude(so_far, 3)}", "title"),
            Span(f"   |∂L/∂w{layer}| = {magnitude(float(chain.log10_gradients[index]), 3)}"),
            Span(
                f"   |∂L/∂z{layer}| = {magnitude(float(chain.log10_backward[index]), 3)}", "muted"
            ),
        ),
    )
