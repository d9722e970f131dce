"""Whether the norm of a run grows and stays large, or only for a step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.models.finding import Ailment, Kind
from gradtui.models.recorded.series import Curve, layer_of, loss_of, total_of
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import counted, factor, rate

GROWN = 2.0
"""Decades by which a norm, or the loss, is to grow to be called exploding."""
TENFOLD = 1.0
"""Decades above what is recent that are a spike."""
_FEW, _RECENT = 20, 20
"""So many steps are needed to speak of spikes; and what is recent for those."""


@dataclass(frozen=True)
class Rise:
    """The largest growth from a low to a later high."""

    start: int
    end: int
    decades: float
    stays: bool

    @property
    def a_step(self) -> float:
        """Decades a step."""
        return self.decades / (self.end - self.start)


def rise(curve: Curve) -> Rise | None:
    """How far a curve's median rises above the least before it; None where it never does."""
    medians = curve.medians
    finite = np.flatnonzero(np.isfinite(medians))
    if finite.size < 2:
        return None
    values, steps = medians[finite], curve.steps[finite]
    rises = values - np.minimum.accumulate(values)
    top = int(rises.argmax())
    if not rises[top] > 0.0:
        return None
    # The last of the lowest: before it nothing grew.
    low = top - int(values[: top + 1][::-1].argmin())
    stays = bool(values[-1] >= values[low] + 0.5 * rises[top])
    return Rise(int(steps[low]), int(steps[top]), float(rises[top]), stays)


def exploding(run: Run) -> Symptom | None:
    """That the norm, or where none is recorded the loss, grew and stayed large."""
    curve = total_of(run)
    if len(curve.steps) < 2:
        curve = loss_of(run)
    grown = rise(curve)
    if grown is None or grown.decades < GROWN or not grown.stays:
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
    above = curve.log10[_RECENT:] - np.median(window, axis=1)
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
