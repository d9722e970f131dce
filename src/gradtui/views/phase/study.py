"""What the phase view computes: the map of one activation, and every activation at the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradtui.errors import InputError
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.wide.phase import CriticalLine, critical_line
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.phase.block_remedies import block_remedy_of
from gradtui.views.phase.blocks import BlockPoint, block_point, with_most_alpha
from gradtui.views.phase.maps import BlockMap, LayerMap, finished_map, maps
from gradtui.views.phase.point import Point, completed, point_of, subjects_of
from gradtui.views.phase.remedies import remedy_of

_MAPPING = {"depth": (0.0, 0.9), "sigma_b": (0.5, 0.0), "alpha": (0.0, 0.9)}
"""Where the share that is done starts, and how much of it is the map's. A number that changes costs
a slow line bytes: where all is soon done, it stands still."""


@dataclass(frozen=True, eq=False)
class Phase:
    """The map of the focused activation, its critical line, and every activation at the cursor."""

    setup: Setup
    map: LayerMap
    line: CriticalLine
    points: tuple[Point, ...]

    @property
    def focused(self) -> Point:
        """The point of the activation that is mapped."""
        return self.at(self.setup.focused)

    def at(self, name: str) -> Point:
        """The point of an activation."""
        return next(point for point in self.points if point.name == name)


@dataclass(frozen=True, eq=False)
class Blocks:
    """The map of the focused activation in residual blocks, and every activation at the cursor."""

    setup: Setup
    map: BlockMap
    points: tuple[BlockPoint, ...]


def run(setup: Setup, tick: Tick) -> Iterator[Phase | Blocks]:
    """A coarse map and what is quickly known at the cursor, a fine map, then all of it.

    Where the cursor moves over a map that is there already, all of it at once.
    """
    yield from _blocks(setup, tick) if setup.plane.against == "alpha" else _layers(setup, tick)


def _layers(setup: Setup, tick: Tick) -> Iterator[Phase]:
    start, share = _MAPPING[setup.plane.against]
    points = tuple(point_of(subject, part(tick, start, 0.0)) for subject in subjects_of(setup))
    line = critical_line(setup.focused)
    mapped = finished_map(setup)
    if mapped is None:
        for mapped in maps(setup, part(tick, start, share)):
            assert isinstance(mapped, LayerMap)
            yield Phase(setup, mapped, line, points)
    assert isinstance(mapped, LayerMap)
    whole = []
    for point in points:
        still = part(tick, start + share, 0.0)
        still(0.0)
        known = completed(point, still)
        whole.append(replace(known, remedy=remedy_of(known, still)))
    yield Phase(setup, mapped, line, tuple(whole))


def _blocks(setup: Setup, tick: Tick) -> Iterator[Blocks]:
    if setup.depth > MAX_NETWORK_DEPTH:
        most = MAX_NETWORK_DEPTH
        raise InputError(
            "depth", setup.depth, f"at most {most:,} for residual blocks", f"try {{depth={most}}}"
        )
    start, share = _MAPPING[setup.plane.against]
    still = part(tick, start, 0.0)
    points = tuple(block_point(subject, still) for subject in subjects_of(setup))
    mapped = finished_map(setup)
    if mapped is None:
        for mapped in maps(setup, part(tick, start, share)):
            assert isinstance(mapped, BlockMap)
            yield Blocks(setup, mapped, points)
    assert isinstance(mapped, BlockMap)
    still = part(tick, start + share, 0.0)
    known = (with_most_alpha(point, still) for point in points)
    whole = tuple(replace(point, remedy=block_remedy_of(point, still)) for point in known)
    yield Blocks(setup, mapped, whole)
