"""What a view is: a record that the app and the command line both draw from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from gradtui.plots.picture import Picture, Row
from gradtui.views.knobs import KNOBS, Knob
from gradtui.views.setup import Setup

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

    `run` yields results, each better than the last: the first at once, the rest refine it. None
    among them, or the same one again, is nothing new, but a place to stop.
    A result depends only on `knobs`; the `cursor` knob moves over it without a new run, unless
    the view `reads_cursor`. `defaults` are the command line's.
    """

    name: str
    title: str
    question: str
    knobs: tuple[str, ...]
    cursor: str
    run: Callable[[Setup], Iterator[Any]]
    draw: Callable[[Any, Setup, Size, str], Picture]
    readout: Callable[[Any, Setup, int], tuple[Row, ...]]
    finding: Callable[[Any, str], Finding | None]
    """The verdict on one of its subjects; None while the result cannot tell."""
    table: Callable[[Any], Table]
    walk: Callable[[Setup, int, bool], Setup]
    """The setup with the cursor moved n steps to the right, in tens if asked."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    idle: Callable[[Setup], frozenset[str]] = lambda setup: frozenset()
    """The knobs that change nothing for this setup."""
    snippets: Callable[[Any, Setup], Mapping[str, str]] = lambda result, setup: {}
    """Lines of code to paste that do what the result says, by framework."""
    upright: Callable[[Setup], str] | None = None
    """The knob, one of `knobs`, that is the cursor's height, where it has one."""
    climb: Callable[[Setup, int, bool], Setup] | None = None
    """The setup with the cursor moved n steps up, in tens if asked."""
    snap: Callable[[Setup], Setup] | None = None
    """The setup with the cursor on the critical line; an InputError where there is none."""
    reads_cursor: bool = False
    """Whether a result depends on where the cursor stands too."""
    has_all_subjects: bool = False
    """Whether a result has every subject, so that the focus only says which one is shown."""

    @property
    def all_knobs(self) -> tuple[Knob, ...]:
        """Its knobs, the cursor last."""
        return tuple(KNOBS[name] for name in (*self.knobs, self.cursor))

    def cursors(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that say where the cursor stands."""
        return (self.cursor,) if self.upright is None else (self.cursor, self.upright(setup))

    def used(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that count for this setup, the cursors not among them."""
        without = {*self.idle(setup), *self.cursors(setup)}
        return tuple(name for name in self.knobs if name not in without)

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
        read = [*self.used(setup), *(self.cursors(setup) if self.reads_cursor else ())]
        if self.has_all_subjects and "focus" in read:
            read.remove("focus")
        return (self.name, *(getattr(setup, name) for name in read))

    def command(self, setup: Setup) -> list[str]:
        """The words of the command that prints exactly this picture."""
        words = ["gradtui", self.name, *setup.activations]
        for name in (*self.used(setup), *self.cursors(setup)):
            knob = KNOBS[name]
            if name == "activations" or (
                name == "focus" and self.focused(setup) == self.subjects(setup)[0]
            ):
                continue
            if getattr(setup, knob.name) != getattr(self.default_setup, knob.name):
                value = knob.text(setup)
                words += [f"{knob.flag}={value}"] if value.startswith("-") else [knob.flag, value]
        return words
