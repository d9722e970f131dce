"""The one error that bad input raises, and the one way to show a stranger's text."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_SHOWN_LENGTH = 60
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """`text` with every control, format or unassigned character written as an escape.

    Nothing that a user, a file or the environment supplies may reach the terminal as an
    escape sequence or reorder the line it stands in.
    """
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _UNSHOWABLE
        else character
        for character in text
    )


def shown(value: object) -> str:
    """`value` as it stands in a message: quoted if text, printable, of bounded length."""
    try:
        text = printable(value if isinstance(value, str) else repr(value))
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = f"a {type(value).__name__} too long to write"
    if len(text) > _SHOWN_LENGTH:
        text = text[: _SHOWN_LENGTH - 1] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def nearest(name: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names most like `name`, best first."""
    return tuple(difflib.get_close_matches(name.lower(), list(names), n=most, cutoff=0.5))


class InputError(ValueError):
    """Input that cannot be used: what was given, what is allowed, and what to do next.

    Args:
        field: the knob, parameter or argument at fault, as the user knows it.
        given: the value as it was given.
        allowed: what would have been accepted, in words.
        next_step: what to try, a phrase without a full stop.
    """

    def __init__(self, field: str, given: object, allowed: str, next_step: str) -> None:
        self.field = field
        self.given = given
        self.allowed = allowed
        self.next_step = next_step
        super().__init__(f"{field}: {shown(given)} is not {allowed}; {next_step}")

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is otherwise rebuilt from its message alone, in another process.
        return type(self), (self.field, self.given, self.allowed, self.next_step)
