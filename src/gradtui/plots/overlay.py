"""What lies over and under the dots of a plot in text: ground, band, levels, cursors, letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradtui.plots.marks import (
    Band,
    Ground,
    Label,
    Level,
    Line,
    Mark,
    Pointer,
    Upright,
)
from gradtui.plots.raster import Grid, Raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

Canvas: TypeAlias = list[list[tuple[str, str]]]

_BAND, _LEVEL, _UPRIGHT = "░", "╌", "┆"
_TOGETHER = 0.8
"""Two curves lie on one another where they share so much of the cells of the shorter one."""


class Overlay:
    """Draws onto the cells of a picture, whose first row is the upper frame.

    What is underneath goes where nothing else is; texts go over everything.
    """

    def __init__(self, cells: Canvas, grid: Grid, first: int) -> None:
        self._cells, self._grid = cells, grid
        self._first, self._last = first, first + grid.columns - 1
        self._inside = range(self._first, self._last + 1)
        self.apart: frozenset[str] = frozenset()
        self._levels: list[Level] = []

    def draw(self, marks: Sequence[Mark]) -> None:
        """All marks but the curves and the bars."""
        steps: tuple[tuple[type[Mark], Callable[[Any], None]], ...] = (
            (Ground, self._ground),
            (Band, self._band),
            (Level, self._level),
            (Upright, self._upright),
            (Label, self._label),
            (Pointer, self._pointer),
        )
        self._levels = [mark for mark in marks if isinstance(mark, Level)]
        for kind, draw in steps:
            for mark in marks:
                if isinstance(mark, kind):
                    draw(mark)
        self._letters([mark for mark in marks if isinstance(mark, Line) and mark.letter])

    # ------------------------------------------------------------------ underneath

    def _ground(self, mark: Ground) -> None:
        ground = mark.cells(self._grid.x_of_columns, self._grid.y_of_lines[::-1])
        self.apart |= {role for line in ground for _, role in line}
        for line, under in zip(self._cells[1:], ground, strict=False):
            for column, cell in enumerate(under, self._first):
                if line[column][0] == " ":
                    line[column] = cell

    def _band(self, mark: Band) -> None:
        x = self._grid.x_of_columns
        finite = np.isfinite(mark.low) & np.isfinite(mark.high)
        if not finite.any():
            return
        inside = (x >= mark.x[finite][0]) & (x <= mark.x[finite][-1])
        low, high = (
            self._grid.y_dots(np.interp(x, mark.x[finite], edge[finite])) / self._grid.down
            for edge in (mark.low, mark.high)
        )
        for column in np.flatnonzero(inside).tolist():
            # Only cells that lie in it by half at least.
            start = max(int(np.ceil(max(low[column], -1.0) - 0.5)), 0)
            stop = min(int(np.floor(min(high[column], self._grid.lines) + 0.5)), self._grid.lines)
            # Every second cell, so that a curve in it stands out.
            for line in range(start + (start + column) % 2, stop, 2):
                self._under(line, self._first + column, _BAND, mark.role, " ")

    def _names_in_line(self, mark: Level) -> str:
        """The level's name; of several in one line those of all, at the lowest of them."""
        at = self._grid.line(mark.y)
        here = (one for one in self._levels if self._grid.line(one.y) == at)
        same = sorted(here, key=lambda one: one.y)
        named = list(dict.fromkeys(one.text.strip() for one in same if one.text))
        if len(named) < 2:
            return mark.text
        return f" {', '.join(named)} " if mark is same[0] else ""

    def _level(self, mark: Level) -> None:
        at, text = self._grid.line(mark.y), self._names_in_line(mark)
        row = self._cells[self._row(at)]
        free = "".join(" " if row[c][0] in f" {_BAND}{_LEVEL}" else "x" for c in self._inside)
        for column in self._inside:
            self._under(at, column, _LEVEL, mark.role, " ")
        # The name stands as far to the right as nothing else is; without room there is none.
        place = f"{free} ".rfind(" " * (len(text) + 1))
        if text and place >= 0:
            start = self._first + place
            row[start : start + len(text)] = [(character, mark.role) for character in text]

    def _upright(self, mark: Upright) -> None:
        column = self._column(mark.x)
        for line in range(self._grid.lines):
            self._under(line, column, _UPRIGHT, mark.role, f" {_LEVEL}{_BAND}")

    def _under(self, line: int, column: int, character: str, role: str, over: str) -> None:
        row = self._cells[self._row(line)]
        if row[column][0] in over:
            row[column] = (character, role)

    # ------------------------------------------------------------------------ over

    def _label(self, mark: Label) -> None:
        self._write(self._grid.line(mark.y), self._column(mark.x), mark.text, mark.role)

    def _pointer(self, mark: Pointer) -> None:
        row, column = self._row(self._grid.line(mark.y)), self._column(mark.x)
        self._cells[row][column] = ("⊕", mark.role)
        self._cells[row][self._first - 1] = ("▸", mark.role)
        self._cells[0][column] = ("▾", mark.role)

    def _write(self, line: int, column: int, text: str, role: str) -> None:
        start = min(max(column, self._first), self._last - len(text) + 1)
        row = self._cells[self._row(line)]
        row[start : start + len(text)] = [(character, role) for character in text]

    def _letters(self, curves: Sequence[Line]) -> None:
        """The letters of the curves at that margin at which more of them are told apart.

        Curves that lie on one another are told so: a=b.
        """
        cells = [_cells_of(curve, self._grid) for curve in curves]
        ends = {
            side: {at: _end(own, side) for at, own in enumerate(cells) if own.any()}
            for side in (0, -1)
        }
        side = max((-1, 0), key=lambda which: len({*ends[which].values()}))
        places: dict[tuple[int, int], list[int]] = {}
        for at in sorted(ends[side], key=lambda at: curves[at].letter):
            places.setdefault(ends[side][at], []).append(at)
        for (line, column), here in places.items():
            texts = [
                "=" * (number > 0 and _together(cells[here[0]], cells[at])) + curves[at].letter
                for number, at in enumerate(here)
            ]
            long = sum(map(len, texts))
            start = min(max(column if side == 0 else column - long + 1, 0), self._grid.columns)
            for at, text in zip(here, texts, strict=True):
                self._write(line, self._first + start, text, curves[at].role)
                start += len(text)

    # ---------------------------------------------------------------------- places

    def _column(self, x: float) -> int:
        return self._first + self._grid.column(x)

    def _row(self, line: int) -> int:
        """The row of the picture of a line that is counted from below."""
        return self._grid.lines - line


def _cells_of(curve: Line, grid: Grid) -> NDArray[np.bool_]:
    """The cells of a curve alone [lines, columns]."""
    own = Raster(grid)
    own.curve(0, curve.x, curve.y, (1.0, 1.0))
    cells: NDArray[np.bool_] = own.owner >= 0
    return cells


def _end(cells: NDArray[np.bool_], side: int) -> tuple[int, int]:
    """The line and the column of a curve's first cell from the left, or from the right."""
    column = int(np.flatnonzero(cells.any(axis=0))[side])
    lines = np.flatnonzero(cells[:, column])
    return int(lines[lines.size // 2]), column


def _together(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return bool((one & other).sum() >= _TOGETHER * min(one.sum(), other.sum()))
