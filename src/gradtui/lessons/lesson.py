"""The records of a lesson: a derivation as data, in two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One text in English and in Korean."""

    en: str
    ko: str


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes:
        formula: the line as shown: Unicode, of width 1 throughout, so that it needs no fonts
            or layout that a terminal lacks. One that begins with "= " continues the line above.
        reason: what was done in this line, and why.
        expression: the same value in `x` or `t`, as SymPy parses it, so that a continued line can
            be proved equal to the line above; None where the formula defines or states.
    """

    formula: str
    reason: Text
    expression: str | None = None

    @property
    def continues(self) -> bool:
        """Whether this line is claimed to equal the line above."""
        return self.formula.startswith("= ")


@dataclass(frozen=True)
class Lesson:
    """A derivation from its definition to its moral.

    Attributes:
        name: the word by which it is called.
        title: its heading.
        activations: the activations it is about; none where it holds for all of them.
        steps: its lines, in order.
        moral: what it means for a network.
    """

    name: str
    title: Text
    activations: tuple[str, ...]
    steps: tuple[Step, ...]
    moral: Text
