"""Whether the norm of a run grows and stays large, or only for a step."""

from __future__ import annotations

import math

import numpy as np

from gradtui.models.finding import Ailment, Kind
from gradtui.models.recorded.rise import ENOUGH, TENFOLD, Fate, Rise, fate_of_loss, rises
from gradtui.models.recorded.series import Curve, layer_of, loss_of, losses_of, total_of
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import counted, factor, rate

GROWN = 2.0
"""Decades by which a norm, or the loss, is to grow to be called exploding."""
_TOGETHER = 2**15
"""So many windows are looked at together: a median takes a copy of them."""
_HELD = 50
"""So many steps a norm stays large, while the loss does not rise, before that is told: where a
training leaves a plateau the loss falls after the norm has grown."""
_RAISED = 0.3
"""Decades by which a loss is above its first value where nothing is learnt."""
_FEW, _RECENT = 20, 20
"""So many steps are needed to speak of spikes; and what is recent for those."""


def _lost(run: Run) -> bool:
    """Whether the loss is far above what it began with."""
    loss = loss_of(run)
    return len(loss.steps) >= ENOUGH and bool(loss.medians[-1] > loss.log10[0] + _RAISED)


def _explodes(run: Run, curve: Curve, *, is_loss: bool) -> Rise | None:
    """The growth of a curve that is one to be told."""
    if len(curve.steps) < ENOUGH:
        return None
    for grown in rises(curve, from_first=_lost(run)):
        if min(grown.decades, grown.beyond) < GROWN or not grown.stays:
            continue
        fate = Fate.RISES if is_loss else fate_of_loss(run, grown.start)
        held = fate is Fate.LEVEL and grown.since < _HELD
        if fate is not Fate.FALLS and not held:
            return grown
    return None


def exploding(run: Run) -> Symptom | None:
    """That the norm, or a loss, grew and stayed large."""
    curves = [(total_of(run), False), *((curve, True) for curve in losses_of(run))]
    for curve, is_loss in curves:
        grown = _explodes(run, curve, is_loss=is_loss)
        if grown is not None:
            return _told(run, curve, grown)
    return None


def _told(run: Run, curve: Curve, grown: Rise) -> Symptom:
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
    finite = np.isfinite(curve.log10)
    curve = Curve(curve.what, curve.steps[finite], curve.log10[finite])
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
