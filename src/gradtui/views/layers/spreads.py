"""Where the pre-activations z of a network's layers lie, and which of the layers are shown."""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.views.layers.study import NetworkLayers

_SPREADS = 3.5
"""How many standard deviations of z around its mean are to be in sight."""
_FAR = 4.0
"""As far as so many times where f′ bends, z is followed; what lies beyond counts at the edge."""
_SCALES_APART = 30.0
"""Layers whose z differ by more than this do not share an axis where no bend gives it a scale."""


def shown_layers(depth: int, count: int, layer: int) -> list[int]:
    """At most `count` layers, evenly from the first to the last, the cursor's among them."""
    layers = np.unique(np.linspace(1, depth, count).round().astype(int)).tolist()
    if layer not in layers:
        inner = range(1, len(layers) - 1) if count > 2 else range(len(layers))
        layers[min(inner, key=lambda at: abs(layers[at] - layer))] = layer
    return sorted(layers)


def z_limits(network: NetworkLayers, layer: int) -> tuple[float, float]:
    """The range of z that is drawn, around 0: where f′ bends, and where the layers' z are.

    Where f′ does not bend but at 0, nothing says how large a z is large. Then the layers do, and
    if these are too different, the cursor's alone.
    """
    layers = network.layers
    edges = np.abs(network.histograms.edges)
    reach = np.minimum(
        np.abs(layers.z_mean) + _SPREADS * layers.z_spread, np.maximum(edges[:, 0], edges[:, -1])
    )
    bend = _bend(activation(network.subject.activation))
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


def mean_slopes(f: Activation, cells: Array) -> Array:
    """The mean of |f′| in each cell."""
    places = np.linspace(cells[:-1], cells[1:], 9)[1::2]
    with np.errstate(all="ignore"):
        slopes: Array = np.nan_to_num(np.abs(f.derivative(places)).mean(axis=0))
    return slopes


def spread(network: NetworkLayers, layer: int, cells: Array) -> Array:
    """The share of a layer's z in each cell; what lies beyond counts in the cell at the edge."""
    below = _shares_below(network, layer, cells)
    below[0], below[-1] = 0.0, 1.0
    return np.diff(below)


def below_ends(network: NetworkLayers, layer: int, cells: Array) -> tuple[float, float]:
    """The shares of a layer's z below the low end of the cells, and below their high end."""
    low, high = _shares_below(network, layer, cells[[0, -1]])
    return float(low), float(high)


def _shares_below(network: NetworkLayers, layer: int, z: Array) -> Array:
    """The share of a layer's z that is less than each of these."""
    counts = network.histograms.counts[layer - 1]
    edges = network.histograms.edges[layer - 1]
    shares: Array = np.interp(z, edges, np.append(0.0, np.cumsum(counts))) / counts.sum()
    return shares
