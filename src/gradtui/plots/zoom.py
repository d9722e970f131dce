"""A part of the height of plots, enlarged: the same share of each plot of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

MOST = 12
"""How often a height can be halved; a digit of the numbers is then a cell."""


class Zoom(NamedTuple):
    """The height halved so many times; in each plot around a share of it from below.

    Of the `centres` the last is that of every further plot. They may be so near an edge that
    what is in sight would reach beyond it: it then ends there.
    """

    times: int = 0
    centres: tuple[float, ...] = (0.5,)

    @property
    def share(self) -> float:
        """How much of the height is in sight."""
        return 0.5**self.times

    @property
    def inside(self) -> Zoom:
        """The same with centres from which what is in sight reaches no edge's other side."""
        half = self.share / 2
        return Zoom(self.times, tuple(min(max(at, half), 1.0 - half) for at in self.centres))

    def closer(self, times: int) -> Zoom:
        """Halved so many times more, or less often, as far as that goes."""
        closer = Zoom(min(max(self.times + times, 0), MOST), self.centres)
        return closer if closer.times else WHOLE

    def moved(self, windows: float) -> Zoom:
        """So many heights of what is in sight further up."""
        centres = tuple(at + windows * self.share for at in self.inside.centres)
        return Zoom(self.times, centres).inside

    def limits(self, low: float, high: float, plot: int = 0) -> tuple[float, float]:
        """What is in sight of low to high in that plot."""
        if not self.times:
            return low, high
        centre = self.inside.centres[min(plot, len(self.centres) - 1)]
        middle, half = low + centre * (high - low), self.share * (high - low) / 2
        return middle - half, middle + half


WHOLE = Zoom()
"""All of the height."""


class _Drawing:
    """What is drawn under a zoom, plot after plot."""

    def __init__(self, zoom: Zoom) -> None:
        self.zoom = zoom
        self.plots = 0


_ON: ContextVar[_Drawing | None] = ContextVar("zoom", default=None)


@contextmanager
def zoomed(zoom: Zoom) -> Iterator[None]:
    """What is drawn in this block is drawn so."""
    token = _ON.set(_Drawing(zoom))
    try:
        yield
    finally:
        _ON.reset(token)


def in_sight(limits: tuple[float, float]) -> tuple[float, float]:
    """What is in sight of the limits of the next plot that is drawn now."""
    if (drawing := _ON.get()) is None:
        return limits
    drawing.plots += 1
    return drawing.zoom.limits(*limits, drawing.plots - 1)
