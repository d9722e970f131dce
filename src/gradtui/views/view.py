"""What a view is: a record that the app and the command line both draw from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from gradtui.plots.picture import Picture, Row
from gradtui.views.setup import KNOBS, Knob, Setup

Value = str | int | float | bool | None
Table = list[dict[str, Value]]


class Size(NamedTuple):
    """Cells."""

    width: int
    height: int


class Kind(StrEnum):
    """What becomes of a gradient."""

    HEALTHY = "healthy"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    DEAD = "dead"

    @property
    def mark(self) -> str:
        """One character that says it without colour."""
        return {"healthy": "✓", "vanishing": "✗", "exploding": "▲", "dead": "●"}[self.value]

    @property
    def role(self) -> str:
        """The role of text that says it."""
        return "good" if self is Kind.HEALTHY else "bad"


@dataclass(frozen=True)
class Remedy:
    """A change of knobs that helps, tried out before it is offered."""

    label: str
    changes: Mapping[str, Any]
    before: str
    after: str

    def applied(self, setup: Setup) -> Setup:
        """The setup with the change made."""
        return setup.with_(**self.changes).clamped()


@dataclass(frozen=True)
class Finding:
    """A verdict on one activation: the sentence with its evidence and threshold, and why."""

    subject: str
    kind: Kind
    sentence: str
    cause: str
    remedy: Remedy | None = None

    @property
    def text(self) -> str:
        """The verdict and its cause as a paragraph."""
        return f"{self.sentence} {self.cause}"


@dataclass(frozen=True)
class View:
    """One way to look at a setup.

    `run` yields results, each better than the last: the first at once, the rest refine it.
    A result depends only on `knobs`; the `cursor` knob moves over it without a new run.
    `defaults` are the command line's.
    """

    name: str
    title: str
    question: str
    knobs: tuple[str, ...]
    cursor: str
    run: Callable[[Setup], Iterator[Any]]
    draw: Callable[[Any, Setup, Size, str], Picture]
    readout: Callable[[Any, Setup, int], tuple[Row, ...]]
    finding: Callable[[Any, str], Finding]
    """The verdict on one of its subjects."""
    table: Callable[[Any], Table]
    walk: Callable[[Setup, int, bool], Setup]
    """The setup with the cursor moved n steps to the right, in tens if asked."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    idle: Callable[[Setup], frozenset[str]] = lambda setup: frozenset()
    """The knobs that change nothing for this setup."""

    @property
    def all_knobs(self) -> tuple[Knob, ...]:
        """Its knobs, the cursor last."""
        return tuple(KNOBS[name] for name in (*self.knobs, self.cursor))

    def used(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that count for this setup, the cursor not among them."""
        idle = self.idle(setup)
        return tuple(name for name in self.knobs if name not in idle)

    def _compares_inits(self, setup: Setup) -> bool:
        return len(setup.init) > 1 and "init" in self.used(setup)

    def subjects(self, setup: Setup) -> tuple[str, ...]:
        """What is compared, each with a verdict: the activations, or several initialisations."""
        return setup.init if self._compares_inits(setup) else setup.activations

    def focused(self, setup: Setup) -> str:
        """The one of them that the verdict speaks of."""
        return setup.focused_init if self._compares_inits(setup) else setup.focused

    @property
    def default_setup(self) -> Setup:
        """Where the command line starts from."""
        return Setup(**self.defaults).clamped()

    def key(self, setup: Setup) -> tuple[object, ...]:
        """What a result depends on: equal keys, equal results."""
        return (self.name, *(getattr(setup, name) for name in self.used(setup)))

    def command(self, setup: Setup) -> list[str]:
        """The words of the command that prints exactly this picture."""
        words = ["gradtui", self.name, *setup.activations]
        for name in (*self.used(setup), self.cursor):
            knob = KNOBS[name]
            if name == "activations" or (
                name == "focus" and self.focused(setup) == self.subjects(setup)[0]
            ):
                continue
            if getattr(setup, knob.name) != getattr(self.default_setup, knob.name):
                value = knob.text(setup)
                words += [f"{knob.flag}={value}"] if value.startswith("-") else [knob.flag, value]
        return words
