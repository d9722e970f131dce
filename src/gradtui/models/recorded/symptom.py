"""A symptom of a run: what ails it, where, since when, and what next."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.models.finding import Ailment, Kind, Verdict

GRAVEST_FIRST: tuple[Verdict, ...] = (
    Ailment.NOT_FINITE,
    Kind.EXPLODING,
    Kind.DEAD,
    Kind.VANISHING,
    *[ailment for ailment in Ailment if ailment is not Ailment.NOT_FINITE],
)


@dataclass(frozen=True)
class Symptom:
    """One thing that ails a run.

    Attributes:
        kind: which.
        sentence: what, where and since when, with the threshold.
        evidence: what it rests on, and the cause as far as the file tells.
        next: what to do.
        step: at which it begins.
        layer: in which; "" where it is in all, or not known.
        along: whether it is about what arrives from the last layer.
    """

    kind: Verdict
    sentence: str
    evidence: str
    next: str
    step: int
    layer: str = ""
    along: bool = False
