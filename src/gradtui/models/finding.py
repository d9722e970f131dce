"""What becomes of a gradient: the verdict by a threshold, and a finding with its remedy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from gradtui.setup import COMPARABLE, KNOBS, Setup
from gradtui.wording import digits_apart, magnitude


class Kind(StrEnum):
    """What becomes of a gradient."""

    HEALTHY = "healthy"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    DEAD = "dead"

    @classmethod
    def of(cls, log10_ratio: float, log10_limit: float) -> Kind:
        """By how much of it is left: healthy is from the threshold to its inverse.

        Args:
            log10_ratio: log10 of what is left; -inf where nothing is.
            log10_limit: log10 of the threshold, below 0.
        """
        if log10_ratio == -math.inf:
            return cls.DEAD
        if log10_ratio < log10_limit:
            return cls.VANISHING
        return cls.EXPLODING if log10_ratio > -log10_limit else cls.HEALTHY

    @property
    def mark(self) -> str:
        """One character that says it without colour."""
        return {"healthy": "✓", "vanishing": "✗", "exploding": "▲", "dead": "∅"}[self.value]

    @property
    def role(self) -> str:
        """The role of text that says it."""
        return "good" if self is Kind.HEALTHY else "bad"

    def lessens(self, log10_ratio: float) -> bool:
        """Whether it is the lower end of what is healthy that this has passed, or is nearer to."""
        return self in (Kind.VANISHING, Kind.DEAD) or (self is Kind.HEALTHY and log10_ratio < 0.0)

    def healthy_is(self, log10_ratio: float, log10_limit: float) -> str:
        """The end of what is healthy that counts here, in words: above 0.001, or below 1000.

        It has as many digits as tell it from the ratio, which is to be printed with as many.
        """
        less = self.lessens(log10_ratio)
        end, side = (log10_limit, "above") if less else (-log10_limit, "below")
        digits = digits_beside(log10_ratio, log10_limit)
        text = magnitude(end, digits)
        if magnitude(log10_ratio, digits) != text:
            return f"{side} {text}"
        if self is Kind.HEALTHY:
            return f"{text} or {'more' if less else 'less'}"
        return f"{side} {text}, though nearer than is told here"


class Ailment(StrEnum):
    """What else can ail a run that was recorded, the gravest first."""

    NOT_FINITE = "not finite"
    LARGE_UPDATES = "updates too large"
    SWALLOWED = "updates swallowed"
    SCALE = "loss scale falling"
    CLIPPED = "always clipped"
    SPIKING = "spiking"

    @property
    def mark(self) -> str:
        """One character that says it without colour."""
        return "!USFC~"[list(Ailment).index(self)]

    @property
    def role(self) -> str:
        """The role of text that says it: a training may go well with the last ones."""
        return "warn" if self in (Ailment.SCALE, Ailment.CLIPPED, Ailment.SPIKING) else "bad"


Verdict: TypeAlias = Kind | Ailment


def digits_beside(log10_ratio: float, log10_limit: float) -> int:
    """So many digits as tell a ratio from the threshold and its inverse, and those from 1."""
    ends = log10_limit, -log10_limit
    return max(digits_apart(log10_ratio, *ends), digits_apart(0.0, *ends))


@dataclass(frozen=True)
class Remedy:
    """A change of knobs that helps, tried out before it is offered.

    Attributes:
        label: what it is called.
        changes: values of knobs by name.
        before: what becomes of the gradient now.
        after: what becomes of it then, in the same words.
        becomes: what its subject is called then.
    """

    label: str
    changes: Mapping[str, Any]
    before: str
    after: str
    becomes: str = ""

    def applied(self, setup: Setup) -> Setup:
        """The setup with the change made; the focus stays on what was changed."""
        changed = setup.with_(**self.changes).clamped()
        knobs = [KNOBS[name] for name in self.changes if name in COMPARABLE]
        gone = {name for knob in knobs for name in knob.of(setup) if name not in knob.of(changed)}
        if setup.focus not in gone:
            return changed
        return changed.with_(focus=self.becomes if self.becomes in changed.compared else "")


@dataclass(frozen=True)
class Finding:
    """A verdict on one subject.

    Attributes:
        subject: whose.
        kind: what becomes of its gradient.
        sentence: that, with the number and the threshold that it is judged by.
        cause: why; "" where nothing is to be said.
        evidence: what it rests on: theory beside measurement, samples, errors.
        remedy: what was tried and found to help.
    """

    subject: str
    kind: Verdict
    sentence: str
    cause: str
    evidence: str = ""
    remedy: Remedy | None = None

    @property
    def text(self) -> str:
        """The verdict, its cause and its evidence as a paragraph."""
        return " ".join(part for part in (self.sentence, self.cause, self.evidence) if part)
