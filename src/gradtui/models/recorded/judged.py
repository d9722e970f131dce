"""A run with what ails it: the verdict, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from gradtui.models.finding import Finding, Kind, Verdict
from gradtui.models.recorded.finite import skipped_now_and_then
from gradtui.models.recorded.layers import FRACTION, ORDERS, ends_of, recent_ratio
from gradtui.models.recorded.series import loss_of, total_of
from gradtui.models.recorded.symptom import Symptom
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.progress import Tick
from gradtui.runs.run import Run
from gradtui.runs.shelf import SHELF
from gradtui.wording import counted, factor, magnitude, plain

_SHOWN = 30


@dataclass(frozen=True, eq=False)
class Judged:
    """A run, and what ails it, the gravest first."""

    name: str
    run: Run
    symptoms: tuple[Symptom, ...]

    @property
    def kind(self) -> Verdict:
        """What ails it most."""
        return self.symptoms[0].kind if self.symptoms else Kind.HEALTHY


def judged(name: str, tick: Tick) -> Judged:
    """The run of this name, read if it must be, and judged.

    Raises:
        InputError: it cannot be read.
    """
    run = SHELF.run(name, tick)
    return Judged(name, run, symptoms_of(run))


def called(name: str) -> str:
    """A run's name where there is little room: the end of a path."""
    if len(name) <= _SHOWN:
        return name
    short = str(Path(*Path(name).parts[-2:]))
    return f"…{short[1 - _SHOWN :]}" if len(short) > _SHOWN else short


def diagnose(one: Judged, *, named: bool = False) -> Finding:
    """The verdict: the gravest symptom, what to do, and what else ails it.

    Args:
        one: whose.
        named: whether it says whose it is, as there are several.
    """
    found = _diagnosed(one)
    if not named:
        return found
    return replace(found, sentence=f"{called(one.name)} {found.sentence}")


def _diagnosed(one: Judged) -> Finding:
    run = one.run
    if not one.symptoms:
        return Finding(
            one.name, Kind.HEALTHY, _healthy(run), skipped_now_and_then(run), _beside(run)
        )
    first, *others = one.symptoms
    also = "".join(f" Also {symptom.sentence}" for symptom in others)
    cause = " ".join(
        part for part in (first.evidence, f"Next: {first.next[:1].lower()}{first.next[1:]}") if part
    )
    return Finding(one.name, one.kind, first.sentence, cause, f"{also} {_beside(run)}".strip())


def _healthy(run: Run) -> str:
    """That nothing was found, and what was looked at."""
    curve = total_of(run)
    steps = counted(len(curve.steps) or len(run.steps), "step")
    if not len(curve.steps):
        loss = loss_of(run).log10
        told = ""
        if len(loss):
            told = (
                f", {magnitude(float(loss[0]))} at first and {magnitude(float(loss[-1]))} at last"
            )
        return f"healthy as far as a loss tells: in {steps} it is finite{told}."
    text = f"healthy: in {steps} the gradient's norm is finite, the last {_last(run)}"
    ends = ends_of(run)
    ratio = math.nan if ends is None else recent_ratio(run, ends)
    if ends is None or math.isnan(ratio):
        return f"{text}."
    return (
        f"{text}; of the gradient of {run.names[ends.last]}, {factor(ratio)} is at "
        f"{run.names[ends.first]}; healthy is above {plain(FRACTION)}.{ORDERS[run.order]}"
    )


def _last(run: Run) -> str:
    curve = total_of(run)
    return magnitude(float(curve.log10[-1]))


def _beside(run: Run) -> str:
    """Which file it is, what is not in it, and what was noted while it was read."""
    missing = []
    if not run.names:
        missing.append("norms by layer")
    elif run.log10_updates is None:
        missing.append("norms of updates")
    if not run.recorded["loss"].any():
        missing.append("a loss")
    if not run.recorded["total_norm"].any() and not run.names:
        missing.append("any norm of a gradient")
    rows = f"{run.source}, {counted(len(run.steps), 'step')}, {counted(len(run.names), 'tensor')}."
    without = f" Not in it: {', '.join(missing)}; gradtui.Recorder writes all." if missing else ""
    approximate = " Norms by layer are known within a bin of a histogram (≈)." * run.approximate
    notes = "".join(f" {note}" for note in run.notes)
    return f"Read as {rows}{without}{approximate}{notes}"
