"""The plots of a network's layers in a figure: |f′|, where z lies, the shares, the signals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.plots.marks import Axis, Band, Boxes, Label, Later, Line, Mark, Plot, Upright
from gradtui.plots.ticks import layer_ticks
from gradtui.views.layers.spreads import shown_layers, spread
from gradtui.views.layers.study import NetworkLayers
from gradtui.views.view import Size
from gradtui.wording import magnitude, percent, plain

_CELLS = 121
"""So finely z is divided; an odd number has a cell in the middle."""
_POINTS = 481
"""Points of |f′|."""
_MOST = 300
"""At most so many layers are drawn."""
_UPPER = 8
"""Cells that the plot of |f′| is high."""


def plots(
    network: NetworkLayers,
    layer: int,
    z: tuple[float, float],
    signals: tuple[float, float],
    role: str,
    size: Size,
) -> Iterator[Plot]:
    """|f′| over z, and below it by layer where z lies; beside that the shares, and the signals.

    Args:
        network: what is drawn.
        layer: where the cursor stands.
        z: the limits of the z axis.
        signals: the limits of signal and gradient, in log10.
        role: the colour of the network.
        size: of the whole, in cells.
    """
    depth = network.flow.depth
    left = size.width // 2
    middle = (size.width - left) // 2
    lower = max(size.height - _UPPER - 2, 10)
    z_axis = Axis(z, lambda at: plain(at, 3), "z")
    slope = Later(lambda: _slope(network, z, role))
    _, slopes = _slopes(network, z)
    top = float(slopes.max()) or 1.0
    yield Plot(z_axis, Axis((0.0, 1.05 * top), plain, "|f′(z)|"), (slope,), left, _UPPER, "", 0, 1)
    ticks = [-at for at in layer_ticks(depth, 3 * lower)][::-1]
    # Layer 1 on top, as in the text.
    by_layer = Axis((-depth - 0.5, -0.5), lambda at: str(round(-at)), "layer", ticks)
    unnamed = Axis(by_layer.limits, by_layer.label, "", ticks)
    line = _UPPER + 2
    where = Later(lambda: _where(network, layer, z, role))
    yield Plot(z_axis, by_layer, (where,), left, lower, "where z lies", 0, line)
    shares = Axis((0.0, 1.0), percent)
    found = Later(lambda: _shares(network))
    yield Plot(shares, unnamed, (found,), middle, lower, "shares", left, line)
    scale = Axis(signals, lambda at: magnitude(at, 2), scale="log")
    size_of = Later(lambda: _signals(network, role))
    last = size.width - left - middle
    yield Plot(scale, unnamed, (size_of,), last, lower, "size", left + middle, line)


def _slopes(network: NetworkLayers, z: tuple[float, float]) -> tuple[Array, Array]:
    """z, and |f′| there: at a jump on both of its sides, so that it is drawn upright."""
    f = activation(network.subject.activation)
    sides = [np.nextafter(kink.at, end) for kink in f.kinks for end in (-np.inf, np.inf)]
    inside = [at for at in sides if z[0] <= at <= z[1]]
    at = np.unique(np.concatenate([np.linspace(*z, _POINTS), inside]))
    with np.errstate(all="ignore"):
        return at, np.nan_to_num(np.abs(f.derivative(at)), posinf=0.0)


def _slope(network: NetworkLayers, z: tuple[float, float], role: str) -> list[Mark]:
    at, slopes = _slopes(network, z)
    return [Band(at, np.zeros_like(at), slopes, role), Line(at, slopes, role)]


def _where(network: NetworkLayers, layer: int, z: tuple[float, float], role: str) -> list[Mark]:
    """A row of cells for each layer, the darker the more of its z lie there."""
    cells = np.linspace(*z, _CELLS + 1)
    shown = shown_layers(network.flow.depth, _MOST, layer)
    ends = np.append(np.array(shown[1:], float), network.flow.depth + 1.0)
    shares = np.array([spread(network, at, cells) for at in shown])
    strengths = shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-300)
    low = np.repeat(0.5 - ends, _CELLS)
    high = np.repeat(0.5 - np.array(shown, float), _CELLS)
    left, right = (np.tile(edge, len(shown)) for edge in (cells[:-1], cells[1:]))
    return [Boxes(left, right, low, high, strengths.ravel(), role, "density of z, layer by layer")]


def _shares(network: NetworkLayers) -> list[Mark]:
    """How many values are flat, how many units dead."""
    at = -np.arange(1.0, network.flow.depth + 1)
    return [
        Line(network.flat, at, "bad", name="flat"),
        Line(np.asarray(network.layers.dead, float), at, "title", "dotted", "dead"),
    ]


def _signals(network: NetworkLayers, role: str) -> list[Mark]:
    """The signal and the gradient, and where 1 is."""
    at = -np.arange(1.0, network.flow.depth + 1)
    signal, gradient = network.log10_signal[1:], network.flow.log10_grad_hidden[1:]
    marks: list[Mark] = [
        Upright(0.0, "muted", "size 1"),
        Line(signal, at, role, name="|a|"),
        Line(gradient, at, "spread", "dashed", "|∂L/∂a|"),
    ]
    if not np.isfinite(signal).any() and not np.isfinite(gradient).any():
        marks.append(Label(0.0, float(at.mean()), "all are 0", "muted"))
    return marks
