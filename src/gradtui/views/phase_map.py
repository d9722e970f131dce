"""What the phase view knows: the gradient that is left over a grid, and all of it at the cursor."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.wide.mean_field import KINDS, MeanField, mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.phase import (
    CriticalLine,
    CriticalPoint,
    critical_line,
    critical_points,
    rate_map,
)
from gradtui.views.networks import theory
from gradtui.views.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray


_GRIDS = ((16, 12), (60, 40))
"""Columns and rows of the first map, and of the last."""

_LAYERS_A_STEP = 500
"""After so many layers the progress is told, and a map that is not wanted can stop."""

_FARTHEST = 66.0
"""|ln q| beyond which q counts as there; e^66 is 10^28, and the table of moments ends at 10^30."""

_FINISHED_KEPT = 24

_ELSEWHERE = 1e-3
"""|χ - 1| beyond which q has not gone to the critical point."""

CRITICAL = 1e-6
"""|χ - 1| up to which a point is on the critical line: the map's own accuracy."""


@dataclass(frozen=True, eq=False)
class Map:
    """What is left of a gradient over σw and a height; arrays are [heights, σw], rising.

    Attributes:
        sigma_w: the σw of the columns.
        heights: the σb of the rows, or their numbers of layers.
        layers: after how many layers each row's gradient is taken.
        log10_rates: log10 √χ, the factor of its norm a layer; their mean where layers differ.
        q: q*, or q after as many layers.
        kinds: how q ends, as indices into `KINDS`.
    """

    sigma_w: Array
    heights: Array
    layers: Array
    log10_rates: Array
    q: Array
    kinds: NDArray[np.int8]
    progress: float = 1.0

    @property
    def log10_left(self) -> Array:
        """log10 of the gradient's norm after the layers, beside what the last of them gets."""
        return self.layers[:, None] * self.log10_rates


@dataclass(frozen=True, eq=False)
class Point:
    """One activation at the cursor.

    Attributes:
        name: the activation.
        sigma_w, sigma_b: where.
        chi: χ at q*.
        q: q*.
        kind: how q ends, one of `KINDS`.
        layers: how many layers the gradient passes.
        log10_left: log10 of what is left of its norm after them.
        critical: every critical point at this σb that q = 1 goes to, as it does in the map.
        field: the whole theory, once it is known.
    """

    name: str
    sigma_w: float
    sigma_b: float
    chi: float
    q: float
    kind: str
    layers: int
    log10_left: float
    critical: tuple[CriticalPoint, ...]
    field: MeanField | None = None

    @property
    def log10_rate(self) -> float:
        """log10 √χ: the factor of the gradient's norm a layer."""
        return 0.5 * _log10(self.chi)

    @property
    def side(self) -> str:
        """On which side of the critical line."""
        if abs(self.chi - 1.0) <= CRITICAL:
            return "critical"
        return "ordered" if self.chi < 1.0 else "chaotic"

    @property
    def critical_sigma_w(self) -> float | None:
        """The nearest critical σw at this σb."""
        found = [math.sqrt(point.sigma_w2) for point in self.critical]
        return min(found, key=lambda one: abs(one - self.sigma_w), default=None)


def _log10(value: float) -> float:
    return math.log10(value) if value > 0.0 else -math.inf


def point(setup: Setup, name: str, sigma_w: float, sigma_b: float) -> Point:
    """What takes no time to know at (σw, σb)."""
    w, b = sigma_w * sigma_w, sigma_b * sigma_b
    here = rate_map(name, [w], [b])
    chi, layers = max(float(here.chi[0, 0]), 0.0), passed(setup)
    log10_rate = 0.5 * _log10(chi)
    kind = KINDS[int(here.kinds[0, 0])]
    left = layers * log10_rate
    critical = tuple(one for one in critical_points(name, b) if reached(name, one.sigma_w2, b))
    return Point(
        name, sigma_w, sigma_b, chi, float(here.q[0, 0]), kind, layers, left, critical
    )  # fmt: skip


def reached(name: str, sigma_w2: float, sigma_b2: float) -> bool:
    """Whether q = 1 goes to a critical point there, not to another end."""
    chi = float(rate_map(name, [sigma_w2], [sigma_b2]).chi[0, 0])
    return abs(chi - 1.0) <= _ELSEWHERE


def completed(setup: Setup, one: Point) -> Point:
    """The same with the theory's slower numbers."""
    field = _field(one.name, one.sigma_w * one.sigma_w, one.sigma_b * one.sigma_b)
    return replace(followed(setup, one), kind=field.kind, field=field)


def followed(setup: Setup, one: Point) -> Point:
    """The same, in a map of depths with q on its way to q* instead of there."""
    if setup.against != "depth":
        return one
    w, b = one.sigma_w * one.sigma_w, one.sigma_b * one.sigma_b
    path = theory(one.name, w, b, one.layers, abs(setup.x))
    return replace(one, log10_left=float(path.log10_grad_hidden[0]))


@lru_cache(maxsize=64)
def _field(name: str, sigma_w2: float, sigma_b2: float) -> MeanField:
    """The mean field with its correlation, which is the slowest to find."""
    found = mean_field(name, sigma_w2, sigma_b2)
    _ = found.c
    return found


def passed(setup: Setup) -> int:
    """How many layers the gradient at the cursor has passed."""
    return setup.layer if setup.against == "depth" else setup.depth


@dataclass(frozen=True, eq=False)
class Phase:
    """The map of the focused activation, its critical line, and every activation at the cursor."""

    setup: Setup
    map: Map
    line: CriticalLine
    points: tuple[Point, ...]
    progress: float

    @property
    def focused(self) -> Point:
        """The point of the activation that is mapped."""
        return self.at(self.setup.focused)

    def at(self, name: str) -> Point:
        """The point of an activation."""
        return next(one for one in self.points if one.name == name)


def run(setup: Setup) -> Iterator[Phase | None]:
    """A coarse map and what is quickly known at the cursor, then all of it.

    Where the cursor moves over a map that is there already, all of it at once.
    """
    points = tuple(point(setup, name, setup.sigma_w, setup.sigma_b) for name in setup.activations)
    line = critical_line(setup.focused)
    for count, one in enumerate(maps(setup)):
        # A number that changes costs a slow line bytes: where all is soon done, it stands still.
        progress = 0.9 * one.progress if setup.against == "depth" else 0.5
        result = Phase(setup, one, line, points, progress)
        yield None if count == 0 and one.progress == 1.0 else result
    whole = []
    for here in points:
        whole.append(completed(setup, here))
        if len(whole) < len(points):
            yield None
    yield replace(result, points=tuple(whole), progress=1.0)


# --------------------------------------------------------------------- maps

_finished: OrderedDict[tuple[object, ...], Map] = OrderedDict()
"""The last maps, for a cursor moves over one and an arrow goes back to another."""


def _kept(key: tuple[object, ...], made: Map) -> Map:
    _finished[key] = made
    while len(_finished) > _FINISHED_KEPT:
        _finished.popitem(last=False)
    return made


def maps(setup: Setup) -> Iterator[Map]:
    """The map of the focused activation, each better than the last; `progress` below 1 is not yet.

    Raises:
        InputError: a map of more layers than a network can have.
    """
    if setup.against == "depth":
        return _maps_by_depth(setup)
    return _maps_by_sigma_b(setup)


def _maps_by_sigma_b(setup: Setup) -> Iterator[Map]:
    name = setup.focused
    key = (name, setup.sigma_w_range, setup.sigma_b_range)
    if key in _finished:
        yield _after(setup.depth, _finished[key])
        return
    for count, (columns, rows) in enumerate(_GRIDS, 1):
        sigma_w = np.linspace(*setup.sigma_w_range, columns)
        sigma_b = np.linspace(*setup.sigma_b_range, rows)
        made = rate_map(name, sigma_w * sigma_w, sigma_b * sigma_b)
        with np.errstate(divide="ignore"):
            rates = 0.5 * np.log10(np.maximum(made.chi, 0.0))
        one = Map(sigma_w, sigma_b, np.ones(rows), rates, made.q, made.kinds, count / len(_GRIDS))
        yield _after(setup.depth, _kept(key, one) if count == len(_GRIDS) else one)


def _after(depth: int, one: Map) -> Map:
    """The map of what is left after so many layers; its rates do not depend on them."""
    return replace(one, layers=np.full(one.heights.shape, float(depth)))


def _maps_by_depth(setup: Setup) -> Iterator[Map]:
    """At first as if q were q* from layer 1 on, then along the way that q takes."""
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a map", "press d and give less"
        )
    name, b, x = setup.focused, setup.sigma_b**2, abs(setup.x)
    key = (name, setup.sigma_w_range, b, x, setup.depth)
    if key in _finished:
        yield _finished[key]
        return
    columns, rows = _GRIDS[-1]
    sigma_w = np.linspace(*setup.sigma_w_range, columns)
    w = sigma_w * sigma_w
    layers = np.unique(np.linspace(1, setup.depth, min(setup.depth, rows)).round())
    ends = rate_map(name, w, [b])
    with np.errstate(divide="ignore"):
        rates = 0.5 * np.log10(np.repeat(np.maximum(ends.chi, 0.0), layers.size, axis=0))
    shape = (layers.size, columns)
    first = Map(
        sigma_w, layers, layers, rates, np.broadcast_to(ends.q, shape),
        np.broadcast_to(ends.kinds, shape), 0.0,
    )  # fmt: skip
    yield first
    table = expectations(activation(name)).table
    at = {int(layer): row for row, layer in enumerate(layers)}
    left, q = np.zeros(shape), np.zeros(shape)
    log10_chi = np.zeros(columns)
    here = w * x * x + b
    for layer in range(1, setup.depth + 1):
        with np.errstate(divide="ignore"):
            t = np.clip(np.log(here), -_FARTHEST, _FARTHEST)
            m = table.interpolated(t)
            log10_chi += np.log10(w * np.maximum(m.slope_square, 0.0))
        if layer in at:
            left[at[layer]], q[at[layer]] = 0.5 * log10_chi, here
        here = w * np.maximum(m.square, 0.0) + b
        if layer % _LAYERS_A_STEP == 0:
            yield replace(first, progress=layer / (setup.depth + 1))
    yield _kept(key, replace(first, log10_rates=left / layers[:, None], q=q, progress=1.0))
