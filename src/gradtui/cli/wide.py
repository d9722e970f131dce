"""Lines of text in which a character may take two cells, as a Korean syllable does."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """How many cells it takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, of whole words."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        room = cells(word)
        if line and used + 1 + room > width:
            lines.append(line)
            line, used = word, room
        else:
            line, used = (f"{line} {word}", used + 1 + room) if line else (word, room)
    return [*lines, line]
