"""How far a curve of a run rises, from which step to which, and what its loss did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.recorded.series import Curve
from gradtui.runs.run import Run

TENFOLD = 1.0
"""Decades of a growth that medians have to tell before single steps are believed."""
_EDGE, _NOISE = 0.1, 0.5
"""Of the decades of a growth, and at most, what is still noise at its ends."""
_TAILS = (400, 4_000, 40_000)
"""The last so many steps of a longer run are looked at by themselves."""
ENOUGH = 10
"""So many steps are needed to speak of what stays."""
_RISEN, _FALLEN, _BACK = 0.1, 0.5, 0.25
"""Shares of a loss by which it rises, falls, and has come back from its least."""


@dataclass(frozen=True)
class Rise:
    """The largest growth from a low to a later high.

    Attributes:
        start, end: steps.
        decades: by which it grew.
        stays: whether the end of the run is nearer to the high than to the low.
        beyond: decades by which the high is above where the run began.
        since: how many steps were recorded after its end.
    """

    start: int
    end: int
    decades: float
    stays: bool
    beyond: float
    since: int

    @property
    def a_step(self) -> float:
        """Decades a step."""
        return self.decades / (self.end - self.start)


def rises(curve: Curve, *, from_first: bool = False) -> Iterator[Rise]:
    """That of the whole, and of a long one those of its end, which its medians are too wide for.

    Args:
        curve: which.
        from_first: whether the first number stands for itself, and is in no median.
    """
    if (whole := rise(curve, from_first=from_first)) is not None:
        yield whole
    finite = curve.log10[np.isfinite(curve.log10)]
    for steps in _TAILS:
        if len(curve.steps) < 2 * steps:
            return
        last = rise(Curve(curve.what, curve.steps[-steps:], curve.log10[-steps:]))
        if last is not None:
            high = (
                float(np.median(curve.log10[-steps:]))
                if not finite.size
                else (last.decades + float(curve.log10[np.searchsorted(curve.steps, last.start)]))
            )
            yield replace(last, beyond=high - float(np.median(finite)))


def rise(curve: Curve, *, from_first: bool = False) -> Rise | None:
    """How far a curve's median rises above the least before it; None where it never does."""
    medians = curve.medians
    finite = np.flatnonzero(np.isfinite(medians))
    if finite.size < 2:
        return None
    values, steps = medians[finite], curve.steps[finite]
    if from_first:
        values[0] = curve.log10[finite[0]]
    above = values - np.minimum.accumulate(values)
    top = int(above.argmax())
    if not above[top] > 0.0:
        return None
    low, end = _ends(values, top, float(above[top]))
    high = float(values[end])
    stays = bool(values[-1] >= values[low] + 0.5 * (high - values[low]))
    newest = float(curve.log10[finite[-1]])
    grew = high - values[low] >= TENFOLD
    if grew and len(values) - end <= curve.width and newest > high:
        # It grows to the end, which is in the middle of no window.
        end, high = len(values) - 1, newest
    decades = high - float(values[low])
    if end == low or not decades > 0.0:
        return None
    return Rise(
        int(steps[low]),
        int(steps[end]),
        decades,
        stays,
        high - float(values[0]),
        len(values) - 1 - end,
    )


def _ends(values: Array, top: int, decades: float) -> tuple[int, int]:
    """Where the growth to the highest value begins, and where it ends.

    Noise has its least anywhere before, and its most anywhere behind: it begins with the last
    value that is hardly above the least, and ends with the first that is hardly below the most;
    further each way as long as values go on falling, or rising.
    """
    edge = min(_EDGE * decades, _NOISE)
    low = int(np.flatnonzero(values[: top + 1] <= values[top] - decades + edge)[-1])
    while low and values[low - 1] < values[low]:
        low -= 1
    end = low + int(np.argmax(values[low : top + 1] >= values[top] - edge))
    while end < top and values[end + 1] > values[end]:
        end += 1
    return low, end


class Fate(Enum):
    """What a loss did since a step."""

    UNKNOWN = "unknown"
    FALLS = "falls"
    LEVEL = "level"
    RISES = "rises"


def fate_of_loss(run: Run, start: int) -> Fate:
    """What the loss did from this step to the end, its sign whatever it is."""
    known = run.recorded["loss"] & np.isfinite(run.loss)
    curve = Curve("", run.steps[known], run.loss[known])
    before = np.flatnonzero(curve.steps <= start)
    if not before.size or len(curve.steps) < ENOUGH or curve.steps[-1] <= start:
        return Fate.UNKNOWN
    medians = curve.medians
    first, last = float(medians[before[-1]]), float(medians[-1])
    least = float(medians[before[-1] :].min())
    scale = max(abs(first), abs(last))
    turned = first - least > _RISEN * scale and last - least > _BACK * (first - least)
    if turned or last - first > _RISEN * scale:
        return Fate.RISES
    return Fate.FALLS if first - last > _FALLEN * scale else Fate.LEVEL
