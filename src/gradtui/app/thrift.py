"""The same cells in fewer bytes: a style that follows another is told by what differs.

Rich ends every stretch of text with a reset and begins the next with its whole style; foreground,
background and the rest are mostly those of the stretch before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_STYLED = re.compile(r"\x1b\[([0-9;]+)m([^\x1b]*)\x1b\[0m")
_MOVES = re.compile(r"(?:\x1b\[\d+;\d+H|\r?\n)*")
"""What may stand between two stretches and heeds no style."""
_RESET = "\x1b[0m"


class _Style(NamedTuple):
    """The parameters of a style; "" where it does not say the colour."""

    attributes: frozenset[str]
    foreground: str
    background: str


@lru_cache(maxsize=1024)
def _read(parameters: str) -> _Style | None:
    """The style that these turn on from none at all; None where that is not all they do."""
    left = parameters.split(";")
    attributes, colours = set(), {"3": "", "4": ""}
    while left:
        one = left.pop(0)
        if one in ("38", "48"):
            count = {"5": 1, "2": 3}.get(left[0], 0) if left else 0
            if not count or len(left) <= count:
                return None
            colours[one[0]] = ";".join((one, *left[: count + 1]))
            del left[: count + 1]
        elif len(one) == 2 and one[0] in "34":
            colours[one[0]] = one
        elif one[:-1] in ("9", "10") and len(one) > 1:
            colours["3" if one[0] == "9" else "4"] = one
        elif one in "123456789":
            attributes.add(one)
        else:
            return None
    return _Style(frozenset(attributes), colours["3"], colours["4"])


@lru_cache(maxsize=4096)
def _change(before: str, after: str) -> str | None:
    """What turns one style into another without a reset; None where nothing does."""
    old, new = _read(before), _read(after)
    if old is None or new is None or not old.attributes <= new.attributes:
        return None
    if (old.foreground and not new.foreground) or (old.background and not new.background):
        return None
    parts = sorted(new.attributes - old.attributes)
    parts += [
        colour
        for colour, was in zip(new[1:], old[1:], strict=True)
        if isinstance(colour, str) and colour != was
    ]
    return f"\x1b[{';'.join(parts)}m" if parts else ""


def thrifty(text: str) -> str:
    """What is written to a terminal, with as few changes of style as show the same."""
    parts: list[str] = []
    at, on = 0, ""
    for stretch in _STYLED.finditer(text):
        style, words = stretch.groups()
        between = text[at : stretch.start()]
        if on and _MOVES.fullmatch(between) and (change := _change(on, style)) is not None:
            parts += [between, change, words]
        else:
            parts += [_RESET if on else "", between, f"\x1b[{style}m", words]
        at, on = stretch.end(), style
    return "".join([*parts, _RESET if on else "", text[at:]])
