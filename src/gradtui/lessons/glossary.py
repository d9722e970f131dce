"""The glossary: every symbol and term of the screen in a sentence or two, English and Korean.

A page of a view says what a column holds there; what the thing is stands here alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gradtui.lessons.symbols import SYMBOLS
from gradtui.lessons.term import Term
from gradtui.lessons.words import WORDS

GLOSSARY: tuple[Term, ...] = (*SYMBOLS, *WORDS)

_BY_NAME: Mapping[str, Term] = MappingProxyType(
    {name: term for term in reversed(GLOSSARY) for name in reversed(term.names)}
)
_BY_LETTERS: Mapping[str, Term] = MappingProxyType(
    {**{name.casefold(): term for name, term in _BY_NAME.items()}, **_BY_NAME}
)


def meaning(name: str) -> Term | None:
    """The entry with this name, whatever its case where no other has that; None if none has it."""
    name = " ".join(name.split())
    return _BY_LETTERS.get(name) or _BY_LETTERS.get(name.casefold())


class Explained(NamedTuple):
    """What a line of the screen has: the entries that explain it, and what none does."""

    terms: tuple[Term, ...]
    left: str


def explained(line: str) -> Explained:
    """The entries of the terms of a line, each once, in their order; and the line without them."""
    found = [_BY_NAME[match[0]] for match in _NAMES.finditer(line)]
    return Explained(tuple(dict.fromkeys(found)), _NAMES.sub(" ", line))


_NAMES = re.compile(
    "|".join(
        rf"(?<!\w){re.escape(name)}(?![^\W₀-₉])" for name in sorted(_BY_NAME, key=len, reverse=True)
    )
)
"""The longest name that stands there, as a word of its own or with an index below it."""
