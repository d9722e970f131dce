"""The records of a lesson: a derivation as data, in two languages."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class Text:
    """One text in English and in Korean."""

    en: str
    ko: str

    def in_(self, language: str) -> str:
        """In a language of `LANGUAGES`."""
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True)
class Prediction:
    """A number that the learner may guess before a step shows it.

    Attributes:
        question: what is asked for.
        answer: the number, as a formula without variables, such as 0.25¹⁰.
    """

    question: Text
    answer: str


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes:
        formula: the line, as `formulas` reads it. One that begins with "= " continues the line
            above, and is claimed to be equal to it.
        reason: what was done in this line, and why.
        shows: the picture beside it, as the words of a command without `gradtui`:
            `derivative sigmoid --z 0`; "" leaves the one of the step before.
        predicts: what may be guessed before this step is shown.
    """

    formula: str
    reason: Text
    shows: str = ""
    predicts: Prediction | None = None

    @property
    def command(self) -> str:
        """The command that prints the picture, as a shell reads it; "" where there is none."""
        return shlex.join(["gradtui", *shlex.split(self.shows)]) if self.shows else ""

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
