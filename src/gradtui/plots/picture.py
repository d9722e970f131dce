"""A picture: rows of text in which every stretch has a role instead of a colour.

Views draw pictures; the app gives the roles its theme's colours, the command line ANSI's, a
file none. Every character is one cell wide.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from gradtui.plots.ascii import spelled, spelled_in_place
from gradtui.plots.wide import narrowed

if TYPE_CHECKING:
    from gradtui.plots.marks import Plot

CURVES = 6
"""How many curves a picture tells apart; also by dash pattern and letter, never by hue alone."""

DASHES = ("fine", "dashed", "dotted", "dash-dot", "long", "sparse")
"""The dash pattern of curve 0, 1, … as long as another one has the focus."""

SAMPLES = ("┄┄┄", "╍╍ ", "···", "━·━", "━ ━", "·  ")
"""Each dash pattern as it looks in a legend."""

FOCUSED = "━━━"
"""How a curve looks there that has the focus: it is solid."""

LETTERS = "abcdef"
"""The letter that stands on curve 0, 1, …"""


_VANISHING, _EXPLODING = "·:-=", "+×%#"
BANDS = len(_VANISHING)
"""How many strengths a map tells apart on each side of nothing; by glyph and by colour."""


class Span(NamedTuple):
    """A stretch of text, and its role such as "", "title", "axis", "curve0" or "good"."""

    text: str
    role: str = ""


Row = tuple[Span, ...]


def curve_role(index: int) -> str:
    """The role of the curve with this index."""
    return f"curve{index % CURVES}"


def dash_of(index: int, focused: bool) -> str:
    """The dash pattern of the curve with this index."""
    return "solid" if focused else DASHES[index % CURVES]


def band(strength: int) -> Span:
    """One cell of a map: from -4, what vanishes most, over a blank to 4, what explodes most."""
    if strength == 0:
        return Span(" ")
    if strength < 0:
        return Span(_VANISHING[-strength - 1], f"vanishing{-strength}")
    return Span(_EXPLODING[strength - 1], f"exploding{strength}")


def row(*parts: Span | str | tuple[str, str]) -> Row:
    """A row from strings and spans, as words are shown there."""
    spans = (Span(part) if isinstance(part, str) else Span(*part) for part in parts)
    return tuple(Span(spelled_in_place(span.text), span.role) for span in spans)


def fit_text(text: str, width: int) -> str:
    """The text cut or padded to exactly `width` cells."""
    return row_text(fit(row(text), width))


def shortened(text: str, width: int) -> str:
    """The text, or as many of its words as fit with an ellipsis for the rest."""
    text = spelled(text)
    if len(text) <= width:
        return text
    kept = text[: max(width - 1, 0)].rpartition(" ")[0]
    return f"{kept} …" if kept and width > 2 else "…"[:width]


def row_within(width: int, *parts: Span | tuple[str, str]) -> Row:
    """A row of the parts that fit, in order; what does not fit is left out whole."""
    kept: list[Span] = []
    room = width
    for part in row(*parts):
        if len(part.text) <= room:
            kept.append(part)
            room -= len(part.text)
    return tuple(kept)


def row_of_first(width: int, *variants: Sequence[Span | tuple[str, str]]) -> Row:
    """The first of these rows that fits whole, in order; of the last as many parts as do."""
    for parts in variants:
        if cells_of(found := row(*parts)) <= width:
            return found
    return row_within(width, *variants[-1])


def cells_of(spans: Iterable[Span]) -> int:
    """How many cells they take."""
    return sum(len(span.text) for span in spans)


def row_text(spans: Row) -> str:
    """The row without its roles."""
    return "".join(span.text for span in spans)


def fit(spans: Row, width: int) -> Row:
    """The row cut or padded to exactly `width` cells; a cut is marked with an ellipsis."""
    length = len(row_text(spans))
    if width <= 0:
        return ()
    if length <= width:
        return (*spans, Span(" " * (width - length))) if length < width else spans
    kept: list[Span] = []
    room = width - 1
    for span in spans:
        kept.append(Span(span.text[:room], span.role))
        room -= len(kept[-1].text)
        if room <= 0:
            break
    return (*kept, Span("…", kept[-1].role if kept else ""))


def wrapped(text: str, width: int, role: str = "", indent: str = "") -> list[Row]:
    """A paragraph as rows of at most `width` cells."""
    lines = textwrap.wrap(
        spelled(text), max(width, 1), subsequent_indent=indent, break_on_hyphens=False
    )
    return [row((line, role)) for line in lines]


@dataclass(frozen=True)
class Picture:
    """Rows of equal width, and the plots in them, for a figure to draw."""

    rows: tuple[Row, ...]
    width: int
    plots: tuple[Plot, ...] = field(default=(), compare=False)

    @classmethod
    def of(
        cls,
        rows: Iterable[Row],
        width: int,
        height: int | None = None,
        plots: Iterable[Plot] = (),
    ) -> Picture:
        """Rows cut or padded to `width`, and to `height` if given."""
        fitted = [fit(line, width) for line in rows]
        if height is not None:
            fitted = fitted[:height] + [fit((), width)] * (height - len(fitted))
        return cls(tuple(fitted), width, tuple(plots))

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @property
    def text(self) -> str:
        """The picture without its roles, lines right-stripped."""
        return narrowed("\n".join(row_text(line).rstrip() for line in self.rows))

    def above(self, other: Picture) -> Picture:
        """This picture on top of another."""
        below = (replace(plot, line=plot.line + self.height) for plot in other.plots)
        width = max(self.width, other.width)
        return Picture.of(self.rows + other.rows, width, None, (*self.plots, *below))

    def beside(self, other: Picture) -> Picture:
        """This picture to the left of another."""
        height = max(self.height, other.height)
        left = Picture.of(self.rows, self.width, height)
        right = Picture.of(other.rows, other.width, height)
        rows = tuple(a + b for a, b in zip(left.rows, right.rows, strict=True))
        moved = (replace(plot, column=plot.column + self.width) for plot in other.plots)
        return Picture(rows, self.width + other.width, (*self.plots, *moved))
