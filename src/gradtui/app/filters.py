"""The last thing that every line goes through before it is sent."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from gradtui.plots.ascii import samples_in_ascii, to_ascii


class Printable(LineFilter):
    """No control, format or unassigned character reaches the terminal, whoever wrote it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same, what cannot be shown as a replacement character; one style, one segment."""
        return [
            Segment(text if text.isprintable() else "".join(map(_shown, text)), style, control)
            for text, style, control in Segment.simplify(segments)
        ]


def _shown(character: str) -> str:
    """The character, or as many replacement characters as it has cells."""
    if character.isprintable() or character == " ":
        return character
    return "\N{REPLACEMENT CHARACTER}" * cell_len(character)


class AsciiOnly(LineFilter):
    """Everything in ASCII, cell for cell: also frames, scrollbars and pages that are not ours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in other characters."""
        return [
            Segment("".join(map(_cells, samples_in_ascii(text))), style, control)
            if not text.isascii()
            else Segment(text, style, control)
            for text, style, control in segments
        ]


def _cells(character: str) -> str:
    """As many ASCII characters as the character has cells."""
    width = cell_len(character)
    return to_ascii(character)[:width].ljust(width)
