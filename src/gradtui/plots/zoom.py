"""A part of a plot's height, enlarged: the same for every plot that is drawn under it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

MOST = 12
"""How often a height can be halved; a digit of the numbers is then a cell."""


class Zoom(NamedTuple):
    """The height halved so many times, around a share of it from below."""

    times: int = 0
    centre: float = 0.5

    @property
    def share(self) -> float:
        """How much of the height is in sight."""
        return 0.5**self.times

    def closer(self, times: int) -> Zoom:
        """Halved so many times more, or less often, as far as that goes."""
        return Zoom(min(max(self.times + times, 0), MOST), self.centre)._inside()

    def moved(self, windows: float) -> Zoom:
        """So many heights of what is in sight further up."""
        return Zoom(self.times, self.centre + windows * self.share)._inside()

    def _inside(self) -> Zoom:
        half = self.share / 2
        return Zoom(self.times, min(max(self.centre, half), 1.0 - half))

    def limits(self, low: float, high: float) -> tuple[float, float]:
        """What is in sight of low to high."""
        if not self.times:
            return low, high
        middle, half = low + self.centre * (high - low), self.share * (high - low) / 2
        return middle - half, middle + half


WHOLE = Zoom()
"""All of the height."""

_ON: ContextVar[Zoom] = ContextVar("zoom", default=WHOLE)


@contextmanager
def zoomed(zoom: Zoom) -> Iterator[None]:
    """What is drawn in this block is drawn so."""
    token = _ON.set(zoom)
    try:
        yield
    finally:
        _ON.reset(token)


def in_sight(limits: tuple[float, float]) -> tuple[float, float]:
    """What is in sight of these limits in what is drawn now."""
    return _ON.get().limits(*limits)
