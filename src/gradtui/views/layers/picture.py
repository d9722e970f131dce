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
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import Picture, Row, Span, curve_role, fit_text, row, row_within
from gradtui.plots.ticks import tick_values
from gradtui.setup import Setup
from gradtui.views.layers.judgement import many_flat
from gradtui.views.layers.plots import plots
from gradtui.views.layers.readout import share_text
from gradtui.views.layers.spreads import below_ends, mean_slopes, shown_layers, spread, z_limits
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.views.view import Size
from gradtui.wording import counted, decade, plain, subscript

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SHADES = " ·░▒▓█"
_FORWARD, _BACK, _BOTH = "▷◁◇"
_MANY = 0.01
"""If more than this share of a layer's z lies beyond an edge, the edge says so."""


def waiting(setup: Setup) -> str:
    """What is said as long as no network was run."""
    return f"Drawing and running {counted(setup.depth, 'layer')} of {setup.network.units_text} …"


def draw(result: ComparedNetworks, setup: Setup, size: Size, marker: str) -> Picture:
    """The layers of the focused network."""
    name = setup.focus_of(result.names)
    network = result.network(name)
    if network is None:
        return Picture.of([row((f" {waiting(setup)}", "muted"))], size.width, size.height)
    layout = _Layout.of(size, network.flow.depth)
    role = curve_role(result.names.index(name))
    drawing = _Drawing(
        network,
        setup.layer,
        layout,
        z_limits(network, setup.layer),
        _signal_limits(network),
        role,
        marker == "ascii",
    )
    return Picture.of(
        [_heading(layout, size.width), *drawing.rows()],
        size.width,
        size.height,
        plots(network, setup.layer, drawing.z, drawing.signals, role, size),
    )


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


def _heading(layout: _Layout, width: int) -> Row:
    return row_within(
        width,
        Span(" " * (layout.gutter + 1)),
        Span("|f′(z)| over z in every layer", "title"),
    )


@dataclass(frozen=True)
class _Drawing:
    """All that the rows of one picture share.

    Attributes:
        network: what is drawn.
        layer: where the cursor stands.
        layout: how many cells each part has.
        z: the limits of the z axis.
        signals: the limits of the axis of signal and gradient, in log10.
        role: the colour of the network.
        ascii: whether areas and shades are drawn with plain characters.
    """

    network: NetworkLayers
    layer: int
    layout: _Layout
    z: tuple[float, float]
    signals: tuple[float, float]
    role: str
    ascii: bool

    def rows(self) -> list[Row]:
        """|f′|, the spread of z at the cursor, a row for each of as many layers as fit, axes."""
        f, layout = activation(self.network.subject.activation), self.layout
        cells = np.linspace(*self.z, layout.strip + 1)
        slopes = mean_slopes(f, cells)
        bounded = math.isfinite(f.max_abs_derivative)
        top = f.max_abs_derivative if bounded else float(slopes.max())
        here = spread(self.network, self.layer, cells)
        rows = [
            *self._area(slopes / (top or 1.0), layout.slope_rows, [plain(top, 2), "|f′|"]),
            *self._area(
                here / (here.max() or 1.0),
                layout.spread_rows,
                [f"z{subscript(self.layer)}"],
                "cursor",
            ),
        ]
        rows[-1] = (*rows[-1], *_heads(self.network, layout))
        alive = slopes >= SATURATED * top
        shown = shown_layers(self.network.flow.depth, layout.layer_rows, self.layer)
        rows += [self._layer(at, cells, alive) for at in shown]
        return [*rows, _axes(layout, self.z, self.signals)]

    def _area(self, values: Array, rows: int, labels: list[str], role: str = "") -> list[Row]:
        """Shares from 0 to 1 as an area in a frame, the labels beside its first rows."""
        return [
            (
                Span(f"{label:>{self.layout.gutter - 1}} ", "axis"),
                Span("│", "axis"),
                Span(to_ascii(line) if self.ascii else line, role or self.role),
                Span("│", "axis"),
            )
            for label, line in zip([*labels, *[""] * rows], _area(values, rows), strict=False)
        ]

    def _layer(self, at: int, cells: Array, alive: NDArray[np.bool_]) -> Row:
        """The row of one layer; z is muted where next to nothing passes."""
        network, layout = self.network, self.layout
        below_low, below_high = below_ends(network, at, cells)
        return (
            _label(at, self.layer, layout.gutter),
            Span("‹" if below_low > _MANY else "│", "axis"),
            *self._strip(spread(network, at, cells), alive),
            Span("›" if below_high < 1.0 - _MANY else "│", "axis"),
            *_shares(network, at, layout),
            *self._marks(at),
        )

    def _strip(self, shares: Array, alive: NDArray[np.bool_]) -> list[Span]:
        """How a layer's z are spread, as shades."""
        level = np.ceil(shares / shares.max() * (len(_SHADES) - 1) - 1e-9).astype(int)
        level[shares < 1e-6] = 0
        text = "".join(_SHADES[at] for at in level)
        text = to_ascii(text) if self.ascii else text
        starts = [0, *(np.flatnonzero(np.diff(alive)) + 1).tolist(), len(text)]
        return [
            Span(text[start:stop], self.role if alive[start] else "muted")
            for start, stop in itertools.pairwise(starts)
        ]

    def _marks(self, at: int) -> Row:
        """The signal and the gradient on one logarithmic axis, with a mark where 1 is."""
        width, network = self.layout.signals, self.network
        if not width:
            return ()
        cells = [Span(" ")] * width
        cells[_column(0.0, self.signals, width)] = Span("┆", "axis")
        values = (float(network.log10_signal[at]), float(network.flow.log10_grad_hidden[at]))
        columns = [_column(value, self.signals, width) for value in values]
        if columns[0] == columns[1]:
            cells[columns[0]] = Span(_BOTH if max(values) > -math.inf else "0", self.role)
        else:
            for value, column, mark in zip(values, columns, (_FORWARD, _BACK), strict=True):
                cells[column] = Span(mark if value > -math.inf else "0", self.role)
        return tuple(cells)


def _area(values: Array, rows: int) -> list[str]:
    """Shares from 0 to 1 as an area over a base line, by eighths of a cell."""
    levels = np.round(np.clip(values, 0.0, 1.0) * rows * 8).astype(int).tolist()
    return [
        "".join(_EIGHTHS[min(max(level - 8 * below, 0), 8)] for level in levels)
        for below in reversed(range(rows))
    ]


# ------------------------------------------------------- beside the spread


def _heads(network: NetworkLayers, layout: _Layout) -> Row:
    """What stands in the columns below."""
    shares = f"{'flat':>5}{'dead':>5} " if layout.shares else ""
    signals = f"{_FORWARD}|a| {_BACK}|∂L/∂a|" if layout.signals else ""
    return row((shares, "axis"), (signals, "axis"))


def _label(at: int, layer: int, gutter: int) -> Span:
    if at == layer:
        return Span(f"▸{at:>{gutter - 2}} ", "cursor")
    return Span(f"{at:>{gutter - 1}} ", "axis")


def _shares(network: NetworkLayers, layer: int, layout: _Layout) -> Row:
    """How many values are flat, how many units dead."""
    if not layout.shares:
        return ()
    layers = network.layers
    flat, dead = (float(shares[layer - 1]) for shares in (layers.saturated, layers.dead))
    return row(
        (f"{share_text(flat):>5}", "bad" if flat > many_flat(network) else ""),
        (f"{share_text(dead):>5} ", "bad" if dead > 0.5 else ""),
    )


def _signal_limits(network: NetworkLayers) -> tuple[float, float]:
    """Whole decades around the signal's and the gradient's log10 in every layer, and around 1."""
    signal, gradient = network.log10_signal[1:], network.flow.log10_grad_hidden[1:]
    values = np.concatenate([signal, gradient, [0.0]])
    values = values[np.isfinite(values)]
    low, high = math.floor(values.min() + 1e-9), math.ceil(values.max() - 1e-9)
    return (float(low), float(high)) if high - low >= 2 else (low - 1.0, low + 1.0)


# --------------------------------------------------------------- the axes


def _column(value: float, limits: tuple[float, float], width: int) -> int:
    low, high = limits
    share = (max(value, low) - low) / (high - low)
    return round(share * (width - 1))


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
