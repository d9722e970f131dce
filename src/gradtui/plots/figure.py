"""A figure of a picture's plots: a title, a legend, the plots where they stand, a caption."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from gradtui.plots.marks import (
    BLANK,
    Band,
    Bars,
    Boxes,
    Dots,
    Ground,
    Label,
    Later,
    Line,
    Mark,
    Plot,
    Pointer,
    Upright,
)
from gradtui.plots.palette import BACKGROUNDS, FIGURE_THEMES, GRIDS
from gradtui.plots.panel import DASHES, SMALL, Panel, Theme, spot
from gradtui.plots.picture import Picture, row_text
from gradtui.plots.shapes import (
    Drawing,
    Fill,
    Point,
    Shape,
    Stroke,
    Words,
    broken,
    rectangle,
    text_width,
)

CELL = (8, 16)
"""A cell of the picture in points."""
_MARGIN = 16
_TITLE, _TEXT = 14.0, 11.0
_SAMPLE = 26
"""How wide a sample in the legend is."""


@dataclass(frozen=True)
class Caption:
    """The words of a figure.

    Attributes:
        title: above it.
        text: below it; "" for none.
        verdicts: paragraphs under that, each with its role.
    """

    title: str
    text: str = ""
    verdicts: Sequence[tuple[str, str]] = ()


def figure(picture: Picture, caption: Caption, theme: str = "light") -> Drawing:
    """The plots of a picture as a figure in a theme of `FIGURE_THEMES`."""
    picture = replace(picture, plots=tuple(map(_whole, picture.plots)))
    colours, grounds = FIGURE_THEMES[theme]
    look = Theme({**colours, "grid": GRIDS[theme]}, grounds, BACKGROUNDS[theme])
    width = picture.width * CELL[0] + 2 * _MARGIN
    shapes: list[Shape] = []
    y = float(_MARGIN)
    for text in broken(caption.title, 1.07 * _TITLE, width - 2 * _MARGIN):
        y += _TITLE
        shapes.append(Words((_MARGIN, y), text, _TITLE, look.colour("title"), bold=True))
        y += 6
    entries = list(_entries(picture.plots))
    if len(entries) > 1 or (entries and entries[0].told_alone):
        y += 4
        legend, y = _legend(entries, look, width, y)
        shapes += legend
    y += 8
    for panel, bottom in _panels(picture, look, y):
        shapes += panel.drawn()
        y = max(y, bottom)
    if not picture.plots:
        for line in picture.rows:
            y += 16
            shapes.append(Words((_MARGIN, y), row_text(line).rstrip(), 12, look.colour("")))
    paragraphs = [(caption.text, "muted")] if caption.text else []
    for paragraph, role in [*paragraphs, *caption.verdicts]:
        y += 10
        for text in broken(paragraph, _TEXT, width - 2 * _MARGIN):
            y += 15
            shapes.append(Words((_MARGIN, y), text, _TEXT, look.colour(role)))
    return Drawing(
        width, math.ceil(y) + _MARGIN, look.background, shapes, caption.title, caption.text
    )


def _whole(plot: Plot) -> Plot:
    """The plot with the marks that were left for a figure."""
    parts = [mark.make() if isinstance(mark, Later) else (mark,) for mark in plot.marks]
    return replace(plot, marks=tuple(mark for part in parts for mark in part))


def _panels(picture: Picture, look: Theme, top: float) -> Iterator[tuple[Panel, float]]:
    """Each plot in its place, and where it ends; the line above a plot is its title's."""
    if not picture.plots:
        return
    first = min(plot.line for plot in picture.plots)
    boxes = [
        (
            _MARGIN + plot.column * CELL[0],
            top + (plot.line - first) * CELL[1],
            plot.width * CELL[0],
            (plot.height + 1) * CELL[1],
        )
        for plot in picture.plots
    ]
    rooms = [Panel.room(*one) for one in zip(picture.plots, repeat(look), boxes, strict=False)]
    # Axes above one another begin at the same place, and those beside one another end so.
    before: dict[float, float] = {}
    below: dict[float, float] = {}
    for box, room in zip(boxes, rooms, strict=True):
        before[box[0]] = max(room[0], before.get(box[0], 0.0))
        below[box[1]] = max(room[1], below.get(box[1], 0.0))
    for plot, box in zip(picture.plots, boxes, strict=True):
        room = before[box[0]], below[box[1]]
        yield Panel.of(plot, look, box, room), box[1] + box[3]


# ------------------------------------------------------------------------- legend


@dataclass(frozen=True)
class _Entry:
    """What a legend says: a mark, or a band of a map, and its name; a scale has its own line."""

    name: str
    mark: Mark | tuple[str, str]
    scale: bool = False

    @property
    def told_alone(self) -> bool:
        """Whether it is worth a legend if it is all that there is."""
        return not isinstance(self.mark, Line)


def _entries(plots: Sequence[Plot]) -> Iterator[_Entry]:
    """The named marks, each once, curves first."""
    kinds = (Line, Band, Bars, Boxes, Dots, Upright, Pointer, Label)
    seen = set()
    marks = [mark for plot in plots for mark in plot.marks]
    for kind in kinds:
        for mark in _by_letter([mark for mark in marks if isinstance(mark, kind)]):
            name = getattr(mark, "name", "")
            key = (name, *(getattr(mark, of, "") for of in ("role", "dash", "text")))
            if name and key not in seen:
                seen.add(key)
                yield _Entry(name, mark)
    for mark in marks:
        if isinstance(mark, Ground):
            for glyph, role, name in mark.names:
                yield _Entry(name, (glyph, role), scale=True)


def _by_letter(marks: list[Mark]) -> list[Mark]:
    """Those with a letter in its order, before the rest."""
    return sorted(marks, key=lambda mark: getattr(mark, "letter", "") or "~")


def _legend(
    entries: Sequence[_Entry], look: Theme, width: int, top: float
) -> tuple[list[Shape], float]:
    """The entries from left to right, in as many lines as they take, and where these end."""
    shapes: list[Shape] = []
    x, y = float(_MARGIN), top + SMALL
    for before, entry in zip([entries[0], *entries], entries, strict=False):
        sample = _SAMPLE if isinstance(entry.mark, Line | Band) else 14.0
        if isinstance(entry.mark, Label):
            sample = max(sample, text_width(entry.mark.text, SMALL) + 2)
        wide = sample + 6 + text_width(entry.name, SMALL) + 16
        if x > _MARGIN and (x + wide > width - _MARGIN + 16 or entry.scale != before.scale):
            x, y = float(_MARGIN), y + 17
        shapes += _sample(entry.mark, look, x, y, sample)
        shapes.append(Words((x + sample + 6, y), entry.name, SMALL, look.colour("")))
        x += wide
    return shapes, y + 6


def _sample(
    mark: Mark | tuple[str, str], look: Theme, x: float, y: float, wide: float
) -> Iterator[Shape]:
    """How a mark looks, on the base line of its name."""
    middle = y - 0.36 * SMALL
    if isinstance(mark, tuple):
        glyph, role = mark
        if role in look.grounds or role == BLANK:
            box = rectangle(x, y - 10, wide, 12)
            yield Fill([box], look.grounds.get(role, look.background))
            yield Stroke([[*box, box[0]]], look.colour("axis"), 0.5)
        else:
            yield Words((x + wide / 2, y), glyph, SMALL, look.colour(role), "middle")
        return
    colour = look.colour(getattr(mark, "role", ""))
    line: list[list[Point]] = [[(x, middle), (x + wide, middle)]]
    if isinstance(mark, Line):
        yield Stroke(line, colour, 2.0 if mark.dash == "solid" else 1.6, DASHES[mark.dash])
    elif isinstance(mark, Band):
        yield Fill([rectangle(x, y - 10, wide, 12)], colour, 0.18)
    elif isinstance(mark, Boxes) or (isinstance(mark, Bars) and mark.width):
        yield Fill([rectangle(x, y - 10, wide, 12)], colour, 0.85)
    elif isinstance(mark, Bars):
        ends = [[(x + wide / 2 - 3, at), (x + wide / 2 + 3, at)] for at in (y - 10, y + 2)]
        yield Stroke([[(x + wide / 2, y - 10), (x + wide / 2, y + 2)], *ends], colour, 1.2)
    elif isinstance(mark, Upright):
        yield Stroke([[(x + wide / 2, y - 11), (x + wide / 2, y + 3)]], colour, 1.0, (4, 3))
    else:
        yield from spot(mark, look, x + wide / 2, middle)
