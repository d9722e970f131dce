"""The map of the phase view: what is left of a gradient over σw and σb, depth or α."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.path import ratios_by_depth
from gradtui.mathematics.wide.phase import rate_map
from gradtui.models.kept import Kept
from gradtui.progress import Tick, part, unwatched
from gradtui.setup import Setup
from gradtui.views.extent import MANY_BLOCKS, alpha_range, sigma_ranges
from gradtui.views.phase.blocks import ratios

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRIDS = ((16, 12), (60, 40))
"""Columns and rows of the first map, and of the last."""
_GRIDS_OF_MANY = ((16, 12), (24, 16))
"""The same of many blocks, each of which costs as much as the first."""
_FIRST_LAYERS = 100
"""A first map against depth follows so many layers, and takes the rest for the same."""

_FINISHED_KEPT = 24


@dataclass(frozen=True, eq=False)
class Map:
    """What is left of a gradient over σw and a height; arrays are [heights, σw], rising.

    Attributes:
        sigma_w: the σw of the columns.
        heights: the σb of the rows, their numbers of layers, or their α.
        layers: after how many layers or blocks each row's gradient is taken.
        log10_left: log10 of its norm at the input beside that at the last of them, by the path
            of q from σw² x² + σb² on.
    """

    sigma_w: Array
    heights: Array
    layers: Array
    log10_left: Array


@dataclass(frozen=True, eq=False)
class LayerMap(Map):
    """The same of layers, one after the other.

    Attributes:
        log10_rates: log10 √χ at q*: what a layer makes of that norm once q has settled.
        q: q*, or q after as many layers.
        endings: how q ends, as indices into `KINDS`.
    """

    log10_rates: Array
    q: Array
    endings: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class BlockMap(Map):
    """The same of residual blocks.

    Attributes:
        log10_stream: log10 of the rms of the stream after the last block beside that of the
            input; NaN where the input is 0.
    """

    log10_stream: Array


_finished = Kept[LayerMap | BlockMap](_FINISHED_KEPT)
"""The last maps, for a cursor moves over one and an arrow goes back to another."""


def finished_map(setup: Setup) -> LayerMap | BlockMap | None:
    """The map of the focused activation, if it is there already."""
    return _finished.find(_key(setup))


def maps(setup: Setup, tick: Tick) -> Iterator[LayerMap | BlockMap]:
    """A first map of the focused activation, and a better one, which is kept."""
    for mapped in _MAPPED[setup.plane.against](setup, tick):
        yield mapped
    _finished.put(_key(setup), mapped)


def _key(setup: Setup) -> tuple[object, ...]:
    """What a map depends on."""
    (across, up), plane = sigma_ranges(setup), setup.plane
    heights: dict[str, tuple[object, ...]] = {
        "sigma_b": up,
        "depth": (plane.sigma_b,),
        "alpha": (plane.sigma_b, plane.branch_norm, alpha_range(setup)),
    }
    own = plane.against, heights[plane.against]
    return setup.focused, own, across, abs(setup.x), setup.depth


def _maps_by_sigma_b(setup: Setup, tick: Tick) -> Iterator[LayerMap]:
    """First a coarse one."""
    name, ranges = setup.focused, sigma_ranges(setup)
    for count, (columns, rows) in enumerate(_GRIDS):
        sigma_w, sigma_b = np.linspace(*ranges[0], columns), np.linspace(*ranges[1], rows)
        own = part(tick, count / len(_GRIDS), 1.0 / len(_GRIDS))
        left, q = ratios_by_depth(
            name, sigma_w, sigma_b[:, None], abs(setup.x), [setup.depth], tick=own
        )
        found = rate_map(name, sigma_w * sigma_w, sigma_b * sigma_b, q0=q[0])
        layers = np.full(rows, float(setup.depth))
        rates = _log10_rates(found.chi)
        yield LayerMap(sigma_w, sigma_b, layers, left[0], rates, found.q, found.kinds)


def _maps_by_depth(setup: Setup, tick: Tick) -> Iterator[LayerMap]:
    """At first along some of the layers."""
    name, plane = setup.focused, setup.plane
    columns, rows = _GRIDS[-1]
    sigma_w = np.linspace(*sigma_ranges(setup)[0], columns)
    layers = np.unique(np.linspace(1, setup.depth, min(setup.depth, rows)).round())
    some = np.arange(1.0, min(setup.depth, _FIRST_LAYERS) + 1.0)
    for followed, own in ((some, unwatched), (layers, tick)):
        left, q = ratios_by_depth(name, sigma_w, plane.sigma_b, abs(setup.x), followed, tick=own)
        ends = rate_map(name, sigma_w * sigma_w, [plane.sigma_b**2], q0=q[-1:])
        shape = layers.size, columns
        kinds = np.broadcast_to(ends.kinds, shape)
        rates = np.broadcast_to(_log10_rates(ends.chi), shape)
        if followed is some:
            left, q = _taken_on(left, some, layers), q[_nearest_below(some, layers)]
        yield LayerMap(sigma_w, layers, layers, left, rates, q, kinds)


def _maps_by_alpha(setup: Setup, tick: Tick) -> Iterator[BlockMap]:
    """First a coarse one; of many blocks the last is not much finer."""
    grids = _GRIDS_OF_MANY if setup.depth > MANY_BLOCKS else _GRIDS
    for count, (columns, rows) in enumerate(grids):
        sigma_w = np.linspace(*sigma_ranges(setup)[0], columns)
        alpha = np.linspace(*alpha_range(setup), rows)
        own = part(tick, count / len(grids), 1.0 / len(grids))
        left, stream = ratios(setup.focused, sigma_w, alpha[:, None], setup, own)
        yield BlockMap(sigma_w, alpha, np.full(rows, float(setup.depth)), left, stream)


_MAPPED: Mapping[str, Callable[[Setup, Tick], Iterator[LayerMap | BlockMap]]] = {
    "sigma_b": _maps_by_sigma_b,
    "depth": _maps_by_depth,
    "alpha": _maps_by_alpha,
}


def _nearest_below(some: Array, layers: Array) -> NDArray[np.int64]:
    at: NDArray[np.int64] = np.searchsorted(some, np.minimum(layers, some[-1]))
    return at


def _taken_on(left: Array, some: Array, layers: Array) -> Array:
    """What is left after those layers, as if all beyond the last of some were like that one."""
    beyond = np.maximum(layers - some[-1], 0.0)[:, None]
    with np.errstate(invalid="ignore"):
        last = left[-1] - left[-2] if some.size > 1 else left[-1]
        on: Array = left[_nearest_below(some, layers)]
        return np.where(beyond > 0.0, on + beyond * last, on)


def _log10_rates(chi: Array) -> Array:
    """log10 √χ; χ may be below 0 by rounding."""
    with np.errstate(divide="ignore"):
        rates: Array = 0.5 * np.log10(np.maximum(chi, 0.0))
    return rates
