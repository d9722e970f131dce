"""The record of a glossary's entry."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.lessons.lesson import Text


@dataclass(frozen=True)
class Term:
    """A symbol or a word of the screen, explained.

    Attributes:
        names: as it stands on the screen, then other ways to write and to call it.
        said: what it means, in a sentence or two.
    """

    names: tuple[str, ...]
    said: Text

    @property
    def name(self) -> str:
        """The one by which it is listed."""
        return self.names[0]


def term(names: str, en: str, ko: str) -> Term:
    """An entry, its names divided by semicolons."""
    return Term(tuple(names.split("; ")), Text(en, ko))
