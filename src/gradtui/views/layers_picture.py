"""The picture of a network's layers: a row each, under the |f′| that all of them share.

    |f′(z)| over z                      as an area
    how z is spread at the cursor       as an area
    layer  how z is spread              shares   signal and gradient
    …      (shade is density)

The z axis is one for all rows, so that one sees which values sit where f′ is small.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.plots.ascii import to_ascii
from gradtui.plots.canvas import tick_values
from gradtui.plots.picture import Picture, Row, Span, fit_text, row, row_within
from gradtui.views.inside import Inside
from gradtui.views.view import Size
from gradtui.views.wording import decade, plain, subscript

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SHADES = " ·░▒▓█"
_FORWARD, _BACK, _BOTH = "●○◉"
_SPREADS = 3.5
"""How many standard deviations of z around its mean are to be in sight."""
_FAR = 4.0
"""As far as so many times where f′ bends, z is followed; what lies beyond counts at the edge."""
_MANY = 0.01
"""If more than this share of a layer's z lies beyond an edge, the edge says so."""
_SCALES_APART = 30.0
"""Layers whose z differ by more than this do not share an axis where no bend gives it a scale."""


@dataclass(frozen=True)
class _Layout:
    """Columns: the layer's number, z, the shares, the signals. Rows: |f′|, z at the cursor, layers.

    Between them stand a heading above, an axis below, and a frame left and right of z.
    """

    gutter: int
    strip: int
    shares: int
    signals: int
    slope_rows: int
    spread_rows: int
    layer_rows: int

    @classmethod
    def of(cls, size: Size, depth: int) -> _Layout:
        """What fits: in a small picture first the signals give way, then the shares."""
        gutter = max(len(str(depth)) + 3, 6)
        room = size.width - gutter - 2
        shares = 11 if room >= 32 else 0
        signals = min(max((room - shares) * 3 // 8, 13), 36) if room - shares >= 30 else 0
        strip = room - shares - signals
        strip -= 1 - strip % 2  # an odd number has a cell in the middle, for z = 0
        lines = size.height - 2
        upper = max(lines // 5, 2)
        spread_rows = upper if lines >= 9 else 0
        layer_rows = min(depth, max(lines - upper - spread_rows, 1))
        spare = lines - upper - spread_rows - layer_rows
        if spread_rows:  # of a shallow network, what its layers do not need
            upper, spread_rows = upper + spare // 2, spread_rows + spare - spare // 2
        else:
            upper += spare
        return cls(gutter, strip, shares, signals, upper, spread_rows, layer_rows)


def picture(one: Inside, layer: int, size: Size, role: str, marker: str) -> Picture:
    """|f′|, the spread of z at the cursor's layer, and a row for each of as many layers as fit."""
    layout = _Layout.of(size, one.flow.depth)
    f = activation(one.activation)
    low, high = z_limits(one, layer)
    cells = np.linspace(low, high, layout.strip + 1)
    slopes = _slopes(f, cells)
    rows = [
        row_within(
            size.width,
            Span(" " * (layout.gutter + 1)),
            Span("|f′(z)| over z in every layer", "title"),
        )
    ]
    top = f.max_abs_derivative if math.isfinite(f.max_abs_derivative) else float(slopes.max())
    upper = [
        (label, line, role)
        for label, line in zip(
            [plain(top, 2), "|f′|"] + [""] * layout.slope_rows,
            _area(slopes / (top or 1.0), layout.slope_rows),
            strict=False,
        )
    ]
    here = spread(one, layer, cells)
    names = [f"z{subscript(layer)}"] + [""] * layout.spread_rows
    upper += [
        (label, line, "cursor")
        for label, line in zip(
            names, _area(here / (here.max() or 1.0), layout.spread_rows), strict=False
        )
    ]
    glyphs = to_ascii if marker == "ascii" else str
    for index, (label, line, colour) in enumerate(upper):
        heads = _heads(one, layout) if index == len(upper) - 1 else ()
        rows.append(
            (
                Span(f"{label:>{layout.gutter - 1}} ", "axis"),
                Span("│", "axis"),
                Span(glyphs(line), colour),
                Span("│", "axis"),
                *heads,
            )
        )
    alive = slopes >= SATURATED * top
    limits = signal_limits(one)
    for at in shown_layers(one.flow.depth, layout.layer_rows, layer):
        strip = _strip(one, at, cells, alive, role, glyphs is to_ascii)
        left, right = _frame(one, at, cells)
        rows.append(
            (
                _label(at, layer, layout.gutter),
                Span(left, "axis"),
                *strip,
                Span(right, "axis"),
                *_shares(one, at, layout),
                *_signals(one, at, layout, limits, role),
            )
        )
    rows.append(_axes(layout, (low, high), limits))
    return Picture.of(rows, size.width, size.height)


def shown_layers(depth: int, count: int, layer: int) -> list[int]:
    """At most `count` layers, evenly from the first to the last, the cursor's among them."""
    layers = np.unique(np.linspace(1, depth, count).round().astype(int)).tolist()
    if layer not in layers:
        inner = range(1, len(layers) - 1) if count > 2 else range(len(layers))
        layers[min(inner, key=lambda at: abs(layers[at] - layer))] = layer
    return sorted(layers)


# -------------------------------------------------------------------- the z


def z_limits(one: Inside, layer: int) -> tuple[float, float]:
    """The range of z that is drawn, around 0: where f′ bends, and where the layers' z are.

    Where f′ does not bend but at 0, nothing says how large a z is large. Then the layers do, and
    if these are too different, the cursor's alone.
    """
    layers = one.layers
    edges = np.abs(one.histograms.edges)
    reach = np.minimum(
        np.abs(layers.z_mean) + _SPREADS * layers.z_spread, np.maximum(edges[:, 0], edges[:, -1])
    )
    bend = _bend(activation(one.activation))
    if bend:
        half = min(max(float(reach.max()), 1.1 * bend), _FAR * bend)
    elif reach.max() > _SCALES_APART * reach.min():
        half = float(reach[layer - 1])
    else:
        half = float(reach.max())
    half = half or 1.0
    return -half, half


def _bend(f: Activation) -> float:
    """How far from 0 f′ still differs from its values far out; 0 if it is bent only at 0."""
    z = np.linspace(-8.0, 8.0, 1601)
    slopes = f.derivative(z)
    middle = z.size // 2
    least = 0.02 * float(np.abs(slopes).max())
    bent = np.where(z < 0, np.abs(slopes - slopes[0]), np.abs(slopes - slopes[-1])) > least
    bent[middle - 1 : middle + 2] = False
    return float(np.abs(z[bent]).max()) if bent.any() else 0.0


def _slopes(f: Activation, cells: Array) -> Array:
    """The mean of |f′| in each cell."""
    places = np.linspace(cells[:-1], cells[1:], 9)[1::2]
    with np.errstate(all="ignore"):
        slopes: Array = np.nan_to_num(np.abs(f.derivative(places)).mean(axis=0))
    return slopes


def spread(one: Inside, layer: int, cells: Array) -> Array:
    """The share of a layer's z in each cell; what lies beyond counts in the cell at the edge."""
    counts, edges = one.histograms.counts[layer - 1], one.histograms.edges[layer - 1]
    below = np.interp(cells, edges, np.append(0.0, np.cumsum(counts))) / counts.sum()
    below[0], below[-1] = 0.0, 1.0
    return np.diff(below)


def _strip(
    one: Inside, layer: int, cells: Array, alive: NDArray[np.bool_], role: str, ascii_: bool
) -> list[Span]:
    """How a layer's z are spread, as shades; muted where next to nothing passes."""
    shares = spread(one, layer, cells)
    level = np.ceil(shares / shares.max() * (len(_SHADES) - 1) - 1e-9).astype(int)
    level[shares < 1e-6] = 0
    text = "".join(_SHADES[at] for at in level)
    text = to_ascii(text) if ascii_ else text
    starts = [0, *(np.flatnonzero(np.diff(alive)) + 1).tolist(), len(text)]
    return [
        Span(text[start:stop], role if alive[start] else "muted")
        for start, stop in itertools.pairwise(starts)
    ]


def _frame(one: Inside, layer: int, cells: Array) -> tuple[str, str]:
    """The frame left and right of a layer's z, pointing to where many of them lie beyond."""
    counts, edges = one.histograms.counts[layer - 1], one.histograms.edges[layer - 1]
    below = np.interp(cells[[0, -1]], edges, np.append(0.0, np.cumsum(counts))) / counts.sum()
    return "‹" if below[0] > _MANY else "│", "›" if below[1] < 1.0 - _MANY else "│"


def _area(values: Array, rows: int) -> list[str]:
    """Shares from 0 to 1 as an area over a base line, by eighths of a cell."""
    level = np.round(np.clip(values, 0.0, 1.0) * rows * 8).astype(int)
    return [
        "".join(_EIGHTHS[min(max(one - 8 * below, 0), 8)] for one in level.tolist())
        for below in reversed(range(rows))
    ]


# ------------------------------------------------------- beside the spread


def _heads(one: Inside, layout: _Layout) -> Row:
    """What stands in the columns below."""
    name = {"saturated": "sat"}.get(one.flat, one.flat)
    shares = f"{name:>5}{'dead':>5} " if layout.shares else ""
    signals = f"{_FORWARD}|a| {_BACK}|∂L/∂a|" if layout.signals else ""
    return row((shares, "axis"), (signals, "axis"))


def _label(at: int, layer: int, gutter: int) -> Span:
    if at == layer:
        return Span(f"▸{at:>{gutter - 2}} ", "cursor")
    return Span(f"{at:>{gutter - 1}} ", "axis")


def _shares(one: Inside, layer: int, layout: _Layout) -> Row:
    """How many values are saturated, how many units dead."""
    if not layout.shares:
        return ()
    saturated, dead = (
        float(shares[layer - 1]) for shares in (one.layers.saturated, one.layers.dead)
    )
    return row(
        (f"{share_text(saturated):>5}", "bad" if saturated > 0.5 and one.flat != "off" else ""),
        (f"{share_text(dead):>5} ", "bad" if dead > 0.5 else ""),
    )


def share_text(share: float) -> str:
    """A share in at most four cells: 0, <1%, 41%, >99%, -."""
    if math.isnan(share):
        return "-"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f}%" if share else "0"
    return "<1%" if share < 0.01 else ">99%" if share > 0.99 else f"{share * 100:.0f}%"


def signal_limits(one: Inside) -> tuple[float, float]:
    """Whole decades around the signal's and the gradient's log10 in every layer, and around 1."""
    values = np.concatenate([one.log10_signal[1:], one.flow.log10_grad_hidden[1:], [0.0]])
    values = values[np.isfinite(values)]
    low, high = math.floor(values.min() + 1e-9), math.ceil(values.max() - 1e-9)
    return (float(low), float(high)) if high - low >= 2 else (low - 1.0, low + 1.0)


def _signals(
    one: Inside, layer: int, layout: _Layout, limits: tuple[float, float], role: str
) -> Row:
    """The signal and the gradient on one logarithmic axis, with a mark where 1 is."""
    if not layout.signals:
        return ()
    cells = [Span(" ")] * layout.signals
    cells[_column(0.0, limits, layout.signals)] = Span("┆", "axis")
    values = (float(one.log10_signal[layer]), float(one.flow.log10_grad_hidden[layer]))
    columns = [_column(value, limits, layout.signals) for value in values]
    if columns[0] == columns[1]:
        cells[columns[0]] = Span(_BOTH if max(values) > -math.inf else "0", role)
    else:
        for value, column, mark in zip(values, columns, (_FORWARD, _BACK), strict=True):
            cells[column] = Span(mark if value > -math.inf else "0", role)
    return tuple(cells)


def _column(value: float, limits: tuple[float, float], width: int) -> int:
    low, high = limits
    share = (max(value, low) - low) / (high - low)
    return round(share * (width - 1))


# --------------------------------------------------------------- the axes


def _axes(layout: _Layout, z: tuple[float, float], signals: tuple[float, float]) -> Row:
    """The ruler under the z, and the one under the signals."""
    ticks = {tick: plain(tick, 3) for tick in tick_values(*z, max(layout.strip // 7, 2))}
    few = signals[1] - signals[0] <= 2.0  # such labels are short
    decades = {
        tick: decade(tick)
        for tick in tick_values(*signals, max(layout.signals // 7, 3 if few else 2))
        if tick == int(tick)
    }
    return row(
        (f"{'z':>{layout.gutter - 1}} └", "axis"),
        (_ruler(ticks, z, layout.strip), "axis"),
        (fit_text("┘", layout.shares + 1), "axis"),
        (_ruler(decades, signals, layout.signals) if layout.signals else "", "axis"),
    )


def _ruler(ticks: dict[float, str], limits: tuple[float, float], width: int) -> str:
    """Labels on a line, each at its place; those that would touch another are left out."""
    line = ["─"] * width
    free = [True] * width
    for tick in sorted(ticks, key=abs):
        text = ticks[tick]
        padded = f" {text} "
        start = _column(tick, limits, width) - (len(padded) - 1) // 2
        if start < 0:
            start, padded = 0, f"{text} "
        if start + len(padded) > width:
            padded = padded.rstrip()
            start = width - len(padded)
        stretch = slice(start, start + len(padded))
        if start >= 0 and all(free[stretch]):
            line[stretch] = padded
            free[stretch] = [False] * len(padded)
    return "".join(line)
