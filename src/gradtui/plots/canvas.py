"""Plots as text, and the one adapter to plotext: curves over labelled axes, as a `Picture`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.plots.marks import (
    Axis,
    Band,
    Bars,
    Cells,
    Ground,
    Label,
    Level,
    Line,
    Mark,
    Plot,
    Pointer,
    Upright,
)
from gradtui.plots.overlay import Overlay
from gradtui.plots.picture import Picture, Row, Span
from gradtui.plots.raster import Grid, Raster
from gradtui.plots.ticks import decade_ticks, log_ticks, spaced, tick_values
from gradtui.plots.zoom import in_sight
from gradtui.wording import magnitude

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array: TypeAlias = NDArray[np.float64]

_DOTS = {"braille": (2, 4), "block": (2, 2), "dot": (1, 1), "ascii": (1, 1)}
"""The dots of a cell with each marker, across and down."""
MARKERS = tuple(_DOTS)
"""The marks a curve is drawn with."""

SAMPLES = {"braille": "⠒", "block": "▀", "dot": "•", "ascii": "*"}
"""A cell of a curve in each, for a legend."""

MIN_WIDTH, MIN_HEIGHT = 16, 5
"""Below this there is no room for an axis and a curve."""

_ONE_A_CELL = {"dot": "•·", "ascii": "*."}
"""What stands for a dot that is a cell: of a solid curve, and of any other."""
_ON_A_MAP = {"dot": "◦", "ascii": "~"}
"""The same of a curve that is not solid on a map, whose bands have the other."""
_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""A block by its quarters: 1 and 2 above, 4 and 8 below."""
_BRAILLE = (1, 8, 2, 16, 4, 32, 64, 128)
"""The bit of each dot in a braille character (Unicode, block U+2800), row by row from above."""
_PATTERNS = {
    "solid": (1.0, 1.0),
    "fine": (3.0, 1.2),
    "dashed": (12.0, 8.5),
    "dotted": (4.0, 0.5),
    "dash-dot": (14.0, 7.0),
    "long": (18.0, 14.0),
    "sparse": (9.0, 0.5),
    "dash-dot-dot": (6.0, 4.0),
}
"""The period of each dash pattern, and how much of it is drawn, in dots along the curve."""
_LINES_A_TICK = 3


@dataclass
class Canvas:
    """A plot of a given size in cells and given limits in data units.

    What is drawn on it is kept as it is told, and goes with the picture, for a figure to draw.

    Args:
        width, height: cells, axes included.
        x_limits, y_limits: data units; widened where they are empty.
        x_label, y_label: how a tick is written; the y labels take `label_width` cells.
        x_ticks, given_y_ticks: the tick positions; round numbers where None.
        whole_y: y is log10, and its ticks stand on whole decades.
        log_y: y is log10.
        marker: one of `MARKERS`.
        title, x_title, y_title: what a figure writes above the plot and beside its axes.
    """

    width: int
    height: int
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    x_label: Callable[[float], str]
    y_label: Callable[[float], str]
    marker: str = "braille"
    label_width: int = 6
    x_ticks: Sequence[float] | None = None
    given_y_ticks: Sequence[float] | None = None
    whole_y: bool = False
    log_y: bool = False
    title: str = ""
    x_title: str = ""
    y_title: str = ""
    _marks: list[Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.width < MIN_WIDTH or self.height < MIN_HEIGHT:
            raise InputError(
                "size",
                f"{self.width}x{self.height}",
                f"large enough for a plot ({MIN_WIDTH}x{MIN_HEIGHT})",
                "give the plot more columns or rows",
            )
        self.x_limits = _widened(self.x_limits)
        self.y_limits = in_sight(_widened(self.y_limits))
        self._grid = Grid(
            self.columns, self.lines, *_DOTS[self.marker], self.x_limits, self.y_limits
        )

    @property
    def columns(self) -> int:
        """Cells between the left and the right frame."""
        return self.width - self.label_width - 2

    @property
    def lines(self) -> int:
        """Cells between the upper and the lower frame."""
        return self.height - 3

    # ------------------------------------------------------------- what is drawn

    def shade(
        self, cells: Callable[[Array, Array], Cells], names: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        """A ground of characters with their roles, where nothing else is.

        Args:
            cells: gives them, [lines][columns], for the y of lines from above and the x of columns.
            names: character, role and meaning of each, for a legend.
        """
        self._marks.append(Ground(cells, tuple(names)))

    def line(
        self,
        x: ArrayLike,
        y: ArrayLike,
        role: str,
        dash: str = "solid",
        name: str = "",
        letter: str = "",
    ) -> None:
        """A curve through the points in their order; what is not finite or outside is a gap."""
        xs, ys = np.asarray(x, float), np.asarray(y, float)
        self._marks.append(Line(xs, ys, role, dash, name, letter))

    def band(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, role: str, name: str = ""
    ) -> None:
        """What lies between two curves over rising x, faintly, where nothing else is."""
        at, below, above = (np.asarray(values, float) for values in (x, low, high))
        self._marks.append(Band(at, below, above, role, name))

    def bars(
        self,
        x: ArrayLike,
        y0: ArrayLike,
        y1: ArrayLike,
        role: str,
        width: float = 0.0,
        name: str = "",
    ) -> None:
        """An upright bar from y0 to y1 around each x, `width` wide in data units."""
        at, start, end = (np.asarray(values, float) for values in (x, y0, y1))
        self._marks.append(Bars(at, start, end, role, width, name))

    def text(self, x: float, y: float, text: str, role: str, name: str = "") -> None:
        """Text that begins at the point, or at the edge next to it."""
        if not (math.isnan(x) or math.isnan(y)):
            self._marks.append(Label(float(x), float(y), text, role, name))

    def level(self, y: float, text: str, role: str) -> None:
        """A horizontal mark across the plot, named at its right end, where nothing else is."""
        low, high = self.y_limits
        if low <= y <= high:
            self._marks.append(Level(float(y), text, role))

    def upright(self, x: float, role: str, name: str = "") -> None:
        """A vertical mark through the plot; one without a name is the cursor's."""
        self._marks.append(Upright(float(x), role, name))

    def pointer(self, x: float, y: float, role: str, name: str = "") -> None:
        """A mark at the point, and one each on the frame above it and to its left."""
        self._marks.append(Pointer(float(x), float(y), role, name))

    # -------------------------------------------------------------------- ticks

    def y_ticks(self) -> list[float]:
        """Where the y axis is named: no two in neighbouring lines."""
        if self.given_y_ticks is not None:
            given = list(self.given_y_ticks)
            keep = (0, len(given) - 1) if len(given) > 1 else ()
            return [given[at] for at in spaced([(self._grid.line(y), 1) for y in given], 1, keep)]
        most = max(2, self.lines // _LINES_A_TICK)
        ticks = self._chosen_y_ticks(most)
        for more in range(most + 1, 8 * most + 1):
            if len(ticks) > 1:
                break
            # The ends of a finer division, where the coarse one names a single number.
            first, *_, last = (self._chosen_y_ticks(more) or [0.0]) * 2
            if self._grid.line(last) - self._grid.line(first) > 1:
                ticks = [first, last]
        return ticks

    def _chosen_y_ticks(self, most: int) -> list[float]:
        if self._between_decades:
            ticks = tick_values(*self.y_limits, most)
            return sorted({self._y_text(tick): tick for tick in ticks}.values())
        choose = decade_ticks if self.whole_y else log_ticks if self.log_y else tick_values
        ticks = choose(*self.y_limits, most)
        return [ticks[at] for at in spaced([(self._grid.line(y), 1) for y in ticks], 1)]

    @property
    def _between_decades(self) -> bool:
        """Whether the axis is enlarged to where whole decades do not name it."""
        return self.whole_y and self.y_limits[1] - self.y_limits[0] < 2.0

    def _y_text(self, y: float) -> str:
        """A tick as it is written; between decades in as many digits as there is room for."""
        if not self._between_decades:
            return self.y_label(y)
        fine = magnitude(y, 2)
        return fine if len(fine) <= self.label_width else magnitude(y, 1)

    def shown_x_ticks(self) -> list[float]:
        """Where the x axis is named: as many as have room for their labels, the ends kept."""
        if self.x_ticks is not None:
            given = list(self.x_ticks)
            keep = (0, len(given) - 1) if len(given) > 1 else ()
            return [given[at] for at in spaced([self._label_cells(x) for x in given], 1, keep)]
        for most in range(max(2, self.columns // 6), 1, -1):
            ticks = tick_values(*self.x_limits, most)
            if len(spaced([self._label_cells(x) for x in ticks], 2)) == len(ticks):
                return ticks
        return tick_values(*self.x_limits, 1) or [self.x_limits[0]]

    def _label_cells(self, x: float) -> tuple[int, int]:
        """Where the label of a tick begins, in the middle under it, and how long it is."""
        length = len(self.x_label(x))
        start = self.label_width + 1 + self._grid.column(x) - length // 2
        return min(max(start, 0), self.width - length), length

    # --------------------------------------------------------------------- build

    def plot(self, line: int = 0) -> Plot:
        """What is drawn, for a figure.

        Args:
            line: the picture's line in which it begins.
        """
        scale = "decades" if self.whole_y else "log" if self.log_y else "linear"
        return Plot(
            Axis(self.x_limits, self.x_label, self.x_title, self.x_ticks),
            Axis(self.y_limits, self.y_label, self.y_title, self.given_y_ticks, scale),
            tuple(self._marks),
            self.width,
            self.height,
            self.title,
            0,
            line,
        )

    def build(self) -> Picture:
        """Draw it."""
        raster = self._rasterised()
        cells = self._typed(raster)
        for x in self.shown_x_ticks():
            start, length = self._label_cells(x)
            cells[-1][start : start + length] = [(c, "axis") for c in self.x_label(x)]
        overlay = Overlay(cells, self._grid, self.label_width + 1)
        overlay.draw(self._marks)
        apart = overlay.apart
        drawn = [_joined(line, apart) for line in cells]
        return Picture.of(drawn, self.width, self.height, (self.plot(),))

    def _rasterised(self) -> Raster:
        raster = Raster(self._grid)
        for index, mark in enumerate(self._marks):
            if isinstance(mark, Line):
                raster.curve(index, mark.x, mark.y, _PATTERNS[mark.dash])
            elif isinstance(mark, Bars):
                half = mark.width / 2
                raster.boxes(index, mark.x - half, mark.x + half, mark.low, mark.high)
        return raster

    def _typed(self, raster: Raster) -> list[list[tuple[str, str]]]:
        """The frame, the ticks and the dots as plotext places them, each cell with its role."""
        from plotext._figure import _figure_class

        right, top = self.columns - 1, self.lines - 1
        figure = _figure_class()
        figure._set_size(self.width, self.height)
        # In cells, so that plotext moves nothing.
        figure.xlim(0, right)
        figure.ylim(0, top)
        # Two invisible corners keep the frame where it is when there is nothing to draw.
        figure.scatter([0, right], [0, top], marker=" ")
        lines, columns = np.nonzero(raster.owner >= 0)
        places = list(zip(lines.tolist(), columns.tolist(), strict=True))
        owners = [self._marks[owner] for owner in raster.owner[lines, columns].tolist()]
        if owners:
            bits = raster.bits()[lines, columns].tolist()
            glyphs = [self._glyph(*pair) for pair in zip(owners, bits, strict=True)]
            figure.scatter(columns.tolist(), lines.tolist(), marker=glyphs)
        y_ticks = self.y_ticks()
        labels = [self._y_text(tick)[: self.label_width] for tick in y_ticks]
        # One label is padded so that the plot begins in the same column whatever it shows.
        figure.yticks(
            [self._grid.line(tick) for tick in y_ticks] or [0],
            [label.rjust(self.label_width) for label in labels] or [" " * self.label_width],
        )
        # The labels are ours: plotext leaves out what it has no room for.
        x_ticks = [self._grid.column(tick) for tick in self.shown_x_ticks()]
        figure.xticks(x_ticks, [" "] * len(x_ticks))
        # Its cells, not its text: writing that with colours is most of its work.
        figure._set_sizes()
        figure._build_matrix()
        rows = figure.monitor.matrix.marker[::-1]
        cells = [[(character, "axis") for character in row] for row in rows]
        if not y_ticks:
            cells[self.lines][self.label_width] = ("│", "axis")
        for (line, column), mark in zip(places, owners, strict=True):
            row, at = self.lines - line, self.label_width + 1 + column
            cells[row][at] = (cells[row][at][0], getattr(mark, "role", ""))
        return cells

    def _glyph(self, mark: Mark, bits: int) -> str:
        if self.marker == "braille":
            return chr(0x2800 + sum(b for at, b in enumerate(_BRAILLE) if bits >> at & 1))
        if self.marker == "block":
            return _QUARTERS[bits]
        if getattr(mark, "dash", "solid") == "solid":
            return _ONE_A_CELL[self.marker][0]
        on_a_map = any(isinstance(other, Ground) for other in self._marks)
        return _ON_A_MAP[self.marker] if on_a_map else _ONE_A_CELL[self.marker][1]


def _widened(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if high > low:
        return limits
    return low - max(abs(low), 1.0) * 0.5, low + max(abs(low), 1.0) * 0.5


def _joined(cells: list[tuple[str, str]], apart: frozenset[str]) -> Row:
    """Neighbouring cells of one role as one span; blanks take the role beside them.

    But for the roles that are to stay `apart`: a ground may have a colour behind it.
    """
    spans: list[Span] = []
    for character, role in cells:
        blank = character == " " and bool(spans) and spans[-1].role not in apart
        if spans and (role == spans[-1].role or blank):
            spans[-1] = Span(spans[-1].text + character, spans[-1].role)
        else:
            spans.append(Span(character, role))
    return tuple(spans)
