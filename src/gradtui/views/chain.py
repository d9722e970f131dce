"""The chain view: ∂L/∂w₁ as a product with its real numbers, factor by factor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import Picture, Row, Span, row, row_text, row_within
from gradtui.views.outcome import chain_of
from gradtui.views.setup import Setup
from gradtui.views.verdicts import diagnose
from gradtui.views.view import Finding, Size, Table, View
from gradtui.views.wording import decade, magnitude, percent, plain, subscript

_SLOPE_WIDTH = 24
"""Cells for the small plot of f′."""


@dataclass(frozen=True, eq=False)
class Product:
    """The chain of the focused activation."""

    setup: Setup
    name: str
    chain: Chain
    progress: float = 1.0


def run(setup: Setup) -> Iterator[Product]:
    """One exact result."""
    name = setup.focused
    yield Product(setup, name, chain_of(setup, name))


# ------------------------------------------------------------------ formula


def formula(one: Chain, layer: int, width: int) -> list[Row]:
    """∂L/∂w₁ as a product, its symbols in one row and their numbers in the next.

    What fits is written whole. Of a deep chain stand both ends and the cursor's neighbourhood.
    """
    if one.depth <= width // 8:  # f′(z)·w· is the least that a layer takes
        whole = _columns(one, range(one.depth, 0, -1))
        for gap in (" · ", "·"):
            rows = _lay_out(one, whole, gap)
            if len(row_text(rows[0])) <= width:
                return rows
    for layers in ({one.depth, 1, layer}, {one.depth, 1}, {1}):
        best = _lay_out(one, _columns(one, sorted(layers, reverse=True)), "·")
        if len(row_text(best[0])) <= width:
            break
    for extra in (layer + 1, layer - 1, one.depth - 1, 2, layer + 2, layer - 2):
        if not 1 <= extra <= one.depth:
            continue
        rows = _lay_out(one, _columns(one, sorted(layers | {extra}, reverse=True)), "·")
        if len(row_text(rows[0])) > width:
            break
        layers.add(extra)
        best = rows
    return best


_Column = tuple[str, str, str]
"""A symbol, its number, its role."""


def _columns(one: Chain, layers: range | list[int]) -> list[_Column]:
    """The factors of these layers from the loss back, with an ellipsis for those left out."""
    top = one.depth
    columns: list[_Column] = [
        (f"∂L/∂a{subscript(top)}", _signed(one.upstream.sign, one.log10_upstream), "")
    ]
    previous = top + 1
    for layer in layers:
        if layer != previous - 1:
            columns.append(("⋯", "⋯", "muted"))
        slope = _signed(int(np.sign(one.derivatives[layer - 1])) or 1,
                        float(one.log10_derivatives[layer - 1]))  # fmt: skip
        columns.append((f"f′(z{subscript(layer)})", slope, "curve0"))
        if layer > 1:
            columns.append((f"w{subscript(layer)}", plain(float(one.weights[layer - 1])), "curve1"))
        previous = layer
    columns.append(("x", plain(one.x), ""))
    return columns


def _signed(sign: int, log10: float) -> str:
    return ("-" if sign < 0 else "") + magnitude(log10, 3)


def _lay_out(one: Chain, columns: list[_Column], gap: str) -> list[Row]:
    head = _signed(int(one.signs[0]), float(one.log10_gradients[0]))
    columns = [("∂L/∂w₁", head, "title"), *columns]
    rows: list[Row] = []
    for which in (0, 1):
        spans: list[Span] = []
        for index, column in enumerate(columns):
            wide = max(len(column[0]), len(column[1]))
            spans.append(Span(column[which].center(wide), column[2]))
            if index == 0:
                spans.append(Span(" = "))
            elif index < len(columns) - 1:
                spans.append(Span(gap, "muted"))
        rows.append(tuple(spans))
    return rows


# --------------------------------------------------------------------- draw


def running_product(one: Chain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log10 of the product on its way from the loss: before layer l, after f′(z_l), after w_l.

    Indexed from the loss: entry 0 is layer L. The last w factor, layer 1's, is the input x.
    """
    after_slope = one.log10_backward[::-1]
    below = np.append(one.log10_weights[1:][::-1], one.log10_inputs[0])
    after_weight = after_slope + below
    before = np.append(one.log10_upstream, after_weight[:-1])
    return before, after_slope, after_weight


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
    one = result.chain
    before, middle, after = running_product(one)
    finite = np.concatenate([values[np.isfinite(values)] for values in (before, middle, after)])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 0.0)
    high = max(high, low + 1.0)
    margin = 0.05 * (high - low)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (0.5, one.depth + 0.5),
        (low - margin, high + margin),
        x_label=lambda at: str(one.depth + 1 - round(at)),
        y_label=decade if high - low > 3 else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=6 if low > -999 else 8,
        x_ticks=_layer_ticks(one.depth, size.width),
        whole_y=high - low > 3,
    )
    position = np.arange(1, one.depth + 1)
    reached = position <= one.depth + 1 - setup.layer
    # At most one bar a cell: the steps between are taken together.
    cells = np.minimum(
        ((position - 1) * canvas.columns) // one.depth, canvas.columns - 1
    ) if one.depth > canvas.columns else position  # fmt: skip
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    ends = np.append(starts[1:] - 1, one.depth - 1)
    width = 0.36 if one.depth <= canvas.columns // 4 else 0.0
    for shown, slope_role, weight_role in ((True, "curve0", "curve1"), (False, "muted", "muted")):
        keep = reached[starts] == shown
        at, first, last = position[starts][keep], starts[keep], ends[keep]
        if width:
            canvas.bars(at - 0.2, before[first], middle[first], slope_role, width)
            canvas.bars(at + 0.2, middle[last], after[last], weight_role, width)
        else:
            canvas.bars(at, before[first], after[last], slope_role)
            canvas.line(position[reached == shown], after[reached == shown], slope_role)
    canvas.upright(one.depth + 1 - setup.layer, "cursor")
    heading = row_within(
        size.width, Span("       running product", "title"), Span("  loss → layer 1", "muted")
    )
    return Picture.of([heading], size.width).above(canvas.build())


def _layer_ticks(depth: int, width: int) -> list[float]:
    """Positions from the loss of a few layers, the first and the last among them."""
    count = max(2, min(depth, width // 12))
    return sorted({float(round(at)) for at in np.linspace(1, depth, count)})


def _slope(result: Product, setup: Setup, size: Size, marker: str) -> Picture:
    """f′ around 0 with the cursor's layer on it."""
    one = result.chain
    at = float(one.z[setup.layer - 1])
    at = at if math.isfinite(at) else math.copysign(1e6, at)
    reach = max(5.0, min(1.25 * abs(at), 1e6))
    z = np.linspace(-reach, reach, 241)
    slopes = one.activation.derivative(z)
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
        x_ticks=(-round(reach * 0.8), 0, round(reach * 0.8)),
    )
    canvas.line(z, slopes, "curve0")
    canvas.upright(at, "cursor")
    canvas.text(at, float(one.derivatives[setup.layer - 1]), "●", "cursor")
    heading = row((f"      f′ at z{subscript(setup.layer)}", "title"))
    return Picture.of([heading], size.width).above(canvas.build())


def readout(result: Product, setup: Setup, width: int) -> tuple[Row, ...]:
    """The cursor's layer, and the product as far as there."""
    one, index = result.chain, setup.layer - 1
    layer = subscript(setup.layer)
    slope = float(one.log10_derivatives[index])
    below = ("x", one.x) if index == 0 else (f"w{layer}", float(one.weights[index]))
    so_far = float(running_product(one)[2][one.depth - 1 - index])
    passes = percent(10.0**slope) if -5 < slope < 6 else magnitude(slope)
    return (
        row_within(
            width,
            Span(f" layer {setup.layer} of {one.depth}", "title"),
            Span(f"  {result.name}", "curve0"),
            Span(f"   z{layer} = {plain(float(one.z[index]), 4)}"),
            Span(f"   a{layer} = {plain(float(one.a[index]), 4)}"),
        ),
        row_within(
            width,
            Span(f" f′(z{layer}) = {magnitude(slope, 4)}, passes {passes} here", "curve0"),
            Span(f"   times {below[0]} = {plain(below[1], 4)}", "curve1"),
        ),
        row_within(
            width,
            Span(f" product so far {magnitude(so_far, 3)}", "title"),
            Span(f"   |∂L/∂w{layer}| = {magnitude(float(one.log10_gradients[index]), 3)}"),
            Span(f"   |∂L/∂z{layer}| = {magnitude(float(one.log10_backward[index]), 3)}", "muted"),
        ),
    )


def finding(result: Product, name: str) -> Finding:
    """The verdict on the chain."""
    return diagnose(result.setup, name)


def table(result: Product) -> Table:
    """One row for each layer, every factor apart."""
    one = result.chain
    return [
        {
            "activation": result.name,
            "layer": index + 1,
            "w": float(one.weights[index]),
            "b": float(one.biases[index]),
            "z": float(one.z[index]),
            "a": float(one.a[index]),
            "derivative": float(one.derivatives[index]),
            "log10_abs_derivative": float(one.log10_derivatives[index]),
            "log10_abs_w": float(one.log10_weights[index]),
            "log10_abs_gradient": float(one.log10_gradients[index]),
            "gradient_sign": int(one.signs[index]),
        }
        for index in range(one.depth)
    ]


def walk_layers_back(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is towards layer 1, as the picture runs."""
    return setup.with_(layer=setup.layer - steps * (10 if tens else 1)).clamped()


VIEW = View(
    name="chain",
    title="the chain rule",
    question="Which factor of ∂L/∂w₁ kills the gradient?",
    knobs=(
        "activations",
        "focus",
        "depth",
        "weights",
        "biases",
        "x",
        "loss",
        "seed",
        "threshold",
    ),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_layers_back,
)
