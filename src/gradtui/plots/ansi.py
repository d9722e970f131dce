"""Pictures as text for a terminal: its own sixteen colours, or none."""

from __future__ import annotations

from collections.abc import Iterable

from gradtui.plots.picture import Row, row_text

SGR = {
    "curve0": "33",
    "curve1": "94",
    "curve2": "32",
    "curve3": "35",
    "curve4": "36",
    "curve5": "31",
    "spread": "34",
    "good": "32",
    "bad": "31",
    "warn": "33",
    "key": "36",
    "title": "1",
    "cursor": "1",
    "muted": "2",
    "axis": "2",
}
"""The parameters of Select Graphic Rendition (ECMA-48) for each role; others are as they are."""


def coloured(rows: Iterable[Row]) -> str:
    """The rows in the terminal's own colours, each line ended; no colour crosses a line's end."""
    return "".join(_line(one) + "\n" for one in rows)


def plain(rows: Iterable[Row]) -> str:
    """The rows as bare text, each line ended."""
    return "".join(row_text(one).rstrip() + "\n" for one in rows)


def _line(spans: Row) -> str:
    room = len(row_text(spans).rstrip())
    parts: list[str] = []
    for text, role in spans:
        kept = text[:room]
        room -= len(kept)
        # Blanks have no colour, and a line of codes around nothing would only cost bytes.
        parts.append(f"\x1b[{SGR[role]}m{kept}\x1b[0m" if role in SGR and kept.strip() else kept)
    return "".join(parts)
