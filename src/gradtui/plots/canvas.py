"""The one adapter to plotext: curves over labelled axes, as a `Picture`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.plots.picture import Picture, Row, Span
from gradtui.plots.zoom import in_sight
from gradtui.wording import magnitude

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = "NDArray[np.float64]"

MARKERS = {"braille": "braille", "block": "hd", "dot": "dot", "ascii": "*"}
"""Our names for the marks a curve is drawn with, and plotext's."""

SAMPLES = {"braille": "⠒", "block": "▀", "dot": "•", "ascii": "*"}
"""A cell of a curve in each, for a legend."""

MIN_WIDTH, MIN_HEIGHT = 16, 5
"""Below this there is no room for an axis and a curve."""

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_PATTERNS = {
    "solid": (1.0, 1.0),
    "dashed": (12.0, 8.5),
    "dotted": (4.0, 0.5),
    "dash-dot": (14.0, 7.0),
    "long": (18.0, 14.0),
    "sparse": (9.0, 0.5),
}
"""The period of each dash pattern, and how much of it is drawn, in dots along the curve."""
_DOTS = (2, 4)
"""The dots of a braille cell, across and down; the finest grid there is."""
_POINTS_PER_DOT = 4
"""How finely a dash follows a curve, so that it does not hide a steep stretch."""


def tick_values(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers from low to high: multiples of 1, 2 or 5 · 10^k."""
    span = high - low
    if most < 1 or not span / most > 1e-300:  # nothing between that has a round name
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 5, 10, 20):
        first = math.ceil(low / (step * factor) - 1e-9)
        last = math.floor(high / (step * factor) + 1e-9)
        if last - first < most:
            return [k * step * factor for k in range(first, last + 1)]
    return [low]


@dataclass
class Canvas:
    """A plot of a given size in cells and given limits in data units.

    Args:
        width, height: cells, axes included.
        x_limits, y_limits: data units; widened where they are empty.
        x_label, y_label: how a tick is written; the y labels take `label_width` cells.
        x_ticks: the tick positions; round numbers where None.
        whole_y: y ticks stand on whole numbers (decades of a logarithm).
        marker: one of `MARKERS`.
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
    whole_y: bool = False
    _curves: list[tuple[Array, Array, str]] = field(default_factory=list)
    _overlays: list[tuple[str, float, float, str, str]] = field(default_factory=list)
    _ground: Sequence[Sequence[tuple[str, str]]] = ()

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

    @property
    def columns(self) -> int:
        """Cells between the left and the right frame."""
        return self.width - self.label_width - 2

    @property
    def lines(self) -> int:
        """Cells between the upper and the lower frame."""
        return self.height - 3

    @property
    def x_of_columns(self) -> Array:
        """The x of each column of cells."""
        return np.linspace(*self.x_limits, self.columns)

    @property
    def y_of_lines(self) -> Array:
        """The y of each line of cells, the uppermost first."""
        return np.linspace(*self.y_limits[::-1], self.lines)

    def shade(self, cells: Sequence[Sequence[tuple[str, str]]]) -> None:
        """A ground of characters with their roles, [lines][columns], where no curve is."""
        self._ground = cells

    def line(self, x: ArrayLike, y: ArrayLike, role: str, dash: str = "solid") -> None:
        """A curve through the points, x increasing; what is not finite is a gap."""
        xs, ys = np.asarray(x, float), np.asarray(y, float)
        finite = np.isfinite(ys)
        if not finite.any():
            return
        low, high = self.x_limits
        bottom, top = self.y_limits
        fine = 1 if dash == "solid" else _POINTS_PER_DOT
        grid = np.linspace(low, high, self.columns * _DOTS[0] * fine)
        # Where a neighbour is not finite, so is what lies between.
        values = np.interp(grid, xs, np.where(finite, ys, 0.0))
        holes = np.interp(grid, xs, np.where(finite, 0.0, 1.0))
        keep = (grid >= xs[0]) & (grid <= xs[-1]) & (holes == 0.0)
        keep &= (values >= bottom) & (values <= top)
        with np.errstate(over="ignore"):
            climb = np.diff(values, prepend=values[0]) / (top - bottom) * self.lines * _DOTS[1]
        length = np.cumsum(np.hypot(1.0 / fine, np.clip(climb, -1e12, 1e12)))
        period, drawn = _PATTERNS[dash]
        keep &= length % period < drawn
        if keep.any():
            self._curves.append((grid, np.where(keep, values, np.nan), role))

    def path(self, x: ArrayLike, y: ArrayLike, role: str) -> None:
        """A curve through the points in their order; what is not finite or outside is a gap."""
        limits = np.array([self.x_limits, self.y_limits])
        low, span = limits[:, 0], limits[:, 1] - limits[:, 0]
        dots = np.array([self.columns * _DOTS[0], self.lines * _DOTS[1]])
        # In shares of the plot; a point far outside only says where the curve leaves it.
        points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        finite = np.isfinite(points).all(axis=1)
        share = np.where(finite[:, None], np.clip((points - low) / span, -1.0, 2.0), np.nan)
        for piece in np.split(share, np.flatnonzero(~finite)):
            piece = piece[np.isfinite(piece).all(axis=1)]
            if not len(piece):
                continue
            steps = np.hypot(*(np.diff(piece, axis=0, prepend=piece[:1]) * dots).T)
            length = np.cumsum(steps)
            along = np.append(np.arange(0.0, length[-1], 0.5), length[-1])
            fine = np.column_stack([np.interp(along, length, column) for column in piece.T])
            inside = ((fine >= 0.0) & (fine <= 1.0)).all(axis=1)
            if inside.any():
                points = low + fine * span
                self._curves.append((points[:, 0], np.where(inside, points[:, 1], np.nan), role))

    def bars(
        self, x: ArrayLike, y0: ArrayLike, y1: ArrayLike, role: str, width: float = 0.0
    ) -> None:
        """An upright bar from y0 to y1 around each x, `width` wide in data units."""
        low, high = self.x_limits
        dot = (high - low) / (self.columns * _DOTS[0])
        # Closer than the dots are, so that none between two strokes stays empty.
        strokes = np.arange(-width / 2, width / 2 + dot / 2, dot / 2)
        ends = zip(*(np.asarray(values, float).tolist() for values in (x, y0, y1)), strict=True)
        path: list[Array] = []
        for at, start, end in ends:
            if not (math.isfinite(start) and math.isfinite(end)):
                continue
            pair = np.clip([start, end], *self.y_limits)
            # Up one stroke and down the next: a cell takes its dots from one line only.
            path.append(np.column_stack([np.repeat(strokes + at, 2), np.tile([*pair, *pair[::-1]],
                                         strokes.size)[: 2 * strokes.size]]))  # fmt: skip
            path.append(np.array([[at, np.nan]]))
        if path:
            points = np.concatenate(path)
            self._curves.append((points[:, 0], points[:, 1], role))

    def text(self, x: float, y: float, text: str, role: str) -> None:
        """Text that begins at the point, or at the edge next to it."""
        if math.isnan(x) or math.isnan(y):
            return
        x, y = (
            min(max(x, self.x_limits[0]), self.x_limits[1]),
            min(max(y, self.y_limits[0]), self.y_limits[1]),
        )
        self._overlays.append(("text", x, y, text, role))

    def level(self, y: float, text: str, role: str) -> None:
        """A horizontal mark across the plot, named at its right end."""
        low, high = self.y_limits
        if low <= y <= high:
            self._overlays.append(("level", 0.0, y, text, role))

    def upright(self, x: float, role: str) -> None:
        """A vertical mark through the plot."""
        self._overlays.append(("upright", x, 0.0, "", role))

    def pointer(self, x: float, y: float, role: str) -> None:
        """A mark at the point, and one each on the frame above it and to its left."""
        self._overlays.append(("pointer", x, y, "", role))

    def build(self) -> Picture:
        """Draw it."""
        from plotext._figure import _figure_class

        low, high = self.x_limits
        bottom, top = self.y_limits
        figure = _figure_class()
        figure._set_size(self.width, self.height)
        figure.theme("clear")
        figure.xlim(low, high)
        figure.ylim(bottom, top)
        roles: dict[str, str] = {}
        # Two invisible corners keep the frame where it is when there is nothing to draw.
        figure.scatter([low, high], [bottom, top], marker=" ")
        for index, (xs, ys, role) in enumerate(self._curves):
            colour = (1, 1 + index // 250, 1 + index % 250)
            roles[f"38;2;{colour[0]};{colour[1]};{colour[2]}"] = role
            figure.plot(xs.tolist(), ys.tolist(), marker=MARKERS[self.marker], color=colour)
        y_ticks = tick_values(bottom, top, max(2, self.lines // 2))
        if self.whole_y:
            y_ticks = sorted(
                {float(round(tick)) for tick in y_ticks if bottom <= round(tick) <= top}
            )
        y_label = self.y_label
        if self.whole_y and top - bottom < 2.0:  # enlarged to less than two decades
            y_label = self._between_decades
            ticks = tick_values(bottom, top, max(2, self.lines // 2))
            y_ticks = sorted({y_label(tick): tick for tick in ticks}.values())
        labels = [y_label(tick)[: self.label_width] for tick in y_ticks]
        # One label is padded so that the plot begins in the same column whatever it shows.
        figure.yticks(y_ticks, [label.rjust(self.label_width) for label in labels] or [" "])
        x_ticks = self.x_ticks or tick_values(low, high, max(2, self.columns // 10))
        figure.xticks(list(x_ticks), [self.x_label(tick) for tick in x_ticks])
        rows = [_parsed(line, roles) for line in figure.build().rstrip("\n").split("\n")]
        cells = [[(c, span.role) for span in line for c in span.text] for line in rows]
        self._draw_overlays(cells)
        apart = frozenset(role for line in self._ground for _, role in line)
        return Picture.of([_joined(line, apart) for line in cells], self.width, self.height)

    def _between_decades(self, log10: float) -> str:
        """A tick of an enlarged axis, in as many digits as its label has room for."""
        fine = magnitude(log10, 2)
        return fine if len(fine) <= self.label_width else magnitude(log10, 1)

    # -- overlays

    def _column(self, x: float) -> int:
        low, high = self.x_limits
        return self.label_width + 1 + round((x - low) / (high - low) * (self.columns - 1))

    def _line_of(self, y: float) -> int:
        bottom, top = self.y_limits
        return 1 + round((top - y) / (top - bottom) * (self.lines - 1))

    def _draw_overlays(self, cells: list[list[tuple[str, str]]]) -> None:
        """The ground and marks go where no curve is; texts go over everything."""
        first, last = self.label_width + 1, self.label_width + self.columns
        for line, ground in zip(cells[1:], self._ground, strict=False):
            for column, cell in enumerate(ground, first):
                if line[column][0] == " ":
                    line[column] = cell
        for kind, x, y, text, role in self._overlays:
            if kind == "level":
                line = cells[self._line_of(y)]
                start = last - len(text) + 1
                for column in range(first, last + 1):
                    name = text[column - start] if column >= start else "╌"
                    if line[column][0] == " " or column >= start:
                        line[column] = (name, role)
            elif kind == "upright":
                column = min(max(self._column(x), first), last)
                for line in cells[1 : 1 + self.lines]:
                    if line[column][0] in " ╌":
                        line[column] = ("┆", role)
        for kind, x, y, text, role in self._overlays:
            if kind == "text":
                line = cells[min(max(self._line_of(y), 1), self.lines)]
                start = min(max(self._column(x), first), last - len(text) + 1)
                for offset, character in enumerate(text):
                    line[start + offset] = (character, role)
            elif kind == "pointer":
                row = min(max(self._line_of(y), 1), self.lines)
                column = min(max(self._column(x), first), last)
                cells[row][column] = ("⊕", role)
                cells[row][first - 1] = ("▸", role)
                cells[0][column] = ("▾", role)


def _widened(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if high > low:
        return limits
    return low - max(abs(low), 1.0) * 0.5, low + max(abs(low), 1.0) * 0.5


def _parsed(line: str, roles: dict[str, str]) -> Row:
    """One line of plotext's ANSI text; what has no colour of ours is axis."""
    spans: list[Span] = []
    role = "axis"
    position = 0
    for match in _SGR.finditer(line):
        if match.start() > position:
            spans.append(Span(line[position : match.start()], role))
        role = roles.get(match[1], "axis")
        position = match.end()
    if position < len(line):
        spans.append(Span(line[position:], role))
    return tuple(spans)


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
