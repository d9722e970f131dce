"""The map of the phase view: what is left of a gradient over σw and σb, or over σw and depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.wide.path import ratios_by_depth
from gradtui.mathematics.wide.phase import rate_map
from gradtui.models.kept import Kept
from gradtui.progress import Tick
from gradtui.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRIDS = ((16, 12), (60, 40))
"""Columns and rows of the first map, and of the last."""

_FINISHED_KEPT = 24


@dataclass(frozen=True, eq=False)
class Map:
    """What is left of a gradient over σw and a height; arrays are [heights, σw], rising.

    Attributes:
        sigma_w: the σw of the columns.
        heights: the σb of the rows, or their numbers of layers.
        layers: after how many layers each row's gradient is taken.
        log10_rates: log10 √χ, the factor of its norm a layer; their mean where layers differ.
        q: q*, or q after as many layers.
        endings: how q ends, as indices into `KINDS`.
    """

    sigma_w: Array
    heights: Array
    layers: Array
    log10_rates: Array
    q: Array
    endings: NDArray[np.int8]

    @property
    def log10_left(self) -> Array:
        """log10 of the gradient's norm after the layers, beside what the last of them gets."""
        return self.layers[:, None] * self.log10_rates


_finished = Kept[Map](_FINISHED_KEPT)
"""The last maps, for a cursor moves over one and an arrow goes back to another."""


def finished_map(setup: Setup) -> Map | None:
    """The map of the focused activation, if it is there already."""
    finished = _finished.find(_key(setup))
    if finished is None or setup.plane.against == "depth":
        return finished
    return _after(setup.depth, finished)


def maps(setup: Setup, tick: Tick) -> Iterator[Map]:
    """A first map of the focused activation, and a better one, which is kept.

    Raises:
        InputError: a map of more layers than a network can have.
    """
    if setup.plane.against == "depth":
        return _maps_by_depth(setup, tick)
    return _maps_by_sigma_b(setup, tick)


def _key(setup: Setup) -> tuple[object, ...]:
    """What a map depends on."""
    name, plane = setup.focused, setup.plane
    if plane.against == "depth":
        return name, plane.sigma_w_range, plane.sigma_b, abs(setup.x), setup.depth
    return name, plane.sigma_w_range, plane.sigma_b_range


def _maps_by_sigma_b(setup: Setup, tick: Tick) -> Iterator[Map]:
    """First a coarse one."""
    name, plane = setup.focused, setup.plane
    for count, (columns, rows) in enumerate(_GRIDS, 1):
        sigma_w = np.linspace(*plane.sigma_w_range, columns)
        sigma_b = np.linspace(*plane.sigma_b_range, rows)
        found = rate_map(name, sigma_w * sigma_w, sigma_b * sigma_b)
        rates = _log10_rates(found.chi)
        one_layer = Map(sigma_w, sigma_b, np.ones(rows), rates, found.q, found.kinds)
        if count == len(_GRIDS):
            _finished.put(_key(setup), one_layer)
        yield _after(setup.depth, one_layer)
        tick(count / len(_GRIDS))


def _after(depth: int, finished: Map) -> Map:
    """The map of what is left after so many layers; its rates do not depend on them."""
    return replace(finished, layers=np.full(finished.heights.shape, float(depth)))


def _maps_by_depth(setup: Setup, tick: Tick) -> Iterator[Map]:
    """At first as if q were q* from layer 1 on, then along the way that q takes."""
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a map", f"try {{depth={MAX_DEPTH}}}"
        )
    name, plane = setup.focused, setup.plane
    columns, rows = _GRIDS[-1]
    sigma_w = np.linspace(*plane.sigma_w_range, columns)
    layers = np.unique(np.linspace(1, setup.depth, min(setup.depth, rows)).round())
    ends = rate_map(name, sigma_w * sigma_w, [plane.sigma_b**2])
    shape = (layers.size, columns)
    first = Map(
        sigma_w,
        layers,
        layers,
        np.broadcast_to(_log10_rates(ends.chi), shape),
        np.broadcast_to(ends.q, shape),
        np.broadcast_to(ends.kinds, shape),
    )
    yield first
    left, q = ratios_by_depth(name, sigma_w, plane.sigma_b, abs(setup.x), layers, tick=tick)
    finished = replace(first, log10_rates=left / layers[:, None], q=q)
    _finished.put(_key(setup), finished)
    yield finished


def _log10_rates(chi: Array) -> Array:
    """log10 √χ; χ may be below 0 by rounding."""
    with np.errstate(divide="ignore"):
        rates: Array = 0.5 * np.log10(np.maximum(chi, 0.0))
    return rates
