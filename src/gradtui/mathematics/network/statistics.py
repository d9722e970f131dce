"""What happens inside each layer: shares, moments and histograms of its values.

Glossary: f the activation function, z the pre-activations and a = f(z) the activations of a layer
[B, n] for a batch of B and n units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import shifted_rows
from gradtui.mathematics.pieces import rows_at_once, spans
from gradtui.progress import Tick, part

if TYPE_CHECKING:
    from numpy.typing import NDArray


SATURATED = 0.01
"""A unit is saturated where |f′| is below this share of its maximum."""


@dataclass(frozen=True, eq=False)
class Histograms:
    """How the values of each layer are spread: `counts` [depth, bins], `edges` [depth, bins+1].

    The bins of a layer are equally wide, from its least to its largest value; values beyond
    ±1e300 are counted there.
    """

    counts: NDArray[np.int64]
    edges: Array


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """What happens inside each layer, over the batch and the units; arrays [depth].

    Means and spreads (standard deviations) are plain float64: what is below 1e-288 or above 1e288
    may show as something that small or large, as 0 or as inf.

    Attributes:
        saturated: the share of the B·n_l values with |f′(z)| < 1 % of max|f′|; NaN where f′ has
            no bound.
        dead: the share of the units with f′(z) = 0 for the whole batch.
        z_mean: the mean of the pre-activations.
        z_spread: their standard deviation.
        a_mean: the mean of the activations.
        a_spread: their standard deviation.
        z_histograms: of the pre-activations, if asked for.
        a_histograms: of the activations, if asked for.
    """

    saturated: Array
    dead: Array
    z_mean: Array
    z_spread: Array
    a_mean: Array
    a_spread: Array
    z_histograms: Histograms | None = None
    a_histograms: Histograms | None = None


class Statistics:
    """Collects `LayerStatistics` layer by layer."""

    def __init__(self, f: Activation, depth: int, bins: int) -> None:
        self.f, self.bins = f, bins
        self.columns = np.zeros((6, depth))
        self.z_bins, self.a_bins = (self._no_bins(depth) for _ in "za")

    def _no_bins(self, depth: int) -> Histograms:
        return Histograms(
            np.zeros((depth, self.bins), dtype=np.int64), np.zeros((depth, self.bins + 1))
        )

    def add(self, layer: int, z: Array, a: Array, tick: Tick) -> None:
        """Look at z and a of a layer, counted from 0."""
        saturated, dead = self._slopes(z, part(tick, 0.0, 0.4))
        of_z, of_a = (
            _moments(values, part(tick, start, 0.1)) for start, values in ((0.4, z), (0.5, a))
        )
        self.columns[:, layer] = (saturated, dead, *of_z, *of_a)
        if self.bins:
            for start, values, bins in ((0.6, z, self.z_bins), (0.8, a, self.a_bins)):
                bins.counts[layer], bins.edges[layer] = _histogram(
                    values, self.bins, part(tick, start, 0.2)
                )

    def _slopes(self, z: Array, tick: Tick) -> tuple[float, float]:
        """The share of the values that are saturated, and of the units that are dead."""
        most = self.f.max_abs_derivative
        each = rows_at_once(z.shape[1])
        saturated, flat = 0, np.ones(z.shape[1], dtype=bool)
        for some in spans(len(z), each, part(tick, 0.0, 0.5)):
            slope = np.abs(self.f.derivative(z[some]))
            saturated += int(np.count_nonzero(slope < SATURATED * most))
            flat &= ~slope.any(axis=0)
        units = np.flatnonzero(flat)
        dead = np.ones(units.size, dtype=bool)
        for some in spans(len(z), each, part(tick, 0.5, 0.5)):
            # What merely underflowed is not dead.
            dead &= (self.f.log_abs_derivative(z[some][:, units]) == -np.inf).all(axis=0)
        share = saturated / z.size if math.isfinite(most) else math.nan
        return share, float(dead.sum() / z.shape[1])

    def result(self) -> LayerStatistics:
        """What was collected."""
        histograms = (self.z_bins, self.a_bins) if self.bins else (None, None)
        return LayerStatistics(*self.columns, *histograms)


def _moments(values: Array, tick: Tick) -> tuple[float, float]:
    """Mean and standard deviation, without overflow on the way."""
    top = float(np.maximum(values.max(), -values.min()))
    if top == 0.0 or not math.isfinite(top):
        return (0.0, 0.0) if top == 0.0 else (math.inf, math.inf)
    unit = math.frexp(top)[1]
    each = rows_at_once(values.shape[1])
    scaled = shifted_rows(values, np.full(len(values), -float(unit)), part(tick, 0.0, 0.5))
    sums = [scaled[some].sum() for some in spans(len(values), each, part(tick, 0.5, 0.2))]
    mean = sum(sums) / values.size
    squares = [
        np.square(scaled[some] - mean).sum()
        for some in spans(len(values), each, part(tick, 0.7, 0.3))
    ]
    spread = math.sqrt(sum(squares) / values.size)
    return float(np.ldexp(mean, unit)), float(np.ldexp(spread, unit))


def _histogram(values: Array, bins: int, tick: Tick) -> tuple[NDArray[np.int64], Array]:
    """Counts and edges, from the least to the largest value; wider where no float lies between."""
    low, high = (float(np.clip(end, -1e300, 1e300)) for end in (values.min(), values.max()))
    middle, least = low / 2.0 + high / 2.0, 4.0 * bins * np.spacing(max(abs(low), abs(high)))
    half = max(high / 2.0 - low / 2.0, least, 1e-300)
    if high - low < 2.0 * half:
        low, high = middle - half, middle + half
    counts = np.zeros(bins, dtype=np.int64)
    for some in spans(len(values), rows_at_once(values.shape[1]), tick):
        more, edges = np.histogram(np.clip(values[some], -1e300, 1e300), bins, (low, high))
        counts += more
    return counts, edges
