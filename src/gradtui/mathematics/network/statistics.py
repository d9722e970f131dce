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

    def add(self, layer: int, z: Array, a: Array) -> None:
        """Look at z and a of a layer, counted from 0."""
        slope = np.abs(self.f.derivative(z))
        most = self.f.max_abs_derivative
        saturated = float(np.mean(slope < SATURATED * most)) if math.isfinite(most) else math.nan
        units = np.flatnonzero(~slope.any(axis=0))
        # What merely underflowed is not dead.
        dead = (self.f.log_abs_derivative(z[:, units]) == -np.inf).all(axis=0).sum() / z.shape[1]
        self.columns[:, layer] = (saturated, dead, *_moments(z), *_moments(a))
        if self.bins:
            for values, bins in ((z, self.z_bins), (a, self.a_bins)):
                bins.counts[layer], bins.edges[layer] = _histogram(values, self.bins)

    def result(self) -> LayerStatistics:
        """What was collected."""
        histograms = (self.z_bins, self.a_bins) if self.bins else (None, None)
        return LayerStatistics(*self.columns, *histograms)


def _moments(values: Array) -> tuple[float, float]:
    """Mean and standard deviation, without overflow on the way."""
    top = float(np.abs(values).max())
    if top == 0.0 or not math.isfinite(top):
        return (0.0, 0.0) if top == 0.0 else (math.inf, math.inf)
    unit = math.frexp(top)[1]
    scaled = np.ldexp(values, -unit)
    return float(np.ldexp(scaled.mean(), unit)), float(np.ldexp(scaled.std(), unit))


def _histogram(values: Array, bins: int) -> tuple[NDArray[np.int64], Array]:
    """Counts and edges, from the least to the largest value; wider where no float lies between."""
    values = np.clip(values, -1e300, 1e300)
    low, high = float(values.min()), float(values.max())
    middle, least = low / 2.0 + high / 2.0, 4.0 * bins * np.spacing(max(abs(low), abs(high)))
    half = max(high / 2.0 - low / 2.0, least, 1e-300)
    if high - low < 2.0 * half:
        low, high = middle - half, middle + half
    counts, edges = np.histogram(values, bins, (low, high))
    return counts, edges
