"""Where nan or inf came first in a run, between what still was finite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradtui.models.finding import Ailment
from gradtui.models.recorded.growth import first_to_grow
from gradtui.models.recorded.rise import TENFOLD, Rise, rise
from gradtui.models.recorded.series import loss_of, total_of
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import LOSSES, Mask, Run
from gradtui.wording import counted, factor, magnitude, plain, rate

_LATELY = 20
"""Steps before it within which a growth has led to what is not finite."""
_DOUBLED = 2.0
"""A learning rate that grew by this beside the norm is told."""
_SHARE = 0.05
"""Of all steps, beside those of a beginning, that a scaler skips now and then."""
_IN_A_ROW = 20
"""So many skipped steps halve any scale to nothing: by then it is no scale that fails."""
_HUGE = 1e6
"""A loss beyond this is told beside one that is not finite."""


def not_finite(run: Run) -> Symptom | None:
    """Where nan or inf came first, between what still was finite.

    Not where a loss scaler skips a step now and then: it lowers its scale until one holds.
    """
    by_layer = np.isposinf(run.log10_gradients)
    total, losses = run.not_finite("total_norm"), _bad_losses(run)
    bad = by_layer.any(axis=1) | total
    for each in losses.values():
        bad = bad | each
    if not bad.any() or _only_skipped(run, bad, losses):
        return None
    at = int(bad.argmax())
    step, layer = int(run.steps[at]), ""
    if by_layer[at].any():
        where, layer = _tensor(run, at, by_layer[at])
    elif total[at]:
        where = "the norm of the whole gradient"
    else:
        name = next(name for name, each in losses.items() if each[at])
        called = "the loss" if name == next(iter(losses)) else name
        where = f"{called} is {run.losses[name][at]:g}"
    count = int(bad.sum())
    since = f"at step {step:,} alone" if count == 1 else f"from step {step:,} on"
    if count > 1 and not bad[at:].all():
        since = f"in {count:,} of {len(bad):,} recorded steps, first at step {step:,}"
    evidence = [_loss_there(run, at, losses), _other_losses(run, at), growth_before(run, step)]
    if not any(each.any() for each in losses.values()) and not bad[-1]:
        evidence.append(
            "Single steps like these are what a loss scaler skips, and the file tells of none."
        )
    return Symptom(
        Ailment.NOT_FINITE,
        f"not finite {since}: {where}.",
        " ".join(filter(None, evidence)),
        f"Look at step {step:,} alone: torch.autograd.set_detect_anomaly(True) names the "
        "operation; a smaller learning rate or clipping helps where it grew before, a loss scaler "
        "or bfloat16 where float16 overflowed.",
        step,
        layer,
    )


def _bad_losses(run: Run) -> dict[str, Mask]:
    """Where each loss was recorded as nan or inf, the one that is shown first."""
    return {
        name: run.recorded.get(f"{LOSSES}{name}", run.recorded["loss"]) & ~np.isfinite(values)
        for name, values in run.losses.items()
    }


def _scaled(run: Run) -> bool:
    """Whether a loss scaler is at work: it skips steps, or lowers its scale."""
    if run.skipped is not None and (run.skipped[run.recorded["skipped"]] > 0.0).any():
        return True
    if run.loss_scale is None:
        return False
    scales = run.loss_scale[run.recorded["loss_scale"]]
    return bool((np.diff(scales) < 0.0).any())


def _only_skipped(run: Run, bad: Mask, losses: dict[str, Mask]) -> bool:
    """Whether it is gradients alone, of steps that a loss scaler skips until its scale holds."""
    if not _scaled(run) or any(each.any() for each in losses.values()):
        return False
    if bad.sum() > _IN_A_ROW + _SHARE * len(bad):
        return False
    ends = np.flatnonzero(np.diff(np.concatenate([[False], bad, [False]]).astype(int)))
    return bool((ends[1::2] - ends[::2]).max() < _IN_A_ROW)


def skipped_now_and_then(run: Run) -> str:
    """That such steps were there, where they are nothing to look at; else ""."""
    bad = np.isposinf(run.log10_gradients).any(axis=1) | run.not_finite("total_norm")
    if not bad.any() or not _only_skipped(run, bad, _bad_losses(run)):
        return ""
    return (
        f"In {counted(int(bad.sum()), 'step')} the gradient was not finite, and a loss scaler "
        "skipped them: now and then, and at the beginning, that is normal."
    )


def _tensor(run: Run, at: int, bad: NDArray[np.bool_]) -> tuple[str, str]:
    """Which layer has it first: of those that do, the one nearest to the loss."""
    names, known = run.names, ~np.isnan(run.log10_gradients[at])
    if bad[known].all() and known.sum() > 1:
        return f"the gradients of all {counted(int(bad.sum()), 'tensor')}", ""
    last = int(np.flatnonzero(bad)[-1])
    others = int(bad.sum()) - 1
    text = names[last]
    after = [index for index in range(last + 1, len(names)) if known[index]]
    if after:
        norm = magnitude(float(run.log10_gradients[at, after[0]]))
        text = f"{text}, while {names[after[0]]} behind it is finite, {norm}"
    if others:
        text = f"{text}; {counted(others, 'tensor')} before it too"
    return text, names[last]


def _loss_there(run: Run, at: int, losses: dict[str, Mask]) -> str:
    """Whether the loss tells it; and what it was the step before, where that says enough."""
    bad = next(iter(losses.values()), np.zeros(len(run.steps), bool))
    if bad[at] or not run.recorded["loss"][at]:
        before = np.flatnonzero(run.recorded["loss"][:at] & np.isfinite(run.loss[:at]))
        if before.size and abs(run.loss[before[-1]]) > _HUGE:
            value, step = float(run.loss[before[-1]]), int(run.steps[before[-1]])
            return f"The loss was {plain(value)} at step {step:,} already."
        return ""
    if abs(run.loss[at]) > _HUGE:
        return f"The loss of that step is {plain(float(run.loss[at]))} already."
    text = f"The loss of that step, {plain(float(run.loss[at]))}, still looks clean"
    later = np.flatnonzero(bad[at:])
    if later.size:
        return f"{text}; it is not finite from step {int(run.steps[at + later[0]]):,} on."
    return f"{text}."


def _other_losses(run: Run, at: int) -> str:
    """What the other losses were there, where they already were beyond what is usual."""
    others = [*run.losses.items()][1:]
    told = [f"{name} is {values[at]:.3g}" for name, values in others if abs(values[at]) > _HUGE]
    return f"Of that step, {', '.join(told)}." if told else ""


def growth_before(run: Run, step: int) -> str:
    """How it came to it, where norm or loss grew tenfold before that step and stayed; else ""."""
    for curve in (total_of(run), loss_of(run)):
        before = curve.steps < step
        grown = rise(curve._replace(steps=curve.steps[before], log10=curve.log10[before]))
        recently = grown is not None and grown.since <= max(_LATELY, len(curve.steps) // 20)
        if grown is not None and recently and grown.decades >= TENFOLD and grown.stays:
            return (
                f"Before, {curve.what} grew by {factor(grown.decades)} from step {grown.start:,} "
                f"to {grown.end:,}, {rate(grown.a_step)} a step.{_meanwhile(run, grown)}"
            )
    return ""


def _meanwhile(run: Run, grown: Rise) -> str:
    """Which tensor grew first, and whether the learning rate grew beside."""
    first = first_to_grow(run, grown)
    text = f" {first[0]} is the first to be tenfold, at step {first[1]:,}." if first else ""
    if run.learning_rate is None:
        return text
    inside = (run.steps >= grown.start) & (run.steps <= grown.end) & run.recorded["learning_rate"]
    rates = run.learning_rate[inside]
    if rates.size < 2 or not (rates > 0.0).all() or rates[-1] < _DOUBLED * rates[0]:
        return text
    return (
        f"{text} The learning rate grew from {plain(float(rates[0]))} to "
        f"{plain(float(rates[-1]))} meanwhile."
    )
