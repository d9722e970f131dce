"""The one error that bad input raises, and the one way to show a stranger's text."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable

NO_MEMORY = "this needs more memory than there is"

_SHOWN_LENGTH = 60
_LONGEST_NAME = 100
"""What is longer is no slip of a finger."""
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
        given = value if isinstance(value, str) else repr(value).removesuffix(".0")
        text = printable(given[: _SHOWN_LENGTH + 1])
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = f"a {type(value).__name__} too long to write"
    if len(text) > _SHOWN_LENGTH:
        text = text[: _SHOWN_LENGTH - 1] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def nearest(name: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names most like `name`, best first: those that the fewest slips of a finger make it."""
    if len(name) > _LONGEST_NAME:
        return ()
    given = name.lower()
    near = difflib.get_close_matches(given, list(names), n=3 * most, cutoff=0.5)
    return tuple(sorted(near, key=lambda known: _slips(given, known))[:most])


def _slips(one: str, other: str) -> int:
    """How many letters were left out, put in, taken for another, or swapped with the next."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                row[j] = min(row[j], above[j - 2] + 1)
    return row[-1]


_NAME = re.compile(r"^[a-z][a-z0-9_]*(?=\[|$)")
_KNOB = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)(?:=([^{}]*))?\}")


def _for_python(name: str, value: str | None) -> str:
    """A knob as an argument has it."""
    return name if value is None else f"{name}={value}"


class CommandError(Exception):
    """A command that cannot be carried out: what is wrong, and what to do next."""


class InputError(ValueError):
    """Input that cannot be used: what was given, what is allowed, and what to do next.

    Knobs are spoken of as `{depth}`, and a value to give them as `{depth=50}`: the app has keys
    for them, the command line flags, and `worded` says it in the words of the place. The list of
    activations is `{ACTIVATIONS}`.

    Args:
        field: the knob, parameter or argument at fault, as the user knows it.
        given: the value as it was given.
        allowed: what would have been accepted, in words.
        next_step: what to try, a phrase without a full stop; it names no key and no flag.
    """

    def __init__(self, field: str, given: object, allowed: str, next_step: str) -> None:
        self.field = field
        self.given = given
        self.allowed = allowed
        self.next_step = next_step
        super().__init__(self.worded(_for_python))

    def worded(self, named: Callable[[str, str | None], str]) -> str:
        """The whole message.

        Args:
            named: from the name of a knob, and a value or None, to what the place calls that.
        """

        def said(words: str) -> str:
            return _KNOB.sub(lambda knob: named(knob[1], knob[2]), words)

        # `weights` and `weights[3]` are a knob, of more words a part says so: `{weights} std`. In
        # `threshold value` the first is no knob but an activation.
        field = said(_NAME.sub(lambda knob: named(knob[0], None), self.field))
        return f"{field}: {shown(self.given)} is not {said(self.allowed)}; {said(self.next_step)}"

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is otherwise rebuilt from its message alone, in another process.
        return type(self), (self.field, self.given, self.allowed, self.next_step)


class UnreadableError(InputError):
    """A file that cannot be read now, and may be another time."""
