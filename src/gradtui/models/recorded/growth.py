"""Whether the norm of a run grows and stays large, or only for a step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Ailment, Kind
from gradtui.models.recorded.series import Curve, layer_of, loss_of, total_of
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import counted, factor, rate

GROWN = 2.0
"""Decades by which a norm, or the loss, is to grow to be called exploding."""
TENFOLD = 1.0
"""Decades above what is recent that are a spike."""
_FOOT, _NOISE = 0.1, 0.5
"""Of the decades of a growth, and at most, what is still noise before it."""
_TOGETHER = 2**15
"""So many windows are looked at together: a median takes a copy of them."""
_ENOUGH = 10
"""So many steps are needed to speak of what stays."""
_FALLEN = 0.3
"""Decades by which a loss falls that is learnt from; or rises where nothing is."""
_FEW, _RECENT = 20, 20
"""So many steps are needed to speak of spikes; and what is recent for those."""


@dataclass(frozen=True)
class Rise:
    """The largest growth from a low to a later high.

    Attributes:
        start, end: steps.
        decades: by which it grew.
        stays: whether the end of the run is nearer to the high than to the low.
        beyond: decades by which the high is above where the run began.
    """

    start: int
    end: int
    decades: float
    stays: bool
    beyond: float

    @property
    def a_step(self) -> float:
        """Decades a step."""
        return self.decades / (self.end - self.start)


def rise(curve: Curve, *, from_first: bool = False) -> Rise | None:
    """How far a curve's median rises above the least before it; None where it never does.

    Args:
        curve: which.
        from_first: whether the first number stands for itself, and is in no median.
    """
    medians = curve.medians
    finite = np.flatnonzero(np.isfinite(medians))
    if finite.size < 2:
        return None
    values, steps = medians[finite], curve.steps[finite]
    if from_first:
        values[0] = curve.log10[finite[0]]
    rises = values - np.minimum.accumulate(values)
    top = int(rises.argmax())
    if not rises[top] > 0.0:
        return None
    low = _foot(values[: top + 1], float(values[top] - rises[top]), float(rises[top]))
    stays = bool(values[-1] >= values[low] + 0.5 * rises[top])
    newest = float(curve.log10[finite[-1]])
    grew = values[top] - values[low] >= TENFOLD
    if grew and len(values) - top <= curve.width and newest > values[top]:
        # It grows to the end, which is in the middle of no window.
        top, high = len(values) - 1, newest
    else:
        high = float(values[top])
    return Rise(
        int(steps[low]),
        int(steps[top]),
        high - float(values[low]),
        stays,
        high - float(values[0]),
    )


def _lost(run: Run) -> bool:
    """Whether the loss is far above what it began with."""
    loss = loss_of(run)
    return len(loss.steps) >= _ENOUGH and bool(loss.medians[-1] > loss.log10[0] + _FALLEN)


def _learns(run: Run, grown: Rise) -> bool:
    """Whether the loss fell while the norm grew, as where a training leaves a plateau."""
    loss = loss_of(run)
    before = np.flatnonzero(loss.steps <= grown.start)
    if not before.size or loss.steps[-1] <= grown.start:
        return False
    medians = loss.medians
    return bool(medians[-1] < medians[before[-1]] - _FALLEN)


def _foot(values: Array, least: float, decades: float) -> int:
    """Where the growth to the last of these values begins.

    Noise has its least anywhere before: it is the last value that is hardly above that, and from
    there back as long as values go on falling.
    """
    at = int(np.flatnonzero(values <= least + min(_FOOT * decades, _NOISE))[-1])
    while at and values[at - 1] < values[at]:
        at -= 1
    return at


def exploding(run: Run) -> Symptom | None:
    """That the norm, or where none is recorded the loss, grew and stayed large."""
    curve = total_of(run)
    if len(curve.steps) < 2:
        curve = loss_of(run)
    # A training may blow up within a few steps; then its loss tells it too.
    grown = rise(curve, from_first=_lost(run))
    if grown is None or grown.decades < GROWN or not grown.stays or len(curve.steps) < _ENOUGH:
        return None
    if grown.beyond < GROWN or _learns(run, grown):
        return None
    first = first_to_grow(run, grown)
    where = f" {first[0]} is the first to be tenfold, at step {first[1]:,}." if first else ""
    return Symptom(
        Kind.EXPLODING,
        f"exploding: {curve.what} grew by {factor(grown.decades)} from step {grown.start:,} to "
        f"{grown.end:,}, {rate(grown.a_step)} a step, and stays there; a run is healthy below "
        f"{factor(GROWN)}.",
        f"By medians of what is recent.{where}",
        "Lower the learning rate, warm it up, or clip: torch.nn.utils.clip_grad_norm_(parameters, "
        "1.0) before optimizer.step().",
        grown.start,
        first[0] if first else "",
    )


def first_to_grow(run: Run, grown: Rise) -> tuple[str, int] | None:
    """The layer whose norm is the first to be ten times what it was when the growth began."""
    found: list[tuple[int, str]] = []
    for index in range(len(run.names)):
        curve = layer_of(run, index)
        inside = (curve.steps >= grown.start) & (curve.steps <= grown.end)
        values, steps = curve.medians[inside], curve.steps[inside]
        if values.size and math.isfinite(values[0]):
            tenfold = np.flatnonzero(values >= values[0] + TENFOLD)
            if tenfold.size:
                found.append((int(steps[tenfold[0]]), run.names[index]))
    if not found:
        return None
    step, name = min(found, key=lambda one: one[0])
    return name, step


def spiking(run: Run) -> Symptom | None:
    """Steps whose norm is tenfold what is recent, and that pass."""
    curve = total_of(run)
    if len(curve.steps) < _FEW:
        return None
    window = np.lib.stride_tricks.sliding_window_view(curve.log10, _RECENT)[:-1]
    above = curve.log10[_RECENT:].copy()
    for at in range(0, len(above), _TOGETHER):
        above[at : at + _TOGETHER] -= np.median(window[at : at + _TOGETHER], axis=1)
    spikes = np.flatnonzero(above > TENFOLD)
    if not spikes.size:
        return None
    worst = spikes[above[spikes].argmax()]
    step = int(curve.steps[_RECENT + worst])
    return Symptom(
        Ailment.SPIKING,
        f"spiking: {counted(int(spikes.size), 'step')} of {len(curve.steps):,} with more than ten "
        f"times the norm of the {_RECENT} before; the largest {factor(float(above[worst]))}, at "
        f"step {step:,}.",
        "",
        "Look at the batches of these steps; clipping keeps one of them from undoing many others.",
        step,
    )
