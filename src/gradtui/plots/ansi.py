"""Pictures as text for a terminal: its own sixteen colours, or none."""

from __future__ import annotations

from collections.abc import Iterable

from gradtui.plots.picture import Row, row_text
from gradtui.plots.wide import narrowed

SGR = {
    # The bright ones: of the plain ones blue, red and magenta can hardly be read on black.
    "curve0": "93",
    "curve1": "96",
    "curve2": "92",
    "curve3": "95",
    "curve4": "97",
    "curve5": "91",
    "spread": "36",
    "good": "92",
    "bad": "91",
    "warn": "93",
    "key": "96",
    "title": "1",
    "cursor": "1",
    "muted": "2",
    "axis": "2",
    "infinite": "91",
    **dict.fromkeys(("vanishing1", "vanishing2"), "36"),
    **dict.fromkeys(("vanishing3", "vanishing4"), "96"),
    **dict.fromkeys(("exploding1", "exploding2"), "93"),
    **dict.fromkeys(("exploding3", "exploding4"), "91"),
}
"""The parameters of Select Graphic Rendition (ECMA-48) for each role; others are as they are."""


def coloured(rows: Iterable[Row]) -> str:
    """The rows in the terminal's own colours, each line ended; no colour crosses a line's end."""
    return narrowed("".join(_line(line) + "\n" for line in rows))


def plain(rows: Iterable[Row]) -> str:
    """The rows as bare text, each line ended."""
    return narrowed("".join(row_text(line).rstrip() + "\n" for line in rows))


def _line(spans: Row) -> str:
    room = len(row_text(spans).rstrip())
    parts: list[str] = []
    for text, role in spans:
        kept = text[:room]
        room -= len(kept)
        # Blanks have no colour, and a line of codes around nothing would only cost bytes.
        parts.append(f"\x1b[{SGR[role]}m{kept}\x1b[0m" if role in SGR and kept.strip() else kept)
    return "".join(parts)
