"""A symptom of a run: what ails it, where, since when, and what next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ailment(StrEnum):
    """What can ail a run, the gravest first."""

    NOT_FINITE = "not finite"
    EXPLODING = "exploding"
    DEAD = "dead"
    VANISHING = "vanishing"
    LARGE_UPDATES = "updates too large"
    SWALLOWED = "updates swallowed"
    SCALE = "loss scale falling"
    CLIPPED = "always clipped"
    SPIKES = "spiking"


@dataclass(frozen=True)
class Symptom:
    """One thing that ails a run.

    Attributes:
        ailment: which.
        sentence: what, where and since when, with the threshold.
        evidence: what it rests on, and the cause as far as the file tells.
        next: what to do.
        step: at which it begins.
        layer: in which; "" where it is in all, or not known.
    """

    ailment: Ailment
    sentence: str
    evidence: str
    next: str
    step: int
    layer: str = ""
