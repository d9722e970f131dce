"""Updates, loss scales and clips of a run."""

from __future__ import annotations

import math
from math import isfinite

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Ailment
from gradtui.models.recorded.series import beginning, is_bias, recent
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import percent, plain

LARGEST_UPDATE, SWALLOWED, ALWAYS = 0.1, 0.5, 0.95
"""An update beside its weight; shares of updates that are lost, and of steps that are clipped."""
FALLEN = 5
"""Halvings of a loss scale in the second half of a run that are more than now and then."""
_FEW = 100
"""So many steps are needed to speak of all of them: the first ones are large."""
_BACK, _GROWS = 10, 0.18
"""A weight that grew by this, in decades, in so many steps began near 0."""


def _beside_weights(run: Run) -> list[tuple[float, str]]:
    """log10 of update beside weight, and whose, of the last steps; biases left aside."""
    if run.log10_updates is None or run.log10_weights is None or beginning(run):
        return []
    with np.errstate(invalid="ignore"):
        ratios = recent(run.log10_updates - run.log10_weights)
        # What began at 0 is small beside its updates for as long as it grows by itself.
        settled = _latest(run.log10_weights, 0) - _latest(run.log10_weights, _BACK) < _GROWS
    ratios = np.where(settled | (len(run.steps) <= _BACK), ratios, np.nan)
    # Biases begin at 0, beside which any step is large.
    judged = [name for name in run.names if not is_bias(name)] or run.names
    found = zip(ratios.tolist(), run.names, strict=True)
    return [(ratio, name) for ratio, name in found if name in judged and isfinite(ratio)]


def _latest(log10: Array, back: int) -> Array:
    """What was recorded last of each tensor, or so many recorded steps before that."""
    found = np.full(log10.shape[1], np.nan)
    for index, column in enumerate(log10.T):
        known = column[~np.isnan(column)]
        if len(known) > back:
            found[index] = known[len(known) - 1 - back]
    return found


def large_updates(run: Run) -> Symptom | None:
    """That a step changes a weight by too large a part of it."""
    found = max(_beside_weights(run), default=None)
    if found is None or found[0] <= math.log10(LARGEST_UPDATE):
        return None
    ratio, name = found
    return Symptom(
        Ailment.LARGE_UPDATES,
        f"updates too large: a step changes {name} by {percent(10.0**ratio)} of it; healthy is "
        f"below {percent(LARGEST_UPDATE)}, usual about 0.1 %.",
        "Norm of the update beside that of the weight, medians of the last steps.",
        "Lower the learning rate, or warm it up.",
        int(run.steps[-1]),
        name,
    )


def swallowed(run: Run) -> Symptom | None:
    """That most updates are lost where weights are bfloat16, or may be: where nothing tells."""
    lost = run.shares.get("swallowed")
    if lost is None or beginning(run) or _rests(run):
        return None
    stored = [run.dtypes.get(name, "bfloat16") == "bfloat16" for name in run.names]
    shares = np.where(stored, recent(lost), np.nan)
    if np.isnan(shares).all() or np.nanmax(shares) <= SWALLOWED:
        return None
    worst = int(np.nanargmax(shares))
    return Symptom(
        Ailment.SWALLOWED,
        f"updates swallowed: {percent(float(shares[worst]))} of the updates of {run.names[worst]} "
        f"are below half a step of bfloat16; healthy is below {percent(SWALLOWED)}.",
        "What is less than half the distance to the next bfloat16 leaves the weight as it is.",
        "Keep the weights in float32, or round stochastically.",
        int(run.steps[-1]),
        run.names[worst],
    )


def _rests(run: Run) -> bool:
    """Whether the learning rate has come to 0, so that nothing is updated."""
    if run.learning_rate is None:
        return False
    rates = run.learning_rate[run.recorded["learning_rate"]]
    return bool(rates.size) and float(rates[-1]) == 0.0


def falling_scale(run: Run) -> Symptom | None:
    """That a loss scaler finds no scale that holds."""
    if run.loss_scale is None:
        return None
    known = run.recorded["loss_scale"] & (run.loss_scale > 0.0)
    scales, steps = run.loss_scale[known], run.steps[known]
    if scales.size < _FEW:
        return None
    half = scales.size // 2
    if scales[-1] < 1.0:
        half = int(scales.argmax())  # whenever it was
    halvings = math.log2(float(scales[half] / scales[-1]))
    if halvings < FALLEN:
        return None
    return Symptom(
        Ailment.SCALE,
        f"loss scale falling: from {plain(float(scales[half]))} at step {int(steps[half]):,} to "
        f"{plain(float(scales[-1]))}; normal are halvings now and then that are made up for.",
        "A scaler halves it whenever a gradient is not finite, and doubles it after 2,000 steps "
        "without.",
        "Find what is not finite: the layer's gradient, or use bfloat16, which needs no scale.",
        int(steps[half]),
    )


def always_clipped(run: Run) -> Symptom | None:
    """That nearly every step is clipped, so that the learning rate means something else."""
    share = _clipped_share(run)
    if share is None or share < ALWAYS:
        return None
    return Symptom(
        Ailment.CLIPPED,
        f"always clipped: in {percent(share)} of the steps; below {percent(ALWAYS)} is healthy.",
        "Each step is then as long as the clip allows, whatever the gradient.",
        "Raise the clip to what the norm usually is, or lower the learning rate.",
        int(run.steps[0]),
    )


def _clipped_share(run: Run) -> float | None:
    """The share of steps that are clipped; None where the file doesn't tell."""
    if run.clipped is not None and run.recorded["clipped"].sum() >= _FEW:
        values = run.clipped[run.recorded["clipped"]]
        return float(np.mean(values)) / (100.0 if values.max() > 1.0 else 1.0)
    if run.clip is None:
        return None
    known = run.recorded["clip"] & run.recorded["total_norm"]
    if known.sum() < _FEW:
        return None
    return float((run.total_norm[known] > run.clip[known]).mean())
